/** One measured number, and what share it is of what the machine can do at best. */
export type Row = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** value / floor, with the name of the floor */
  readonly ratio?: { readonly of: string; readonly floor: number };
};

const head = ['measured', 'value', 'unit', 'ratio to its floor'] as const;

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

const ratioText = ({ value, ratio }: Row): string =>
  ratio === undefined ? '(floor)' : `${numberText(value / ratio.floor)} × ${ratio.of}`;

/** Three digits that mean something. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
