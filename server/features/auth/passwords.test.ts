import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { cheapParameters } from '../../../tests/support/auth.ts';
import { currentParameters } from './password-hash.ts';
import { createPasswords, type Derive } from './passwords.ts';

const cheap = createPasswords({ randomBytes, parameters: cheapParameters });

/** Counts what it is asked for, and waits until it is let go. */
function countingDerive() {
  const seen: { password: string; parameters: unknown }[] = [];
  const gates: (() => void)[] = [];
  const derive: Derive = (password, _salt, length, parameters) => {
    seen.push({ password, parameters });
    return new Promise((resolve) => gates.push(() => resolve(new Uint8Array(length))));
  };
  return { derive, seen, letOneGo: () => gates.shift()?.() };
}

describe('a password hash', () => {
  it('is made by scrypt with N=2^15, r=8, p=1, and carries its parameters', async () => {
    const passwords = createPasswords({ randomBytes });
    const stored = await passwords.hash('correct horse battery');
    expect(stored).toMatch(/^scrypt\$32768\$8\$1\$[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=$/);
    expect(await passwords.verify('correct horse battery', stored)).toBe('right');
    expect(await passwords.verify('correct horse battery!', stored)).toBe('wrong');
  });

  it('is another one each time', async () => {
    expect(await cheap.hash('correct horse battery')).not.toBe(await cheap.hash('correct horse battery'));
  });

  it('fits whichever way the characters were typed', async () => {
    expect(await cheap.verify('Ame\u0301lie war hier', await cheap.hash('Am\u00e9lie war hier'))).toBe('right');
  });

  it('made with other parameters still fits, and is told to be outdated', async () => {
    const before = createPasswords({ randomBytes, parameters: { cost: 4, blockSize: 1, parallelization: 2 } });
    const stored = await before.hash('correct horse battery');
    expect(await cheap.verify('correct horse battery', stored)).toBe('right, outdated');
    expect(await cheap.verify('wrong horse battery', stored)).toBe('wrong');
  });

  it('that is damaged is an error of the server and not a wrong password', async () => {
    await expect(cheap.verify('correct horse battery', 'scrypt$2$1$1$$')).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('checking a password', () => {
  it('costs the same scrypt when there is no such user', async () => {
    const { derive, seen, letOneGo } = countingDerive();
    const passwords = createPasswords({ randomBytes, derive });
    const verdict = passwords.verify('correct horse battery', null);
    letOneGo();
    expect(await verdict).toBe('wrong');
    expect(seen).toEqual([{ password: 'correct horse battery', parameters: currentParameters }]);
  });

  it('is wrong without a stored hash, even if the dummy should fit', async () => {
    const zeros = createPasswords({
      randomBytes: (size) => new Uint8Array(size),
      derive: async (_p, _s, length) => new Uint8Array(length),
    });
    expect(await zeros.verify('anything', null)).toBe('wrong');
  });

  it('runs two scrypts at a time and no more', async () => {
    const { derive, seen, letOneGo } = countingDerive();
    const passwords = createPasswords({ randomBytes, derive });
    const all = ['a', 'b', 'c', 'd'].map((password) => passwords.hash(password));
    expect(seen).toHaveLength(2);
    letOneGo();
    await all[0];
    expect(seen).toHaveLength(3);
    for (let i = 0; i < 2; i += 1) letOneGo();
    await Promise.all([all[1], all[2]]);
    letOneGo();
    await all[3];
  });
});
