/** What the operating system tells of itself; `os-facts.linux.ts` and `os-facts.other.ts` read it. */
export type OsFacts = {
  readonly os_name: string;
  readonly os_version: string;
  /** the kind of container or virtual machine; undefined on bare metal and where it is not known */
  readonly virtualization: string | undefined;
  /** such as `Europe/Berlin` */
  readonly timezone: string | undefined;
};
