import type { RunOutcome } from './run.ts';

export type Report = { readonly title: string; readonly rows: readonly (readonly [name: string, value: string])[] };

export function reportOf(outcome: RunOutcome, command: string): Report {
  const { verdict, faults, health } = outcome;
  const kinds = Map.groupBy(faults, ({ fault }) => fault.kind);
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  return {
    title: command,
    rows: [
      ['time', seconds(outcome.seconds * 1000)],
      ['faults', `${faults.length}, of which ${faults.filter(({ hit }) => hit).length} met their target`],
      ...[...kinds]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([kind, some]) => [`· ${kind}`, `${some.length}, ${some.filter(({ hit }) => hit).length} met`] as const),
      ['tasks acknowledged', `${outcome.posted}, of which ${verdict.retriedPosts} were sent more than once`],
      ['executions', String(verdict.executions)],
      ...Object.entries(verdict.byState)
        .sort(([, a], [, b]) => b - a)
        .map(([state, count]) => [`· ${state}`, String(count)] as const),
      ['starts', String(verdict.starts)],
      ['duplicate starts', String(verdict.duplicateStarts)],
      ['lost acknowledged rows', String(verdict.lostAcknowledged)],
      ['log bytes compared', verdict.logBytes.toLocaleString('en')],
      ['longest time to a final state', seconds(outcome.longestToFinal)],
      ['last fault to all final', seconds(outcome.fromLastFault)],
      [
        '/healthz while the server was meant to be there',
        `p50 ${health.p50} ms, p99 ${health.p99} ms, max ${health.max} ms (${health.asked} asked, ${health.failed} without an answer)`,
      ],
      ['broken promises', String(verdict.violations.length)],
    ],
  };
}

export const asText = ({ rows }: Report): string => rows.map(([name, value]) => `${name.padEnd(48)} ${value}`).join('\n');

export const asMarkdown = ({ title, rows }: Report): string =>
  ['', `\`${title}\``, '', '| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`), ''].join('\n');
