import type { InstantName } from './instants.ts';

/** What the harness tells its processes, and they it, over the IPC channel, under the key `faults` so that it is not taken for the product's own. */
export type ToChild =
  /** at the `hits`-th passing from now */
  | { readonly type: 'arm'; readonly name: InstantName; readonly hits: number; readonly act: 'SIGKILL' | 'SIGSTOP' | 'report' }
  | { readonly type: 'disarm' }
  | { readonly type: 'clock'; readonly offsetMs: number }
  | { readonly type: 'census' };

export type FromChild = { readonly type: 'hit'; readonly name: string } | { readonly type: 'census'; readonly census: Census };

/** What a process holds at one moment. */
export type Census = {
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly openFiles: number;
  readonly timers: number;
  readonly resources: number;
  /** how often each named instant was passed */
  readonly instants: Readonly<Record<string, number>>;
};
