const maxLines = 40;
const maxLineLength = 200;
const maxTextBytes = 1024 * 1024;

/** What would change, for a person: the lines between the equal beginning and the equal end, as far as they fit. */
export function summariseChange(old: Buffer | undefined, fresh: Buffer): string {
  if (old === undefined) return `It would be created with ${fresh.length} bytes.`;
  if (!isText(old) || !isText(fresh)) return `${old.length} bytes would become ${fresh.length} bytes.`;
  const before = old.toString('utf8').split('\n');
  const after = fresh.toString('utf8').split('\n');
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shortest - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const changed = [
    ...before.slice(start, before.length - end).map((line) => `- ${line}`),
    ...after.slice(start, after.length - end).map((line) => `+ ${line}`),
  ];
  const left = changed.length - maxLines;
  return [
    `@ line ${start + 1}`,
    ...changed.slice(0, maxLines).map((line) => line.slice(0, maxLineLength)),
    ...(left > 0 ? [`… and ${left} lines more`] : []),
  ].join('\n');
}

const isText = (bytes: Buffer): boolean => bytes.length <= maxTextBytes && !bytes.includes(0);
