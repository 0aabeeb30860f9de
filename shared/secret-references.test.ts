// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is how a variable names a secret
import { describe, expect, test } from '@jest/globals';
import { secretReferences, withSecretsInArgs, withSecretsInEnv } from './secret-references.ts';

describe('references to secrets', () => {
  test('are found at any depth of the arguments and inside of variables', () => {
    const { found, faults } = secretReferences([{ a: { $secret: 'one' } }, 'plain'], {
      A: 'x${secret:two}${secret:one}',
      B: 'b',
    });
    expect(faults).toEqual([]);
    expect(found).toEqual([
      { name: 'one', field: 'args.0.a' },
      { name: 'two', field: 'env.A' },
      { name: 'one', field: 'env.A' },
    ]);
  });

  test.each<[unknown, string]>([
    [{ a: { $secret: '../x' } }, 'args.a'],
    [{ a: { $secret: 1 } }, 'args.a'],
    [{ a: { $secret: 'x', more: 1 } }, 'args.a'],
  ])('that are none are told: %j', (args, field) => {
    expect(secretReferences(args as never, {}).faults.map((fault) => fault.field)).toEqual([field]);
  });

  test('that are none are told in variables too', () => {
    expect(secretReferences({}, { A: '${secret:}' }).faults).toEqual([
      { field: 'env.A', message: expect.stringContaining('does not name a secret') },
    ]);
  });

  test('stand in the upper levels only; what is below may be as deep as it likes', () => {
    let deep: unknown = { $secret: 'x' };
    for (let i = 0; i < 100_000; i += 1) deep = [deep];
    expect(secretReferences(deep as never, {}).faults).toHaveLength(1);
    expect(withSecretsInArgs({ a: { $secret: 'x' }, deep: deep as never }, { x: 'value' })).toMatchObject({ a: 'value' });
  });

  test('are replaced once: what a value holds is text', () => {
    const values = { one: '${secret:two}', two: '$& $1' };
    expect(withSecretsInArgs({ a: [{ $secret: 'two' }], b: '${secret:one}' }, values)).toEqual({
      a: ['$& $1'],
      b: '${secret:one}',
    });
    expect(withSecretsInEnv({ A: '-${secret:one}-${secret:two}' }, values)).toEqual({ A: '-${secret:two}-$& $1' });
  });
});
