import { setTimeout as pause } from 'node:timers/promises';

/** Asks `/healthz` again and again while the server is meant to be there, and notes how long the answer took. */
export type Health = { stop(): Promise<HealthFigures> };
export type HealthFigures = {
  readonly asked: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
};

export function watchHealth(port: () => number, isExpected: (from: number, to: number) => boolean): Health {
  const times: { ms: number; from: number; to: number; ok: boolean }[] = [];
  const stop = new AbortController();

  async function ask(): Promise<void> {
    const from = performance.now();
    const ok = await fetch(`http://127.0.0.1:${port()}/healthz`, { signal: AbortSignal.timeout(10_000) })
      .then(async (response) => {
        await response.arrayBuffer();
        return response.ok;
      })
      .catch(() => false);
    times.push({ ms: performance.now() - from, from, to: performance.now(), ok });
  }
  const asking = (async () => {
    while (!stop.signal.aborted) {
      await ask();
      await pause(200, undefined, { signal: stop.signal }).catch(() => {});
    }
  })();

  return {
    async stop() {
      stop.abort();
      await asking;
      const expected = times.filter(({ from, to }) => isExpected(from, to));
      const sorted = expected
        .filter(({ ok }) => ok)
        .map(({ ms }) => ms)
        .sort((a, b) => a - b);
      const at = (share: number): number =>
        Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
      return { asked: expected.length, failed: expected.length - sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
    },
  };
}
