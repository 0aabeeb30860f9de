import type { PluginProblem } from '../../../shared/api/plugins.ts';
import { MusterError } from '../../../shared/errors.ts';
import { positionInJson } from '../../../shared/json-position.ts';
import { manifestOrFaults } from '../../../shared/manifest-faults.ts';
import type { BundleFile } from '../../../shared/plugin-bundle.ts';
import type { PluginManifest } from '../../../shared/plugin-manifest.ts';
import { compileArgsCheck } from './args-check.ts';
import { bundleOfFiles, manifestPath } from './bundles.ts';
import { textOf } from './plugin-detail.ts';
import type { Source, SourceSyntax } from './source-syntax.ts';

/** Everything about the files of a plugin that would be refused or could not run, errors first. */
export async function problemsOfFiles(
  name: string,
  files: readonly BundleFile[],
  syntax: SourceSyntax,
): Promise<PluginProblem[]> {
  const manifestText = textIn(files, manifestPath)?.replace(/^\uFEFF/, '');
  if (manifestText === undefined) return [error(manifestPath, `There is no ${manifestPath} among the files.`)];
  const read = manifestOrFaults(manifestText);
  if ('faults' in read) return read.faults.map(({ message, ...place }) => error(manifestPath, message, place));
  const { manifest } = read;
  const found = [
    ...(manifest.name === name
      ? []
      : [inManifest(manifestText, ['name'], `It says "${manifest.name}", but the plugin is called "${name}".`)]),
    ...Object.keys(manifest.actions).flatMap((action) => actionProblems(action, manifest, manifestText)),
    ...(await entryProblems(manifest, manifestText, files, syntax)),
  ];
  const errors = found.filter(({ level }) => level === 'error');
  return [...(errors.length === 0 ? bundleProblem(name, files) : errors), ...found.filter(({ level }) => level === 'warning')];
}

function actionProblems(name: string, manifest: PluginManifest, text: string): PluginProblem[] {
  const action = manifest.actions[name];
  if (action?.args === undefined) return [];
  const compiled = attempt(() => compileArgsCheck({ ...manifest, actions: { [name]: action } }));
  if ('message' in compiled) return [inManifest(text, ['actions', name, 'args'], compiled.message)];
  return (action.examples ?? []).flatMap((example, at) => {
    const checked = attempt(() => compiled.value.check(name, example));
    if (!('message' in checked)) return [];
    const sentence = `Example ${at + 1} of ${name} does not fit the schema: ${checked.message}`;
    return [{ ...inManifest(text, ['actions', name, 'examples', at], sentence), level: 'warning' as const }];
  });
}

async function entryProblems(
  { entry, runtime, actions }: PluginManifest,
  text: string,
  files: readonly BundleFile[],
  syntax: SourceSyntax,
): Promise<PluginProblem[]> {
  if (!files.some(({ path }) => path === entry))
    return [inManifest(text, ['entry'], `The entry file ${entry} is not among the files.`)];
  const { faults, names, unseen } = await syntax(runtime, entry, sourcesOf(files));
  if (faults.length > 0)
    return faults.map(({ path, message, ...place }) => error(path, `${message}.`.replace(/\.\.$/, '.'), place));
  const missing = names === undefined ? [] : Object.keys(actions).filter((action) => !names.includes(action));
  return [
    ...missing.map((action) => error(entry, noFunction(action, runtime, names ?? []))),
    ...(unseen === null ? [] : [{ ...error(entry, `Not checked: ${unseen}.`), level: 'warning' as const }]),
  ];
}

const noFunction = (action: string, runtime: string, names: readonly string[]): string =>
  `There is no function for the action ${action}: write \`${
    runtime === 'python' ? `def ${action}(…)` : `export async function ${action}(args, context)`
  }\`, or take the action out of ${manifestPath}. There is ${names.length === 0 ? 'none' : names.join(', ')}.`;

/** What only the whole can tell: paths, sizes. */
function bundleProblem(name: string, files: readonly BundleFile[]): PluginProblem[] {
  const made = attempt(() => bundleOfFiles(name, files));
  return 'message' in made ? [error(manifestPath, made.message)] : [];
}

/** What others wrote is not the author's to mend. */
const sourcesOf = (files: readonly BundleFile[]): Source[] =>
  files
    .filter(({ path }) => !/(^|\/)(node_modules|vendor)\/|\.d\.[cm]?ts$/.test(path))
    .flatMap(({ path, base64 }) => {
      const text = textOf(Buffer.from(base64, 'base64'));
      return text === null ? [] : [{ path, text }];
    });

function textIn(files: readonly BundleFile[], wanted: string): string | undefined {
  const file = files.find(({ path }) => path === wanted);
  return file === undefined ? undefined : Buffer.from(file.base64, 'base64').toString('utf8');
}

function attempt<T>(work: () => T): { readonly value: T } | { readonly message: string } {
  try {
    return { value: work() };
  } catch (caught) {
    if (caught instanceof MusterError) return { message: caught.message };
    throw caught;
  }
}

const inManifest = (text: string, path: readonly PropertyKey[], message: string): PluginProblem =>
  error(manifestPath, message, positionInJson(text, path));

const error = (
  file: string,
  message: string,
  place: { readonly line: number | null; readonly column: number | null } = { line: null, column: null },
): PluginProblem => ({ level: 'error', file, line: place.line, column: place.column, message });
