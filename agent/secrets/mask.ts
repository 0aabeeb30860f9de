import type { Json } from '../../shared/json.ts';
import { formsOf } from './secret-forms.ts';

export const maskText = '***';

/** Masks a stream of text that comes in pieces: a secret is found also where it goes from one piece into the next. */
export type StreamMask = {
  /** @returns what can be passed on; the begin of what may become a secret is held back */
  write(text: string): string;
  /** what was held back, when nothing follows */
  end(): string;
};

export type Mask = {
  stream(): StreamMask;
  /** @param isCut its end may be missing, and with it the rest of a secret */
  text(text: string, isCut?: boolean): string;
  /** strings, names of members and numbers, at any depth */
  data(data: Json): Json;
};

type Span = { readonly from: number; readonly to: number };

/** @param values the secrets, at least one */
export function createMask(values: readonly string[]): Mask {
  const forms = [...new Set(values.flatMap(formsOf))].map((text) => ({ text, fallbacks: fallbacksOf(text) }));

  function stream(): StreamMask {
    let held = '';
    /** so much of the begin of `held` belongs to a secret whose mask was written already */
    let covered = 0;
    const hiddenIn = (all: string): Span[] =>
      joined([{ from: 0, to: covered }, ...forms.flatMap(({ text: form, fallbacks }) => spansOf(all, form, fallbacks))]);
    return {
      write(text) {
        const all = held + text;
        const hidden = hiddenIn(all);
        const keep = all.length - Math.max(0, ...forms.map((form) => tailLength(all, form.text, form.fallbacks)));
        const shown = masked(all.slice(0, keep), hidden, covered);
        const crossing = hidden.find(({ from, to }) => to > keep && (from < keep || (from === 0 && covered > 0)));
        covered = crossing === undefined ? 0 : crossing.to - keep;
        held = all.slice(keep);
        return shown;
      },
      end() {
        const rest = masked(held, hiddenIn(held), covered);
        held = '';
        covered = 0;
        return rest;
      },
    };
  }

  function text(whole: string, isCut = false): string {
    const mask = stream();
    const shown = mask.write(whole);
    const rest = mask.end();
    return isCut && rest.length > 0 ? `${shown}${maskText}` : shown + rest;
  }

  function data(value: Json): Json {
    if (typeof value === 'string') return text(value);
    if (typeof value === 'number') return text(String(value)) === String(value) ? value : maskText;
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map(data);
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [text(name), data(item)]));
  }

  return { stream, text, data };
}

/** Also those that overlap, which are read on and not searched for: a secret may be one letter many times over. */
function spansOf(text: string, form: string, fallbacks: readonly number[]): Span[] {
  const spans: Span[] = [];
  for (let from = text.indexOf(form); from !== -1; ) {
    let at = from + form.length;
    spans.push({ from, to: at });
    let length = fallbacks[form.length - 1] ?? 0;
    for (; length > 0 && at < text.length; at += 1) {
      length = nextLength(text.charCodeAt(at), form, fallbacks, length);
      if (length < form.length) continue;
      spans.push({ from: at + 1 - length, to: at + 1 });
      length = fallbacks[length - 1] ?? 0;
    }
    from = text.indexOf(form, at);
  }
  return spans;
}

/** In order, those that touch made one. */
function joined(spans: readonly Span[]): Span[] {
  const whole: Span[] = [];
  for (const span of spans.filter(({ from, to }) => to > from).sort((a, b) => a.from - b.from)) {
    const last = whole.at(-1);
    if (last !== undefined && span.from <= last.to) whole[whole.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    else whole.push(span);
  }
  return whole;
}

function masked(text: string, hidden: readonly Span[], covered: number): string {
  let shown = '';
  let at = 0;
  for (const { from, to } of hidden) {
    if (from >= text.length) break;
    shown += text.slice(at, from) + (from === 0 && covered > 0 ? '' : maskText);
    at = to;
  }
  return shown + text.slice(at);
}

/** How much of the end of the text is the begin of the form, short of the whole of it (Knuth, Morris and Pratt). */
function tailLength(text: string, form: string, fallbacks: readonly number[]): number {
  let length = 0;
  for (let at = Math.max(0, text.length - form.length + 1); at < text.length; at += 1) {
    length = nextLength(text.charCodeAt(at), form, fallbacks, length);
  }
  return length;
}

/** So much of the begin of the form is behind us, and this comes next: how much is it then? */
function nextLength(unit: number, form: string, fallbacks: readonly number[], before: number): number {
  let length = before;
  while (length > 0 && unit !== form.charCodeAt(length)) length = fallbacks[length - 1] ?? 0;
  return unit === form.charCodeAt(length) ? length + 1 : length;
}

/** For each length of a begin of the form: the longest shorter begin that it ends with. */
function fallbacksOf(form: string): number[] {
  const fallbacks = [0];
  for (let at = 1; at < form.length; at += 1) {
    let length = fallbacks[at - 1] ?? 0;
    while (length > 0 && form.charCodeAt(at) !== form.charCodeAt(length)) length = fallbacks[length - 1] ?? 0;
    fallbacks.push(form.charCodeAt(at) === form.charCodeAt(length) ? length + 1 : 0);
  }
  return fallbacks;
}
