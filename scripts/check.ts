/**
 * `npm run check`: all that can be said about the code without running it. Every step runs, whatever the others say;
 * one line per step, and at the end the output of those that failed.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Step {
  readonly name: string;
  /** A script for Node and its arguments. */
  readonly run: readonly [script: string, ...args: string[]];
  /** The step is left out while this file does not exist. */
  readonly onlyWith?: string;
}

const steps: readonly Step[] = [
  {
    name: 'format, lint, cycles',
    run: ['node_modules/@biomejs/biome/bin/biome', 'ci', '--colors=off', '--error-on-warnings', '--max-diagnostics=50'],
  },
  { name: 'layers', run: ['scripts/check-layers.ts'] },
  { name: 'types', run: ['node_modules/typescript/bin/tsc', '--noEmit', '--pretty', 'false'] },
  { name: 'promises', run: ['node_modules/oxlint/bin/oxlint', '--deny-warnings'] },
  { name: 'lock file', run: ['scripts/lockfile.ts', '--check'] },
  { name: 'generated files', run: ['scripts/generated.ts', '--check'], onlyWith: 'scripts/generated.ts' },
  { name: 'OpenAPI', run: ['node_modules/@redocly/cli/bin/cli.js', 'lint', 'docs/openapi.json'], onlyWith: 'docs/openapi.json' },
];

const root = fileURLToPath(new URL('..', import.meta.url));
const quiet = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
const failures: { step: Step; output: string }[] = [];

for (const step of steps) {
  if (step.onlyWith !== undefined && !existsSync(`${root}/${step.onlyWith}`)) continue;
  const started = performance.now();
  const { ok, output } = await runStep(step);
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${step.name.padEnd(22)} ${((performance.now() - started) / 1000).toFixed(1)} s`);
  if (!ok) failures.push({ step, output });
}

for (const { step, output } of failures) console.log(`\n--- ${step.name}: ${step.run.join(' ')}\n${output.trim()}`);
process.exitCode = failures.length > 0 ? 1 : 0;

function runStep({ run }: Step): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, run, {
      cwd: root,
      env: { ...process.env, ...quiet },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (error) => resolve({ ok: false, output: String(error) }));
    child.on('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(chunks).toString() }));
  });
}
