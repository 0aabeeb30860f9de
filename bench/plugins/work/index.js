import { setTimeout as pause } from 'node:timers/promises';

const line = `${'work '.repeat(19)}...\n`;
const printEveryMs = 50;

export async function main({ runMs = 0, resultBytes = 0, failureShare = 0, logBytes = 0, logBytesPerSecond = 0 } = {}, context) {
  const startedAt = performance.now();
  for (let printed = 0; printed < logBytes; ) {
    const elapsed = (performance.now() - startedAt) / 1000;
    const due = logBytesPerSecond === 0 ? logBytes : Math.min(logBytes, Math.floor(elapsed * logBytesPerSecond));
    for (; printed < due; printed += line.length) process.stdout.write(line.slice(0, due - printed));
    if (printed < logBytes) await pause(printEveryMs, undefined, { signal: context.signal });
  }
  const left = runMs - (performance.now() - startedAt);
  if (left > 0) await pause(left, undefined, { signal: context.signal });
  if (Math.random() < failureShare) return { status: 'failed', message: 'It was told to fail now and then.' };
  return resultBytes === 0 ? null : { status: 'success', data: '.'.repeat(resultBytes) };
}
