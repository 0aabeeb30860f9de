import { z } from 'zod';
import { type ErrorCode, MusterError } from '../../../shared/errors.ts';
import { sentenceOf } from './validation-sentences.ts';

/** What a value from outside is called when it is wrong as a whole. */
export type Place = 'body' | 'query' | 'path';

const maxIssues = 50;

/** @throws MusterError field_missing, field_unknown or field_invalid, with every field at fault and what is expected of it */
export function checked<T>(schema: z.ZodType<T>, value: unknown, place: Place): T {
  const result = schema.safeParse(value, options);
  if (result.success) return result.data;
  throw fieldError(result.error.issues.flatMap((issue) => faultsOf(issue, schema)).slice(0, maxIssues), place);
}

const options = { error: sentenceOf, reportInput: true } as const;

type Fault = { readonly code: ErrorCode; readonly field: string; readonly message: string };

function fieldError(faults: readonly Fault[], place: Place): MusterError {
  const first = faults[0] ?? { code: 'field_invalid', field: '', message: 'The value is not valid.' };
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more, see issues)` : '';
  const what = first.field === '' ? `the ${place}` : first.field;
  return new MusterError(first.code, `${what}: ${first.message}${more}`, {
    ...(first.field === '' ? {} : { field: first.field }),
    ...(faults.length > 1 ? { issues: faults.map(({ field, message }) => ({ field, message })) } : {}),
  });
}

/** What a person is told of an issue: one fault per field. */
export function faultsOf(issue: z.core.$ZodIssue, schema: z.ZodType): Fault[] {
  const field = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = knownFields(schema, issue.path);
    const help = known.length === 0 ? 'No field is expected here.' : `Known here: ${known.join(', ')}.`;
    return issue.keys.map((key) => ({
      code: 'field_unknown',
      field: field === '' ? key : `${field}.${key}`,
      message: `The field is not known. ${help}`,
    }));
  }
  if (issue.path.length > 0 && 'input' in issue && issue.input === undefined) {
    return [{ code: 'field_missing', field, message: `The field is missing. ${issue.message}` }];
  }
  return [{ code: 'field_invalid', field, message: issue.message }];
}

/** The names of the fields of the object at `path` of a schema, as far as they can be told. */
function knownFields(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let inner: z.core.$ZodType | undefined = unwrapped(schema);
  for (const key of path) {
    if (inner instanceof z.ZodObject) inner = unwrapped(inner.shape[String(key)]);
    else if (inner instanceof z.ZodArray) inner = unwrapped(inner.element);
    else if (inner instanceof z.ZodRecord) inner = unwrapped(inner.valueType);
    else return [];
  }
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function unwrapped(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodPipe) return unwrapped(schema.in);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return unwrapped(schema.unwrap());
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return unwrapped(schema.unwrap());
  return schema;
}
