import type { AgentMessageOf, HelloOfAnyProtocol, ServerMessageOf, UpdateOrder } from '../../../shared/protocol.ts';

/**
 * Whether an agent may come in, answered by a feature in two steps. Between them the gateway ends the agent's previous connection and
 * waits for what that one still handles, so that nothing of it can slip in after the second step has looked at the ledger.
 */
export type Admit = (hello: AgentMessageOf<'hello'>, serverNonce: string, address: string) => Promise<Refusal | Admission>;

export type Refusal = {
  readonly kind: 'refused';
  /** of the error catalogue */
  readonly code: string;
  /** a sentence for the person who reads the agent's log */
  readonly message: string;
  readonly closeCode: number;
  /** of an agent of another protocol: how it comes to this one */
  readonly update?: UpdateOrder | undefined;
};

/** What an agent of another protocol is told, which cannot come in; undefined: nothing but that. */
export type OrderForOther = (hello: HelloOfAnyProtocol, serverNonce: string) => Promise<UpdateOrder | undefined>;

export type Admission = {
  readonly kind: 'admitted';
  readonly agentId: string;
  readonly agentName: string;
  readonly prepare: () => Promise<Refusal | Welcome>;
  /** It was turned away, because another process with the same identity is connected and answers. */
  readonly onDuplicate: () => void;
};

/** What only the features know of the `welcome` message. */
export type Welcome = { readonly kind: 'welcome' } & Pick<
  ServerMessageOf<'welcome'>,
  'name' | 'signature' | 'downloadToken' | 'plugins' | 'verdicts'
>;
