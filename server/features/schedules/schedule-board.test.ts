import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Offer } from '../../../shared/protocol.ts';
import { admin, openTestLedger, type ScriptedAgent, type TestLedger } from '../../../tests/support/ledger.ts';
import { type BoardQuery, readBoard, type ScheduleBoard } from './schedule-board.ts';

let ledger: TestLedger;
let web: ScriptedAgent;
beforeEach(async () => {
  // it is Monday 2026-01-05 12:00 UTC
  ledger = await openTestLedger();
  web = ledger.agent('web');
});
afterEach(() => ledger.dispose());

const make = async (name: string, more: object) => (await ledger.post({ owner: 'web', name, ...more })).task;
const cron = (text: string, more: object = {}) => ({ type: 'Scheduled', cron: text, ...more });
const board = (query: Partial<BoardQuery> = {}): Promise<ScheduleBoard> =>
  readBoard({ span: 'week', zone: 'UTC', ...query }, { planned: ledger.feature.planned, clock: ledger.clock });

/** `Mon 13: 2` of each hour in which something fires or is taken. */
const hours = ({ days }: ScheduleBoard): string[] =>
  days.flatMap(({ date, cells }) =>
    cells.flatMap((cell) =>
      cell === null || cell.open + cell.shut === 0
        ? []
        : [`${date.slice(8)} ${cell.hour}: ${cell.open}${cell.shut > 0 ? ` -${cell.shut}` : ''}`],
    ),
  );

test('shows each hour of seven days in which something fires, and who', async () => {
  await make('report', cron('30 9 * * 1-5'));
  await make('tidy', cron('0,15 9 7 * *'));
  const shown = await board();
  expect(shown.days.map(({ date }) => date.slice(8))).toEqual(['05', '06', '07', '08', '09', '10', '11']);
  expect(hours(shown)).toEqual(['06 9: 1', '07 9: 3', '08 9: 1', '09 9: 1']);
  expect(shown.days[2]?.cells[9]?.names).toEqual([{ name: 'report', firings: 1 }, { name: 'tidy', firings: 2 }]); // biome-ignore format: short
  expect(shown.tasks.map(({ name, open }) => [name, open])).toEqual([['report', 4], ['tidy', 2]]); // biome-ignore format: short
  expect(shown.days[0]?.cells[11]).toBeNull();
});

test('shows them by the clock of another place', async () => {
  await make('report', cron('30 20 * * *'));
  expect(hours(await board({ zone: 'Asia/Kolkata', span: 'day' }))).toEqual(['06 2: 1']);
  await expect(board({ zone: 'Mars/Olympus' })).rejects.toMatchObject({ code: 'schedule_invalid' });
});

test('an hour that is asked for has its tasks, in the order in which they fire then', async () => {
  await make('late', cron('50 9 * * *'));
  await make('early', cron('10 9 * * *'));
  await make('other', cron('10 10 * * *'));
  const shown = await board({ hour: Date.parse('2026-01-08T09:30:00Z') });
  expect(shown.tasks.map(({ name, at, open }) => [name, new Date(at ?? 0).toISOString(), open])).toEqual([
    ['early', '2026-01-08T09:10:00.000Z', 1],
    ['late', '2026-01-08T09:50:00.000Z', 1],
  ]);
});

test('what fires in every hour stands apart, so that the gaps of the others are seen', async () => {
  await make('probe', { type: 'Interval', everySeconds: 5 });
  await make('report', cron('0 9 * * *'));
  const shown = await board();
  expect(shown.always).toMatchObject({ count: 1, anHour: 720, tasks: [{ name: 'probe' }] });
  expect(hours(shown)).toEqual(['06 9: 1', '07 9: 1', '08 9: 1', '09 9: 1', '10 9: 1', '11 9: 1']);
  expect(shown.quiet).toEqual({ from: Date.parse('2026-01-06T10:00:00Z'), to: Date.parse('2026-01-07T09:00:00Z') });
  expect(shown.firings).toBeGreaterThan(100_000);
});

