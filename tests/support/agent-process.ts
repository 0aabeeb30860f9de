import { startProgram } from './child-program.ts';

/**
 * `muster agent` in a process of its own, or the executable that `MUSTER_TEST_AGENT` names, so that every test of whole processes can be run with
 * it. It can be started again on its folder after it ended. */
export type AgentProcess = {
  readonly name: string;
  readonly folder: string;
  readonly pid: () => number;
  /** the end of what its present process wrote */
  readonly output: () => string;
  readonly isRunning: () => boolean;
  /** of its present process */
  readonly endedBy: () => number | string | null;
  kill(): Promise<void>;
  stop(): Promise<boolean>;
  start(): void;
};

export type AgentProcessOptions = {
  readonly name: string;
  readonly folder: string;
  readonly serverUrl: string;
  readonly joinToken: string;
  readonly slots?: number;
  readonly tags?: readonly string[];
  /** the file of a single executable instead of the source */
  readonly executable?: string | undefined;
  /** further variables of the agent */
  readonly settings?: Readonly<Record<string, string>>;
};

export function startAgentProcess(options: AgentProcessOptions): AgentProcess {
  const {
    name,
    folder,
    serverUrl,
    joinToken,
    slots = 10,
    tags = [],
    settings = {},
    executable = process.env.MUSTER_TEST_AGENT,
  } = options;
  const start = () =>
    startProgram({
      program: executable === undefined ? 'agent' : { executable },
      env: {
        ...(executable === undefined ? {} : { PATH: process.env.PATH ?? '' }),
        MUSTER_SERVER: serverUrl,
        MUSTER_JOIN_TOKEN: joinToken,
        MUSTER_AGENT_NAME: name,
        MUSTER_AGENT_DIR: folder,
        MUSTER_AGENT_SLOTS: String(slots),
        MUSTER_AGENT_TAGS: tags.join(','),
        // what still runs at the end of a test is not waited for
        MUSTER_AGENT_DRAIN_SECONDS: '0',
        ...settings,
      },
    });
  let program = start();
  return {
    name,
    folder,
    pid: () => program.pid,
    output: () => program.output(),
    isRunning: () => program.isRunning(),
    endedBy: () => program.endedBy(),
    kill: () => program.kill(),
    stop: () => program.stop(),
    start() {
      if (!program.isRunning()) program = start();
    },
  };
}
