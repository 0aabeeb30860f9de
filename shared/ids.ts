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
  /** the text of the time and of the upper half of the random number, which change once a millisecond */
  let front = '';
  let upper = 0n;
  /** the lower half: below 2 ** 40 */
  let lower = 0;
  const begin = (): void => {
    front = `${base32(BigInt(lastTime), 10)}${base32(upper, 8)}`;
  };
  begin();
  return (kind) => {
    const time = now();
    if (time > lastTime) {
      lastTime = time;
      // the top bit stays clear, so that counting up within the millisecond cannot overflow
      const random = randomBytes(10).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) >> 1n;
      upper = random >> 40n;
      lower = Number(random & (halfSize - 1n));
      begin();
    } else {
      lower += 1;
      if (lower === Number(halfSize)) {
        lower = 0;
        upper += 1n;
        begin();
      }
    }
    return `${prefixes[kind]}_${front}${eightDigits(lower)}`;
  };
}

const halfSize = 1n << 40n;

export const idPattern = (kind: IdKind): RegExp => new RegExp(`^${prefixes[kind]}_[${alphabet}]{26}$`);

/** The least id of its kind that a generator can make at `time`: lists can page by time through the index on the id. */
export const idFloor = (kind: IdKind, time: number): string => `${prefixes[kind]}_${base32(BigInt(time), 10)}${base32(0n, 16)}`;

/** ms of the time at which an id was made. */
export const timeOfId = (id: string): number =>
  [...id.slice(id.indexOf('_') + 1).slice(0, 10)].reduce((time, digit) => time * 32 + alphabet.indexOf(digit), 0);

/** Of a number below 2 ** 40. An execution needs four ids: whole numbers take a tenth of the time of large ones. */
const eightDigits = (value: number): string => `${fourDigits(Math.floor(value / 0x100000))}${fourDigits(value % 0x100000)}`;
const fourDigits = (value: number): string => `${pairs[value >> 10]}${pairs[value & 1023]}`;
const pairs = Array.from({ length: 1024 }, (_, i) => `${alphabet[i >> 5]}${alphabet[i & 31]}`);

function base32(value: bigint, length: number): string {
  let text = '';
  let rest = value;
  for (let i = 0; i < length; i += 1) {
    text = alphabet.charAt(Number(rest & 31n)) + text;
    rest >>= 5n;
  }
  return text;
}
