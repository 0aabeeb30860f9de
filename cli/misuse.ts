import type { Command, CommanderError } from 'commander';

/** What is wrong with a command line, and what to do. */
export type Misuse = { readonly message: string; readonly remedy: string };

export function misuseOf(error: CommanderError, program: Command, args: readonly string[]): Misuse {
  const command = commandIn(program, args);
  const path = pathOf(command);
  const message = sentence(error.message);
  if (error.code === 'commander.unknownOption' && path === 'muster run' && !args.includes('--'))
    return { message, remedy: 'Put the command line after --, as in `muster run -- uname -a`.' };
  return { message, remedy: `\`${path} --help\` shows how it is used.` };
}

/** The innermost command that the words name. */
function commandIn(program: Command, args: readonly string[]): Command {
  let command = program;
  for (const word of args) {
    if (word === '--') break;
    const inner = command.commands.find((candidate) => candidate.name() === word || candidate.aliases().includes(word));
    if (inner !== undefined) command = inner;
  }
  return command;
}

const pathOf = (command: Command): string => (command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`);

/** commander writes `error: unknown option '--x'` and a suggestion on the next line. */
function sentence(text: string): string {
  const [first = '', ...rest] = text.replace(/^error: /, '').split('\n');
  return [first.charAt(0).toUpperCase() + first.slice(1) + (/[.?!)]$/.test(first) ? '' : '.'), ...rest].join(' ').trim();
}
