import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Found } from '../../../shared/api/search.ts';
import { type ServerInProcess, startServerInProcess } from '../../../tests/support/server-in-process.ts';

let server: ServerInProcess;
let runId: string;
beforeAll(async () => {
  server = await startServerInProcess({ 'disk_report.py': 'def main():\n    return {}\n' });
  const post = (name: string, more: object = {}) =>
    server.api.post<{ task: { id: string }; run: { id: string } | null }>('/api/v1/tasks', {
      name, owner: 'ALL', plugin: 'disk_report', ...more,
    }); // biome-ignore format: a call
  await post('Backup of the databases');
  runId = (await post('Backup of the databases')).run?.id ?? '';
  await post('backup, by hand');
  await post('Nightly backup', { type: 'Interval', everySeconds: 3600 });
});
afterAll(() => server?.stop());

const find = async (q: string, more = ''): Promise<Found[]> =>
  (await server.api.get<{ items: Found[] }>(`/api/v1/search?q=${encodeURIComponent(q)}${more}`)).items;
const namesOf = (items: readonly Found[], kind: string): string[] =>
  items.filter((item) => item.kind === kind).map(({ name }) => name);

describe('the search', () => {
  test('finds tasks by the beginning of their names, each name once, and schedules by a word in the middle too', async () => {
    expect(namesOf(await find('backup'), 'task')).toEqual(['Backup of the databases', 'backup, by hand', 'Nightly backup']);
    expect(namesOf(await find('BACKUP OF'), 'task')).toEqual(['Backup of the databases']);
    expect(namesOf(await find('databases'), 'task')).toEqual([]);
  });

  test('finds the newest run of a task beside it', async () => {
    const runs = (await find('backup of')).filter(({ kind }) => kind === 'run');
    expect(runs.map(({ id }) => id)).toEqual([runId]);
  });

  test('finds a run by the beginning of its id, whatever the case', async () => {
    expect((await find(runId.slice(0, 20).toUpperCase())).map(({ id }) => id)).toContain(runId);
    expect((await find(runId)).map(({ kind, name }) => [kind, name])).toEqual([['run', 'Backup of the databases']]);
  });

  test('finds plugins by a part of their names', async () => {
    expect(namesOf(await find('report'), 'plugin')).toEqual(['disk_report']);
  });

  test('is bounded, and takes any text as text', async () => {
    expect(namesOf(await find('backup', '&limit=1'), 'task')).toHaveLength(1);
    for (const text of ['%', '__', "'; DROP TABLE tasks; --", '\u{10ffff}', '<script>', '\\', 'ÄÖ', '*'])
      expect(await find(text)).toEqual([]);
    expect((await server.api.send('GET', '/api/v1/search')).status).toBe(422);
    expect((await server.api.send('GET', `/api/v1/search?q=${'x'.repeat(201)}`)).status).toBe(422);
  });
});
