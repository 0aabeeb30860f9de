import type { LockList } from '../../../shared/api/locks.ts';
import type { Run } from '../../../shared/api/runs.ts';
import type { ExecutionState } from '../../../shared/states.ts';
import { viewsOf } from '../../platform/web/form.ts';
import { ownUrl } from '../../platform/web/own-url.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';

export type OverviewPagesResources = {
  readonly agentCounts: () => {
    readonly online: number;
    readonly idle: number;
    readonly offline: number;
    readonly revoked: number;
  };
  readonly overview: () => Promise<{
    readonly runsActive: number;
    readonly executionsOpen: Readonly<Partial<Record<ExecutionState, number>>>;
    readonly failedLastDay: readonly Run[];
    readonly recentRuns: readonly Run[];
  }>;
  readonly locks: () => Promise<LockList>;
  /** the address that agents should use; null: the one under which this page was asked for */
  readonly publicUrl: string | null;
};

const view = viewsOf(import.meta.url);

export function createOverviewPages(resources: OverviewPagesResources): AnyPage[] {
  return [
    page({
      method: 'GET',
      path: '/',
      permission: 'tasks.read',
      handler: async ({ headers }) => {
        const { online, idle, offline, revoked } = resources.agentCounts();
        const serverUrl = resources.publicUrl ?? ownUrl(headers);
        const hosts = { Online: online, Idle: idle, Offline: offline, Revoked: revoked };
        return {
          kind: 'view',
          view: view('overview'),
          title: 'Overview',
          section: 'overview',
          data: { hosts, serverUrl, locks: (await resources.locks()).items, ...(await resources.overview()) },
          topics: ['overview'],
        };
      },
    }),
  ];
}
