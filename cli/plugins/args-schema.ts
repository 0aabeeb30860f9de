import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { type ArgsIssue, issuesOf } from '../../shared/args-issues.ts';
import type { Json } from '../../shared/json.ts';
import type { PluginAction } from '../../shared/plugin-manifest.ts';

/** Checks arguments as the server does. @returns a sentence for each argument at fault */
export type CheckArgs = (args: unknown) => readonly ArgsIssue[];

/** @throws Error when the schema cannot be used */
export function argsCheckOf({ args: schema }: PluginAction): CheckArgs {
  if (schema === undefined) return () => [];
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false, logger: false, ownProperties: true });
  const validate = ajv.compile(schema);
  return (args) => (validate(args) ? [] : issuesOf(validate.errors as ErrorObject[]));
}

/** What the action gets when the caller gives nothing: nothing by position, or by name, whichever it takes. */
export function noArgs({ args: schema }: PluginAction): Json {
  const types = [schema?.type].flat();
  return types.includes('array') && !types.includes('object') ? [] : {};
}
