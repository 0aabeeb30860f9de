import { MusterError } from './errors.ts';
import type { ValueKind } from './setting-values.ts';

/**
 * A setting is declared once. Its key in the table is its key in the config file; its flag follows from the key (`dataDir` is
 * `--data-dir`); the README's table and the help of the commands are made from the declaration.
 */
export type Setting<T, Default = T> = {
  readonly env: `MUSTER_${string}`;
  /** one sentence for a person */
  readonly help: string;
  readonly value: ValueKind<T>;
  /** undefined: unset */
  readonly default: Default;
  /** what is said of the default where the value does not say it, such as "the name of the host" */
  readonly defaultMeans?: string;
  /** it makes no sense in the config file, because it says where the file is */
  readonly notInFile?: true;
};

export const setting = <T, Default extends T | undefined>(declaration: Setting<T, Default>): Setting<T, Default> => declaration;

// biome-ignore lint/suspicious/noExplicitAny: a table mixes the types of its settings
export type SettingsTable = Readonly<Record<string, Setting<any, any>>>;

export type ValuesOf<Table extends SettingsTable> = {
  readonly [Key in keyof Table]: Table[Key] extends Setting<infer T, infer Default>
    ? T | (undefined extends Default ? undefined : never)
    : never;
};

export const settingSources = ['flag', 'environment', 'file', 'default'] as const;
export type SettingSource = (typeof settingSources)[number];

export type Sources = {
  /** by key of the table; others are not looked at */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** the parsed config file and its path, for messages */
  readonly file?: { readonly path: string; readonly content: Readonly<Record<string, unknown>> };
};

export type ResolvedSettings<Table extends SettingsTable> = {
  readonly values: ValuesOf<Table>;
  readonly sources: { readonly [Key in keyof Table]: SettingSource };
  /** sentences about what is odd but harmless */
  readonly warnings: readonly string[];
};

export const flagOf = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/**
 * A flag goes before the environment, the environment before the file, the file before the default. An empty variable counts as unset.
 *
 * @param otherVariables names of `MUSTER_…` variables that mean something to another part of Muster, and so are no mistake here
 * @throws MusterError `field_invalid` or `field_unknown` that names the setting, where it came from and what is allowed
 */
export function resolveSettings<Table extends SettingsTable>(
  table: Table,
  sources: Sources,
  otherVariables: readonly string[] = [],
): ResolvedSettings<Table> {
  refuseUnknownKeys(table, sources.file);
  const resolved = Object.entries(table).map(([key, declaration]) => [key, resolveOne(key, declaration, sources)] as const);
  return {
    values: Object.fromEntries(resolved.map(([key, { value }]) => [key, value])) as ValuesOf<Table>,
    sources: Object.fromEntries(resolved.map(([key, { source }]) => [key, source])) as { [Key in keyof Table]: SettingSource },
    warnings: unknownVariables(table, sources.env, otherVariables).map(
      (name) => `${name} is not a setting of Muster and has no effect.`,
    ),
  };
}

type Found = { readonly value: unknown; readonly source: SettingSource };

function resolveOne(key: string, declaration: SettingsTable[string], sources: Sources): Found {
  const found = find(key, declaration, sources);
  if (found === undefined) return { value: declaration.default, source: 'default' };
  const parsed = declaration.value.schema.safeParse(found.value);
  if (parsed.success) return { value: parsed.data, source: found.source };
  const named = { flag: flagOf(key), environment: declaration.env, file: `${key} in ${sources.file?.path}`, default: key }[
    found.source
  ];
  const given = declaration.value.secret ? '' : ` and not ${JSON.stringify(found.value).slice(0, 100)}`;
  throw new MusterError('field_invalid', `${named} must be ${declaration.value.allowed}${given}.`, { field: key });
}

function find(key: string, declaration: SettingsTable[string], { flags, env, file }: Sources): Found | undefined {
  if (flags[key] !== undefined) return { value: flags[key], source: 'flag' };
  const variable = env[declaration.env];
  if (variable !== undefined && variable !== '') return { value: variable, source: 'environment' };
  if (file !== undefined && Object.hasOwn(file.content, key)) return { value: file.content[key], source: 'file' };
  return undefined;
}

function refuseUnknownKeys(table: SettingsTable, file: Sources['file']): void {
  const allowed = Object.keys(table).filter((key) => table[key]?.notInFile === undefined);
  const unknown = Object.keys(file?.content ?? {}).filter((key) => !allowed.includes(key));
  if (unknown[0] === undefined) return;
  throw new MusterError(
    'field_unknown',
    `${unknown.join(', ')} in ${file?.path} ${unknown.length === 1 ? 'is no setting' : 'are no settings'}. Known are ${allowed.join(', ')}.`,
    { field: unknown[0] },
  );
}

function unknownVariables(table: SettingsTable, env: Sources['env'], others: readonly string[]): string[] {
  const known = new Set([...Object.values(table).map((declaration) => declaration.env as string), ...others]);
  return Object.keys(env)
    .filter((name) => name.startsWith('MUSTER_') && !known.has(name))
    .sort();
}

/** The content of a config file: one JSON object. */
export function parseConfigFile(path: string, text: string): NonNullable<Sources['file']> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new MusterError('field_invalid', `${path} is not valid JSON: ${(cause as Error).message}.`, { field: 'config', cause });
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new MusterError('field_invalid', `${path} must hold one JSON object of settings, such as { "port": 8000 }.`, {
      field: 'config',
    });
  }
  return { path, content: content as Record<string, unknown> };
}
