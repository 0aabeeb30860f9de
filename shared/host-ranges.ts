/**
 * Host names folded for people: `web1, web2, web3, db` → `web[1-3], db`. Names that differ in one run of digits of the same width (or
 * written without leading zeros) share a bracket. Nothing is lost: the ranges name exactly the given hosts.
 */
export function foldHostNames(names: Iterable<string>): string {
  const groups = new Map<
    string,
    { readonly head: string; readonly tail: string; readonly width: number; readonly numbers: number[] }
  >();
  const plain: string[] = [];
  for (const name of new Set(names)) {
    const match = /^(.*?)(\d{1,15})(\D*)$/.exec(name);
    if (match === null) {
      plain.push(name);
      continue;
    }
    const [, head = '', digits = '', tail = ''] = match;
    const width = digits.startsWith('0') && digits.length > 1 ? digits.length : 0;
    const key = `${head}\0${tail}\0${width}`;
    const group = groups.get(key) ?? { head, tail, width, numbers: [] };
    group.numbers.push(Number(digits));
    groups.set(key, group);
  }
  mergePadded(groups);
  const folded = [...groups.values()].map(({ head, tail, width, numbers }) => {
    const ranges = rangesOf(numbers, width);
    return ranges.length === 1 && !ranges[0]?.includes('-')
      ? `${head}${ranges[0]}${tail}`
      : `${head}[${ranges.join(',')}]${tail}`;
  });
  return [...folded, ...plain].sort((a, b) => (a < b ? -1 : 1)).join(', ');
}

/** `web[098-102]`: `100` to `102` have the width of the padded ones, so they belong to the same bracket. */
function mergePadded(groups: Map<string, { head: string; tail: string; width: number; numbers: number[] }>): void {
  for (const padded of groups.values()) {
    if (padded.width === 0) continue;
    const unpadded = groups.get(`${padded.head}\0${padded.tail}\0${0}`);
    if (unpadded === undefined) continue;
    const fits = unpadded.numbers.filter((number) => String(number).length === padded.width);
    if (fits.length === 0) continue;
    padded.numbers.push(...fits);
    const rest = unpadded.numbers.filter((number) => String(number).length !== padded.width);
    if (rest.length === 0) groups.delete(`${padded.head}\0${padded.tail}\0${0}`);
    else unpadded.numbers.splice(0, unpadded.numbers.length, ...rest);
  }
}

function rangesOf(numbers: readonly number[], width: number): string[] {
  const sorted = [...numbers].sort((a, b) => a - b);
  const text = (number: number): string => String(number).padStart(width, '0');
  const ranges: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    let end = i;
    while (end + 1 < sorted.length && sorted[end + 1] === (sorted[end] ?? 0) + 1) end += 1;
    const first = text(sorted[i] ?? 0);
    ranges.push(end === i ? first : `${first}-${text(sorted[end] ?? 0)}`);
    i = end + 1;
  }
  return ranges;
}
