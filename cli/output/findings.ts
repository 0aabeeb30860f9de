import type { Output } from '../surroundings.ts';
import { paintFor } from './colours.ts';

export type Finding = {
  readonly level: 'ok' | 'warn' | 'fail';
  readonly what: string;
  readonly detail: string;
  /** what to do */
  readonly remedy?: string;
};

const colours = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

/** `ok    node  24.21.0`, one per line, the remedy below. */
export function findingsText(findings: readonly Finding[], output: Pick<Output, 'colours'>): string {
  const paint = paintFor(output);
  const width = Math.max(0, ...findings.map(({ what }) => what.length));
  return findings
    .map(({ level, what, detail, remedy }) => {
      const line = `${paint(level.padEnd(4), colours[level])}  ${what.padEnd(width)}  ${detail}\n`;
      return remedy === undefined ? line : `${line}${' '.repeat(width + 8)}${paint('→', 'dim')} ${remedy}\n`;
    })
    .join('');
}
