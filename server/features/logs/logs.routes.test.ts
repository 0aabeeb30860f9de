import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Offer } from '../../../shared/protocol.ts';
import { startTestHttp, type TestHttp } from '../../../tests/support/http.ts';
import { openTestLedger, type ScriptedAgent, type TestLedger } from '../../../tests/support/ledger.ts';
import { logRoutes } from './logs.routes.ts';
import { createLogs } from './logs.service.ts';

let ledger: TestLedger;
let http: TestHttp;
let path: string;
let web: ScriptedAgent;
beforeEach(async () => {
  ledger = await openTestLedger();
  const { db, clock, events, feature } = ledger;
  http = await startTestHttp({
    routes: logRoutes({ logs: createLogs({ db, clock, events }), isFinal: feature.executions.isFinal }),
  });
  web = ledger.agent('web');
  await ledger.post({ owner: 'web' });
  await ledger.settle();
  const offer = web.offers()[0] as Offer;
  const { execution, attempt } = offer;
  await web.accept(offer);
  await web.say({ type: 'log', execution, attempt, offset: 0, stream: 'out', at: 0, text: 'grüße ' });
  await web.say({ type: 'log', execution, attempt, offset: 8, stream: 'err', at: 0, text: 'all over' });
  await web.end(offer, { logSize: 16 });
  path = `/api/v1/executions/${execution}/log`;
});
afterEach(async () => {
  await http.stop();
  await ledger.dispose();
});

const get = (query: string, accept: string) => http.call('GET', `${path}?${query}`, { as: 'viewer', headers: { accept } });

test('the log of an execution that is final is complete at its end', async () => {
  const answer = await get('wait=60', 'application/json');
  expect(await answer.json()).toMatchObject({
    chunks: [
      { offset: 0, stream: 'out', text: 'grüße ' },
      { offset: 8, stream: 'err', text: 'all over' },
    ],
    next: 16,
    size: 16,
    complete: true,
  });
  expect(await (await get('limit=1', 'application/json')).json()).toMatchObject({ next: 8, complete: false });
});

test.each([
  ['offset=0', 'grüße all over'],
  ['offset=10', 'l over'],
  // in the middle of ü
  ['offset=3', 'ße all over'],
  ['offset=16', ''],
])('as plain text, %s begins there', async (query, text) => {
  const answer = await get(query, 'text/plain');
  expect(answer.headers.get('muster-log-next')).toBe('16');
  expect(answer.headers.get('muster-log-complete')).toBe('true');
  expect(await answer.text()).toBe(text);
});

test('a long log is answered byte by byte, whatever its characters', async () => {
  await ledger.post({ owner: 'web' });
  await ledger.settle();
  const offer = web.offers().at(-1) as Offer;
  const { execution, attempt } = offer;
  await web.accept(offer);
  const text = 'grüße, 世界 🎉\n'.repeat(2000);
  await web.say({ type: 'log', execution, attempt, offset: 0, stream: 'out', at: 0, text });
  await web.end(offer, { logSize: Buffer.byteLength(text) });
  path = `/api/v1/executions/${execution}/log`;
  expect(await (await get('', 'text/plain')).text()).toBe(text);
  expect(await (await get('', 'application/json')).json()).toMatchObject({ chunks: [{ text }], complete: true });
});

test('the log of an execution that is not there is not found', async () => {
  path = '/api/v1/executions/exe_nowhere/log';
  expect((await get('wait=60', 'application/json')).status).toBe(404);
});
