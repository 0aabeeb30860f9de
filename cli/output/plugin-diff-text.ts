import type { PluginDiff } from '../../shared/api/plugins.ts';
import type { Output } from '../surroundings.ts';
import { type Paint, paintFor } from './colours.ts';

type DiffedFile = PluginDiff['files'][number];

const signs = { added: 'A', removed: 'D', changed: 'M' } as const;

const summedUp = 30;

/** One line per file: `M main.py  +3 -1`; of very many the rest is counted. */
export function diffSummary({ files }: Pick<PluginDiff, 'files'>): string {
  const shown = files.slice(0, summedUp);
  const width = Math.max(0, ...shown.map(({ path }) => path.length));
  const lines = shown.map((file) => `  ${signs[file.change]} ${file.path.padEnd(width)}  ${countsOf(file)}\n`);
  return [...lines, ...(files.length > summedUp ? [`  and ${files.length - summedUp} more files\n`] : [])].join('');
}

const countsOf = ({ added, removed }: DiffedFile): string =>
  added === null || removed === null ? 'not compared line by line' : `+${added} -${removed}`;

/** As `diff -u` writes it, file by file. */
export function diffText({ from, to, files }: PluginDiff, output: Pick<Output, 'colours'>): string {
  const paint = paintFor(output);
  const names = [
    from === null ? undefined : `${from.version} ${from.sha256.slice(0, 12)}`,
    `${to.version} ${to.sha256.slice(0, 12)}`,
  ] as const;
  return files.map((file) => fileText(file, names, paint)).join('');
}

function fileText(file: DiffedFile, [from, to]: readonly [string | undefined, string], paint: Paint): string {
  const { path, change, patch } = file;
  const old = change === 'added' ? '/dev/null' : `a/${path}\t${from ?? ''}`;
  const next = change === 'removed' ? '/dev/null' : `b/${path}\t${to}`;
  if (patch === null) return `${paint(`--- ${old}\n+++ ${next}`, 'bold')}\n(${countsOf(file)})\n`;
  return `${paint(`--- ${old}\n+++ ${next}`, 'bold')}\n${painted(patch, paint)}`;
}

const painted = (patch: string, paint: Paint): string =>
  patch
    .split(/(?<=\n)/)
    .map((line) => {
      const colour = line.startsWith('+') ? 'green' : line.startsWith('-') ? 'red' : line.startsWith('@@') ? 'blue' : undefined;
      return colour === undefined ? line : `${paint(line.slice(0, -1), colour)}\n`;
    })
    .join('');
