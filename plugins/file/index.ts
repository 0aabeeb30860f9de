import { readFile } from 'node:fs/promises';
import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';
import { type CollectArgs, collectFile } from './collect.ts';
import type { DownloadArgs } from './download.ts';
import { fetchFile } from './fetch-file.ts';
import { type LineArgs, withLine } from './line-text.ts';
import { type ChecksumArgs, checksumOf, lookAt, type ReadArgs, readPart } from './look.ts';
import { hasOwnership, modeText, type OwnershipArgs, readOwnership } from './ownership.ts';
import { setOwnership } from './place.ts';
import { type PutArgs, putContent } from './put-content.ts';
import { fullPath, withSentence } from './refusal.ts';
import { type RemoveArgs, removePath } from './remove.ts';
import { findExisting, statsOf, type TargetArgs } from './target.ts';
import { fillTemplate, hostFacts } from './template-text.ts';

type Content = { readonly content?: string; readonly base64?: string };

export async function write(args: PutArgs & Content, context: PluginContext): Promise<PluginResult> {
  const { content, base64 } = args;
  if ((content === undefined) === (base64 === undefined)) throw new Error('Give either `content` or `base64`.');
  if (base64 !== undefined && !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(base64)) throw new Error('`base64` is not base64.');
  const bytes = content === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(content);
  return putContent(args, context, () => bytes);
}

type TemplateArgs = PutArgs & {
  readonly template?: string;
  readonly source?: string;
  readonly values?: Readonly<Record<string, unknown>>;
};

export async function template(args: TemplateArgs, context: PluginContext): Promise<PluginResult> {
  const { template: text, source, values = {} } = args;
  if ((text === undefined) === (source === undefined)) throw new Error('Give either `template` or `source`.');
  const from = source === undefined ? '' : fullPath(source, 'source');
  const form = text ?? (await withSentence(from, 'read', () => readFile(from, 'utf8')));
  if (Object.hasOwn(values, 'facts'))
    throw new Error('The name `facts` in `values` is taken: it holds what is known of the host.');
  const filled = Buffer.from(fillTemplate(form, { ...values, facts: hostFacts(context.agentName) }));
  return putContent(args, context, () => filled);
}

export async function line(
  args: PutArgs & LineArgs & { readonly create?: boolean },
  context: PluginContext,
): Promise<PluginResult> {
  if (args.line === undefined && args.matching === undefined) throw new Error('Give `line`, or `matching` with `state` absent.');
  return putContent(args, context, (old) => {
    if (old === undefined && args.state === 'absent') return undefined;
    if (old === undefined && args.create !== true) throw new Error(`There is no file ${args.path}: set \`create\` to make it.`);
    if (old !== undefined && !Buffer.from(old.toString('utf8')).equals(old))
      throw new Error(`${args.path} is not text in UTF-8.`);
    return Buffer.from(withLine(old?.toString('utf8') ?? '', args));
  });
}

type FetchArgs = PutArgs & DownloadArgs & { readonly sha256?: string };

export async function fetch(args: FetchArgs, context: PluginContext): Promise<PluginResult> {
  return fetchFile(args, context);
}

export async function checksum(args: ChecksumArgs): Promise<PluginResult> {
  return checksumOf(args);
}

/** Of a file or a folder, not of what is inside. */
export async function mode(args: TargetArgs & OwnershipArgs & { readonly dryRun?: boolean }): Promise<PluginResult> {
  const wanted = await readOwnership(args);
  if (Object.keys(wanted).length === 0) throw new Error('Give `mode`, `owner` or `group`.');
  return withSentence(args.path, 'change', async () => {
    const stats = await statsOf(fullPath(args.path));
    const target = stats?.isDirectory() === true ? { path: fullPath(args.path), stats } : await findExisting(args);
    const { path } = target;
    const data = { path, mode: modeText(wanted.mode ?? target.stats.mode) };
    if (hasOwnership(wanted, target.stats))
      return { status: 'success', message: `${path} is as it should be.`, data: { changed: false, ...data } };
    if (args.dryRun === true)
      return {
        status: 'success',
        message: `${path} would be changed (dry run).`,
        data: { changed: true, dryRun: true, ...data },
      };
    await setOwnership(path, target.stats, wanted);
    return { status: 'success', message: `Changed the mode or owner of ${path}.`, data: { changed: true, ...data } };
  });
}

/** Into the files of the execution. */
export async function collect(args: CollectArgs, context: PluginContext): Promise<PluginResult> {
  return collectFile(args, context);
}

export async function remove(args: RemoveArgs): Promise<PluginResult> {
  return removePath(args);
}

export async function stat({ path }: { readonly path: string }): Promise<PluginResult> {
  return lookAt(path);
}

export async function read(args: ReadArgs): Promise<PluginResult> {
  return readPart(args);
}
