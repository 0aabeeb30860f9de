import type { Facts, Violation } from './facts.ts';
import type { Injected } from './injector.ts';

const storiesAtMost = 12;

/** For each execution that something is wrong with: all that is known of it, in one text. */
export function stories(facts: Facts, violations: readonly Violation[], faults: readonly Injected[]): string[] {
  const ids = [...new Set(violations.flatMap(({ executionId }) => executionId ?? []))];
  return ids.slice(0, storiesAtMost).map((id) => story(id, facts, violations, faults));
}

function story(id: string, facts: Facts, violations: readonly Violation[], faults: readonly Injected[]): string {
  const row = facts.ledger.executions.find((each) => each.id === id);
  const attempts = facts.ledger.attempts.filter(({ execution_id }) => execution_id === id);
  const files = [...(facts.evidence.get(id)?.values() ?? [])].sort((a, b) => a.attempt - b.attempt);
  const from = (row?.created_at ?? Math.min(...files.map(({ starts }) => starts[0]?.at ?? 0))) - 1000;
  const to = (row?.finished_at ?? Number.POSITIVE_INFINITY) + 1000;
  const run = facts.ledger.runs.find((each) => each.id === row?.run_id);
  return [
    `── ${id} ${run === undefined ? '' : `${run.task_name}, ${run.plugin}, for ${run.owner}`}`,
    ...violations.filter(({ executionId }) => executionId === id).map(({ promise, what }) => `  BROKEN ${promise}: ${what}`),
    ...(row === undefined ? [] : [`  ledger   ${brief(row)}`]),
    ...(run === undefined ? [] : [`  policy   ${run.policy}`, `  env      ${run.env}`]),
    ...attempts.map((attempt) => `  attempt  ${brief(attempt)}`),
    ...facts.ledger
      .chunksOf(id)
      .slice(-6)
      .map((chunk) => `  log      ${brief({ ...chunk, text: chunk.text.slice(0, 120) })}`),
    ...files.map(({ attempt, text }) => `  file ${attempt}   ${shorten(text.trim().split('\n')).join(' | ')}`),
    ...faults
      .filter((fault) => fault.to >= from && fault.from <= to)
      .map(
        ({ fault, hit, note, ...span }) =>
          `  fault    ${span.from} to ${span.to} ${hit ? '' : '(not hit) '}${JSON.stringify(fault)} ${note.slice(0, 200)}`,
      ),
  ].join('\n');
}

const shorten = (lines: readonly string[]): readonly string[] =>
  lines.length <= 12 ? lines : [...lines.slice(0, 6), `… ${lines.length - 12} more …`, ...lines.slice(-6)];

const brief = (row: object): string =>
  Object.entries(row)
    .filter(([name, value]) => value !== null && name !== 'execution_id' && name !== 'assignment')
    .map(([name, value]) => `${name}=${typeof value === 'string' ? JSON.stringify(value) : value}`)
    .join(' ');
