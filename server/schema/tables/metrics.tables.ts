export type MetricBlocksTable = {
  step_seconds: number;
  /** seconds since the epoch, of its first step */
  start: number;
  agent_id: string;
  /** packed by `features/metrics/block.ts` */
  samples: Uint8Array;
};
