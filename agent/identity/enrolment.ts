import { MusterError, type Problem } from '../../shared/errors.ts';
import { parseJoinToken } from '../../shared/join-tokens.ts';
import { type EnrolRequest, type EnrolResponse, enrolmentText, enrolResponse } from '../../shared/protocol.ts';
import { type Reply, serverRequest } from '../link/server-request.ts';
import type { AgentKey } from './agent-key.ts';
import { fingerprintOf, isSignedBy } from './signatures.ts';

export type EnrolmentRequest = {
  readonly serverUrl: string;
  readonly proxy?: string | undefined;
  readonly joinToken: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly key: AgentKey;
  readonly randomBytes: (size: number) => Buffer;
};

/**
 * Spends the join token. The answer is believed only if it is signed by the key whose fingerprint the token carries.
 * @throws MusterError `server_unreachable` when another try makes sense; every other code is final and says what to do
 */
export async function enrol(request: EnrolmentRequest): Promise<EnrolResponse> {
  const token = parseJoinToken(request.joinToken);
  if (token === undefined) {
    throw new MusterError(
      'join_token_invalid',
      'This is not a join token: one looks like `mjt_….…`. Copy it whole, or make one with `muster join-token`.',
    );
  }
  const nonce = request.randomBytes(24).toString('base64');
  const reply = await post(request, nonce);
  if (reply.status !== 200 && reply.status !== 201) throw refusalOf(request, reply);
  const answer = parseAnswer(request.serverUrl, reply);
  if (fingerprintOf(answer.serverPublicKey) !== token.fingerprint) {
    throw new MusterError(
      'signature_invalid',
      `The server at ${request.serverUrl} is not the one that made this join token (its key has another fingerprint). Check the address; if it is right, somebody may be between you and the server.`,
    );
  }
  if (!isSignedBy(answer.serverPublicKey, enrolmentText(nonce, answer.agentId, request.key.publicKey), answer.signature)) {
    throw new MusterError(
      'signature_invalid',
      `The answer of ${request.serverUrl} is not signed by the key of the server. Nothing was stored.`,
    );
  }
  return answer;
}

async function post(request: EnrolmentRequest, nonce: string): Promise<Reply> {
  const body: EnrolRequest = {
    joinToken: request.joinToken.trim(),
    name: request.name,
    publicKey: request.key.publicKey,
    nonce,
    tags: [...request.tags],
  };
  try {
    return await serverRequest(request.serverUrl, '/agent/v1/enrol', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      maxBytes: 64 * 1024,
      timeoutMs: 30_000,
      proxy: request.proxy,
    });
  } catch (cause) {
    throw unreachable(request.serverUrl, cause);
  }
}

function refusalOf(request: EnrolmentRequest, reply: Reply): MusterError {
  const problem = problemIn(reply);
  const detail = problem.detail ?? `It answered with status ${reply.status}.`;
  switch (problem.code) {
    case 'join_token_invalid':
      return new MusterError(
        'join_token_invalid',
        'The join token is unknown, expired, revoked or used up. Make a new one with `muster join-token` and start the agent with it.',
      );
    case 'name_taken':
      return new MusterError(
        'name_taken',
        `There is an agent named "${request.name}" already. Choose another name (--name or MUSTER_AGENT_NAME), or remove the old agent first.`,
      );
    default:
      if (reply.status === 429 || reply.status >= 500) {
        return new MusterError('server_unreachable', `The server at ${request.serverUrl} cannot enrol an agent now. ${detail}`);
      }
      return new MusterError(
        problem.code ?? 'field_invalid',
        `The server at ${request.serverUrl} refused to enrol this agent. ${detail}`,
      );
  }
}

function problemIn(reply: Reply): Partial<Problem> {
  try {
    const problem: unknown = JSON.parse(reply.body.toString('utf8'));
    return typeof problem === 'object' && problem !== null ? (problem as Partial<Problem>) : {};
  } catch {
    return {};
  }
}

function parseAnswer(serverUrl: string, reply: Reply): EnrolResponse {
  try {
    return enrolResponse.parse(JSON.parse(reply.body.toString('utf8')));
  } catch (cause) {
    throw new MusterError(
      'protocol_unsupported',
      `What answers at ${serverUrl} is not a Muster server of this protocol. Check the address.`,
      { cause },
    );
  }
}

const unreachable = (serverUrl: string, cause: unknown): MusterError =>
  new MusterError(
    'server_unreachable',
    `The server at ${serverUrl} cannot be reached (${cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : String(cause)}).`,
    { cause },
  );
