import { type ServerMessage, serverMessage } from '../../shared/protocol.ts';

export type ReadFrame =
  | {
      readonly messages: readonly ServerMessage[] /** types that this version does not know: to be ignored */;
      readonly unknown: readonly string[];
    }
  | { readonly malformed: string };

const knownTypes: ReadonlySet<string> = new Set(serverMessage.options.map((option) => option.shape.type.value));

/** A frame holds one message, or an array of them. */
export function readFrame(text: string): ReadFrame {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return { malformed: 'not JSON' };
  }
  const messages: ServerMessage[] = [];
  const unknown: string[] = [];
  for (const item of Array.isArray(content) ? content : [content]) {
    const type = typeOf(item);
    if (type === undefined) return { malformed: 'a message without a type' };
    if (!knownTypes.has(type)) {
      unknown.push(type);
      continue;
    }
    const parsed = serverMessage.safeParse(item);
    if (!parsed.success)
      return { malformed: `${type}: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}` };
    messages.push(parsed.data);
  }
  return { messages, unknown };
}

function typeOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null || !('type' in item)) return undefined;
  return typeof item.type === 'string' ? item.type : undefined;
}
