import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { MusterError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import { type PluginAction, type Runtime, runtimes } from '../../shared/plugin-manifest.ts';
import type { TrialEnd } from '../../shared/plugin-trial.ts';
import { secretReferences } from '../../shared/secret-references.ts';
import { type Context, exitCodes, type Perform } from '../context.ts';
import { jsonValue, seconds, variable } from '../flags.ts';
import { addInGroup } from '../groups.ts';
import { colourOfState, paintFor } from '../output/colours.ts';
import { type Finding, findingsText } from '../output/findings.ts';
import { formatBytes } from '../output/sizes.ts';
import { took } from '../output/times.ts';
import { argsCheckOf, noArgs } from '../plugins/args-schema.ts';
import { authorTypes } from '../plugins/author-types.ts';
import { checkPlugin } from '../plugins/check-plugin.ts';
import { writeNewPlugin } from '../plugins/new/new-plugin.ts';
import { type PluginHere, unpackHere } from '../plugins/plugin-here.ts';
import { readPluginSource } from '../plugins/plugin-source.ts';
import { runTest, testsOf } from '../plugins/plugin-tests.ts';
import { thisPlatform } from '../plugins/this-platform.ts';
import { artifactsOf, tryPlugin } from '../plugins/trial.ts';

export const pluginArgument = ['<plugin>', 'its folder or single file, or the name of one in the folder plugins'] as const;

/** What an author does on the own host: none of it needs a server. */
export function addPluginAuthoring(group: Command, perform: Perform): void {
  addInGroup(group, 'new', 'make the folder of a new plugin, with a test that passes')
    .argument('<name>', 'of the plugin')
    .addOption(new Option('--runtime <runtime>', 'what runs it').choices(runtimes).default('node'))
    .option('--ts', 'in TypeScript (runtime node)', false)
    .option('--in <folder>', 'the folder in which its folder is made', '.')
    .action(perform(create));
  addInGroup(group, 'check', 'say whether the server would take a plugin, and why not')
    .argument(...pluginArgument)
    .action(perform(check));
  addInGroup(group, 'run', 'run an action of a plugin here, as an agent would')
    .argument(...pluginArgument)
    .argument('[action]', 'of the plugin', 'main')
    .addOption(new Option('--args <json>', 'arguments of the action: a JSON array or object').argParser(jsonValue))
    .addOption(new Option('--env <NAME=VALUE>', 'environment variable of the work; may be repeated').argParser(variable))
    .addOption(new Option('--timeout <seconds>', 'time limit, such as 90s or 1h (default: 1h)').argParser(seconds))
    .option('--artifacts <folder>', 'put the files that it stores there (default: they are only named)')
    .action(perform(runHere));
  addInGroup(group, 'test', 'check a plugin, run its examples as an agent would, and its tests')
    .argument(...pluginArgument)
    .action(perform(test));
  addInGroup(group, 'types', 'print the types of the plugin API, for a file muster.d.ts').action(
    perform(async (context: Context) => {
      const text = authorTypes();
      context.print({ text }, () => text);
      return undefined;
    }),
  );
}

type NewOptions = { readonly runtime: Runtime; readonly ts: boolean; readonly in: string };

async function create(context: Context, name: string, { runtime, ts, in: within }: NewOptions): Promise<undefined> {
  const made = writeNewPlugin(name, { runtime, typescript: ts, within, cwd: context.surroundings.cwd });
  const lines = made.files.map((file) => `  ${join(made.path, file)}\n`).join('');
  context.print(made, () => `${lines}\nNext: npx muster plugins test ${made.path}\n`);
}

async function check(context: Context, given: string): Promise<number> {
  const source = await readPluginSource(given, context.surroundings.cwd);
  const findings = checkPlugin(source, thisPlatform());
  const valid = findings.every(({ level }) => level !== 'fail');
  context.print({ name: source.name, valid, findings }, () => findingsText(findings, context.stdout));
  return valid ? exitCodes.done : exitCodes.failed;
}

type RunOptions = {
  readonly args?: Json;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeout?: number;
  readonly artifacts?: string;
};

async function runHere(context: Context, given: string, action: string, options: RunOptions): Promise<number> {
  const { surroundings, stdout } = context;
  const plugin = unpackHere(await readPluginSource(given, surroundings.cwd));
  try {
    const { args, env = {} } = checkedCall(plugin, action, options);
    const log: string[] = [];
    const end = await tryPlugin(
      plugin,
      {
        action,
        args,
        env,
        timeoutSeconds: Math.min(options.timeout ?? 3600, plugin.manifest.limits?.timeoutSeconds ?? 604_800),
        async onMessage([stream, text, progress]) {
          if (context.json) {
            if (stream !== 'progress') log.push(text);
          } else if (stream === 'progress') context.say(`${Math.round(text * 100)} % ${progress}`);
          else if (stream === 'err') surroundings.stderr.write(text);
          else stdout.write(text);
          await stdout.drained();
        },
      },
      surroundings,
    );
    const artifacts = artifactsIn(artifactsOf(plugin.folder));
    if (options.artifacts !== undefined) {
      const names = artifacts.map(({ name }) => name);
      keepArtifacts(artifactsOf(plugin.folder), names, resolve(surroundings.cwd, options.artifacts));
    }
    if (context.json) context.print({ plugin: plugin.manifest.name, action, ...end, log: log.join(''), artifacts }, () => '');
    else {
      if (end.data !== null) stdout.write(`${JSON.stringify(end.data, null, 2)}\n`);
      for (const { name, bytes } of artifacts) context.say(`artifact ${name} (${formatBytes(bytes)})`);
      context.say(endText(end, context));
    }
    if (end.outcome === 'cancelled') return exitCodes.interrupted;
    return end.outcome === 'succeeded' ? exitCodes.done : exitCodes.failed;
  } finally {
    plugin.remove();
  }
}

function endText({ outcome, durationMs, message }: TrialEnd, { surroundings: { stderr } }: Context): string {
  const state = paintFor(stderr)(outcome.replace('_', ' '), colourOfState(outcome));
  return `${state} after ${took(durationMs)}: ${message}`;
}

/** What the server would refuse is refused here, in the same words. */
function checkedCall({ manifest }: PluginHere, action: string, { args: given, env = {} }: RunOptions) {
  const declared = Object.hasOwn(manifest.actions, action) ? manifest.actions[action] : undefined;
  if (declared === undefined) {
    const known = Object.keys(manifest.actions).join(', ');
    throw new MusterError('action_unknown', `The plugin ${manifest.name} has no action ${action}. It has: ${known}.`);
  }
  const args = given ?? noArgs(declared);
  if (secretReferences(args, { ...env }).found.length > 0)
    throw new MusterError(
      'args_invalid',
      'Secrets are kept by the server, which has no part in this: give a value in place of each.',
    );
  const [issue] = argsCheckOf(declared)(args);
  if (issue !== undefined) throw new MusterError('args_invalid', issue.message, { field: issue.field });
  return { args, env };
}

/** As on an agent: regular files, also those in folders of it; links are none. */
function artifactsIn(folder: string): { name: string; bytes: number }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => ({ name: relative(folder, path), bytes: statSync(path).size }));
}

