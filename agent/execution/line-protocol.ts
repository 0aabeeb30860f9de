import * as z from 'zod';
import { json } from '../../shared/json.ts';
import { lineMark } from '../../shared/plugin-api.ts';

/** A longer marked line is log. */
export const maxMarkedLine = 1024 * 1024;

const markedLine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('log'), message: z.string(), fields: z.record(z.string(), json).default({}) }),
  z.object({ type: z.literal('progress'), fraction: z.number().min(0).max(1), text: z.string().default('') }),
  z.object({
    type: z.literal('result'),
    status: z.enum(['success', 'failed']),
    message: z.string().optional(),
    data: z.unknown().optional(),
  }),
]);
export type MarkedLine = z.infer<typeof markedLine>;

export type LineListener = {
  log(text: string): void;
  marked(line: MarkedLine): void;
  /** a line bears the mark but cannot be read; it went to the log as well */
  malformed(why: string): void;
};

/**
 * Tells marked lines from log in the text of a standard output. Log passes at once, also half a line of it (a prompt, a row of dots):
 * only what may yet become a marked line is held back until its end.
 */
export function createLineReader(listener: LineListener): { read(text: string): void; end(): void } {
  /** the begin of a line that is, or may become, a marked one */
  let held = '';
  /** the log ends in the middle of a line, so that what follows is no begin of a line */
  let midLine = false;

  function log(text: string): void {
    if (text === '') return;
    midLine = !text.endsWith('\n');
    listener.log(text);
  }

  function marked(line: string): void {
    const parsed = parseMarked(line.slice(lineMark.length));
    if (typeof parsed === 'string') {
      log(`${line}\n`);
      listener.malformed(parsed);
    } else {
      listener.marked(parsed);
    }
  }

  function read(text: string): void {
    let rest = held + text;
    held = '';
    if (midLine) {
      const lineEnd = rest.indexOf('\n');
      const logEnd = lineEnd === -1 ? rest.length : lineEnd + 1;
      log(rest.slice(0, logEnd));
      rest = rest.slice(logEnd);
    }
    while (rest !== '') {
      const begin = nextMark(rest);
      log(rest.slice(0, begin));
      rest = rest.slice(begin);
      const lineEnd = rest.indexOf('\n');
      if (lineEnd === -1 && rest.length <= maxMarkedLine) {
        held = rest;
        return;
      }
      if (lineEnd === -1 || lineEnd > maxMarkedLine) {
        listener.malformed(`it is longer than ${maxMarkedLine} characters`);
        log(lineEnd === -1 ? rest : rest.slice(0, lineEnd + 1));
      } else {
        marked(rest.slice(0, lineEnd).replace(/\r$/, ''));
      }
      rest = lineEnd === -1 ? '' : rest.slice(lineEnd + 1);
    }
  }

  return {
    read,
    end() {
      const line = held;
      held = '';
      if (line.startsWith(lineMark)) marked(line);
      else log(line);
    },
  };
}

/** Where the first line begins that bears the mark, or that ends the text and may yet turn out to; else the length of the text. */
function nextMark(text: string): number {
  if (text.startsWith(lineMark)) return 0;
  const inside = text.indexOf(`\n${lineMark}`);
  if (inside !== -1) return inside + 1;
  const lastLine = text.lastIndexOf('\n') + 1;
  return text.length - lastLine < lineMark.length && lineMark.startsWith(text.slice(lastLine)) ? lastLine : text.length;
}

function parseMarked(text: string): MarkedLine | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  const parsed = markedLine.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  return `its ${issue?.path.join('.') || 'object'} is not valid: ${issue?.message}`;
}
