import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { joinTokenInput } from '../../../shared/api/access.ts';
import { cookieOf, openTestAuth, someAdmin } from '../../../tests/support/auth.ts';

it('keeps no secret in the database or the log', async () => {
  const test = await openTestAuth();
  const { auth } = test;
  const passwords = ['first correct horse', 'second correct horse', 'third correct horse', 'wrong correct horse'];
  const [first = '', second = '', third = '', wrong = ''] = passwords;
  try {
    await auth.ensureAdmin({ dataDir: test.dataDir });
    const adminToken = (await readFile(join(test.dataDir, 'admin.token'), 'utf8')).trim();
    const code = await auth.createSignInCode();
    const byCode = await auth.signInWithCode(code, null);
    const alice = await auth.users.create({ name: 'alice', role: 'admin', password: first }, someAdmin);
    const session = await auth.signInWithPassword('alice', first, null);
    await auth.changeOwnPassword(session.actor, { current: first, next: second });
    await auth.users.patch(alice.id, { password: third }, someAdmin);
    await auth.signInWithPassword('alice', wrong, null).catch(() => undefined);
    const { token } = await auth.tokens.create({ name: 'ci', role: 'viewer' }, someAdmin);
    const byToken = await auth.signInWithToken(token, null);
    await auth.authenticate({ authorization: `Bearer ${token}` });
    const join_ = await auth.joinTokens.create(joinTokenInput.parse({}), someAdmin);
    await test.db.write((writer) => auth.joinTokens.spendIn(writer, join_.token));
    const given = 'a token of the settings, which has'.replaceAll(' ', '-');
    await auth.ensureAdmin({ dataDir: test.dataDir, adminToken: given });

    const cookies = [byCode, session, byToken].map(({ setCookie }) => cookieOf(setCookie).replace('muster_session=', ''));
    const secrets = [...passwords, adminToken, code, token, join_.token.slice(4, 47), given, ...cookies];
    // closed first: a plain read of the open database would drop its lock
    await test.db.close();
    const files = (await readdir(test.dataDir)).filter((name) => name !== 'admin.token');
    const kept = [test.logText(), ...(await Promise.all(files.map((name) => readFile(join(test.dataDir, name), 'latin1'))))].join(
      '\n',
    );
    expect(kept).toContain('alice');
    expect(secrets.filter((secret) => secret.length < 10 || kept.includes(secret))).toEqual([]);
  } finally {
    await test.dispose();
  }
});
