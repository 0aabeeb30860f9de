const units = [
  [31_536_000, 'year'],
  [2_592_000, 'month'],
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

/** The same words as `relative` of format.ts on the server. */
export function relative(at) {
  const seconds = Math.round((Date.parse(at) - Date.now()) / 1000);
  if (Math.abs(seconds) < 5) return 'now';
  const [size, unit] = units.find(([unitSeconds]) => Math.abs(seconds) >= unitSeconds);
  return words.format(Math.trunc(seconds / size), unit);
}
