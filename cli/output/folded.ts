import type { Folded } from '../../shared/api/runs.ts';
import type { Output } from '../surroundings.ts';
import { colourOfState, type Paint, paintFor } from './colours.ts';
import { whyItEnded } from './ending.ts';

type Group = Folded['groups'][number];

/**
 * Results of a run with equal ones together, outliers first as the server orders them:
 *
 *     db1: failed, exit code 1
 *       df: /data: No such file or directory
 *     web[001-480] (480): Linux
 */
export function foldedText(groups: readonly Group[], output: Pick<Output, 'colours'>): string {
  const paint = paintFor(output);
  return groups
    .map((group) => {
      const hosts = paint(group.count > 1 ? `${group.hosts} (${group.count})` : group.hosts, 'bold');
      const lines = shownLines(group, paint);
      if (group.state === 'succeeded' && lines.length === 1) return `${hosts}: ${lines[0]}\n`;
      const why = whyItEnded(group);
      const head = `${hosts}: ${paint(group.state.replace('_', ' '), colourOfState(group.state))}${why === '' ? '' : `: ${why}`}`;
      return `${[head, ...lines.map((line) => `  ${line}`)].join('\n')}\n`;
    })
    .join('');
}

/** A long output that differs in a few lines from what most hosts printed: these lines alone. */
function shownLines(group: Group, paint: Paint): string[] {
  const lines = linesOf(group);
  const { diff } = group;
  if (diff === null || diff.patch === '' || lines.length < longOutput || diff.patch.split('\n').length >= lines.length)
    return lines;
  const changed = diff.patch.replace(/\n$/, '').split('\n');
  return ['against what most hosts printed:', ...changed.map((line) => coloured(line, paint))];
}

const longOutput = 12;

const coloured = (line: string, paint: Paint): string =>
  line.startsWith('+') ? paint(line, 'green') : line.startsWith('-') ? paint(line, 'red') : line;

function linesOf({ output, outputTruncated, data }: Group): string[] {
  const lines = output === '' ? [] : output.replace(/\n$/, '').split('\n');
  if (outputTruncated) lines.push('… (the rest is in the log)');
  // work that says nothing while it runs gives its answer as data
  if (lines.length === 0 && isWorthShowing(data)) return JSON.stringify(data, null, 2).split('\n');
  return lines;
}

/** Whether the data of a result says more than how its program ended, which is told in any case. */
export function isWorthShowing(data: unknown): boolean {
  if (data === null || data === undefined) return false;
  return typeof data !== 'object' || Object.keys(data).some((key) => key !== 'exitCode' && key !== 'signal');
}
