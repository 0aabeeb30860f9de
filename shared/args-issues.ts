/** What the validator says of one fault (an `ErrorObject` of ajv). */
type ErrorObject = {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: unknown;
  readonly message?: string | undefined;
};

export type ArgsIssue = { readonly field: string; readonly message: string };

const most = 20;

/** What a person is told of each argument at fault: its field as `args.name.0`, and a sentence. */
export function issuesOf(errors: readonly ErrorObject[]): ArgsIssue[] {
  const issues = new Map<string, ArgsIssue>();
  const precise = errors.filter(({ keyword }) => !combining.has(keyword));
  for (const error of precise.length > 0 ? precise : errors) {
    const issue = issueOf(error);
    // several keywords may be at fault in one field: the first one says enough
    if (!issues.has(issue.field)) issues.set(issue.field, issue);
    if (issues.size === most) break;
  }
  return [...issues.values()];
}

/** They only sum up what other errors say in detail. */
const combining = new Set(['if', 'allOf', 'anyOf', 'oneOf', 'not']);

function issueOf(error: ErrorObject): ArgsIssue {
  const at = `args${error.instancePath
    .split('/')
    .slice(1)
    .map((part) => `.${unescaped(part)}`)
    .join('')}`;
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case 'required':
      return told(`${at}.${params.missingProperty}`, 'is missing');
    case 'additionalProperties':
      return told(`${at}.${params.additionalProperty}`, 'is not an argument of this action');
    case 'unevaluatedProperties':
      return told(`${at}.${params.unevaluatedProperty}`, 'is not an argument of this action');
    case 'enum':
      return told(at, `must be one of ${list(params.allowedValues)}`);
    case 'const':
      return told(at, `must be ${JSON.stringify(params.allowedValue)}`);
    case 'type':
      return at === 'args'
        ? { field: at, message: shapeSentence(params.type) }
        : told(at, `must be ${[params.type].flat().join(' or ')}`);
    default:
      return told(at, error.message ?? 'is not valid');
  }
}

function shapeSentence(type: unknown): string {
  if (type === 'object') return 'This action takes arguments by name: send an object such as {"name": "value"}.';
  if (type === 'array') return 'This action takes arguments by position: send an array such as ["value"].';
  return `The arguments must be ${[type].flat().join(' or ')}.`;
}

const told = (field: string, fault: string): ArgsIssue => ({ field, message: `${field} ${fault}.` });
const list = (values: unknown): string => (Array.isArray(values) ? values.map((value) => JSON.stringify(value)).join(', ') : '');
/** JSON Pointer; not percent-encoded, as it would be in a URL */
const unescaped = (part: string): string => part.replace(/~1/g, '/').replace(/~0/g, '~');
