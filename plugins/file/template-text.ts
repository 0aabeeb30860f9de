import * as os from 'node:os';

/**
 * `{{ name }}` becomes a value; `{{ db.host }}` the value `host` inside of `db`; `\{{` a plain `{{`. Nothing is computed: a template
 * is text, and what it can say is what it was given. A name without a value is an error, and all of them are told at once.
 */
export function fillTemplate(template: string, values: Readonly<Record<string, unknown>>): string {
  const missing = new Set<string>();
  const filled = template.replaceAll(/\\\{\{|\{\{([^{}]*)\}\}/g, (whole, inside: string | undefined) => {
    if (inside === undefined) return '{{';
    const name = inside.trim();
    if (!/^[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*$/u.test(name))
      throw new Error(`The template has ${whole}, which is not a name; write \\{{ for a plain {{.`);
    const value = valueAt(values, name.split('.'));
    if (value === undefined) missing.add(name);
    return value ?? '';
  });
  if (missing.size > 0)
    throw new Error(`The template needs ${[...missing].join(', ')}: give ${missing.size === 1 ? 'it' : 'them'} in \`values\`.`);
  return filled;
}

/** What a template knows of its host, as `facts.hostname` and so on. */
export function hostFacts(agentName: string): Readonly<Record<string, string>> {
  const address = Object.values(os.networkInterfaces())
    .flat()
    .find((each) => each !== undefined && !each.internal && each.family === 'IPv4')?.address;
  return {
    agent: agentName,
    hostname: os.hostname(),
    platform: process.platform,
    arch: os.arch(),
    kernel: os.release(),
    cpus: String(os.cpus().length || os.availableParallelism()),
    memoryBytes: String(os.totalmem()),
    ...(address === undefined ? {} : { address }),
  };
}

function valueAt(values: unknown, [name = '', ...rest]: readonly string[]): string | undefined {
  if (typeof values !== 'object' || values === null || !Object.hasOwn(values, name)) return undefined;
  const value = (values as Record<string, unknown>)[name];
  if (rest.length > 0) return valueAt(value, rest);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
