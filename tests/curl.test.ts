import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TaskCreated } from '../shared/api/runs.ts';
import { type System, startSystem } from './support/system.ts';

/** Word for word what the documentation tells people to send with curl. */
const body =
  '{"owner":"Anyone","plugin":"create_incident","action":"main","args":["P1","Database connection failed"],"type":"Adhoc"}';

let system: System;

beforeAll(async () => {
  system = await startSystem();
  await system.startAgent('one');
});
afterAll(() => system?.dispose());

describe('the first request that everybody sends', () => {
  it('is answered 201, and its run succeeds with the incident in data', async () => {
    const { status, headers, json } = await system.api.send('POST', '/tasks', body);
    expect(status).toBe(201);
    const { task, run } = json as TaskCreated;
    expect(headers.get('location')).toBe(`/api/v1/tasks/${task.id}`);
    expect(task).toMatchObject({ owner: 'Anyone', plugin: 'create_incident', type: 'Adhoc', status: 'done' });

    const final = await system.api.finalRun(run?.id ?? '');
    const [execution] = await system.api.executionsOf(final.id);
    expect(execution).toMatchObject({ state: 'succeeded', agentName: 'one', reason: 'finished' });
    expect(JSON.stringify(execution?.data)).toContain('P1');
    expect(JSON.stringify(execution?.data)).toContain('Database connection failed');
  });

  it('stands in the README as it is sent here', () => {
    expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(`-d '${body}'`);
  });

  it('lists at the root what it made: JSON for a program, a page for a browser', async () => {
    for (const path of ['/tasks', '/executions', '/clients']) {
      const answer = await system.api.send('GET', path);
      expect({ path, status: answer.status, type: answer.headers.get('content-type') }).toMatchObject({
        path,
        status: 200,
        type: expect.stringContaining('application/json'),
      });
      const page = await system.api.send('GET', path, undefined, { accept: 'text/html,*/*;q=0.8' });
      expect(page.headers.get('content-type')).toContain('text/html');
    }
  });
});
