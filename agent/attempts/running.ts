import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Offer, ResultMessage } from '../../shared/protocol.ts';
import { strictest } from '../../shared/resource-limits.ts';
import { type SecretValues, secretReferences, withSecretsInArgs, withSecretsInEnv } from '../../shared/secret-references.ts';
import type { ArtifactOutbox } from '../artifacts/artifact-outbox.ts';
import { fileNameOf } from '../attempt-key.ts';
import type { Clock } from '../clock.ts';
import type { Executor, Job, JobEnd, JobSink } from '../execution/job.ts';
import type { Journal } from '../journal/journal.ts';
import type { HeldChunk } from '../journal/journal-records.ts';
import type { Bundle } from '../plugins/bundle.ts';
import { type MaskedOutput, maskedOutput } from '../secrets/masked-output.ts';
import type { SpoolFolder } from '../spool/spool-folder.ts';
import type { DeliveryLoop } from './delivery.ts';
import type { HandBack } from './hand-back.ts';
import type { HeldAttempt, HeldAttempts, StopWish } from './held-attempts.ts';
import {
  brokenExecutor,
  cancelledBeforeStart,
  type Ending,
  notJournalled,
  resultOf,
  secretNotGiven,
  stoppedBeforeStart,
  stoppedWithAgent,
} from './result.ts';

/**
 * Takes an attempt from its start to its end: journal on disk, then the executor, then the result in the journal, then delivery. Every
 * way out of here leaves a result, except for attempts that the ledger has given up.
 */
export type Running = {
  /**
   * Called once per attempt; the caller has fenced duplicates. Takes over one slot, and gives it back at the end. The secrets stay in
   * memory, and are masked in all that leaves it.
   */
  start(offer: Offer, bundle: Bundle, secrets: SecretValues): void;
  /** Ends it politely, then by force. Of several wishes the first decides what the result says. */
  stop(attempt: HeldAttempt, wish: StopWish): void;
  /** The server needs nothing more of it. */
  forget(attempt: HeldAttempt): void;
  /** How many have not ended. */
  count(): number;
  /** Calls back once, when none runs. */
  whenIdle(callback: () => void): void;
};

export type RunningResources = {
  readonly held: HeldAttempts;
  readonly journal: Journal;
  readonly spools: SpoolFolder;
  readonly executor: Executor;
  readonly delivery: DeliveryLoop;
  readonly handBack: HandBack;
  readonly releaseSlot: () => void;
  readonly agentName: () => string;
  readonly workFolder: string;
  readonly artifacts: Pick<ArtifactOutbox, 'folderOf' | 'settled'>;
  readonly clock: Clock;
  readonly log: Logger;
};

