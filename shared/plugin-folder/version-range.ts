/**
 * Whether an installed version is one that was asked for. Looks at what people write nearly always (`1.2.3`, `^1.2.3`, `~1.2`); any other
 * range is the installer's to judge, and taken as met.
 */
export function isInRange(version: string, range: string): boolean {
  const [, sign, asked = ''] = /^\s*(\^|~|=|)\s*v?(\d+(?:\.\d+){0,2}(?:-[\w.-]+)?)\s*$/.exec(range) ?? [];
  if (sign === undefined || !/^\d+\.\d+\.\d+/.test(version)) return true;
  if (asked.includes('-')) return sign !== '' && sign !== '=' ? true : version === asked;
  const least = asked.split('.').map(Number);
  const found = (version.split(/[-+]/)[0] ?? '').split('.').map(Number);
  const fixed = sign === '^' ? fixedByCaret(least) : sign === '~' ? Math.min(2, least.length) : least.length;
  return least.slice(0, fixed).every((part, at) => part === found[at]) && !isLess(found, least);
}

/** `^` lets everything grow that stands after the first number which is not 0. */
function fixedByCaret(least: readonly number[]): number {
  const first = least.findIndex((part) => part !== 0);
  return first === -1 ? least.length : first + 1;
}

function isLess(found: readonly number[], least: readonly number[]): boolean {
  for (const [at, part] of least.entries()) {
    if (found[at] !== part) return (found[at] ?? 0) < part;
  }
  return false;
}
