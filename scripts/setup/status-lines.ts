import { type Colour, paintFor } from '../../cli/output/colours.ts';

/** What a set-up tells while it works: the same lines as those of its shell and PowerShell parts. */
export type StatusLines = {
  ok(sentence: string): void;
  doing(sentence: string): void;
  note(sentence: string): void;
  fail(sentence: string): void;
  /** what is told at the end, as it is */
  text(text: string): void;
};

export type StatusOutput = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly colours: boolean;
};

export function createStatusLines({ out, err, colours }: StatusOutput): StatusLines {
  const paint = paintFor({ colours });
  const line = (word: string, colour: Colour, sentence: string): string => `${paint(word.padEnd(4), colour)}  ${sentence}\n`;
  return {
    ok: (sentence) => out(line('ok', 'green', sentence)),
    doing: (sentence) => out(line('..', 'blue', sentence)),
    note: (sentence) => out(line('note', 'yellow', sentence)),
    fail: (sentence) => err(line('FAIL', 'red', sentence)),
    text: out,
  };
}
