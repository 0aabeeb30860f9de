import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { type Metrics, metricsType } from './metrics.ts';
import { type AnyRoute, route } from './route.ts';

/** What must hold before the server takes work, by name. A check that throws or takes too long has failed. */
export type ReadinessChecks = Readonly<Record<string, () => Promise<void> | void>>;

export type OperationsResources = { readonly metrics: Metrics; readonly readiness: ReadinessChecks; readonly clock: Clock };

const patienceMs = 5000;

const health = z.object({ status: z.literal('ok') });
const readiness = z.object({ status: z.enum(['ready', 'not_ready']), checks: z.record(z.string(), z.string()) });

/** For those who watch over the process. Open: they hold no secret, and a probe has no token. */
export function operationsRoutes({ metrics, readiness: checks, clock }: OperationsResources): AnyRoute[] {
  return [
    route({
      method: 'GET',
      path: '/healthz',
      permission: 'open',
      summary: 'Tell that the process is alive',
      tag: 'operations',
      responses: { 200: health },
      handler: async () => ({ status: 200, body: { status: 'ok' } }),
    }),
    route({
      method: 'GET',
      path: '/readyz',
      permission: 'open',
      summary: 'Tell whether the server can take work',
      tag: 'operations',
      responses: { 200: readiness, 503: readiness },
      async handler() {
        const results = await Promise.all(
          Object.entries(checks).map(async ([name, check]) => [name, await resultOf(check, clock)] as const),
        );
        const ready = results.every(([, result]) => result === 'ok');
        return {
          status: ready ? 200 : 503,
          body: { status: ready ? 'ready' : 'not_ready', checks: Object.fromEntries(results) },
        };
      },
    }),
    route({
      method: 'GET',
      path: '/metrics',
      permission: 'open',
      summary: 'Give the metrics of the server in the text format of Prometheus',
      tag: 'operations',
      responses: { 200: z.string() },
      produces: ['text/plain'],
      handler: async () => ({ status: 200, headers: { 'content-type': metricsType }, body: metrics.text() }),
    }),
  ];
}

/** Says only whether: why is in the log, for this page is open. */
async function resultOf(check: () => Promise<void> | void, clock: Clock): Promise<'ok' | 'failed' | 'no answer'> {
  const { promise: patience, resolve } = Promise.withResolvers<'no answer'>();
  const cancel = clock.after(patienceMs, () => resolve('no answer'));
  const result = (async () => {
    await check();
    return 'ok' as const;
  })().catch(() => 'failed' as const);
  try {
    return await Promise.race([result, patience]);
  } finally {
    cancel();
  }
}
