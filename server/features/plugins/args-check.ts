import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js';
import { issuesOf } from '../../../shared/args-issues.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { PluginAction, PluginManifest } from '../../../shared/plugin-manifest.ts';
import { OutOfTime, within } from '../../platform/text/bounded-time.ts';
import { withStandIns } from './args-secrets.ts';

/**
 * Arguments against the JSON Schemas of a plugin's actions. Schemas come from whoever may push plugins: they are compiled and applied
 * within a time limit, so that none of them can hold up the server.
 */
export type ArgsCheck = {
  /** @throws MusterError args_invalid, with every field at fault */
  check(action: string, args: unknown): void;
};

const compileMs = 2_000;
const checkMs = 500;
const maxSchemaBytes = 256 * 1024;
const maxActions = 500;

/**
 * Compiles every schema once.
 * @throws MusterError plugin_invalid
 */
export function compileArgsCheck(manifest: PluginManifest): ArgsCheck {
  const actions = Object.entries(manifest.actions);
  if (actions.length > maxActions) throw invalid('actions', `A plugin has at most ${maxActions} actions.`);
  // one instance per plugin: schemas of different plugins may have the same $id. The costly part, the schema of schemas, is shared
  const ajv = new Ajv2020({ ...options, meta: false, validateSchema: false });
  const validators = new Map(actions.map(([name, action]) => [name, compile(ajv, name, action)]));
  return {
    check(action, args) {
      const toCheck = withStandIns(args);
      const errors = toCheck.errorsThatCount(validators.get(action)?.(toCheck.args) ?? []);
      if (errors.length === 0) return;
      const issues = issuesOf(errors);
      const [first] = issues;
      throw new MusterError('args_invalid', first?.message ?? 'The arguments do not fit the action.', {
        field: first?.field ?? 'args',
        issues,
      });
    },
  };
}

const options: Options = {
  allErrors: true,
  strict: false,
  validateFormats: false,
  logger: false,
  inlineRefs: false,
  // an argument may be called `constructor`, and one that is not given must not be found on the prototype
  ownProperties: true,
};
const schemaCheck = new Ajv2020({ ...options, addUsedSchema: false });

type Validate = (args: unknown) => readonly ErrorObject[];

function compile(ajv: Ajv2020, action: string, { args: schema }: PluginAction): Validate | undefined {
  if (schema === undefined) return undefined;
  const field = `actions.${action}.args`;
  const text = textOf(schema, field);
  if (text.length > maxSchemaBytes) throw invalid(field, 'The JSON Schema is larger than 256 KiB.');
  if (/"\$async":/.test(text)) throw invalid(field, 'The JSON Schema must not use $async.');
  try {
    const validate = within(compileMs, () => compiled(ajv, schema));
    const limited = /"(pattern|patternProperties|uniqueItems|contains|\$ref|\$dynamicRef)":/.test(text);
    return limited ? boundedValidation(validate) : unboundedValidation(validate);
  } catch (error) {
    throw invalid(field, `It is not a JSON Schema of draft 2020-12 that can be used: ${reasonOf(error)}`, error);
  }
}

function compiled(ajv: Ajv2020, schema: object): ValidateFunction {
  if (schemaCheck.validateSchema(schema) !== true) {
    throw new Error(schemaCheck.errorsText(schemaCheck.errors, { dataVar: 'the schema' }));
  }
  const validate = ajv.compile(schema);
  // a schema that refers to itself without end shows with any value
  for (const sample of [{}, []]) validate(sample);
  return validate;
}

function unboundedValidation(validate: ValidateFunction): Validate {
  return (args) => (validate(args) ? [] : (validate.errors ?? []));
}

function boundedValidation(validate: ValidateFunction): Validate {
  const unbounded = unboundedValidation(validate);
  return (args) => {
    try {
      return within(checkMs, () => unbounded(args));
    } catch (error) {
      if (!(error instanceof OutOfTime) && !(error instanceof RangeError)) throw error;
      throw new MusterError('args_invalid', 'The arguments are too large or too deep for the schema of the action.', {
        field: 'args',
        cause: error,
      });
    }
  };
}

function textOf(schema: object, field: string): string {
  try {
    return JSON.stringify(schema);
  } catch (error) {
    throw invalid(field, 'The JSON Schema is nested too deeply.', error);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return 'it is nested too deeply or refers to itself without end';
  if (error instanceof Error) return error.message.slice(0, 500);
  return 'it cannot be compiled';
}

const invalid = (field: string, message: string, cause?: unknown): MusterError =>
  new MusterError('plugin_invalid', `plugin.json, ${field}: ${message}`, { field, cause });
