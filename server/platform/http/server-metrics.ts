import { performance } from 'node:perf_hooks';
import type { HttpResources } from './http.ts';
import type { Metrics } from './metrics.ts';

/** Requests by declared path, never by URL. @returns what `createHttp` takes as `observe` */
export function observeRequests(metrics: Metrics): NonNullable<HttpResources['observe']> {
  const requests = metrics.counter('muster_http_requests_total', 'Requests answered.', ['method', 'path', 'status']);
  const seconds = metrics.histogram(
    'muster_http_request_seconds',
    'Time to answer, streams and requested waits included.',
    [0.005, 0.025, 0.1, 0.5, 1, 5, 30],
    ['method', 'path'],
  );
  return (method, path, status, ms) => {
    // a method may be any word, and what a client makes up must not become a series
    const known = path === '' ? 'other' : method;
    requests.add(1, known, path, String(status));
    seconds.observe(ms / 1000, known, path);
  };
}

export type Space = { readonly bytes: number; readonly freeBytes: number };

export function observeDatabase(metrics: Metrics, space: () => Space): void {
  metrics.gauge('muster_database_bytes', 'Size of the database, without its write-ahead log.', () => space().bytes);
  metrics.gauge('muster_database_free_bytes', 'Part of the database that is free to be used again.', () => space().freeBytes);
}

export function observeProcess(metrics: Metrics): void {
  metrics.gauge('process_resident_memory_bytes', 'Resident memory of the server.', () => process.memoryUsage.rss());
  metrics.gauge('nodejs_heap_used_bytes', 'Heap in use.', () => process.memoryUsage().heapUsed);
  metrics.gauge('process_uptime_seconds', 'Time since the start of the process.', () => process.uptime());
  metrics.gauge('process_cpu_seconds', 'Processor time used, user and system.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  let last = performance.eventLoopUtilization();
  metrics.gauge('nodejs_eventloop_utilization', 'Share of time that the event loop was busy since the last scrape.', () => {
    const now = performance.eventLoopUtilization();
    const share = performance.eventLoopUtilization(now, last).utilization;
    last = now;
    return share;
  });
}
