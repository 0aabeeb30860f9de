import type { Run } from '../../../shared/api/runs.ts';
import type { System } from '../system.ts';
import { releaseCommand, rolloutCommand } from './answers.ts';

/** Work of now, in every state that a page may show. Ids of what the pages are opened with. */
export type PresentWork = {
  readonly foldedRun: string;
  readonly failedExecution: string;
  readonly activeRun: string;
  readonly runningExecution: string;
  readonly deployRun: string;
  readonly deployExecution: string;
  readonly waitingExecution: string;
};

/** @param builders names of the real agents */
export async function doWork({ api }: Pick<System, 'api'>, builders: readonly string[]): Promise<PresentWork> {
  const [first = ''] = builders;
  const shell = (command: string) => ({ plugin: 'shell', args: { command } });

  const folded = await api.runTask({
    name: 'Which release is live?',
    owner: 'tag:env=prod & !tag:win',
    ...shell(releaseCommand),
    ifOffline: 'skip',
  });
  const failed = (await api.executionsOf(folded.id)).find(({ state }) => state === 'failed');
  const deploy = await api.runTask({
    name: 'Deploy 4.18.2 to the builders',
    owner: `name:${builders.join('|name:')}`,
    plugin: 'deploy',
    args: { release: '4.18.2' },
  });
  const [deployed] = await api.executionsOf(deploy.id);
  await api.runTask({ owner: first, plugin: 'deploy', action: 'rollback' });
  await api.runTask({ owner: first, plugin: 'sleep', args: { seconds: 30 }, timeoutSeconds: 0.2, graceSeconds: 0 });

  const active = await started(
    api.createTask({ name: 'Security updates', owner: 'tag:web | tag:app', ...shell(rolloutCommand), timeoutSeconds: 3600 }),
  );
  const running = await started(
    api.createTask({ name: 'Rebuild the search index', owner: first, plugin: 'sleep', args: { seconds: 3600 } }),
  );
  const [runningExecution] = await api.executionsOf(running.id);
  const cancelled = await started(api.createTask({ owner: first, plugin: 'sleep', args: { seconds: 3600 } }));
  await api.post(`/api/v1/runs/${cancelled.id}/cancel`);
  await api.finalRun(cancelled.id);

  const waiting = await started(
    api.createTask({ name: 'Renew the machine certificate', owner: 'web-009', ...shell('renew-cert') }),
  );
  const [waitingExecution] = await api.executionsOf(waiting.id);
  return {
    foldedRun: folded.id,
    failedExecution: failed?.id ?? '',
    activeRun: active.id,
    runningExecution: runningExecution?.id ?? '',
    deployRun: deploy.id,
    deployExecution: deployed?.id ?? '',
    waitingExecution: waitingExecution?.id ?? '',
  };
}

async function started(created: Promise<{ run: Run | null }>): Promise<Run> {
  const { run } = await created;
  if (run === null) throw new Error('The task made no run.');
  return run;
}
