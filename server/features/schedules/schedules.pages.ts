import { z } from 'zod';
import { MusterError } from '../../../shared/errors.ts';
import { viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';
import { urlOf } from '../../platform/web/paging.ts';
import { type BoardQuery, lookedAt, type ScheduleBoard } from './schedule-board.ts';

const view = viewsOf(import.meta.url);
const path = '/schedules';

export type SchedulesPagesResources = { readonly board: (query: BoardQuery) => Promise<ScheduleBoard> };

export const createSchedulesPages = ({ board }: SchedulesPagesResources): AnyPage[] => [
  page({
    method: 'GET',
    path,
    permission: 'tasks.read',
    query: z.object({
      span: z.enum(['day', 'week']).default('week'),
      zone: z.string().max(64).optional(),
      /** an instant in the hour whose tasks are to be shown */
      hour: z.iso.datetime().optional(),
    }),
    handler: async ({ query: { span, zone = 'UTC', hour } }) => {
      const asked = { span, hour: hour === undefined ? undefined : Date.parse(hour) };
      let problem: string | null = null;
      let shown: ScheduleBoard;
      try {
        shown = await board({ ...asked, zone });
      } catch (error) {
        if (!(error instanceof MusterError) || error.code !== 'schedule_invalid') throw error;
        problem = error.message;
        shown = await board({ ...asked, zone: 'UTC' });
      }
      const link = (change: Readonly<Record<string, unknown>>): string =>
        urlOf(path, { ...(span === 'week' ? {} : { span }), ...(shown.zone === 'UTC' ? {} : { zone: shown.zone }), ...change });
      const data = { board: shown, typed: zone, problem, link, lookedAt };
      return {
        kind: 'view',
        view: view('schedules'),
        title: 'Schedules',
        section: 'schedules',
        data,
        topics: ['tasks'],
        ...(problem === null ? {} : { status: 422 }),
      };
    },
  }),
];
