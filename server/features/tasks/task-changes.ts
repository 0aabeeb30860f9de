import type { Task, TaskInput } from '../../../shared/api/tasks.ts';
import { readableJson } from '../../../shared/json.ts';
import { type LinePatch, linePatch } from '../../platform/text/line-patch.ts';
import type { ArgsFields } from './args-fields.ts';
import { formOfTask, taskOfForm } from './task-form.ts';

/**
 * What saving would change, line by line in the words of the API; null where it cannot be told: the task is too long to be compared.
 * The task is put through the form as well, so that what the form writes otherwise (`1h` and 3600) is no change.
 */
export function changesOf(task: Task, input: TaskInput, fields: ArgsFields | undefined): LinePatch | null {
  const now = taskOfForm(formOfTask(task, fields), fields);
  if ('problems' in now) return null;
  const [before, after] = [textOfInput(now.input), textOfInput(input)];
  if (before.length > comparedChars || after.length > comparedChars) return null;
  return linePatch(before, after, bounds) ?? null;
}

/** Texts that are longer are not compared: it would take seconds. */
const comparedChars = 256 * 1024;
const bounds = { lines: 2000, ms: 40 };

/** In one order, whatever order the form has; a script line by line, as nobody reads it in one line of JSON. */
function textOfInput(input: TaskInput): string {
  const lines = Object.entries(input)
    .sort(([a], [b]) => orderOf(a) - orderOf(b) || (a < b ? -1 : 1))
    .flatMap(([key, value]) => linesOf(key, value));
  return `${lines.join('\n')}\n`;
}

const order = ['name', 'plugin', 'pluginVersion', 'action', 'owner', 'args', 'env', 'type', 'cron', 'timeZone', 'everySeconds'];
const orderOf = (key: string): number => (order.includes(key) ? order.indexOf(key) : order.length);

function linesOf(key: string, value: unknown, indent = ''): string[] {
  const isPlainObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isPlainObject && Object.keys(value).length > 0) {
    const inner = Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, item]) => linesOf(name, item, `${indent}  `));
    return [`${indent}${key}:`, ...inner];
  }
  if (typeof value === 'string' && value.includes('\n'))
    return [`${indent}${key}: |`, ...value.split('\n').map((line) => `${indent}  ${line}`)];
  const json = readableJson(value);
  return `${indent}${key}: ${json.length > 100 ? json : JSON.stringify(value)}`
    .split('\n')
    .map((line, index) => (index === 0 ? line : indent + line));
}
