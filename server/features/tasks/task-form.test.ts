import { describe, expect, test } from '@jest/globals';
import { policy, type Task } from '../../../shared/api/tasks.ts';
import { argsFieldsOf } from './args-fields.ts';
import { formOfTask, freshForm, isJsonMode, switchArgs, taskOfForm } from './task-form.ts';

const fields = argsFieldsOf({
  type: 'object',
  required: ['command'],
  properties: { command: { type: 'string' }, cwd: { type: 'string' } },
});

const task: Task = {
  id: 'tsk_1',
  version: 4,
  name: 'Nightly',
  status: 'active',
  owner: 'tag:db & env=prod',
  plugin: 'shell',
  pluginVersion: 'a'.repeat(64),
  action: 'main',
  args: { command: 'backup' },
  env: { PGHOST: 'db-1', OPTIONS: 'a=b' },
  type: 'Scheduled',
  cron: '0 3 * * *',
  timeZone: 'Europe/Berlin',
  everySeconds: null,
  startsAt: null,
  endsAt: null,
  excludeDates: [],
  blackout: [],
  policy: policy.parse({ timeoutSeconds: 90, idempotent: true, retries: { count: 2, on: ['failed'] } }),
  nextFireAt: null,
  lastRunId: null,
  createdBy: 'admin',
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
};

describe('the task form', () => {
  test('a fresh form that is only given what is required makes a task with every default', () => {
    const form = {
      ...freshForm({ plugin: 'shell', action: 'main' }, fields),
      'args.command': 'uptime',
    };
    expect(taskOfForm(form, fields)).toEqual({
      input: {
        owner: 'Anyone',
        plugin: 'shell',
        action: 'main',
        args: { command: 'uptime' },
        type: 'Adhoc',
        env: {},
        excludeDates: [],
        blackout: [],
        ...policy.parse({}),
      },
    });
  });

  test('a task that is shown and saved unchanged stays the same', () => {
    const { name, owner, plugin, pluginVersion, action, args, env, type, cron, timeZone } = task;
    expect(taskOfForm(formOfTask(task, fields), fields)).toEqual({
      input: {
        ...{ name, owner, plugin, pluginVersion, action, args, env, type, cron, timeZone },
        ...{ excludeDates: [], blackout: [] },
        ...task.policy,
      },
    });
  });

  test('durations may be written with a unit', () => {
    const form = { ...formOfTask(task, fields), type: 'Interval', everySeconds: '15m', timeoutSeconds: '2h', expiresAfter: '1d' };
    expect(taskOfForm(form, fields)).toMatchObject({ input: { everySeconds: 900, timeoutSeconds: 7200, expiresAfter: 86_400 } });
  });

  test('what belongs to another type is not sent, though it was typed', () => {
    const read = taskOfForm({ ...formOfTask(task, fields), type: 'Adhoc' }, fields);
    expect(read).toMatchObject({ input: { type: 'Adhoc' } });
    expect(read).not.toHaveProperty('input.cron');
  });

  test('every problem is told at the input that holds it', () => {
    const form = {
      ...formOfTask(task, fields),
      owner: '',
      'args.command': '',
      graceSeconds: 'abc',
      'retries.count': '1000',
      env: '1BAD=x',
    };
    const read = taskOfForm(form, fields);
    expect(Object.keys('problems' in read ? read.problems.fields : {}).sort()).toEqual([
      'args.command',
      'env',
      'graceSeconds',
      'owner',
      'retries.count',
    ]);
    expect(taskOfForm({ ...form, env: 'no sign' }, fields)).toMatchObject({
      problems: { fields: { env: '"no sign" is not KEY=value.' } },
    });
  });

  test('arguments for which the form has no place are shown as JSON and kept', () => {
    const odd = { ...task, args: ['by', 'position'] };
    const form = formOfTask(odd, fields);
    expect(isJsonMode(form)).toBe(true);
    expect(taskOfForm(form, fields)).toMatchObject({ input: { args: ['by', 'position'] } });
  });

  test('arguments can be switched to JSON and back; what does not fit stays JSON', () => {
    const form = formOfTask(task, fields);
    const asJson = switchArgs(form, fields, 'json');
    expect(asJson).toMatchObject({ argsMode: 'json', argsJson: '{\n  "command": "backup"\n}' });
    expect(isJsonMode(switchArgs(asJson, fields, 'fields'))).toBe(false);
    expect(isJsonMode(switchArgs({ ...asJson, argsJson: '{"nope": 1}' }, fields, 'fields'))).toBe(true);
    expect(isJsonMode(switchArgs({ ...asJson, argsJson: '{' }, fields, 'fields'))).toBe(true);
  });
});
