import { MusterError } from '../../shared/errors.ts';
import { pluginName } from '../../shared/names.ts';
import { type BundleFile, bundleText, maxBundleBytes, pluginBundle } from '../../shared/plugin-bundle.ts';
import type { Platform, PluginManifest } from '../../shared/plugin-manifest.ts';
import { singleFileManifest } from '../../shared/single-file-plugin.ts';
import type { Finding } from '../output/findings.ts';
import { formatBytes } from '../output/sizes.ts';
import { argsCheckOf } from './args-schema.ts';
import { bundleFault } from './bundle-fault.ts';
import { dependencyFindings } from './dependency-findings.ts';
import { checkEntry } from './entry-check.ts';
import { manifestPath, placeInManifest, tryManifest } from './manifest-file.ts';
import type { PluginSource } from './plugin-source.ts';

/** Everything that would make the server refuse the plugin, and what an author may want to know besides; with the place, where there is one. */
export function checkPlugin(source: PluginSource, platform: Platform): Finding[] {
  return source.kind === 'file' ? checkFile(source) : checkFolder(source, platform);
}

function checkFile({ name, file }: PluginSource & { readonly kind: 'file' }): Finding[] {
  const files = [{ path: file.name, executable: false, base64: file.base64 }];
  try {
    const manifest = singleFileManifest(name, file.name, Buffer.from(file.base64, 'base64').toString('utf8'));
    return [
      nameFinding(name),
      ok('file', `${file.name}, run by ${manifest.runtime}; a single file takes any arguments`),
      ...checkEntry(manifest, files).filter(({ level, what }) => level !== 'ok' && what === 'syntax'),
      sizeFinding(manifest, files),
    ];
  } catch (error) {
    if (!(error instanceof MusterError)) throw error;
    return [fail('file', error.message)];
  }
}

function checkFolder(
  { name, files: all, dependencies }: PluginSource & { readonly kind: 'folder' },
  platform: Platform,
): Finding[] {
  const read = tryManifest(all);
  if ('faults' in read) return read.faults.map((fault) => fail('manifest', fault));
  const { manifest, text } = read;
  const files = all.filter(({ path }) => path !== manifestPath);
  return [
    manifest.name === name ? nameFinding(name) : fail('name', otherName(text, manifest.name, name)),
    ok('manifest', `version ${manifest.version}, runtime ${manifest.runtime}`),
    ...checkEntry(manifest, files),
    ...Object.keys(manifest.actions).flatMap((action) => actionFindings(action, manifest, text)),
    platformFinding(manifest, platform),
    ...dependencyFindings(dependencies),
    sizeFinding(manifest, files),
  ];
}

const otherName = (text: string, inManifest: string, ofFolder: string): string =>
  `${placeInManifest(text, ['name'])}: It says "${inManifest}", but the folder is called "${ofFolder}". Make them the same.`;

function actionFindings(name: string, { actions }: PluginManifest, text: string): Finding[] {
  const what = `action ${name}`;
  const { args: schema, examples = [] } = actions[name] ?? {};
  if (schema === undefined) return [ok(what, 'takes any arguments')];
  try {
    const check = argsCheckOf({ args: schema });
    const misfits = examples.flatMap((example, at) => check(example).map(({ message }) => ({ at, message })));
    if (misfits.length === 0) return [ok(what, `its schema is valid${examples.length === 0 ? '' : ', and its examples fit'}`)];
    return misfits.map(({ at, message }) => {
      const place = placeInManifest(text, ['actions', name, 'examples', at]);
      return warn(what, `${place}: Example ${at + 1} does not fit the schema: ${message}`);
    });
  } catch (error) {
    const place = placeInManifest(text, ['actions', name, 'args']);
    return [fail(what, `${place}: Its args are not a JSON Schema of draft 2020-12: ${(error as Error).message}`)];
  }
}

function platformFinding({ platforms }: PluginManifest, platform: Platform): Finding {
  if (platforms === undefined) return ok('platforms', 'every platform');
  const shown = platforms.join(', ');
  return platforms.includes(platform)
    ? ok('platforms', shown)
    : warn('platforms', `${shown}; agents on this one (${platform}) do not get it`);
}

const nameFinding = (name: string): Finding => {
  const { error } = pluginName.safeParse(name);
  return error === undefined ? ok('name', name) : fail('name', `"${name}": ${error.issues[0]?.message}`);
};

function sizeFinding(manifest: PluginManifest, files: readonly BundleFile[]): Finding {
  const bundle = pluginBundle.safeParse({ manifest, files });
  if (!bundle.success) return fail('files', bundleFault(bundle.error, files));
  const bytes = Buffer.byteLength(bundleText(bundle.data));
  const shown = `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${formatBytes(bytes)} as a bundle`;
  return bytes > maxBundleBytes
    ? fail('size', `${shown}; at most ${formatBytes(maxBundleBytes)} are possible`)
    : ok('size', shown);
}

const ok = (what: string, detail: string): Finding => ({ level: 'ok', what, detail });
const warn = (what: string, detail: string): Finding => ({ level: 'warn', what, detail });
const fail = (what: string, detail: string): Finding => ({ level: 'fail', what, detail });
