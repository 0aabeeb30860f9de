export type ExpectedStatus = number | string | readonly (number | string)[];

/** Whether a status is among `200`, `"200-299"`, `"204, 301-303"`, or a list of such. */
export function isExpected(status: number, expected: ExpectedStatus): boolean {
  return rangesOf(expected).some(([from, to]) => status >= from && status <= to);
}

function rangesOf(expected: ExpectedStatus): [number, number][] {
  const parts = (Array.isArray(expected) ? expected : [expected]).flatMap((each) => String(each).split(','));
  return parts.map((part) => {
    const [, from, to = from] = /^\s*([1-5]\d\d)\s*(?:-\s*([1-5]\d\d)\s*)?$/.exec(part) ?? [];
    if (from === undefined || Number(to) < Number(from))
      throw new Error(`\`expectedStatus\` takes 204, "200-299" or a list of such, not ${JSON.stringify(part)}.`);
    return [Number(from), Number(to)];
  });
}
