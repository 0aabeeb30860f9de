import type { Installed } from './package-manager.ts';

export type PackageChange = { readonly name: string; readonly before: string | null; readonly after: string | null };

/** What differs between two looks at what is installed, by name. */
export function changesOf(before: Installed, after: Installed): PackageChange[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name));
  return names.sort().map((name) => ({ name, before: before.get(name) ?? null, after: after.get(name) ?? null }));
}

export function changeSentence(changes: readonly PackageChange[]): string {
  const parts = [
    said(
      'Installed',
      changes.filter(({ before }) => before === null),
      ({ name, after }) => `${name} ${after}`,
    ),
    said(
      'removed',
      changes.filter(({ after }) => after === null),
      ({ name }) => name,
    ),
    said(
      'changed',
      changes.filter(({ before, after }) => before !== null && after !== null),
      ({ name, before, after }) => `${name} ${before} → ${after}`,
    ),
  ].filter((part) => part !== '');
  const sentence = parts.join('; ');
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

const namedAtMost = 5;

function said(verb: string, changes: readonly PackageChange[], text: (change: PackageChange) => string): string {
  if (changes.length === 0) return '';
  const more = changes.length > namedAtMost ? ` and ${changes.length - namedAtMost} more` : '';
  return `${verb} ${changes.slice(0, namedAtMost).map(text).join(', ')}${more}`;
}
