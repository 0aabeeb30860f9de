import { type Command, Option } from 'commander';
import { flagOf, type SettingsTable } from '../../shared/settings.ts';
import { agentSettings } from '../../shared/settings-agent.ts';
import { serverSettings } from '../../shared/settings-server.ts';
import { exitCodes, tell } from '../context.ts';
import type { EntryName } from '../processes/entries.ts';
import { runInForeground } from '../processes/in-foreground.ts';
import { type ServerReady, serverReady } from '../processes/server-ready.ts';
import type { Surroundings } from '../surroundings.ts';

/** `muster server` and `muster agent`: the programs themselves, with every setting as a flag. */
export function addProcesses(program: Command, surroundings: Surroundings, exit: (code: number) => void): void {
  const add = (name: 'server' | 'agent', table: SettingsTable, summary: string, jsonHelp: string): void => {
    const command = program
      .command(name)
      .helpGroup('Processes:')
      .summary(summary)
      .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}, in the foreground.`);
    for (const [key, declaration] of Object.entries(table)) {
      command.addOption(new Option(`${flagOf(key)} <${declaration.value.placeholder}>`, helpOf(declaration)));
    }
    command.option('--json', jsonHelp).action(async (options: Record<string, string | boolean>) => {
      try {
        exit(await start(name, argsOf(table, options), options.json === true, surroundings));
      } catch (error) {
        tell(error, options.json === true, surroundings);
        exit(exitCodes.notDone);
      }
    });
  };
  add('server', serverSettings, 'run the server', 'print one JSON line when it is ready; logs go to the standard error');
  add('agent', agentSettings, 'run the agent of this host', 'its logs are JSON in any case');
}

function helpOf({ env, help, defaultMeans, default: value, value: kind }: SettingsTable[string]): string {
  const shown = defaultMeans ?? (value === undefined || kind.secret ? undefined : String(value));
  return `${help} (${env}${shown === undefined ? '' : `; default: ${shown.replaceAll('`', '')}`})`;
}

const argsOf = (table: SettingsTable, options: Readonly<Record<string, string | boolean>>): string[] =>
  Object.keys(table).flatMap((key) => (typeof options[key] === 'string' ? [`${flagOf(key)}=${options[key]}`] : []));

function start(name: EntryName, args: readonly string[], json: boolean, surroundings: Surroundings): Promise<number> {
  return runInForeground(name, args, {
    surroundings,
    logsToStderr: json && name === 'server',
    onMessage(message) {
      const ready = serverReady.safeParse(message);
      if (!ready.success) return;
      if (json) surroundings.stdout.write(`${JSON.stringify(ready.data)}\n`);
      else surroundings.stderr.write(greeting(ready.data));
    },
  });
}

const greeting = ({ url, signInUrl, tokenFile }: ServerReady): string =>
  [
    `Muster listens on ${url}`,
    `  sign in     ${signInUrl} (once, within ten minutes)`,
    ...(tokenFile === null ? [] : [`  API token   ${tokenFile}`]),
    '  add a host  npx muster join-token create',
    '',
  ].join('\n');
