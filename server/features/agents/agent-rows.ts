import type { Agent } from '../../../shared/api/agents.ts';
import { format } from '../../platform/web/format.ts';
import type { Concern } from './agent-concerns.ts';
import { sparkPath } from './spark-path.ts';

/** What the list shows of one agent, in a table or as a card. */
export type AgentRow = {
  readonly agent: Agent;
  readonly concerns: readonly Concern[];
  /** it runs something else than the server offers */
  readonly outdated: boolean;
  /** the first tags, as many as have room in one line */
  readonly tags: readonly string[];
  /** the others */
  readonly moreTags: readonly string[];
  /** null before the first heartbeat */
  readonly vitals: readonly Vital[] | null;
  /** the host is gone: what was last heard of it is shown quietly */
  readonly stale: boolean;
};

export type Vital = {
  readonly label: string;
  readonly percent: number;
  readonly tone: 'plain' | 'warn' | 'bad';
  /** more than the percentage, on hover */
  readonly title: string;
  /** of an SVG path; '' when nothing is known of the last half hour */
  readonly path: string;
  /** the same for a screen reader */
  readonly spoken: string;
};

/** Of the last half hour, oldest first; as the metrics give them. */
export type SparkValues = Readonly<Record<'cpu' | 'memory' | 'disk', readonly (number | null)[]>>;

export function rowOf(
  agent: Agent,
  { concerns, outdated }: Pick<AgentRow, 'concerns' | 'outdated'>,
  sparks: SparkValues | undefined,
): AgentRow {
  const stale = agent.status === 'Offline' || agent.status === 'Revoked';
  const shown = tagsInLine(agent.tags);
  return {
    agent,
    concerns,
    outdated,
    tags: agent.tags.slice(0, shown),
    moreTags: agent.tags.slice(shown),
    stale,
    vitals: agent.metrics === null ? null : vitalsOf(agent.metrics, stale ? undefined : sparks),
  };
}

const lineLength = 28;

/** How many tags fit: each takes its letters and some room around them; the first is always shown. */
function tagsInLine(tags: readonly string[]): number {
  let used = 0;
  const fits = tags.findIndex((tag, index) => {
    used += tag.length + 2;
    return index > 0 && used > lineLength;
  });
  return fits === -1 ? tags.length : fits;
}

function vitalsOf(metrics: NonNullable<Agent['metrics']>, sparks: SparkValues | undefined): Vital[] {
  const { memoryUsedBytes, memoryTotalBytes, diskUsedBytes, diskTotalBytes } = metrics;
  const ofBytes = (used: number, total: number): string => `${format.bytes(used)} of ${format.bytes(total)}`;
  return [
    vital('CPU', Math.round(metrics.cpuPercent), `Load ${metrics.load1.toFixed(2)}`, sparks?.cpu),
    vital('RAM', format.share(memoryUsedBytes, memoryTotalBytes), ofBytes(memoryUsedBytes, memoryTotalBytes), sparks?.memory),
    vital('Disk', format.share(diskUsedBytes, diskTotalBytes), ofBytes(diskUsedBytes, diskTotalBytes), sparks?.disk),
  ];
}

function vital(label: string, percent: number, title: string, values: readonly (number | null)[] = []): Vital {
  const known = values.filter((value) => value !== null);
  return {
    label,
    percent,
    tone: percent >= 95 ? 'bad' : percent >= 80 ? 'warn' : 'plain',
    title,
    path: known.length === 0 ? '' : sparkPath([...values, percent]),
    spoken: known.length === 0 ? '' : `${label} in the last half hour: ${Math.min(...known)} to ${Math.max(...known)} %`,
  };
}