test('what excluded dates and blackouts take is told with its reason', async () => {
  const calendar = { blackout: ['Sat,Sun 00:00-24:00'], excludeDates: ['2026-01-07'], timeZone: 'Europe/Berlin' };
  const task = await make('backup', cron('30 0 * * *', calendar));
  const shown = await board();
  expect(hours(shown)).toEqual(['05 23: 1', '06 23: 0 -1', '07 23: 1', '08 23: 1', '09 23: 0 -1', '10 23: 0 -1', '11 23: 1']);
  expect(shown.closed).toEqual([
    {
      why: 'the blackout Sat,Sun 00:00-24:00',
      zone: 'Europe/Berlin',
      firings: 2,
      count: 1,
      tasks: [{ id: task.id, name: 'backup' }],
    },
    {
      why: 'the excluded date 2026-01-07',
      zone: 'Europe/Berlin',
      firings: 1,
      count: 1,
      tasks: [{ id: task.id, name: 'backup' }],
    },
  ]);
});

test('clocks that are put back make an hour that comes twice, and are told with the tasks that they concern', async () => {
  ledger.clock.set(Date.parse('2026-10-24T12:00:00Z'));
  const named = await make('nightly', cron('30 2 * * *', { timeZone: 'Europe/Berlin' }));
  await make('morning', cron('30 7 * * *', { timeZone: 'Europe/Berlin' }));
  const shown = await board({ zone: 'Europe/Berlin', span: 'day' });
  expect(shown.days[1]?.cells[2]).toMatchObject({ clocks: 'twice', open: 1 });
  expect(shown.changes).toEqual([
    {
      zone: 'Europe/Berlin',
      at: Date.parse('2026-10-25T01:00:00Z'),
      shiftMs: -3_600_000,
      first: '02:00',
      end: '03:00',
      affected: 1,
      tasks: [{ id: named.id, name: 'nightly' }],
    },
  ]);
});

test('clocks that are put forward leave an hour out', async () => {
  ledger.clock.set(Date.parse('2026-03-28T12:00:00Z'));
  await make('nightly', cron('30 2 * * *', { timeZone: 'Europe/Berlin' }));
  const shown = await board({ zone: 'Europe/Berlin', span: 'day' });
  expect(shown.days[1]?.cells[2]).toMatchObject({ clocks: 'none', open: 0 });
  expect(shown.days[1]?.cells[3]).toMatchObject({ open: 1 });
  expect(shown.changes).toMatchObject([{ first: '02:00', end: '03:00', shiftMs: 3_600_000, affected: 1 }]);
});

test('paused tasks are listed, and what did not run is told once with its reason', async () => {
  const paused = await make('renewal', cron('0 4 * * *'));
  await ledger.feature.tasks.pause(paused.id, admin);
  const task = await make('slow', { type: 'Interval', everySeconds: 60 });
  const due = Date.parse(task.nextFireAt ?? '');
  for (let nth = 0; nth < 3; nth += 1)
    await ledger.feature.tasks.fireDue(
      task.id,
      due + nth * 60_000,
      {
        trigger: 'interval',
        firedAt: due + nth * 60_000,
        by: 'schedule',
        skipped: { reason: 'misfired', text: `It was late (${nth}).` },
      },
      due + (nth + 1) * 60_000,
    );
  const shown = await board();
  expect(shown.paused).toMatchObject({ more: false, tasks: [{ name: 'renewal' }] });
  expect(shown.unrun).toMatchObject([{ task_name: 'slow', state: 'skipped', why: 'It was late (2).', times: 3 }]);
});

test('a firing that reached only some hosts in time is told with the reason of the others', async () => {
  ledger.agent('away', { connected: false });
  const task = await make('both', { type: 'Interval', everySeconds: 86_400, owner: 'ALL', expiresAfter: 60 });
  const due = Date.parse(task.nextFireAt ?? '');
  await ledger.feature.tasks.fireDue(task.id, due, { trigger: 'interval', firedAt: due, by: 'schedule' }, due + 86_400_000);
  await ledger.settle();
  const [offer] = web.offers() as [Offer];
  await web.accept(offer);
  await web.end(offer);
  await ledger.clock.advance(61_000);
  await ledger.settle();
  expect((await board()).unrun).toMatchObject([
    { task_name: 'both', state: 'expired', why: 'No host took it before it expired.' },
  ]);
});