export function createRunning(resources: RunningResources): Running {
  const { held, journal, spools, executor, delivery, handBack, clock, log } = resources;
  let running = 0;
  let idleCallbacks: (() => void)[] = [];

  function start(offer: Offer, bundle: Bundle, secrets: SecretValues): void {
    const attempt = holdOf(offer);
    held.add(attempt);
    running += 1;
    const { execution, plugin, action, logFrom, outputLimitBytes } = offer;
    journal.started({ execution, attempt: offer.attempt, at: clock.now(), plugin, action, logFrom, outputLimitBytes }).then(
      () => run(attempt, offer, bundle, secrets),
      (error: unknown) => {
        log.error({ err: error, execution, attempt: offer.attempt }, 'attempt_not_journalled');
        handBackUnstarted(attempt, notJournalled(error));
      },
    );
  }

  /** Nothing of it ran, and its `started` is not in the journal. */
  function handBackUnstarted(attempt: HeldAttempt, why: string): void {
    release(attempt);
    if (!attempt.isUnwanted) handBack(attempt, why);
    ended();
  }

  function holdOf({ execution, attempt, logFrom, outputLimitBytes, graceSeconds, sha256 }: Offer): HeldAttempt {
    const fresh: HeldAttempt = {
      execution,
      attempt,
      phase: 'starting',
      spool: spools.open({ execution, attempt }, { logFrom, limitBytes: outputLimitBytes }, () => delivery.wake(fresh)),
      job: undefined,
      result: undefined,
      stopWish: undefined,
      isUnwanted: false,
      graceSeconds,
      sha256,
      delivery: { sent: logFrom, acknowledged: logFrom, isResultSent: false, waitingForDrain: [] },
    };
    return fresh;
  }

  function run(attempt: HeldAttempt, offer: Offer, bundle: Bundle, secrets: SecretValues): void {
    // instant: start-journalled
    if (attempt.stopWish !== undefined) {
      end(attempt, attempt.stopWish.why === 'shutdown' ? stoppedBeforeStart : cancelledBeforeStart);
      return;
    }
    const missing = secretReferences(offer.args, offer.env).found.find(({ name }) => !Object.hasOwn(secrets, name));
    if (missing !== undefined) {
      end(attempt, secretNotGiven(missing.name));
      return;
    }
    attempt.phase = 'running';
    const output = maskedOutput(secrets, sinkOf(attempt));
    try {
      attempt.job = executor.start(jobOf(offer, bundle, secrets), output.sink);
    } catch (error) {
      end(attempt, output.mask(brokenExecutor(error)));
      return;
    }
    attempt.job.done.then(
      (jobEnd) => {
        output.finish();
        end(attempt, output.mask(endingOf(attempt, jobEnd)), output.fileName);
      },
      (error: unknown) => {
        output.finish();
        end(attempt, output.mask(brokenExecutor(error)), output.fileName);
      },
    );
  }

  function jobOf(offer: Offer, bundle: Bundle, secrets: SecretValues): Job {
    const { execution, action, args, env, timeoutSeconds, onTimeout, graceSeconds } = offer;
    return {
      execution,
      attempt: offer.attempt,
      agentName: resources.agentName(),
      bundleDir: bundle.dir,
      manifest: bundle.manifest,
      sha256: bundle.sha256,
      action,
      args: withSecretsInArgs(args, secrets),
      env: withSecretsInEnv(env, secrets),
      secrets,
      limits: strictest(bundle.manifest.limits, bundle.manifest.actions[action]?.limits, offer.limits),
      workspace: join(resources.workFolder, fileNameOf(offer)),
      artifacts: resources.artifacts.folderOf(offer),
      timeoutSeconds,
      onTimeout,
      graceSeconds,
    };
  }

  function sinkOf(attempt: HeldAttempt): JobSink {
    return {
      output: (stream, text) => {
        if (attempt.phase === 'running') attempt.spool.write(stream, text, clock.now());
      },
      progress: (fraction, text) => delivery.progress(attempt, fraction, text),
      spawned: (process) => journal.spawned({ execution: attempt.execution, attempt: attempt.attempt, ...process }),
      isFull: () => delivery.isFull(attempt),
      onDrain: (callback) => delivery.onDrain(attempt, callback),
    };
  }

  function end(attempt: HeldAttempt, ending: Ending, fileName?: MaskedOutput['fileName']): void {
    if (attempt.isUnwanted) {
      void resources.artifacts.settled(attempt, fileName);
      ended();
      forget(attempt);
      return;
    }
    if (couldNotBegin(attempt, ending)) {
      void resources.artifacts.settled(attempt, fileName);
      ended();
      forget(attempt);
      handBack(attempt, ending.message);
      return;
    }
    const { output, ...size } = attempt.spool.finish(clock.now());
    const result = resultOf(attempt, ending, size);
    void conclude(attempt, result, output, fileName);
  }

  async function conclude(
    attempt: HeldAttempt,
    result: ResultMessage,
    output: HeldChunk[],
    fileName: MaskedOutput['fileName'],
  ): Promise<void> {
    // instant: work-ended
    // what the disk does not take now is in memory still, and delivered from there; the journal goes on trying
    await journal.ended({ execution: attempt.execution, attempt: attempt.attempt, result, output });
    // instant: end-journalled
    // who sees the result finds the files; after a while without the server, the result goes first
    const files = resources.artifacts.settled(attempt, fileName);
    if (files !== undefined) await atMost(longestWaitForFilesMs, files);
    attempt.phase = 'ended';
    attempt.result = result;
    attempt.job = undefined;
    attempt.spool.settled();
    ended();
    if (attempt.isUnwanted) forget(attempt);
    else delivery.wake(attempt);
  }

  function atMost(waitMs: number, files: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(waitMs, resolve);
      void files.then(() => {
        cancel();
        resolve();
      });
    });
  }

  function ended(): void {
    running -= 1;
    resources.releaseSlot();
    if (running > 0) return;
    const callbacks = idleCallbacks;
    idleCallbacks = [];
    for (const callback of callbacks) callback();
  }

  function forget(attempt: HeldAttempt): void {
    release(attempt);
    journal.forgotten({ execution: attempt.execution, attempt: attempt.attempt });
  }

  function release(attempt: HeldAttempt): void {
    delivery.drop(attempt);
    held.remove(attempt);
    attempt.spool.remove();
  }

  return {
    start,
    stop(attempt, wish) {
      attempt.stopWish ??= wish;
      attempt.job?.stop(wish.why, wish.graceSeconds);
    },
    forget,
    count: () => running,
    whenIdle(callback) {
      if (running === 0) callback();
      else idleCallbacks.push(callback);
    },
  };
}

const longestWaitForFilesMs = 10_000;

/** The disk had no room for its workspace, so that not one line of it ran: another host, or this one later, may still do it. */
const couldNotBegin = ({ stopWish, spool }: HeldAttempt, { outcome, reason }: Ending): boolean =>
  outcome === 'rejected' && reason === 'host_disk_full' && stopWish === undefined && spool.bytes() === 0;

/** A job that ended by itself before the stop reached it keeps its own end. */
const endingOf = ({ stopWish }: HeldAttempt, jobEnd: JobEnd): Ending =>
  stopWish?.why === 'shutdown' && jobEnd.reason === 'agent_restarted' ? stoppedWithAgent(jobEnd) : jobEnd;