function keepArtifacts(from: string, names: readonly string[], into: string): void {
  for (const name of names) {
    mkdirSync(dirname(join(into, name)), { recursive: true });
    copyFileSync(join(from, name), join(into, name));
  }
}

/** Check, examples, tests: the first of these that goes wrong is the last. */
async function test(context: Context, given: string): Promise<number> {
  const { surroundings, stdout } = context;
  const source = await readPluginSource(given, surroundings.cwd);
  const all: Finding[] = [];
  const add = (...findings: Finding[]): boolean => {
    all.push(...findings);
    if (!context.json) stdout.write(findingsText(findings, stdout));
    return findings.every(({ level }) => level !== 'fail');
  };
  const finish = (passed: boolean): number => {
    if (context.json) context.print({ name: source.name, passed, findings: all }, () => '');
    return passed ? exitCodes.done : exitCodes.failed;
  };
  if (!add(...checkPlugin(source, thisPlatform()).filter(({ level }) => level !== 'ok'))) return finish(false);
  const plugin = unpackHere(source);
  try {
    for (const [action, declared] of Object.entries(plugin.manifest.actions)) {
      for (const example of declared.examples ?? [])
        add(await exampleFinding(plugin, action, example as Json, declared, context));
    }
  } finally {
    plugin.remove();
  }
  for (const file of testsOf(source)) {
    const { how, output } = await runTest(file, surroundings.env);
    const what = relative(source.kind === 'folder' ? source.path : surroundings.cwd, file);
    add({ level: levels[how], what, detail: how === 'passed' ? how : `${how}:\n${output.trimEnd()}` });
  }
  if (all.length === 0)
    add({ level: 'warn', what: 'tests', detail: 'It has neither examples in plugin.json nor files with .test. in their names.' });
  return finish(all.every(({ level }) => level !== 'fail'));
}

const levels = { passed: 'ok', failed: 'fail', 'not run here': 'warn' } as const;

async function exampleFinding(
  plugin: PluginHere,
  action: string,
  args: Json,
  declared: PluginAction,
  { surroundings }: Context,
): Promise<Finding> {
  const what = `${action} ${JSON.stringify(args)}`;
  const [issue] = argsCheckOf(declared)(args);
  if (issue !== undefined) return { level: 'fail', what, detail: issue.message };
  const log: string[] = [];
  const timeoutSeconds = plugin.manifest.limits?.timeoutSeconds ?? 300;
  const onMessage = ([stream, text]: readonly [string, ...unknown[]]): void =>
    void (stream === 'progress' || log.push(String(text)));
  const end = await tryPlugin(plugin, { action, args, env: {}, timeoutSeconds, onMessage }, surroundings);
  if (end.reason === 'runtime_missing') return { level: 'warn', what, detail: `not run here: ${end.message}` };
  const isGood = end.outcome === 'succeeded';
  return {
    level: isGood ? 'ok' : 'fail',
    what,
    detail: isGood ? end.message : `${end.outcome}: ${end.message}\n${log.join('').trimEnd()}`,
  };
}
