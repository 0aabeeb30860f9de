import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openUpdateRecord, type Switching, type UpdateRecordFile } from './update-record.ts';

const switching: Switching = {
  update: 'upd_1',
  state: 'switching',
  next: 'muster-agent-2.0.0-bbbbbbbbbbbb',
  before: 'muster-agent-1.0.0-aaaaaaaaaaaa',
  nextVersion: '2.0.0',
  beforeVersion: '1.0.0',
  seconds: 90,
};

describe('the record of an update', () => {
  let folder: string;
  let record: UpdateRecordFile;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'muster-record-')), 'update');
    record = openUpdateRecord(folder);
  });
  afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

  it('is read as it was written', () => {
    expect(record.read()).toBeUndefined();
    record.begin(switching);
    expect(record.read()).toEqual(switching);
    expect(readdirSync(folder).sort()).toEqual(['start-1', 'start-2', 'start-3', 'state']);
    const end = { update: 'upd_1', state: 'rolled_back', message: 'It was not Online.' } as const;
    record.end(end);
    expect(record.read()).toEqual(end);
    expect(readdirSync(folder)).toEqual(['state']);
    record.forget();
    record.forget();
    expect(record.read()).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is lines for a shell, of which each is one, whatever a sentence holds', () => {
    record.begin({ ...switching, seconds: 90.2 });
    expect(readFileSync(join(folder, 'state'), 'utf8')).toBe(
      'update upd_1\nstate switching\nnext muster-agent-2.0.0-bbbbbbbbbbbb\nbefore muster-agent-1.0.0-aaaaaaaaaaaa\nnext-version 2.0.0\nbefore-version 1.0.0\nseconds 91\n',
    );
    record.end({ update: 'upd_1', state: 'failed', message: 'one\nstate switching\n two' });
    expect(record.read()).toEqual({ update: 'upd_1', state: 'failed', message: 'one state switching two' });
  });

  it('counts the starts anew for another update', () => {
    record.begin(switching);
    rmSync(join(folder, 'start-1'));
    record.begin({ ...switching, update: 'upd_2' });
    expect(readdirSync(folder).sort()).toEqual(['start-1', 'start-2', 'start-3', 'state']);
  });

  it.each(['', 'state healthy\n', 'update x\nstate unheard-of\n', '\0\0\0', 'update\n'])(
    'is none where the file holds %j',
    (text) => {
      record.begin(switching);
      writeFileSync(join(folder, 'state'), text);
      expect(record.read()).toBeUndefined();
    },
  );
});
