import type { Random } from './random.ts';

/** How many hosts each run reaches: most one, some a few, few many, one all; together as many executions as are wanted. */
export function runSizes(runs: number, executions: number, hosts: number, random: Random): number[] {
  const most = Math.max(1, Math.min(hosts, Math.floor(executions / 2)));
  const sizes = Array.from(
    { length: Math.max(0, runs - 1) },
    () =>
    random.weighted([[1, 70], [random.between(3, 20), 20], [random.between(30, 106), 10]] as const), // biome-ignore format: a table
  ).map((size) => Math.min(size, most));
  const rest = (): number => executions - most - sizes.reduce((sum, size) => sum + size, 0);
  for (let left = rest(), turn = 0; left !== 0 && sizes.length > 0; turn += 1) {
    const index = turn % sizes.length;
    const size = sizes[index] as number;
    const changed = left > 0 ? Math.min(most, size + 1) : Math.max(1, size - 1);
    left -= changed - size;
    sizes[index] = changed;
    if (turn > 20 * sizes.length) break;
  }
  // the one on every host is among the last, so that pages show it
  sizes.splice(Math.max(0, sizes.length - 20), 0, most);
  return sizes;
}
