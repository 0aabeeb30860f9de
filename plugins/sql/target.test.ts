import { describe, expect, it } from '@jest/globals';
import { shownTarget, type TargetArgs, targetOf } from './target.ts';

const server = {
  host: '127.0.0.1',
  user: undefined,
  password: undefined,
  database: undefined,
  tls: undefined,
  connectMs: 10_000,
};

describe('where sql connects to', () => {
  it.each<[TargetArgs, object]>([
    [
      { url: 'postgres://a%40b:p%2Fw@db1/shop' },
      { engine: 'postgres', host: 'db1', port: 5432, user: 'a@b', password: 'p/w', database: 'shop' },
    ],
    [{ url: 'postgresql://db1:5433' }, { engine: 'postgres', host: 'db1', port: 5433 }],
    [
      { url: 'mysql://u@[::1]/shop', password: 'x' },
      { engine: 'mysql', host: '::1', port: 3306, user: 'u', password: 'x', database: 'shop' },
    ],
    [
      { engine: 'mariadb', host: '/run/mysqld/mysqld.sock' },
      { engine: 'mysql', host: '/run/mysqld/mysqld.sock', port: 3306 },
    ],
    [
      { url: 'postgres://db1/a', database: 'b', port: 1 },
      { engine: 'postgres', host: 'db1', port: 1, database: 'b' },
    ],
    [
      { url: 'postgres://db1/a?sslmode=require' },
      { engine: 'postgres', host: 'db1', port: 5432, database: 'a', tls: { verify: false } },
    ],
    [
      { engine: 'postgres', ca: 'PEM' },
      { engine: 'postgres', port: 5432, tls: { ca: 'PEM', verify: true } },
    ],
    [
      { engine: 'postgres', connectTimeoutSeconds: 0.5 },
      { engine: 'postgres', port: 5432, connectMs: 500 },
    ],
  ])('%j', (args, expected) => {
    expect(targetOf(args)).toEqual({ ...server, ...expected });
  });

  it.each<[TargetArgs, object]>([
    [{ url: 'sqlite:/var/lib/a b.db' }, { engine: 'sqlite', file: '/var/lib/a b.db', create: false }],
    [
      { url: 'sqlite:///var/lib/a%3Fb.db', create: true },
      { engine: 'sqlite', file: '/var/lib/a?b.db', create: true },
    ],
    [
      { engine: 'sqlite', database: ':memory:' },
      { engine: 'sqlite', file: ':memory:', create: true },
    ],
  ])('%j', (args, expected) => {
    expect(targetOf(args)).toEqual(expected);
  });

  it.each<[TargetArgs, string]>([
    [{}, 'Say which database: give `url`, or `engine` with `database`.'],
    [{ url: 'oracle://a:secret@b' }, '`url` is not understood'],
    [{ url: 'postgres://a:secret@b:port' }, '`url` is not understood'],
    [{ url: 'postgres://db1/a?application_name=x' }, '`url` has application_name after the ?'],
    [{ url: 'postgres://db1/a?sslmode=maybe' }, 'sslmode in `url` is one of disable, require, verify-ca, verify-full.'],
    [{ engine: 'sqlite' }, 'Give the file in `database`.'],
    [{ engine: 'sqlite', database: 'a.db' }, 'Give a full path in `database`: a.db is a relative one.'],
    [{ engine: 'sqlite', database: '/a.db', host: 'x' }, '`host` is not for SQLite'],
    [{ engine: 'postgres', create: true }, '`create` is for the files of SQLite.'],
    [{ engine: 'postgres', cert: 'x' }, 'Give `cert` and `key` together.'],
    [{ engine: 'postgres', tls: 'off', ca: 'x' }, 'have no use with `tls` off'],
  ])('refuses %j, without a word of what is secret', (args, message) => {
    expect(() => targetOf(args)).toThrow(message);
    expect(() => targetOf(args)).not.toThrow('secret@');
  });

  it('is shown without user and password', () => {
    const shown = (args: TargetArgs) => shownTarget(targetOf(args));
    expect(shown({ url: 'postgres://a:b@db1/shop' })).toBe('PostgreSQL shop at db1:5432');
    expect(shown({ url: 'sqlite:/a.db' })).toBe('/a.db');
    expect(shown({ engine: 'mysql', host: '/run/a.sock' })).toBe('MySQL at /run/a.sock');
  });
});
