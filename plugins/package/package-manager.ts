export type ManagerName = 'apt' | 'dnf' | 'winget';

/** By name: the installed version, or of several installed ones (architectures, kernels) all of them. */
export type Installed = ReadonlyMap<string, string>;

export type Wanted = { readonly name: string; readonly version: string | undefined };

export type InstallOptions = {
  readonly recommends?: boolean;
  readonly allowDowngrade?: boolean;
  readonly dryRun?: boolean;
};

export type RemoveOptions = { readonly purge?: boolean; readonly removeUnused?: boolean; readonly dryRun?: boolean };

/** One package manager. Its output goes to the log; what fails rejects with a sentence. */
export type PackageManager = {
  readonly name: ManagerName;
  /** all that is installed */
  installed(): Promise<Installed>;
  install(wanted: readonly Wanted[], options: InstallOptions): Promise<void>;
  remove(names: readonly string[], options: RemoveOptions): Promise<void>;
  update(): Promise<void>;
  /** @param names none: everything */
  upgrade(names: readonly string[], options: { readonly dryRun?: boolean }): Promise<void>;
  /** what could be upgraded, and to which version */
  upgradable(): Promise<Installed>;
  /** the newest version that can be had; undefined: nobody knows such a package */
  candidate(name: string): Promise<string | undefined>;
};

/** `name=version` or `name` */
export function wantedOf(text: string): Wanted {
  const at = text.indexOf('=');
  return at === -1 ? { name: text, version: undefined } : { name: text.slice(0, at), version: text.slice(at + 1) };
}
