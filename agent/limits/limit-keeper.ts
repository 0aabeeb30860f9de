import { readFileSync } from 'node:fs';
import { limitNames, type ResourceLimits } from '../../shared/resource-limits.ts';
import { fileNameOf } from '../attempt-key.ts';
import type { Job, JobSink } from '../execution/job.ts';
import type { WorkEnd } from '../execution/job-end.ts';
import { starterOfThis } from '../update/starter.ts';
import { type Cgroup, type Cgroups, openCgroups } from './cgroups.ts';
import { limitedCommand } from './limited-command.ts';

/** Has the limits of a job enforced by the operating system, as far as it can, and says in the log what is not. */
export type LimitKeeper = { keep(job: Job, sink: Pick<JobSink, 'output'>): KeptLimits };

export type KeptLimits = {
  /** The command that starts the program under its limits; it is the same process in the end. */
  command(file: string, args: readonly string[]): { readonly file: string; readonly args: readonly string[] };
  /**
   * Set where no group holds the memory: each program that it starts is to be limited by itself. The runner of a node plugin is not, since
   * V8 reserves far more than it uses: it gets a limit of its heap.
   */
  readonly processMemoryMb: number | undefined;
  /** When nothing of it runs any more: what its end has to do with its limits. */
  end(end: WorkEnd): WorkEnd;
};

const unlimited: KeptLimits = { command: (file, args) => ({ file, args }), processMemoryMb: undefined, end: (end) => end };

export function createLimitKeeper({ cgroups = ofThisHost }: { readonly cgroups?: (() => Cgroups) | undefined }): LimitKeeper {
  const { platform } = process;
  let opened: Cgroups | undefined;
  return {
    keep(job, sink) {
      const { limits } = job;
      if (limitNames.every((name) => limits[name] === undefined)) return unlimited;
      const say = (sentence: string): void => sink.output('log', `[muster] ${sentence}\n`);
      if (platform === 'win32') {
        say(`Not enforced on Windows: ${namesOf(limits).join(', ')}.`);
        return unlimited;
      }
      opened ??= cgroups();
      const group = groupFor(job, opened, say);
      const held: ReadonlySet<string> = group === undefined ? new Set() : opened.holds;
      const own = platform === 'linux' && !held.has('memoryMb') ? limits.memoryMb : undefined;
      if (own !== undefined)
        say(
          `The limit of ${own} MiB holds for the data of each process by itself: the agent has no control group (cgroup v2) here.`,
        );
      const loose = namesOf(limits).filter(
        (name) => name !== 'nice' && name !== 'openFiles' && !held.has(name) && !(name === 'memoryMb' && own !== undefined),
      );
      if (loose.length > 0)
        say(`Not enforced on this host: ${loose.join(', ')}. That takes a control group (cgroup v2) of the agent.`);
      return {
        command: (file, args) =>
          limitedCommand(file, args, { ...limits, memoryMb: job.manifest.runtime === 'node' ? undefined : own }, group?.joinFile),
        processMemoryMb: own,
        end(end) {
          if (group === undefined) return end;
          const why = group.wasOutOfMemory()
            ? `It used more memory than its limit of ${limits.memoryMb} MiB, and the system ended it. `
            : group.wasOutOfProcesses()
              ? `It wanted more processes than its limit of ${limits.processes}. `
              : '';
          group.remove();
          return end.outcome === 'succeeded' ? end : { ...end, message: why + end.message };
        },
      };
    },
  };
}

function groupFor(job: Job, cgroups: Cgroups, say: (sentence: string) => void): Cgroup | undefined {
  if (!namesOf(job.limits).some((name) => cgroups.holds.has(name))) return undefined;
  try {
    return cgroups.open(fileNameOf(job), job.limits);
  } catch (error) {
    say(`No control group could be made: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

const namesOf = (limits: ResourceLimits): (keyof ResourceLimits)[] => limitNames.filter((name) => limits[name] !== undefined);

/** A starter that stays as the parent of the agent is in its group, and has to move along. */
const ofThisHost = (): Cgroups =>
  openCgroups({ root: '/sys/fs/cgroup', membership: membershipOfThis(), pid: starterOfThis()?.pid ?? process.pid });

function membershipOfThis(): string {
  try {
    return readFileSync('/proc/self/cgroup', 'utf8');
  } catch {
    return '';
  }
}
