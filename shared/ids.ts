/**
 * Ids are a prefix that names the thing and 26 characters of Crockford base32: 48 bits of time in ms, 80 bits of randomness.
 * They sort by time of creation, so that a list can page by id, newest first.
 */
const prefixes = {
  task: 'tsk', run: 'run', execution: 'exe', agent: 'agt', user: 'usr', token: 'tok', joinToken: 'jtk', session: 'ses', audit: 'aud',
  savedView: 'vie', agentUpdate: 'upd',
} as const; // biome-ignore format: one line reads as a table

export type IdKind = keyof typeof prefixes;

export type RandomBytes = (size: number) => Uint8Array;

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

export type IdGenerator = (kind: IdKind) => string;

/** Ids of one generator strictly increase, also within one millisecond and when the clock steps back. */
export function idGenerator(now: () => number, randomBytes: RandomBytes): IdGenerator {
  let lastTime = 0;
  let random = 0n;
  return (kind) => {
    const time = now();
    if (time > lastTime) {
      lastTime = time;
      // the top bit stays clear, so that counting up within the millisecond cannot overflow
      random = randomBytes(10).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) >> 1n;
    } else {
      random += 1n;
    }
    return `${prefixes[kind]}_${base32(BigInt(lastTime), 10)}${base32(random, 16)}`;
  };
}

export const idPattern = (kind: IdKind): RegExp => new RegExp(`^${prefixes[kind]}_[${alphabet}]{26}$`);

/** The least id of its kind that a generator can make at `time`: lists can page by time through the index on the id. */
export const idFloor = (kind: IdKind, time: number): string => `${prefixes[kind]}_${base32(BigInt(time), 10)}${base32(0n, 16)}`;

/** ms of the time at which an id was made. */
export const timeOfId = (id: string): number =>
  [...id.slice(id.indexOf('_') + 1).slice(0, 10)].reduce((time, digit) => time * 32 + alphabet.indexOf(digit), 0);

function base32(value: bigint, length: number): string {
  let text = '';
  let rest = value;
  for (let i = 0; i < length; i += 1) {
    text = alphabet.charAt(Number(rest & 31n)) + text;
    rest >>= 5n;
  }
  return text;
}
