import { numberText } from '../table.ts';
import { percentile } from '../timing.ts';

/** One thing that was measured, several times. */
export type Measure = {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** for the median; information, never the exit code */
  readonly goal?: Goal | undefined;
};
export type Goal = { readonly under: number } | { readonly atLeast: number };

export const medianOf = (values: readonly number[]): number => percentile(values, 0.5);

export function isMet({ values, goal }: Measure): boolean | undefined {
  if (goal === undefined) return undefined;
  const median = medianOf(values);
  return 'under' in goal ? median < goal.under : median >= goal.atLeast;
}

const head = ['measured', 'median', 'least', 'most', 'unit', 'goal'];

/** A line for each; the spread is the least and the most of all runs. */
export function measuresTable(measures: readonly Measure[]): string {
  const lines = [head, ...measures.map(cellsOf)];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => (column >= 1 && column <= 3 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return [text[0], widths.map((width) => '-'.repeat(width)).join('  '), ...text.slice(1)].join('\n');
}

function cellsOf(measure: Measure): string[] {
  const { name, unit, values, goal } = measure;
  const spread = values.length < 2 ? ['', ''] : [Math.min(...values), Math.max(...values)].map(numberText);
  return [name, numberText(medianOf(values)), ...spread, unit, goalText(goal, isMet(measure))];
}

function goalText(goal: Goal | undefined, met: boolean | undefined): string {
  if (goal === undefined) return '';
  const wanted = 'under' in goal ? `under ${numberText(goal.under)}` : `at least ${numberText(goal.atLeast)}`;
  return `${wanted}: ${met === true ? 'met' : 'not met'}`;
}

/** Values that were gathered run by run, as measures in the order in which their names came up first. */
export function createMeasuring(): {
  add(name: string, unit: string, value: number, goal?: Goal): void;
  measures(): Measure[];
} {
  const all = new Map<string, { name: string; unit: string; values: number[]; goal: Goal | undefined }>();
  return {
    add(name, unit, value, goal) {
      const known = all.get(name);
      if (known === undefined) all.set(name, { name, unit, values: [value], goal });
      else known.values.push(value);
    },
    measures: () => [...all.values()],
  };
}

export type Measuring = ReturnType<typeof createMeasuring>;
