import { expect, test } from '@jest/globals';
import { createLogView } from './calm-log.ts';

function seen(everything: boolean, ...lines: string[]): { out: string; err: string } {
  const written = { out: '', err: '' };
  const view = createLogView({
    name: 'server',
    everything,
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
  });
  for (const line of lines) view.onLine(line);
  view.onNotice('a word for people');
  return written;
}

const info = '{"level":30,"msg":"server ready"}';
const warn = '{"level":40,"msg":"Listening without TLS."}';
const error = '{"level":50,"msg":"request failed","err":{"message":"disk full"}}';
const notes = 'a word for people\n';

test('a calm terminal shows warnings and errors as sentences, and nothing else of a log', () => {
  expect(seen(false, info, warn, error)).toEqual({
    out: '',
    err: `server: Listening without TLS.\nserver: request failed: disk full\n${notes}`,
  });
});

test('what is not of the log was written in trouble, and is shown as it is', () => {
  expect(seen(false, 'Segmentation fault', '{"level":"x', '7').err).toBe(`Segmentation fault\n{"level":"x\n7\n${notes}`);
});

test('with a log level every line goes through unchanged', () => {
  expect(seen(true, info, warn)).toEqual({ out: `${info}\n${warn}\n`, err: notes });
});
