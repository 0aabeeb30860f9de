/**
 * Which part may import which: the one table of the architecture, checked on every import of every file.
 * Import cycles are Biome's job (noImportCycles).
 */
import { posix } from 'node:path';

/** Feature folders in order; each may use itself and those before it. What must go upwards is an event. */
export const ladder = [
  'audit',
  'auth',
  'secrets',
  'notifications',
  'agents',
  'plugins',
  'releases',
  'updates',
  'logs',
  'artifacts',
  'tasks',
  'trials',
  'workflows',
  'schedules',
  'metrics',
  'alerts',
  'terminal',
  'sandbox',
  // what looks at everything
  'saved-views',
  'search',
  'overview',
  'storage',
] as const;

interface Layer {
  /** The folder (ends in `/`) or file whose imports are ruled; the longest match wins. */
  readonly place: string;
  /** Folders, files and packages it may import; `npm:*` is any package, `node:*` is Node itself, `*` is anything. */
  readonly may: readonly string[];
}

const outside = ['npm:*', 'node:*', 'package.json'];

export const layers: readonly Layer[] = [
  { place: 'shared/', may: ['shared/', 'npm:zod'] },
  // server and command line make the same bundle of the same folder: the one part of the contract that reads a disk
  { place: 'shared/plugin-folder/', may: ['shared/', 'node:*'] },
  // and both look at its sources before it is pushed
  { place: 'shared/plugin-sources/', may: ['shared/', 'node:*'] },
  { place: 'plugins/', may: ['plugins/', 'shared/', ...outside] },
  { place: 'agent/', may: ['agent/', 'shared/', ...outside] },
  { place: 'cli/', may: ['cli/', 'shared/', ...outside] },
  { place: 'server/', may: ['server/', 'shared/', ...outside] },
  { place: 'server/platform/', may: ['server/platform/', 'server/schema/', 'shared/', ...outside] },
  { place: 'server/schema/', may: ['server/schema/', 'server/platform/', 'shared/', ...outside] },
  ...ladder.map((feature, rung) => ({
    place: featureFolder(feature),
    may: [...ladder.slice(0, rung + 1).map(featureFolder), 'server/platform/', 'server/schema/', 'shared/', ...outside],
  })),
  { place: 'scripts/', may: ['*'] },
  { place: 'bench/', may: ['*'] },
  { place: 'faults/', may: ['*'] },
  { place: 'tests/', may: ['*'] },
];

/** A test beside its source keeps the rules of its place, and may use these besides (and any store, to build its subject). */
const testsMayAlsoImport = ['tests/', 'npm:*', 'node:*'];

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly imported: string;
  readonly why: string;
}

/** Checks sources by their paths relative to the project (with `/`). Only these files count as existing. */
export function findViolations(sources: ReadonlyMap<string, string>): Violation[] {
  return [...sources].flatMap(([file, source]) =>
    importsOf(source).flatMap(({ specifier, line }) => {
      const target = targetOf(file, specifier);
      const why = missing(target, sources) ?? outsideLayer(file, target) ?? throughStore(file, target);
      return why ? [{ file, line, imported: specifier, why }] : [];
    }),
  );
}

function missing(target: string, sources: ReadonlyMap<string, string>): string | undefined {
  const isOurSource = /^[^:]+\.[cm]?[jt]s$/.test(target) || !/[:.]/.test(posix.basename(target));
  if (!target.includes(':') && isOurSource && !sources.has(target))
    return 'no such file (imports name the real file, with `.ts`)';
  return undefined;
}

function outsideLayer(file: string, target: string): string | undefined {
  const layer = layers.filter(({ place }) => file.startsWith(place)).sort((a, b) => b.place.length - a.place.length)[0];
  if (layer === undefined) return 'its folder has no line in the table of layers';
  if (file.startsWith('server/features/') && layer.place === 'server/') return 'its feature has no rung on the ladder';
  const may = isTest(file) ? [...layer.may, ...testsMayAlsoImport] : layer.may;
  return may.some((pattern) => covers(pattern, target)) ? undefined : `${layer.place} may import only ${may.join(', ')}`;
}

function throughStore(file: string, target: string): string | undefined {
  if (!target.endsWith('.store.ts') || isTest(file) || /^(tests|bench|scripts)\//.test(file)) return undefined;
  if (/\.(pages|routes)\.ts$/.test(file)) return 'pages and routes call a service, never a store';
  if (file === 'server/main.ts' || posix.dirname(file).startsWith(posix.dirname(target))) return undefined;
  return 'a store belongs to its feature: call the service';
}

function covers(pattern: string, target: string): boolean {
  if (pattern === '*') return true;
  if (pattern.endsWith(':*')) return target.startsWith(pattern.slice(0, -1));
  return pattern.endsWith('/') ? target.startsWith(pattern) : target === pattern || target.startsWith(`${pattern}/`);
}

/** `node:fs`, `npm:zod`, or the path of a file of ours. */
function targetOf(file: string, specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  if (specifier.startsWith('.')) return posix.join(posix.dirname(file), specifier);
  return `npm:${specifier}`;
}

const importPatterns = [
  /^[ \t]*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
  /^[ \t]*import\s*['"]([^'"]+)['"]/gm,
  /^[^'"`\n]*\bimport\(\s*['"]([^'"]+)['"]/gm,
];

function importsOf(source: string): { specifier: string; line: number }[] {
  return importPatterns.flatMap((pattern) =>
    [...source.matchAll(pattern)].map((match) => ({
      specifier: match[1] ?? '',
      line: source.slice(0, match.index).split('\n').length,
    })),
  );
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts');
}

function featureFolder(feature: string): string {
  return `server/features/${feature}/`;
}
