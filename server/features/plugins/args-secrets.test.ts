import { describe, expect, test } from '@jest/globals';
import { pluginManifest } from '../../../shared/plugin-manifest.ts';
import { compileArgsCheck } from './args-check.ts';

const check = compileArgsCheck(
  pluginManifest.parse({
    name: 'p',
    runtime: 'node',
    entry: 'index.js',
    actions: {
      main: {
        args: {
          type: 'object',
          properties: {
            key: { type: 'string', minLength: 40, pattern: '^k', enum: ['a', 'b'] },
            port: { type: 'integer' },
            auth: {
              oneOf: [
                { type: 'string', pattern: '^Basic ' },
                { type: 'string', pattern: '^Bearer ' },
              ],
            },
          },
          required: ['key'],
          additionalProperties: false,
        },
      },
    },
  }),
);
const given = { $secret: 'name' };

describe('arguments that name a secret', () => {
  test('fit wherever a text does, whatever the schema wants of the text', () => {
    expect(() => check.check('main', { key: given, auth: given })).not.toThrow();
  });

  test('do not fit where something else is wanted, and the others are checked as ever', () => {
    expect(() => check.check('main', { key: given, port: given })).toThrow('args.port must be integer');
    expect(() => check.check('main', { key: given, other: 1 })).toThrow('args.other is not an argument of this action');
    expect(() => check.check('main', { auth: given })).toThrow('args.key is missing');
  });
});
