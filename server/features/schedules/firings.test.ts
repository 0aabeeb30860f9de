import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ServerInProcess, startServerInProcess } from '../../../tests/support/server-in-process.ts';

let server: ServerInProcess;
beforeAll(async () => {
  server = await startServerInProcess({ 'noop.js': 'export const main = () => null;\n' }, {});
});
afterAll(() => server.stop());

type Firings = { items: { at: string; skipped: string | null }[] };
const preview = (body: unknown) => server.api.send('POST', '/api/v1/schedules/preview', body);

describe('the next firings', () => {
  test('of a schedule that no task has yet are told, with those that a blackout takes', async () => {
    const { status, json } = await preview({
      cron: '0 0 12 * * *',
      timeZone: 'Europe/Berlin',
      startsAt: '2027-01-01T00:00:00Z',
      blackout: ['Sat,Sun 00:00-24:00'],
      count: 4,
    });
    expect(status).toBe(200);
    // 2027-01-01 is a Friday
    expect(json).toEqual({
      items: [
        { at: '2027-01-01T11:00:00.000Z', skipped: null },
        { at: '2027-01-02T11:00:00.000Z', skipped: 'the blackout Sat,Sun 00:00-24:00' },
        { at: '2027-01-04T11:00:00.000Z', skipped: null },
        { at: '2027-01-05T11:00:00.000Z', skipped: null },
      ],
    });
  });

  test('go by the clock on the wall at both changes', async () => {
    const at = async (startsAt: string): Promise<string[]> => {
      const body = { cron: '30 2 * * *', timeZone: 'Europe/Berlin', startsAt, count: 3 };
      return ((await preview(body)).json as Firings).items.map((item) => item.at.slice(0, 16));
    };
    // 2027-03-28: 02:00 becomes 03:00; 2027-10-31: 03:00 becomes 02:00
    expect(await at('2027-03-27T00:00:00Z')).toEqual(['2027-03-27T01:30', '2027-03-28T01:00', '2027-03-29T00:30']);
    expect(await at('2027-10-30T00:00:00Z')).toEqual(['2027-10-30T00:30', '2027-10-31T00:30', '2027-11-01T01:30']);
  });

  test.each([
    [{ cron: 'sometimes' }, 'cron'],
    [{ cron: '@daily', timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ cron: '@daily', blackout: ['always'] }, 'blackout'],
    [{ cron: '@daily', startsAt: '2027-01-02T00:00:00Z', endsAt: '2027-01-01T00:00:00Z' }, 'endsAt'],
    [{ type: 'Interval' }, 'everySeconds'],
  ])('of %j are a refusal that names the field', async (body, field) => {
    const { status, json } = await preview(body);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(JSON.stringify(json)).toContain(field);
  });

  test('of a task begin with the one that is due, and there are none while it is paused', async () => {
    const draft = { owner: 'Anyone', plugin: 'noop', type: 'Interval', everySeconds: 3600 };
    const { task } = await server.api.createTask(draft);
    const firings = await server.api.get<Firings>(`/api/v1/tasks/${task.id}/firings?count=3`);
    expect(firings.items).toHaveLength(3);
    expect(firings.items[0]).toEqual({ at: task.nextFireAt, skipped: null });
    await server.api.post(`/api/v1/tasks/${task.id}/pause`);
    expect(await server.api.get(`/api/v1/tasks/${task.id}/firings`)).toEqual({ items: [] });
  });

  test('calendars belong to tasks that fire again, and survive an edit as a version', async () => {
    const calendar = { excludeDates: ['2027-12-25'], blackout: ['22:00-06:00'], endsAt: '2028-01-01T00:00:00.000Z' };
    const refused = await server.api.send('POST', '/api/v1/tasks', { owner: 'Anyone', plugin: 'noop', ...calendar });
    expect(refused.status).toBe(422);
    const draft = { owner: 'Anyone', plugin: 'noop', type: 'Scheduled', cron: '@daily', ...calendar };
    const { task } = await server.api.createTask(draft);
    expect(await server.api.get(`/api/v1/tasks/${task.id}`)).toMatchObject(calendar);
  });
});
