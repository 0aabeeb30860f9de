import { describe, expect, it } from '@jest/globals';
import { parseProcessList } from './process-table.darwin.ts';
import { type ProcessRow, treeMembers } from './process-table.ts';

const row = (pid: number, parent: number, changes: Partial<ProcessRow> = {}): ProcessRow => ({
  pid,
  parent,
  group: pid,
  session: pid,
  name: `p${pid}`,
  started: pid,
  zombie: false,
  ...changes,
});

const members = (
  rows: ProcessRow[],
  options: { marked?: number[]; known?: [number, number][]; started?: number } = {},
): number[] =>
  treeMembers(
    { rows, environmentHolds: ({ pid }) => options.marked?.includes(pid) === true },
    { pid: 100, started: options.started ?? 100, environment: [], known: new Map(options.known), self: 50 },
  ).map(({ pid }) => pid);

describe('the members of a process tree', () => {
  const others = [row(1, 0), row(50, 1), row(60, 50), row(99, 1)];

  it('are the root and its descendants, to any depth and in any order', () => {
    expect(members([row(103, 102), row(102, 101), row(101, 100), ...others, row(100, 50)])).toEqual([103, 102, 101, 100]);
  });

  it('are what is left in its group or session when the root has gone', () => {
    expect(members([...others, row(101, 1, { group: 100 }), row(102, 1, { session: 100 }), row(103, 102)])).toEqual([
      101, 102, 103,
    ]);
  });

  it('are those that carry its mark, wherever they hang, and their children', () => {
    expect(members([...others, row(200, 1), row(201, 200), row(202, 1)], { marked: [200] })).toEqual([200, 201]);
  });

  it('are the children of a member that was seen before', () => {
    expect(members([...others, row(200, 1, { session: 150, group: 150 }), row(150, 1)], { known: [[150, 150]] })).toEqual([
      200, 150,
    ]);
  });

  it('are what is in a session or group of a member that was seen before and has gone, unless its pid has a new owner', () => {
    const forked = [row(200, 1, { session: 150, group: 150 }), row(201, 1, { group: 150 })];
    expect(members([...others, ...forked], { known: [[150, 150]] })).toEqual([200, 201]);
    expect(members([...others, ...forked, row(150, 1, { started: 900 })], { known: [[150, 150]] })).toEqual([]);
  });

  it('are not those of another process that has got the pid of the root', () => {
    expect(members([...others, row(100, 50, { started: 900 }), row(901, 100)])).toEqual([]);
  });

  it('are never the one who asks, nor what is older than the root, nor zombies', () => {
    const rows = [
      row(1, 0),
      row(50, 100, { started: 200 }),
      row(70, 1, { started: 5 }),
      row(100, 50),
      row(101, 100, { zombie: true }),
    ];
    expect(members(rows, { marked: [50, 70] })).toEqual([100]);
  });
});

it('reads the list of ps', () => {
  expect(
    parseProcessList(
      '  501     1   501 S    Fri Nov 21 01:22:05 2025     /bin/my prog\n  502   501   501 Z+   Sat Nov  1 11:22:05 2025     (sleep)\n',
    ),
  ).toEqual([
    {
      pid: 501,
      parent: 1,
      group: 501,
      session: 0,
      name: 'my prog',
      started: Date.UTC(2025, 10, 21, 1, 22, 5) / 1000,
      zombie: false,
    },
    {
      pid: 502,
      parent: 501,
      group: 501,
      session: 0,
      name: '(sleep)',
      started: Date.UTC(2025, 10, 1, 11, 22, 5) / 1000,
      zombie: true,
    },
  ]);
});
