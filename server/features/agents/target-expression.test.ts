import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MusterError } from '../../../shared/errors.ts';
import { parseTarget } from './target-expression.ts';
import type { Target } from './target-terms.ts';

const web: Target = {
  name: 'web01',
  tags: ['web', 'env=prod-eu', 'rack/7'],
  os: 'linux',
  arch: 'x64',
  facts: { cores: 8, kernel: '5.10.0-21', virtual: true, distro: 'Debian GNU/Linux 12', load: 0.5 },
  status: 'Online',
};
const matches = (text: string, target: Target = web): boolean => parseTarget(text)(target);

describe('a target expression', () => {
  it.each([
    'web01', 'web*', 'web??', '*', 'name:web*', 'tag:web', 'tag:env=prod*', 'tag:rack/7', 'os:linux', 'OS:Linux', 'arch:x64', 'status:Online', 'status:online',
    'fact:cores=8', 'fact:cores>7', 'fact:cores>=8', 'fact:cores<=8', 'fact:cores<8.5', 'fact:cores!=4', 'fact:kernel>5.9.1', 'fact:kernel<6',
    'fact:kernel=5.10*', 'fact:virtual', 'fact:virtual=true', 'fact:gpu!=yes', 'fact:distro="Debian GNU/Linux *"', 'fact:load>0',
    'tag:web & os:linux', 'tag:web and os:linux', 'db* | web*', 'db*, web*', 'db* or web*', '!db*', 'not db*', 'NOT db* AND tag:web', '!!tag:web',
    '(db* | web*) & !tag:db', 'web01||x', 'web01&&web01', ' ( ( web01 ) ) ', 'db01,web01,db02', '"web01"', 'db & x | web01', 'web01 | db & x',
  ])('matches a host: %s', (text) => expect(matches(text)).toBe(true)); // biome-ignore format: a table

  it.each([
    'web02', 'WEB01', 'eb01', 'web?', 'tag:we', 'tag:env', 'os:windows', 'arch:arm64', 'status:Idle', 'fact:cores>8', 'fact:cores=9', 'fact:gpu',
    'fact:gpu=*', 'fact:gpu>1', 'fact:virtual>1', 'fact:kernel>5.10.0-22', 'tag:web & os:win32', '!web*', 'db* | mail*', 'web01 & !web01', '!(web01)',
  ])('does not match a host: %s', (text) => expect(matches(text)).toBe(false)); // biome-ignore format: a table

  it('knows the platforms by what people call them, too', () => {
    expect(matches('os:windows', { ...web, os: 'win32' })).toBe(true);
    expect(matches('os:win32', { ...web, os: 'win32' })).toBe(true);
    expect(matches('os:mac*', { ...web, os: 'darwin' })).toBe(true);
  });

  it.each<[string, number, string]>([
    ['', 1, 'but the expression ends'],
    ['tag:web &', 10, 'is expected here, but the expression ends'],
    ['tag:web os:linux', 9, '"&" or "|" is expected here, not "os:linux"'],
    ['(tag:web', 9, 'The "(" of column 1 is not closed'],
    ['tag:web)', 8, 'not ")"'],
    ['& web', 1, 'not "&"'],
    ['a & | b', 5, 'not "|"'],
    ['tag:', 5, 'A value must follow "tag:"'],
    ['web & colour:red', 7, 'There is no key "colour:"'],
    ['web & status:Asleep', 14, 'There is no status "Asleep"'],
    ['fact:=3', 6, 'The key of a fact must stand here'],
    ['fact:cores>many', 12, 'A number or a version must follow ">"'],
    ['web/01', 4, 'A name cannot hold "/"'],
    ['web01 & "db', 9, 'The quote that begins here has no end'],
    ['('.repeat(101) + ')'.repeat(101), 101, 'nested too deeply'],
    ['a'.repeat(2001), 2001, 'longer than 2000 characters'],
  ])('says what is wrong, and where: %s', (text, column, message) => {
    expect(() => parseTarget(text)).toThrow(
      expect.objectContaining({
        code: 'owner_syntax',
        message: expect.stringContaining(message),
        details: expect.objectContaining({ column }),
      }),
    );
  });

  it('is refused with an error of the catalogue or understood, whatever it is', () => {
    const pieces = fc.constantFrom(
      'web',
      'tag:',
      'fact:a',
      '>',
      '<',
      '=',
      '!',
      '&',
      '|',
      ',',
      '(',
      ')',
      '"',
      ' ',
      'and',
      'not ',
      '*',
      '5',
      ':',
      '\0',
      'é',
      '__proto__',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            expect(typeof parseTarget(text)(web)).toBe('boolean');
          } catch (error) {
            expect(error).toBeInstanceOf(MusterError);
            const { column } = (error as MusterError).details;
            expect(column).toBeGreaterThanOrEqual(1);
            expect(column).toBeLessThanOrEqual(text.length + 1);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('binds ! before & before |, and parentheses first', () => {
    fc.assert(
      fc.property(tree, fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), (node, tags) => {
        const host = { ...web, tags: ['a', 'b', 'c'].filter((_, index) => tags[index]) };
        expect(matches(textOf(node, 0), host)).toBe(truthOf(node, host));
      }),
    );
  });

  it('is quick with a pattern that would take a regular expression for ever', () => {
    expect(matches(`${'*a'.repeat(400)}b`, { ...web, name: 'a'.repeat(128) })).toBe(false);
  });
});

type Node = { op: 'tag'; tag: string } | { op: '!'; of: Node } | { op: '&' | '|'; left: Node; right: Node };

const { tree } = fc.letrec<{ tree: Node }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    fc.record({ op: fc.constant('tag' as const), tag: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ op: fc.constant('!' as const), of: tie('tree') }),
    fc.record({ op: fc.constantFrom('&' as const, '|' as const), left: tie('tree'), right: tie('tree') }),
  ),
}));

/** With only those parentheses that the precedence makes necessary. */
function textOf(node: Node, context: number): string {
  if (node.op === 'tag') return `tag:${node.tag}`;
  if (node.op === '!') return `!${textOf(node.of, 3)}`;
  const strength = node.op === '|' ? 1 : 2;
  const text = `${textOf(node.left, strength)} ${node.op} ${textOf(node.right, strength)}`;
  return strength < context ? `(${text})` : text;
}

function truthOf(node: Node, host: Target): boolean {
  if (node.op === 'tag') return host.tags.includes(node.tag);
  if (node.op === '!') return !truthOf(node.of, host);
  return node.op === '&'
    ? truthOf(node.left, host) && truthOf(node.right, host)
    : truthOf(node.left, host) || truthOf(node.right, host);
}
