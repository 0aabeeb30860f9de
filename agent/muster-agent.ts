import { setFlagsFromString } from 'node:v8';

/**
 * The agent as a program. Each subcommand loads only what it needs: a runner process is started often, and knows nothing of sockets.
 *
 *   run [--flags]     the agent itself (also without a subcommand); settings from flags, environment and file
 *   status [--flags]  says how the agent of a folder is, and waits for it
 *   check [--flags]   says whether an agent could start with its settings
 *   leave [--dir]     tells the server that this host leaves, before the agent is removed
 *   version           also `--version`
 *   node-runner       internal: runs functions of `node` plugins for an agent
 *   as-user           internal: becomes another user, then the program that it is told to be
 *   host-facts        internal: prints the facts of this host as one line of JSON
 *   script FILE       internal: runs a script as Node would; so does the path of a script alone
 *   plugin-trial      internal: runs a plugin that its author tries on this host, without a server
 */
const subcommands: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  run: async (args) => {
    // the young generation stays as small as it begins: a burst of work would make it grow to 100 MB, which it never gives back
    setFlagsFromString('--semi-space-growth-factor=1');
    // 4 MB of 77 when idle; what an agent does is waiting, not computing
    setFlagsFromString('--optimize-for-size');
    // the compilers for hot code are 8 MB more in memory, 17 after work, and cost more than they give: 100 jobs take less of the processor without
    setFlagsFromString('--no-opt');
    setFlagsFromString('--no-maglev');
    // and so does the simplest of them: 2.5 MB
    setFlagsFromString('--no-sparkplug');
    const { runAgentProgram } = await import('./agent-program.ts');
    await runAgentProgram(args, process.env);
  },
  status: async (args) => {
    const { runStatus } = await import('./status-program.ts');
    await runStatus(args);
  },
  check: async (args) => {
    const { runCheck } = await import('./check-program.ts');
    await runCheck(args, process.env);
  },
  leave: async (args) => {
    const { runLeave } = await import('./leave-program.ts');
    await runLeave(args, process.env);
  },
  version: async () => {
    const { agentCommit, agentVersion } = await import('./version.ts');
    process.stdout.write(`muster-agent ${agentVersion}${agentCommit === null ? '' : ` (${agentCommit})`}\n`);
  },
  'node-runner': async () => {
    const { runNodeRunner } = await import('./runtimes/node-runner.ts');
    runNodeRunner();
  },
  'as-user': async () => {
    const { runAsUser } = await import('./runtimes/as-user.ts');
    runAsUser();
  },
  'host-facts': async () => {
    const { runHostFacts } = await import('./host/host-facts-program.ts');
    await runHostFacts();
  },
  script: async (args) => {
    const { runNodeScript } = await import('./runtimes/node-script.ts');
    runNodeScript(args);
  },
  'plugin-trial': async () => {
    const { runPluginTrial } = await import('./trial/plugin-trial-program.ts');
    await runPluginTrial();
  },
};

const given = process.argv.slice(2);
const name = subcommandOf(given[0]);
const subcommand = subcommands[name];
if (subcommand === undefined) {
  process.stderr.write(`muster-agent knows no "${name}"; it has ${Object.keys(subcommands).join(', ')}.\n`);
  process.exitCode = 2;
} else {
  // no `await` at the top level: a single executable is one CommonJS file
  void subcommand(given[0] === name ? given.slice(1) : given);
}

function subcommandOf(word: string | undefined): string {
  if (word === '--version') return 'version';
  if (word === undefined || word.startsWith('-')) return 'run';
  return /\.[cm]?[jt]s$/.test(word) ? 'script' : word;
}
