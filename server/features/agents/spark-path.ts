/**
 * The outline of a small chart as the `d` of an SVG path: closed below and beside the picture, so that filled and drawn at once it is a
 * line with a shade under it. Values are percentages; null is a gap.
 */
export const sparkWidth = 60;
export const sparkHeight = 20;

export function sparkPath(values: readonly (number | null)[]): string {
  const step = sparkWidth / Math.max(1, values.length - 1);
  const runs: string[] = [];
  let run: string[] = [];
  const end = (at: number): void => {
    if (run.length > 0) runs.push(`${run.join('')}H${tidy(at)}V${below}Z`);
    run = [];
  };
  for (const [index, value] of values.entries()) {
    const x = index * step;
    if (value === null) {
      end(x - step / 2);
      continue;
    }
    const y = tidy(1 + (1 - Math.min(100, Math.max(0, value)) / 100) * (sparkHeight - 2));
    if (run.length === 0) run.push(`M${tidy(index === 0 ? -2 : x - step / 2)} ${below}V${y}`);
    run.push(`L${tidy(x)} ${y}`);
  }
  end(sparkWidth + 2);
  return runs.join('');
}

/** outside of the picture, so that the lower edge is not drawn */
const below = sparkHeight + 2;

const tidy = (value: number): number => Math.round(value * 10) / 10;
