import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sortedEntries } from './walk-folder.ts';

/** The folder with what a Python plugin depends on; the runtime puts it on `sys.path`. */
export const vendorFolder = 'vendor';

export type PythonVendor = { readonly installed: readonly Distribution[]; readonly faults: readonly string[] };
export type Distribution = { readonly name: string; readonly version: string };

/**
 * What `requirements.txt` asks for, against what is in `vendor`.
 * @returns undefined if there is no requirements.txt
 */
export async function pythonVendor(folder: string): Promise<PythonVendor | undefined> {
  const text = await textOf(join(folder, 'requirements.txt'));
  if (text === undefined) return undefined;
  const entries = (await sortedEntries(join(folder, vendorFolder))) ?? [];
  const installed = entries.flatMap(({ name }) => distributionOf(name));
  const fill = `run \`muster plugins vendor ${basename(folder)}\` (it is \`pip install --target vendor -r requirements.txt\`)`;
  const faults = requirementsIn(text).flatMap(({ name, version, isConditional }) => {
    const found = installed.find((one) => normal(one.name) === normal(name));
    if (found === undefined) return isConditional ? [] : [`${name}, which requirements.txt names, is not in vendor: ${fill}.`];
    if (version === undefined || short(found.version) === short(version)) return [];
    return [`requirements.txt asks for ${name} ${version}, but ${found.version} is in vendor: ${fill}.`];
  });
  return { installed, faults };
}

/** Which of the vendored files go along: not what differs from host to host although the same was installed. */
export const takesFromVendor = (path: string, kind: 'file' | 'folder'): boolean =>
  !(kind === 'folder' && path === 'bin') && !/\.dist-info\/(RECORD|direct_url\.json)$/.test(path);

type Requirement = {
  readonly name: string;
  /** if exactly one will do */
  readonly version: string | undefined;
  /** only needed on some hosts */
  readonly isConditional: boolean;
};

/** Options (`-r other.txt`, `--hash`) and plain addresses are pip's to judge. */
export function requirementsIn(text: string): Requirement[] {
  const lines = text.replace(/\\\r?\n/g, ' ').split(/\r?\n/);
  return lines.flatMap((line): Requirement[] => {
    const plain = line.replace(/(^|\s)#.*$/, '').trim();
    const [, name, rest = ''] = /^([a-z0-9](?:[\w.-]*[a-z0-9])?)\s*(?:\[[^\]]*\])?\s*(.*)$/i.exec(plain) ?? [];
    // `./folder` and `https://…` have no name
    if (name === undefined || /^[:/\\]/.test(rest)) return [];
    const [specifier = '', marker] = rest.split(';');
    const [, version] = /^={2,3}\s*([^\s,*]+)(?:\s|$)/.exec(specifier) ?? [];
    return [{ name, version, isConditional: marker !== undefined }];
  });
}

function distributionOf(entry: string): Distribution[] {
  const [, name, version] = /^(.+?)-(\d[^-]*)(?:-[^-]*)?\.(?:dist|egg)-info$/.exec(entry) ?? [];
  return name === undefined || version === undefined ? [] : [{ name, version }];
}

/** Python does not tell `Foo.Bar`, `foo-bar` and `foo_bar` apart, nor 1.0 and 1.0.0. */
const normal = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-');
const short = (version: string): string => version.toLowerCase().replace(/(\.0)+$/, '');

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
