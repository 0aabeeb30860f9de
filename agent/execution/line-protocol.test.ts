import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createLineReader, type MarkedLine, maxMarkedLine } from './line-protocol.ts';

const mark = '::muster:: ';
const done = `${mark}{"type":"result","status":"success","message":"done","data":{"n":1}}`;

function readAll(pieces: readonly string[]) {
  const heard = { log: '', pieces: [] as string[], marked: [] as MarkedLine[], malformed: [] as string[] };
  const reader = createLineReader({
    log: (text) => {
      heard.log += text;
      heard.pieces.push(text);
    },
    marked: (line) => heard.marked.push(line),
    malformed: (why) => heard.malformed.push(why),
  });
  for (const piece of pieces) reader.read(piece);
  reader.end();
  return heard;
}

describe('the line protocol', () => {
  it('tells marked lines from log', () => {
    const heard = readAll([`one\n${mark}{"type":"progress","fraction":0.5,"text":"half"}\ntwo\n${done}\n`]);
    expect(heard.log).toBe('one\ntwo\n');
    expect(readAll([`${mark}{"type":"log","message":"restarted","fields":{"service":"nginx"}}\n`])).toMatchObject({
      log: '',
      marked: [{ type: 'log', message: 'restarted', fields: { service: 'nginx' } }],
    });
    expect(heard.marked).toEqual([
      { type: 'progress', fraction: 0.5, text: 'half' },
      { type: 'result', status: 'success', message: 'done', data: { n: 1 } },
    ]);
  });

  it('reads a last line without an end, lines of Windows, and a result that has nothing more to say', () => {
    expect(readAll([done]).marked).toHaveLength(1);
    expect(readAll([`${done}\r\n`]).marked).toHaveLength(1);
    const short = `${mark}{"type":"result","status":"failed"}`;
    expect(readAll([short])).toMatchObject({ log: '', marked: [{ type: 'result', status: 'failed' }] });
    expect(readAll(['no end']).log).toBe('no end');
  });

  it('takes a mark inside a line for log', () => {
    expect(readAll([`see ${done}\n`])).toMatchObject({ log: `see ${done}\n`, marked: [] });
    expect(readAll(['see ', `${done}\n`])).toMatchObject({ log: `see ${done}\n`, marked: [] });
  });

  it('does not hold back half a line that cannot become a marked one', () => {
    expect(readAll(['Continue? ', '::x', '.']).pieces).toEqual(['Continue? ', '::x', '.']);
  });

  it('keeps a malformed marked line in the log and says why', () => {
    const heard = readAll([`${mark}{oops\n${mark}{"type":"progress","fraction":7}\n${mark}{"type":"x"}\n`]);
    expect(heard.log).toBe(`${mark}{oops\n${mark}{"type":"progress","fraction":7}\n${mark}{"type":"x"}\n`);
    expect(heard.malformed).toEqual([
      'it is not JSON',
      expect.stringMatching(/^its fraction is not valid/),
      expect.stringMatching(/^its type/),
    ]);
  });

  it('takes a marked line over its limit for log, and reads on after it', () => {
    const long = `${mark}${'x'.repeat(maxMarkedLine)}`;
    const heard = readAll([long, 'tail', `\n${done}\n`]);
    expect(heard.log).toBe(`${long}tail\n`);
    expect(heard.malformed).toEqual([expect.stringContaining('longer than')]);
    expect(heard.marked).toHaveLength(1);
  });

  it('hears the same however the text is cut into pieces', () => {
    const line = fc.oneof(
      fc.constantFrom(done, mark, '::must', '', `${mark}{}`, 'a', `x${mark}`, ':'),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat({ max: 30 })), (lines, cuts) => {
        const text = lines.join('\n');
        const pieces: string[] = [];
        let rest = text;
        for (const cut of cuts) {
          pieces.push(rest.slice(0, cut));
          rest = rest.slice(cut);
        }
        const { pieces: _, ...inPieces } = readAll([...pieces, rest]);
        const { pieces: __, ...atOnce } = readAll([text]);
        expect(inPieces).toEqual(atOnce);
      }),
    );
  });
});
