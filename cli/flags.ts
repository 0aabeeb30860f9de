import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../shared/durations.ts';
import type { Json } from '../shared/json.ts';
import type { ConnectionOptions } from './connection.ts';

/** Options of every command, and how the values of flags are read. */

export type SharedOptions = ConnectionOptions & { readonly json: boolean };

export const sharedGroup = 'For every command:';

export const addSharedOptions = (command: Command): Command =>
  command
    .addOption(new Option('--json', 'print JSON for a program and nothing else').helpGroup(sharedGroup))
    .addOption(new Option('--server <url>', 'the server (MUSTER_SERVER, else http://127.0.0.1:8000)').helpGroup(sharedGroup))
    .addOption(
      new Option('--token <token>', 'API token (MUSTER_TOKEN, MUSTER_ADMIN_TOKEN, else <data>/admin.token)').helpGroup(
        sharedGroup,
      ),
    );

/** They may stand at any level, `muster --json agents list` or `muster agents list --json`; the innermost counts. */
export function sharedOptionsOf(command: Command): SharedOptions {
  const levels: ConnectionOptions[] = [];
  for (let level: Command | null = command; level !== null; level = level.parent) levels.unshift(level.opts());
  const merged: { json?: boolean; server?: string; token?: string } = Object.assign({}, ...levels);
  return { json: merged.json === true, server: merged.server, token: merged.token };
}

export function jsonValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new InvalidArgumentError(
      `It is not valid JSON: ${(error as Error).message}. In a shell put it in single quotes: '["P1"]' or '{"path":"/tmp"}'.`,
    );
  }
}

/** Seconds of `90`, `0.5`, `90s`, `15m`, `1h`, `7d`. */
export function seconds(text: string): number {
  const value = /^\d+\.\d+$/.test(text) ? Number(text) : parseDuration(text);
  if (value === undefined) throw new InvalidArgumentError('Use seconds, or a duration such as 90s, 15m, 1h or 7d.');
  return value;
}

export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Use a whole number from ${min} to ${max}.`);
  };

/** For flags that may be repeated, and whose values may be joined by commas. */
export const words = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== ''),
];

/** `KEY=VALUE`, repeated. */
export function variable(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Use NAME=VALUE.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

export const limitOption = (): Option =>
  new Option('--limit <count>', 'how many at most, newest first').argParser(wholeNumber(1, 1_000_000)).default(50);

/** Of an option that may be repeated. */
export const word = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
