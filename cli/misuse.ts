import type { Command, CommanderError } from 'commander';

/** What is wrong with a command line, and what to do. */
export type Misuse = { readonly message: string; readonly remedy: string };

export function misuseOf(error: CommanderError, program: Command, args: readonly string[]): Misuse {
  const command = commandIn(program, args);
  const path = pathOf(command);
  const message = sentence(error.message);
  if (error.code === 'commander.unknownOption' && path === 'muster run' && !args.includes('--'))
    return { message, remedy: 'Put the command line after --, as in `muster run -- uname -a`.' };
  if (error.code === 'commander.excessArguments' && command.commands.length > 0) return unknownCommand(command, path, args);
  return { message, remedy: `\`${path} --help\` shows how it is used.` };
}

/** A group lists when it stands alone, so that commander takes a word that it does not know for an argument of the list. */
function unknownCommand(group: Command, path: string, args: readonly string[]): Misuse {
  const word = args.slice(args.indexOf(group.name()) + 1).find((each) => !each.startsWith('-')) ?? '';
  const names = group.commands.map((inner) => inner.name());
  const close = names.find((name) => isClose(name, word));
  return {
    message: `\`${path}\` has no command '${word}'.${close === undefined ? '' : ` Did you mean ${close}?`}`,
    remedy: `It has ${names.join(', ')}.`,
  };
}

/** One letter wrong, too much, missing, or swapped with its neighbour; or the beginning of it. */
function isClose(name: string, word: string): boolean {
  if (word.length >= 2 && name.startsWith(word)) return true;
  const letters = [...name];
  const variants = letters.flatMap((letter, at) => {
    const [head, tail] = [name.slice(0, at), name.slice(at + 1)];
    return [
      head + tail,
      `${head}${name[at + 1] ?? ''}${letter}${name.slice(at + 2)}`,
      `${head}.${tail}`,
      `${head}.${letter}${tail}`,
    ];
  });
  return [...variants, `${name}.`].some((variant) => new RegExp(`^${variant}$`).test(word));
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

const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;

/** commander writes `error: unknown option '--x'` and a suggestion on the next line. */
function sentence(text: string): string {
  const [first = '', ...rest] = text.replace(/^error: /, '').split('\n');
  return [first.charAt(0).toUpperCase() + first.slice(1) + (/[.?!)]$/.test(first) ? '' : '.'), ...rest].join(' ').trim();
}
