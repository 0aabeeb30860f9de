import { instants, markerPattern } from './instants.ts';
import type { Protection } from './protections.ts';

/** What a process of the harness runs instead of a source file, by the file's path in the repository. */
export type SourceChange = (text: string) => string;

/** Calls of the hook in the place of the markers: on the same lines, so that stacks tell the same places. */
export const withInstants: SourceChange = (text) =>
  text.replace(markerPattern, (_, name) => `globalThis.musterInstant?.('${name}');`);

/** @throws if the text to replace is not there exactly once: the product was changed, and the table must follow */
export function withoutProtection(text: string, { name, file, find, replace }: Omit<Protection, 'protects'>): string {
  const count = text.split(find).length - 1;
  if (count !== 1) throw new Error(`The protection ${name} cannot be turned off: its text is ${count} times in ${file}.`);
  return text.replace(find, () => replace);
}

/** By path; files that are not listed stay as they are. */
export function sourceChanges(broken: readonly Protection[]): ReadonlyMap<string, SourceChange> {
  const files = new Set([...instants.map(({ file }) => file), ...broken.map(({ file }) => file)]);
  return new Map(
    [...files].map((file) => [
      file,
      (text: string) => withInstants(broken.filter((protection) => protection.file === file).reduce(withoutProtection, text)),
    ]),
  );
}
