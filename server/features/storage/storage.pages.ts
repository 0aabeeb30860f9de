import type { ServerSettings } from '../../../shared/settings-server.ts';
import { viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';
import { type NumberSetting, settingRow } from './setting-rows.ts';
import type { StorageFigures } from './storage.service.ts';

export type StoragePagesResources = { readonly figures: () => Promise<StorageFigures>; readonly settings: ServerSettings };

const view = viewsOf(import.meta.url);

const limits: readonly NumberSetting[] = [
  'maxExecutionsPerRun',
  'maxQueuedPerAgent',
  'maxQueuedForAnyone',
  'artifactBytes',
  'artifactsPerExecutionBytes',
  'bodyLimitBytes',
];

export const createStoragePages = ({ figures, settings }: StoragePagesResources): AnyPage[] => [
  page({
    method: 'GET',
    path: '/settings/retention',
    permission: 'tasks.read',
    async handler() {
      const rows = (...keys: readonly NumberSetting[]) => keys.map((key) => settingRow(settings, key));
      const data = {
        figures: await figures(),
        kept: {
          runs: rows('keepRunsDays', 'keepRunsCount'),
          logs: rows('keepLogsDays'),
          artifacts: rows('artifactsTotalBytes'),
          metrics: rows('keepMetricsRawHours', 'keepMetricsMinuteDays', 'keepMetricsQuarterDays'),
          audit: rows('keepAuditDays'),
          plugins: rows('keepPluginVersions'),
        },
        limits: rows(...limits),
        artifactsTotalBytes: settings.artifactsTotalBytes,
      };
      return { kind: 'view', view: view('retention'), title: 'Retention and limits', section: 'settings', data };
    },
  }),
];
