import { readdirSync } from 'node:fs';
import type { Census } from './child-messages.ts';

export function census(): Omit<Census, 'instants'> {
  const { rss, heapUsed } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  return {
    rssBytes: rss,
    heapBytes: heapUsed,
    // one of them is the folder that is being read
    openFiles: process.platform === 'linux' ? readdirSync('/proc/self/fd').length - 1 : 0,
    timers: resources.filter((name) => name === 'Timeout').length,
    resources: resources.length,
  };
}
