import { describe, expect, test } from '@jest/globals';
import { policy, type Task } from '../../../shared/api/tasks.ts';
import { argsFieldsOf } from './args-fields.ts';
import { changesOf } from './task-changes.ts';
import { copyOfTask, formOfTask, freshForm, isJsonMode, taskOfForm } from './task-form.ts';
import { redrawn, switchArgs } from './task-form-redrawn.ts';

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

  test('arguments can be switched to JSON and back; what does not fit stays JSON, and says why', () => {
    const form = formOfTask(task, fields);
    const asJson = switchArgs(form, fields, 'json').form;
    expect(asJson).toMatchObject({ argsMode: 'json', argsJson: '{\n  "command": "backup"\n}' });
    expect(isJsonMode(switchArgs(asJson, fields, 'fields').form)).toBe(false);
    const stuck = (argsJson: string) => switchArgs({ ...asJson, argsJson }, fields, 'fields');
    expect(stuck('{"nope": 1}')).toMatchObject({
      form: { argsMode: 'json', argsJson: '{"nope": 1}' },
      problems: { fields: { argsJson: 'The fields have no place for nope as it stands here; it can only be written as JSON.' } },
    });
    expect(stuck('{')).toMatchObject({
      form: { argsJson: '{' },
      problems: { fields: { argsJson: expect.stringContaining('Line 1') } },
    });
    expect(stuck('{"cwd": "/"}').form).not.toHaveProperty('args.command');
  });

  test('fields that cannot be read are not switched to JSON, which would lose them', () => {
    const numbers = argsFieldsOf({ type: 'object', properties: { count: { type: 'integer' } } });
    const form = { 'args.count': 'three', argsMode: 'fields' };
    expect(switchArgs(form, numbers, 'json')).toMatchObject({
      form,
      problems: { fields: { 'args.count': 'three is not a number.' } },
    });
  });

  test('only what cannot be read is told while somebody writes', () => {
    const form = { ...freshForm({ plugin: 'shell', action: 'main', owner: '' }, fields), intent: 'check' };
    expect(redrawn(form, fields)?.problems).toBeNull();
    expect(redrawn({ ...form, intent: 'review' }, fields)?.problems?.fields).toHaveProperty(['args.command']);
    expect(redrawn({ ...form, intent: 'owner:ALL' }, fields)?.form.owner).toBe('ALL');
    expect(redrawn({ ...form, intent: 'save' }, fields)).toBeUndefined();
  });

  test('a copy is a new task that does the same', () => {
    const copy = copyOfTask(task, fields);
    expect(copy).toMatchObject({ name: 'Nightly (copy)', owner: task.owner, 'args.command': 'backup', cron: task.cron });
    expect(copy).not.toHaveProperty('version');
    expect(copyOfTask({ ...task, name: 'shell.main' }, fields).name).toBe('');
  });

  test('what a save changes is told line by line, and the form by itself changes nothing', () => {
    const changes = (change: Record<string, string>) => {
      const read = taskOfForm({ ...formOfTask(task, fields), ...change }, fields);
      if ('problems' in read) throw new Error(read.problems.summary);
      return changesOf(task, read.input, fields);
    };
    expect(changes({})).toEqual({ added: 0, removed: 0, patch: '' });
    expect(changes({ timeoutSeconds: '90s' })?.patch).toBe('');
    const patch = changes({ 'args.command': 'backup\ncheck', cron: '0 4 * * *' })?.patch;
    expect(patch).toContain('-  command: "backup"\n+  command: |\n+    backup\n+    check\n');
    expect(patch).toContain('-cron: "0 3 * * *"\n+cron: "0 4 * * *"\n');
  });
});
