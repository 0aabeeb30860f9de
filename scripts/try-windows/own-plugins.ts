/** Plugins that somebody might write, and that show what an agent has to do for them. */
export const ownPlugins: Readonly<Record<string, string>> = {
  'report.js': `export async function main([name], context) {
  console.log('hello ' + name + ' \\u00fc');
  context.log('looked', { disks: 2 });
  context.progress(0.5, 'half');
  await new Promise((done) => setTimeout(done, 300));
  context.progress(1, 'all');
  return { status: 'success', message: 'reported', data: { pid: process.pid, platform: process.platform } };
}
export const left = ([text], { storeArtifact }) => storeArtifact({ name: 'left.txt', data: text });
export async function polite(args, { signal }) {
  console.log('waiting');
  await new Promise((done) => signal.addEventListener('abort', done));
  console.log('asked to end');
}
export const secret = ([given]) => { console.log('it is ' + given); return given.length; };
export async function slowly([lines]) {
  for (let line = 1; line <= lines; line += 1) {
    console.log('line ' + line);
    await new Promise((done) => setTimeout(done, 50));
  }
}
export function flood([lines]) {
  for (let line = 1; line <= lines; line += 1) console.log('line ' + line + ' ' + 'x'.repeat(80));
}
`,
  'typed.ts': `import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
type Given = readonly [number, number];
export const main = ([a, b]: Given): number => a + b;
export async function thread(): Promise<unknown> {
  const worker = new Worker("require('node:worker_threads').parentPort.postMessage(6 * 7)", { eval: true });
  return (await once(worker, 'message'))[0];
}
`,
  // a child, and a child of that one, with a mark on their command lines
  'tree.js': `import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
const child = "const { spawn } = require('node:child_process');\\n" +
  "const [mark, left] = process.argv.slice(2);\\n" +
  "if (left > 0) spawn(process.execPath, [__filename, mark, '0'], { stdio: ['ignore', 'inherit', 'ignore'] });\\n" +
  "else console.log('here');\\n" +
  "setInterval(() => {}, 1000);\\n";
async function grow(mark, workspace) {
  const file = workspace + '/child.cjs';
  writeFileSync(file, child);
  await once(spawn(process.execPath, [file, mark, '1'], { stdio: ['ignore', 'pipe', 'ignore'] }).stdout, 'data');
  console.log('child and grandchild run');
}
export async function main([mark], { workspace }) {
  await grow(mark, workspace);
  await new Promise(() => setInterval(() => {}, 1000));
}
export const leave = ([mark], { workspace }) => grow(mark, workspace);
`,
  'batch/plugin.json': JSON.stringify({
    name: 'batch',
    version: '1.0.0',
    description: 'A program of its own: a batch file.',
    runtime: 'exec',
    entry: 'batch.cmd',
    platforms: ['win32'],
    actions: { main: { args: { type: 'array' } } },
  }),
  'batch/batch.cmd': [
    '@echo off',
    'echo action %1',
    'echo ::muster:: {"type":"progress","fraction":0.5,"text":"half"}',
    'echo ::muster:: {"type":"result","status":"success","message":"from a batch file","data":{"n":7}}',
    '',
  ].join('\r\n'),
};
