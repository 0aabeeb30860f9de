/** Firings that excluded dates and blackouts take, by the reason. */
export type Taken = {
  readonly why: string;
  readonly zone: string;
  readonly firings: number;
  /** tasks that it concerns, and a few of them */
  readonly count: number;
  readonly tasks: readonly { readonly id: string; readonly name: string }[];
};

const named = 3;

/** Adds them up, task by task. */
export function createTaken() {
  type Sum = { -readonly [Key in keyof Taken]: Taken[Key] };
  const sums = new Map<string, Sum>();
  return {
    add({ why, zone, firings }: Pick<Taken, 'why' | 'zone' | 'firings'>, { id, name }: { id: string; name: string }): void {
      const key = `${zone} ${why}`;
      const sum = sums.get(key) ?? { why, zone, firings: 0, count: 0, tasks: [] };
      sum.firings += firings;
      sum.count += 1;
      if (sum.tasks.length < named) sum.tasks = [...sum.tasks, { id, name }];
      sums.set(key, sum);
    },
    /** those that take the most */
    most: (limit: number): Taken[] => [...sums.values()].sort((a, b) => b.firings - a.firings).slice(0, limit),
  };
}
