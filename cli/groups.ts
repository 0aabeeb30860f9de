import type { Command } from 'commander';
import { addSharedOptions } from './flags.ts';

/** A command of commands: `muster agents …`. Alone it lists. */
export function addGroup(program: Command, name: string, heading: string, summary: string): Command {
  const group = program
    .command(name)
    .helpGroup(heading)
    .summary(summary)
    .description(`${capital(summary)}. Alone it lists.`);
  return addSharedOptions(group);
}

export const addInGroup = (group: Command, name: string, summary: string): Command =>
  addSharedOptions(group.command(name).description(capital(summary)).summary(summary));

export const addDefaultInGroup = (group: Command, name: string, summary: string): Command =>
  addSharedOptions(group.command(name, { isDefault: true }).description(capital(summary)).summary(summary));

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
