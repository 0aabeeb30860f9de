import { Ajv2020 } from 'ajv/dist/2020.js';
import type { z } from 'zod';
import { pluginName } from '../../shared/names.ts';
import { type BundleFile, bundleText, maxBundleBytes, pluginBundle } from '../../shared/plugin-bundle.ts';
import {
  defaultManifest,
  type Platform,
  type PluginManifest,
  pluginManifest,
  runtimeOfFile,
} from '../../shared/plugin-manifest.ts';
import type { Finding } from '../output/findings.ts';
import { formatBytes } from '../output/sizes.ts';
import type { PluginSource } from './plugin-source.ts';

/** Everything that would make the server refuse the plugin, and what an author may want to know besides. */
export function checkPlugin(source: PluginSource, platform: Platform): Finding[] {
  const findings = source.kind === 'file' ? checkFile(source) : checkFolder(source, platform);
  return [...findings, ...(findings.some(({ level }) => level === 'fail') ? [] : [sizeFinding(source)])];
}

function checkFile({ name, file }: PluginSource & { readonly kind: 'file' }): Finding[] {
  const runtime = runtimeOfFile(file.name);
  return [
    nameFinding(name),
    runtime === undefined
      ? fail('file', `${file.name} cannot be run: its name must end in .js, .mjs, .cjs, .ts, .py, .sh or .ps1.`)
      : ok('file', `${file.name}, run by ${runtime}; a single file takes any arguments`),
  ];
}

function checkFolder({ name, files }: PluginSource & { readonly kind: 'folder' }, platform: Platform): Finding[] {
  const [manifest, ...problems] = readManifest(files);
  if (manifest === undefined) return problems;
  return [
    manifest.name === name
      ? nameFinding(name)
      : fail('name', `plugin.json says "${manifest.name}", but the folder is called "${name}". Make them the same.`),
    ok('manifest', `version ${manifest.version}, runtime ${manifest.runtime}`),
    files.some(({ path }) => path === manifest.entry)
      ? ok('entry', manifest.entry)
      : fail('entry', `The entry file ${manifest.entry} is not in the folder.`),
    ...Object.keys(manifest.actions).flatMap((action) => actionFindings(action, manifest)),
    platformFinding(manifest, platform),
  ];
}

function readManifest(files: readonly BundleFile[]): [PluginManifest] | [undefined, ...Finding[]] {
  const file = files.find(({ path }) => path === 'plugin.json');
  if (file === undefined) return [undefined, fail('manifest', 'There is no plugin.json in the folder.')];
  let content: unknown;
  try {
    content = JSON.parse(
      Buffer.from(file.base64, 'base64')
        .toString('utf8')
        .replace(/^\uFEFF/, ''),
    );
  } catch (error) {
    return [undefined, fail('manifest', `plugin.json is not valid JSON: ${(error as Error).message}`)];
  }
  const result = pluginManifest.safeParse(content, { error: manifestSentence, reportInput: true });
  if (result.success) return [result.data];
  return [
    undefined,
    ...result.error.issues.map(({ path, message }) => fail('manifest', `${path.join('.') || 'plugin.json'}: ${message}`)),
  ];
}

function manifestSentence(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_value') return `Use one of ${issue.values.map(String).join(', ')}.`;
  return issue.code === 'invalid_type' && issue.input === undefined ? 'It is missing.' : undefined;
}

function actionFindings(name: string, { actions }: PluginManifest): Finding[] {
  const what = `action ${name}`;
  const { args: schema, examples = [] } = actions[name] ?? {};
  if (schema === undefined) return [ok(what, 'takes any arguments')];
  try {
    const validate = new Ajv2020({ allErrors: true, strict: false, validateFormats: false, logger: false }).compile(schema);
    const misfits = examples.flatMap((example, at) => (validate(example) ? [] : [{ at, error: validate.errors?.[0] }]));
    const [misfit] = misfits;
    if (misfit === undefined) return [ok(what, `its schema is valid${examples.length === 0 ? '' : ', and its examples fit'}`)];
    const { at, error } = misfit;
    return [warn(what, `Example ${at + 1} does not fit the schema: ${error?.instancePath || 'it'} ${error?.message}.`)];
  } catch (error) {
    return [fail(what, `Its args are not a JSON Schema of draft 2020-12: ${(error as Error).message}`)];
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

function sizeFinding(source: PluginSource): Finding {
  const files: BundleFile[] =
    source.kind === 'folder'
      ? source.files.filter(({ path }) => path !== 'plugin.json')
      : [{ path: source.file.name, executable: false, base64: source.file.base64 }];
  const [manifest] =
    source.kind === 'folder' ? readManifest(source.files) : [defaultManifest(source.name, files[0]?.path ?? '', 'node', [])];
  const bundle = pluginBundle.safeParse({ manifest, files });
  if (!bundle.success) {
    const [issue] = bundle.error.issues;
    return fail('files', `${issue?.path.join('.')}: ${issue?.message}`);
  }
  const bytes = Buffer.byteLength(bundleText(bundle.data));
  const shown = `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${formatBytes(bytes)} as a bundle`;
  return bytes > maxBundleBytes
    ? fail('size', `${shown}; at most ${formatBytes(maxBundleBytes)} are possible`)
    : ok('size', shown);
}

const ok = (what: string, detail: string): Finding => ({ level: 'ok', what, detail });
const warn = (what: string, detail: string): Finding => ({ level: 'warn', what, detail });
const fail = (what: string, detail: string): Finding => ({ level: 'fail', what, detail });
