/**
 * That a host was cloned shows in who appears under one identity. A process that ended never comes back: each start is a new life. So when
 * a life is seen again after another one was, both live, and turn by turn they prove it.
 *
 *   A                     one host
 *   A B                   a restart, or a host that took over from one that fell silent
 *   A B A                 a second process while the first one still was there: somebody moves a folder to another host
 *   A B A B A B           two hosts that have one identity
 */
export type Appearance = {
  /** of the process, as its hello tells */
  readonly life: string;
  /** what the host calls itself; null: it did not tell */
  readonly name: string | null;
  readonly address: string;
  /** ms since the epoch, for a person */
  readonly at: number;
  /** ms of the monotonic clock, for counting */
  readonly moment: number;
};

/** What is shown of an agent of which two live. */
export type Duplicate = {
  /** ms since the epoch */
  readonly since: number;
  readonly lastAt: number;
  /** the latest first */
  readonly hosts: readonly DuplicateHost[];
};
export type DuplicateHost = { readonly name: string | null; readonly address: string; readonly lastAt: number };

const withinMs = 10 * 60_000;
/** An image that hundreds were cloned from appears often: the newest tell enough. */
const mostKept = 32;
/** A copy that is turned away makes two of them with each try, of which there are one or two in a minute. */
const returnsOfTwo = 5;
const mostHosts = 5;

/** What is still worth keeping when one more was seen. */
export function withAppearance(known: readonly Appearance[], seen: Appearance): readonly Appearance[] {
  const recent = known.filter(({ moment }) => seen.moment - moment <= withinMs);
  return recent.at(-1)?.life === seen.life ? [...recent.slice(0, -1), seen] : [...recent, seen].slice(-mostKept);
}

/** How often somebody came back after another one was seen. */
export const returnsIn = (appearances: readonly Appearance[]): number => {
  const before = new Set<string>();
  let returns = 0;
  for (const { life } of appearances) {
    if (before.has(life)) returns += 1;
    before.add(life);
  }
  return returns;
};

export const areTwo = (appearances: readonly Appearance[]): boolean => returnsIn(appearances) >= returnsOfTwo;

/** Those who take turns, the latest first. A host that was started anew meanwhile is told once. */
export function hostsOf(appearances: readonly Appearance[]): DuplicateHost[] {
  const lives = new Set<string>();
  const labels = new Set<string>();
  const hosts: DuplicateHost[] = [];
  for (const { life, name, address, at } of appearances.toReversed()) {
    const label = `${name} ${address}`;
    // clones may look alike in all but their lives: of the two who were seen last, neither is left out
    const isTold = lives.has(life) || (hosts.length >= 2 && labels.has(label));
    lives.add(life);
    labels.add(label);
    if (!isTold && hosts.length < mostHosts) hosts.push({ name, address, lastAt: at });
  }
  return hosts;
}

/** `web01 (10.0.0.5)` */
export const hostLabel = ({ name, address }: Pick<DuplicateHost, 'name' | 'address'>): string =>
  name === null || name === '' ? address : `${name} (${address})`;
