import { agentStatuses } from '../../../shared/api/agents.ts';
import type { AgentView } from './agents.ts';
import { compareFact, type FactOperator } from './fact-comparison.ts';
import { matchesGlob } from './glob.ts';
import { syntaxError, type Token } from './target-tokens.ts';

/** What target expressions look at. */
export type Target = Pick<AgentView, 'name' | 'tags' | 'os' | 'arch' | 'facts' | 'status'>;
export type Matcher = (target: Target) => boolean;

type Term = (value: string, column: number) => Matcher;

/** What may stand before a colon. */
const terms: Readonly<Record<string, Term>> = {
  name: (glob) => (target) => matchesGlob(glob, target.name),
  tag: (glob) => (target) => target.tags.some((tag) => matchesGlob(glob, tag)),
  os: (glob) => (target) => [target.os, osNames[target.os] ?? target.os].some((name) => matchesGlob(glob.toLowerCase(), name)),
  arch: (glob) => (target) => matchesGlob(glob.toLowerCase(), target.arch),
  status: statusTerm,
  fact: factTerm,
};

/** What people call the platforms that Node calls otherwise. */
const osNames: Readonly<Record<string, string>> = { win32: 'windows', darwin: 'macos' };

/** @throws MusterError owner_syntax */
export function matcherOf({ text, column }: Token): Matcher {
  const colon = text.indexOf(':');
  if (colon === -1) return nameTerm(text, column);
  const key = text.slice(0, colon).toLowerCase();
  const value = text.slice(colon + 1);
  if (!Object.hasOwn(terms, key)) {
    throw syntaxError(`There is no key "${text.slice(0, colon)}:". Use ${Object.keys(terms).join(':, ')}: or a name.`, column);
  }
  if (value === '') throw syntaxError(`A value must follow "${key}:".`, column + colon + 1);
  return (terms[key] as Term)(value, column + colon + 1);
}

function nameTerm(glob: string, column: number): Matcher {
  const strange = /[^A-Za-z0-9._*?-]/.exec(glob);
  if (strange !== null) {
    throw syntaxError(
      `A name cannot hold "${strange[0]}". Names are letters, digits, dot, dash, underscore, and * and ? as wild cards.`,
      column + strange.index,
    );
  }
  return (target) => matchesGlob(glob, target.name);
}

function statusTerm(value: string, column: number): Matcher {
  const status = agentStatuses.find((name) => name.toLowerCase() === value.toLowerCase());
  if (status === undefined) throw syntaxError(`There is no status "${value}". Use one of ${agentStatuses.join(', ')}.`, column);
  return (target) => target.status === status;
}

/** `fact:key` (it is known), `fact:key=glob`, `fact:key!=glob`, or compared with `>`, `>=`, `<`, `<=`. */
function factTerm(value: string, column: number): Matcher {
  const match = /^([^=<>!]*)(?:(>=|<=|!=|=|>|<)(.*))?$/s.exec(value);
  const [, key = '', operator, wanted = ''] = match ?? [];
  if (key === '') throw syntaxError('The key of a fact must stand here, as in fact:cpus>8.', column);
  if (operator === undefined) return (target) => Object.hasOwn(target.facts, key);
  const wantedColumn = column + key.length + operator.length;
  if (/[<>]/.test(operator) && !/^-?\d/.test(wanted)) {
    throw syntaxError(`A number or a version must follow "${operator}".`, wantedColumn);
  }
  return (target) =>
    compareFact(Object.hasOwn(target.facts, key) ? target.facts[key] : undefined, operator as FactOperator, wanted);
}
