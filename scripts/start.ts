/**
 * `npm start`: a server and an agent for this host, each a process of its own, ready to work.
 *
 *   settings ──> server ──> ready? ──> agent (joins, if it is not known) ──> Online? ──> greeting ──> … ──> agent stops ──> server stops
 *
 * Both are stopped with it, however it ends. If one of them ends by itself, its last words are shown and the other is stopped.
 */
import { start } from './start/start.ts';

process.exitCode = await start({
  args: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
