import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { MusterError } from '../shared/errors.ts';
import { type Client, createClient } from './client.ts';
import { type ConnectionOptions, checkToken, type FoundToken, findToken, serverOf } from './connection.ts';
import { sharedOptionsOf } from './flags.ts';
import { type Colour, paintFor } from './output/colours.ts';
import { problemOfError, sentenceOf } from './sentences.ts';
import type { Output, Surroundings } from './surroundings.ts';

export const exitCodes = {
  done: 0,
  /** the work failed, or what was checked is not well */
  failed: 1,
  /** the command could not be done: bad flags, no server, refused */
  notDone: 2,
  interrupted: 130,
} as const;

/** What the code of a command works with. */
export type Context = {
  readonly client: Client;
  /** URL of the server, without a slash at its end */
  readonly server: string;
  /** the user wants JSON and nothing else on the standard output */
  readonly json: boolean;
  readonly surroundings: Surroundings;
  readonly stdout: Output;
  /** The result: as JSON if it is wanted, else as text. */
  print(value: unknown, text: () => string): void;
  /** A message to a person; nothing where a program reads. */
  say(message: string): void;
  paint(text: string, colour: Colour | undefined): string;
};

/** @returns the exit code; undefined: done */
export type Work<Args extends readonly unknown[]> = (context: Context, ...args: Args) => Promise<number | undefined>;

/** Turns the code of a command into an action of commander. */
export type Perform = <Args extends readonly unknown[]>(
  work: Work<Args>,
  /** flag by field of the API, for its errors */
  flags?: Readonly<Record<string, string>>,
) => (this: Command, ...args: unknown[]) => Promise<void>;

export function createPerform(surroundings: Surroundings, exit: (code: number) => void): Perform {
  return (work, flags) =>
    async function action(...args) {
      // commander adds the options and the command to the arguments
      const command = args.at(-1) as Command;
      const options = sharedOptionsOf(command);
      const context = createContext(options, surroundings);
      try {
        exit((await work(context, ...(args.slice(0, -1) as never))) ?? exitCodes.done);
      } catch (error) {
        tell(error, options.json, surroundings, flags);
        exit(exitCodes.notDone);
      }
    };
}

export function tell(
  error: unknown,
  json: boolean,
  { stderr }: Pick<Surroundings, 'stderr'>,
  flags?: Readonly<Record<string, string>>,
): void {
  if (json) stderr.write(`${JSON.stringify(problemOfError(error))}\n`);
  else stderr.write(`${paintFor(stderr)('muster:', 'red')} ${sentenceOf(error, flags)}\n`);
}

function createContext(options: ConnectionOptions & { readonly json: boolean }, surroundings: Surroundings): Context {
  const { stdout, stderr, env } = surroundings;
  const paint = paintFor(stdout);
  let client: Client | undefined;
  return {
    // only when it is used: a command that needs no server must not fail for want of a token
    get client() {
      client ??= connect(options, env, surroundings);
      return client;
    },
    get server() {
      return serverOf(options, env);
    },
    json: options.json,
    surroundings,
    stdout,
    print: (value, text) => stdout.write(options.json ? `${JSON.stringify(value, null, 2)}\n` : text()),
    say(message) {
      if (!options.json) stderr.write(`${message}\n`);
    },
    paint,
  };
}

function connect(options: ConnectionOptions, env: Surroundings['env'], surroundings: Surroundings): Client {
  const server = serverOf(options, env);
  const found = findToken(options, server, surroundings);
  const token = checkToken(found);
  const bare = createClient({ server, token, newKey: randomUUID, pause: (ms) => pause(ms) });
  const explained = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      throw error instanceof MusterError && error.code === 'unauthenticated' ? notKnown(server, found) : error;
    }
  };
  return {
    server,
    get: (...args) => explained(bare.get(...args)),
    post: (...args) => explained(bare.post(...args)),
    put: (...args) => explained(bare.put(...args)),
    patch: (...args) => explained(bare.patch(...args)),
    delete: (...args) => explained(bare.delete(...args)),
    download: (...args) => explained(bare.download(...args)),
  };
}

/** What the server cannot know: where the token came from, or where one was looked for. */
function notKnown(server: string, { value, from }: FoundToken): MusterError {
  const how = 'Give one with --token or MUSTER_TOKEN; `npx muster token create` on the host of the server makes one.';
  return new MusterError(
    'unauthenticated',
    value === undefined
      ? `${server} wants a token, and there is none in MUSTER_TOKEN${from === 'MUSTER_TOKEN' ? '' : ` and no ${from}`}. ${how}`
      : `${server} does not know the token of ${from}: it is wrong, expired or revoked. ${how}`,
  );
}
