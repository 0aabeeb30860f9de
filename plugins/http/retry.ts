export type RetryArgs = {
  readonly count: number;
  readonly delaySeconds?: number;
  readonly onStatus?: readonly number[];
  readonly onNetworkErrors?: boolean;
  readonly anyMethod?: boolean;
};

const usualStatuses = [408, 429, 500, 502, 503, 504];
/** Who asks for more patience than this gets it not. */
const maxDelaySeconds = 120;

/** Doing these twice is the same as doing them once. */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export type RetryPolicy = {
  /** Seconds to wait before the next try; undefined: no other try. */
  afterStatus(tries: number, status: number, retryAfter: string | undefined): number | undefined;
  afterNetworkError(tries: number): number | undefined;
};

/** @param now milliseconds, for a Retry-After that is a date */
export function retryPolicy(args: RetryArgs | undefined, method: string, now: () => number): RetryPolicy {
  const { count = 0, delaySeconds = 1, onStatus = usualStatuses, onNetworkErrors = true, anyMethod = false } = args ?? {};
  const most = idempotent.has(method) || anyMethod ? count : 0;
  return {
    afterStatus(tries, status, retryAfter) {
      if (tries > most || !onStatus.includes(status)) return undefined;
      const asked = retryAfter === undefined ? undefined : secondsOf(retryAfter, now());
      return Math.min(maxDelaySeconds, Math.max(delaySeconds, asked ?? 0));
    },
    afterNetworkError: (tries) => (tries > most || !onNetworkErrors ? undefined : delaySeconds),
  };
}

function secondsOf(retryAfter: string, now: number): number | undefined {
  if (/^\d+$/.test(retryAfter.trim())) return Number(retryAfter);
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - now) / 1000);
}
