import * as z from 'zod';

const bytes = z.number().min(0).max(Number.MAX_SAFE_INTEGER);

/** One sample of a host, carried by each heartbeat. */
export const metrics = z.object({
  /** share of all cores, 0 to 100 */
  cpuPercent: z.number().min(0).max(100),
  memoryUsedBytes: bytes,
  memoryTotalBytes: bytes,
  /** of the file system that holds the agent's folder */
  diskUsedBytes: bytes,
  diskTotalBytes: bytes,
  /** load average of one minute; 0 where the platform has none */
  load1: z.number().min(0),
  /** resident memory of the agent process */
  agentMemoryBytes: bytes,
  /** of all network interfaces but loopback, since the sample before; absent where the platform does not tell, and from older agents */
  networkReceiveBytesPerSecond: bytes.optional(),
  networkTransmitBytesPerSecond: bytes.optional(),
});
export type Metrics = z.infer<typeof metrics>;

/** What is known of a host; small, flat and stable, so that target expressions can use it as `fact:key`. */
export const facts = z.record(z.string().min(1).max(64), z.union([z.string().max(500), z.number(), z.boolean()]));
export type Facts = z.infer<typeof facts>;
