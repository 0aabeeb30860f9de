import { setTimeout as pause } from 'node:timers/promises';
import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';

type Args = { readonly seconds: number } | readonly [number];

const stepMs = 1000;

/** Waits in steps, so that its progress shows. An abort ends it with an error, as it should. */
export async function main(args: Args, { signal, progress }: PluginContext): Promise<PluginResult> {
  const seconds = 'seconds' in args ? args.seconds : args[0];
  const begun = performance.now();
  for (let passed = 0; passed < seconds * 1000; passed = performance.now() - begun) {
    progress(passed / (seconds * 1000), `${Math.floor(passed / 1000)} of ${seconds} s`);
    await pause(Math.min(stepMs, seconds * 1000 - passed), undefined, { signal });
  }
  progress(1);
  return { status: 'success', message: `Slept ${seconds} s.`, data: { seconds } };
}
