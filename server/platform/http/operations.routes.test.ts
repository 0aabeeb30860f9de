import { afterEach, describe, expect, test } from '@jest/globals';
import { createFakeClock } from '../../../tests/support/clock.ts';
import { startTestHttp, type TestHttp } from '../../../tests/support/http.ts';
import { createMetrics } from './metrics.ts';
import { operationsRoutes, type ReadinessChecks } from './operations.routes.ts';
import { observeProcess, observeRequests } from './server-metrics.ts';

let http: TestHttp;
afterEach(() => http.stop());
const clock = createFakeClock();

async function start(readiness: ReadinessChecks): Promise<void> {
  const metrics = createMetrics();
  observeProcess(metrics);
  const observe = observeRequests(metrics);
  observe('GET', '/api/v1/tasks', 200, 30);
  observe('PROPFIND', '', 404, 1);
  http = await startTestHttp({ clock, routes: operationsRoutes({ metrics, readiness, clock }) });
}

describe('operations', () => {
  test('are open: a probe has no token', async () => {
    await start({});
    const health = await http.call('GET', '/healthz');
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
    const ready = await http.call('GET', '/readyz');
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', checks: {} }]);
  });

  test('not ready means 503 and says which check failed, but not why', async () => {
    await start({ database: () => {}, disk: () => Promise.reject(new Error('secret path is full')) });
    const ready = await http.call('GET', '/readyz');
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { status: 'not_ready', checks: { database: 'ok', disk: 'failed' } },
    ]);
  });

  test('a check that does not answer has failed', async () => {
    const asked = Promise.withResolvers<void>();
    await start({
      database() {
        asked.resolve();
        return new Promise(() => {});
      },
    });
    const answer = http.call('GET', '/readyz');
    await asked.promise;
    await clock.advance(5000);
    expect(await (await answer).json()).toEqual({ status: 'not_ready', checks: { database: 'no answer' } });
  });

  test('metrics count requests by their declared path', async () => {
    await start({});
    const response = await http.call('GET', '/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const text = await response.text();
    expect(text).toContain('muster_http_requests_total{method="GET",path="/api/v1/tasks",status="200"} 1');
    expect(text).toContain('muster_http_requests_total{method="other",path="",status="404"} 1');
    expect(text).toMatch(/process_resident_memory_bytes \d+/);
  });
});
