import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { someExecution, someRun } from '../../tests/support/api-shapes.ts';
import { cliWith } from '../../tests/support/cli.ts';
import { pageOf, type StubApi, startStubApi } from '../../tests/support/stub-api.ts';

const web1 = someExecution();
const web2 = someExecution({ id: 'exe_00000000000000000000000002', agentName: 'web2' });
const run = someRun().id;
const at = '2026-01-05T12:00:00.000Z';

let api: StubApi;
let cli: ReturnType<typeof cliWith>;

/** Each look at the log answers with one of the texts; the work ends with the last. */
function serveLog(executionId: string, texts: readonly string[]): void {
  const ends = texts.map((_, index) => Buffer.byteLength(texts.slice(0, index + 1).join('')));
  api.answer(`GET /api/v1/executions/${executionId}/log`, ({ query }) => {
    const offset = Number(query.offset);
    const index = [0, ...ends].indexOf(offset);
    const text = texts[index];
    const next = ends[index] ?? offset;
    const chunks = text === undefined ? [] : [{ offset, stream: 'out', at, text }];
    return { body: { executionId, chunks, next, size: next, complete: index >= texts.length - 1 } };
  });
}

beforeEach(async () => {
  api = await startStubApi({
    [`GET /api/v1/executions/${web1.id}`]: { body: web1 },
    [`GET /api/v1/runs/${run}/executions`]: pageOf(web2, web1),
  });
  cli = cliWith(api);
  serveLog(web1.id, ['one\ntw', 'o\n']);
  serveLog(web2.id, ['three', ' four']);
});
afterEach(() => api.stop());

describe('logs', () => {
  test('of an execution are its output, byte by byte', async () => {
    for (const args of [
      ['logs', web1.id],
      ['logs', '-f', web1.id],
    ])
      expect(await cli(args)).toEqual({ code: 0, out: 'one\ntwo\n', err: '' });
  });

  test('of a run name the host before each line, oldest host first', async () => {
    expect((await cli(['logs', run])).out).toBe('web1: one\nweb1: two\nweb2: three four\n');
  });

  test('of a run are followed together, and their lines do not mix', async () => {
    const { out } = await cli(['logs', '--follow', run]);
    expect(out.trimEnd().split('\n').sort()).toEqual(['web1: one', 'web1: two', 'web2: three four']);
  });

  test('as JSON are one document, or one per chunk when they are followed', async () => {
    const { logs } = JSON.parse((await cli(['logs', run, '--json'])).out) as {
      logs: { host: string; chunks: { text: string }[] }[];
    };
    expect(logs.map(({ host, chunks }) => [host, chunks.map(({ text }) => text).join('')])).toEqual([
      ['web1', 'one\ntwo\n'],
      ['web2', 'three four'],
    ]);
    const lines = (await cli(['logs', '-f', web1.id, '--json'])).out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { executionId: web1.id, offset: 0, text: 'one\ntw' },
      { executionId: web1.id, offset: 6, text: 'o\n' },
    ]);
  });

  test('of what does not exist are an error', async () => {
    const { code, err } = await cli(['logs', '-f', 'exe_nope']);
    expect([code, err]).toEqual([2, expect.stringContaining('(not_found)')]);
  });
});
