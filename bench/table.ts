/** One measured number, and what share it is of what the machine can do at best. */
export type Row = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** the floors that it is compared with; none: it is a floor itself */
  readonly floors?: readonly { readonly of: string; readonly value: number }[];
};

const head = ['measured', 'value', 'unit', 'in floors'] as const;

export function tableOf(rows: readonly Row[]): string {
  const cells = [head, ...rows.map((row) => [row.name, numberText(row.value), row.unit, ratioText(row)])];
  const widths = head.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) =>
    line
      .map((text, column) => (column === 1 ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return lines.join('\n');
}

const ratioText = ({ value, floors }: Row): string =>
  floors === undefined ? '(floor)' : floors.map((floor) => `${numberText(value / floor.value)} × ${floor.of}`).join(', ');

/** Three digits that mean something. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
