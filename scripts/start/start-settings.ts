import { parseArgs } from 'node:util';
import { readServerSettings } from '../../server/settings.ts';
import { MusterError } from '../../shared/errors.ts';
import { flagOf, type SettingsTable } from '../../shared/settings.ts';
import { agentSettings } from '../../shared/settings-agent.ts';
import { type ServerSettings, serverSettings } from '../../shared/settings-server.ts';

/** What `npm start` was told, sorted by who it is for. */
export type StartSettings = {
  readonly server: ServerSettings;
  readonly serverArgs: readonly string[];
  readonly agentArgs: readonly string[];
  readonly serverEnv: NodeJS.ProcessEnv;
  readonly agentEnv: NodeJS.ProcessEnv;
  /** a name that was given to the local agent */
  readonly agentName: string | undefined;
  readonly drainSeconds: number;
  /** somebody asked for a log level, and so for logs */
  readonly wantsLogs: boolean;
};

/** The rest of the agent's settings is decided here: which server, which folder, how it joins. */
const agentKeys = ['name', 'slots', 'tags', 'drainSeconds', 'logLevel'] as const satisfies (keyof typeof agentSettings)[];

/** @throws MusterError that names the flag or variable at fault */
export async function readStartSettings(args: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Promise<StartSettings> {
  const flags = flagsIn(args);
  const own = (keys: readonly string[]): Record<string, string> =>
    Object.fromEntries(Object.entries(flags).filter(([key]) => keys.includes(key)));
  const serverFlags = own(Object.keys(serverSettings));
  const agentFlags = own(agentKeys);
  const { values: server } = await readServerSettings({ flags: serverFlags, env, cwd });
  return {
    server,
    serverArgs: argsOf(serverFlags),
    agentArgs: argsOf(agentFlags),
    serverEnv: without(env, variablesOf(agentSettings, serverSettings), ['MUSTER_TOKEN']),
    // the work of plugins must not find the keys of the server in its environment
    agentEnv: without(env, variablesOf(serverSettings, agentSettings), ['MUSTER_TOKEN', 'MUSTER_SERVER', 'MUSTER_AGENT_CONFIG']),
    agentName: agentFlags.name ?? (env.MUSTER_AGENT_NAME || undefined),
    drainSeconds: drainSecondsOf(agentFlags.drainSeconds ?? env.MUSTER_AGENT_DRAIN_SECONDS),
    wantsLogs: flags.logLevel !== undefined || (env.MUSTER_LOG_LEVEL ?? '') !== '',
  };
}

const knownFlags = (): string =>
  `The flags are ${[...new Set([...Object.keys(serverSettings), ...agentKeys])].map(flagOf).join(', ')}.`;

/** What `npm start -- --help` prints. */
export const startHelp = (): string =>
  `npm start runs a server and an agent for this host; its flags come after two dashes, as in \`npm start -- --port 9000\`.\n${knownFlags()}\n` +
  '`npx muster server --help` and `npx muster agent --help` say what each means.\n';

function flagsIn(args: readonly string[]): Record<string, string> {
  const keys = new Map([...Object.keys(serverSettings), ...agentKeys].map((key) => [flagOf(key).slice(2), key]));
  const options = Object.fromEntries([...keys.keys()].map((flag) => [flag, { type: 'string' as const }]));
  try {
    const { values } = parseArgs({ args: [...args], options, allowPositionals: false });
    return Object.fromEntries(Object.entries(values).map(([flag, value]) => [keys.get(flag) ?? flag, String(value)]));
  } catch (cause) {
    const message = (cause as Error).message.replace(/[^.]$/, '$&.');
    throw new MusterError('field_unknown', `${message} ${knownFlags()}`, { cause });
  }
}

const argsOf = (flags: Readonly<Record<string, string>>): string[] =>
  Object.entries(flags).map(([key, value]) => `${flagOf(key)}=${value}`);

/** The variables of one table that the other does not have. */
function variablesOf(table: SettingsTable, other: SettingsTable): string[] {
  const others = new Set(Object.values(other).map(({ env }) => env));
  return Object.values(table)
    .map(({ env }) => env)
    .filter((name) => !others.has(name));
}

function without(env: NodeJS.ProcessEnv, ...names: readonly (readonly string[])[]): NodeJS.ProcessEnv {
  const dropped = new Set(names.flat());
  return Object.fromEntries(Object.entries(env).filter(([name]) => !dropped.has(name)));
}

/** The agent itself refuses a value that is not valid. */
function drainSecondsOf(text: string | undefined): number {
  const { value, default: usual } = agentSettings.drainSeconds;
  const parsed = value.schema.safeParse(text);
  return parsed.success ? parsed.data : usual;
}
