import { numberText } from '../table.ts';
import type { PageMeasured } from './measure-page.ts';

/** What the dashboard promises of each page. */
export const pageGoals = { firstByteMs: 100, htmlGzipped: 50 * 1024, scriptGzipped: 60 * 1024 } as const;

export function pagesTable(pages: readonly PageMeasured[]): string {
  const head = ['page', 'first', 'median', 'p95', 'HTML', 'gzipped', 'script', ''];
  const lines = pages.map((page) => [
    page.name,
    ms(page.first),
    ms(page.median),
    ms(page.p95),
    kib(page.htmlBytes),
    kib(page.htmlGzipped),
    kib(page.scriptGzipped),
    missed(page).join(', '),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => (line[column] ?? '').length)));
  const text = [head, widths.map((width) => '-'.repeat(width)), ...lines].map((line) =>
    line
      .map((cell, column) => (column > 0 && column < 7 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return text.join('\n');
}

function missed({ status, median, p95, htmlGzipped, scriptGzipped }: PageMeasured): string[] {
  return [
    ...(status === 200 ? [] : [`status ${status}`]),
    ...(median > pageGoals.firstByteMs ? ['SLOW'] : p95 > pageGoals.firstByteMs ? ['slow at p95'] : []),
    ...(htmlGzipped > pageGoals.htmlGzipped ? ['LARGE'] : []),
    ...(scriptGzipped > pageGoals.scriptGzipped ? ['MUCH SCRIPT'] : []),
  ];
}

const ms = (value: number): string => `${numberText(value)} ms`;
const kib = (bytes: number): string => `${numberText(bytes / 1024)} KiB`;
