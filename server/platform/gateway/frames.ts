import {
  type AgentMessage,
  agentMessage,
  type HelloOfAnyProtocol,
  helloOfAnyProtocol,
  maxFrameMessages,
  protocolVersion,
} from '../../../shared/protocol.ts';

/** What one entry of a frame turned out to be. */
export type Received =
  | { readonly kind: 'message'; readonly message: AgentMessage }
  /** a hello of another protocol version: of its other fields only those are looked at that every version has, if they are well formed */
  | { readonly kind: 'other_protocol'; readonly protocol: number; readonly hello: HelloOfAnyProtocol | undefined }
  | { readonly kind: 'unknown'; readonly type: string };

export type Malformed = { readonly kind: 'malformed'; readonly reason: string };

/** A frame is one message or an array of messages. One that is malformed spoils the frame: nothing of it is handled. */
export function readFrame(text: string): readonly Received[] | Malformed {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return malformed('The frame is not valid JSON.');
  }
  if (Array.isArray(content) && content.length > maxFrameMessages) return malformed('The frame holds too many messages.');
  const frame: Received[] = [];
  for (const entry of Array.isArray(content) ? content : [content]) {
    const received = readMessage(entry);
    if (received.kind === 'malformed') return received;
    frame.push(received);
  }
  return frame;
}

const knownTypes: ReadonlySet<string> = new Set(agentMessage.options.map((option) => option.shape.type.value));

function readMessage(content: unknown): Received | Malformed {
  if (content === null || typeof content !== 'object' || Array.isArray(content)) {
    return malformed('A message is an object with a type.');
  }
  const { type, protocol } = content as { readonly type?: unknown; readonly protocol?: unknown };
  if (typeof type !== 'string') return malformed('type: A message names its type.');
  if (type === 'hello' && Number.isSafeInteger(protocol) && protocol !== protocolVersion) {
    return { kind: 'other_protocol', protocol: protocol as number, hello: helloOfAnyProtocol.safeParse(content).data };
  }
  if (!knownTypes.has(type)) return { kind: 'unknown', type: type.slice(0, 64) };
  return parsed(type, content);
}

function parsed(type: string, content: object): Received | Malformed {
  try {
    const result = agentMessage.safeParse(content);
    if (result.success) return { kind: 'message', message: result.data };
    const issue = result.error.issues[0];
    return malformed(`${[type, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'It is not valid.'}`);
  } catch (error) {
    // JSON may nest deeper than a recursive schema can follow
    if (error instanceof RangeError) return malformed(`${type}: It is nested too deeply.`);
    throw error;
  }
}

const malformed = (reason: string): Malformed => ({ kind: 'malformed', reason });

/** The reason in a close frame has at most 123 bytes of UTF-8. */
export function closeReason(text: string): string {
  let short = text.slice(0, 123);
  while (Buffer.byteLength(short) > 123) short = short.slice(0, -1);
  return short.toWellFormed();
}
