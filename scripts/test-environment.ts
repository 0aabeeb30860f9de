/**
 * Jest environment: Node, plus a leak guard. When a test file is over (all its `afterAll` included), what it started
 * must be stopped: servers, sockets, child processes, workers, timers. What is left after a short grace fails the file.
 *
 * Things are compared by identity, not counted: Jest's own timers and processes come and go meanwhile.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { TestEnvironment } from 'jest-environment-node';

const graceMs = 1_000;
const pollMs = 20;

export default class LeakGuardEnvironment extends TestEnvironment {
  private handlesBefore = new Set<object>();
  private readonly timers = new Set<NodeJS.Timeout>();

  override async setup(): Promise<void> {
    await super.setup();
    void [process.stdin, process.stdout, process.stderr]; // sockets in a worker, opened on first use
    this.handlesBefore = new Set(openHandles());
    this.global.setTimeout = recording(this.global.setTimeout, this.timers);
    this.global.setInterval = recording(this.global.setInterval, this.timers);
  }

  override async teardown(): Promise<void> {
    const deadline = Date.now() + graceMs;
    while (this.leaks().length > 0 && Date.now() < deadline) await sleep(pollMs);
    const leaks = this.leaks();
    await super.teardown();
    if (leaks.length > 0) throw new Error(`This test file left something running: ${leaks.join(', ')}`);
  }

  private leaks(): string[] {
    const handles = openHandles().filter((handle) => !this.handlesBefore.has(handle));
    const timers = [...this.timers].filter((timer) => isPending(timer) && timer.hasRef());
    return [...handles, ...timers].map((thing) => thing.constructor.name);
  }
}

/** Servers, sockets, child processes and the like that keep this process alive. Node documents only their names. */
function openHandles(): object[] {
  return (process as unknown as { _getActiveHandles(): object[] })._getActiveHandles();
}

function isPending(timer: NodeJS.Timeout): boolean {
  return !(timer as unknown as { _destroyed: boolean })._destroyed;
}

function recording<Start extends typeof setTimeout | typeof setInterval>(start: Start, into: Set<NodeJS.Timeout>): Start {
  const record = (...args: unknown[]): NodeJS.Timeout => {
    const timer = Reflect.apply(start, undefined, args) as NodeJS.Timeout;
    into.add(timer);
    return timer;
  };
  return Object.assign(record, start);
}
