import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createLogOutput } from './log-output.ts';

it('writes each line at once', () => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-log-'));
  const fd = openSync(join(dir, 'log'), 'w');
  pino({}, createLogOutput(fd)).info({ n: 1 }, 'seen');
  expect(JSON.parse(readFileSync(join(dir, 'log'), 'utf8'))).toMatchObject({ n: 1, msg: 'seen' });
  closeSync(fd);
  rmSync(dir, { recursive: true });
});

(existsSync('/dev/full') ? it : it.skip)('lives on when the disk behind the log is full', () => {
  const fd = openSync('/dev/full', 'w');
  expect(() => pino({}, createLogOutput(fd)).info('nobody sees it')).not.toThrow();
  closeSync(fd);
});
