// From the chunks of a log to its rows, with numbers. A chunk may end within a line, and a line may have no end at all: it is shown in parts
// of some thousand characters, of which only the first has a number. Pure.

import { plainStyle, readAnsi } from './log-ansi.js';

const longestRow = 4096;

/** Where reading stands: the number of the next line, whether a line is under way, and the style that holds. */
export const start = (offset, number) => ({ offset, number, within: false, style: plainStyle });

/**
 * The rows of these chunks from a place on, at most `most` of them.
 * @returns the rows, the place after them, and whether chunks are left; a last line without an end comes only `atEnd`
 */
export function rowsOf(chunks, place, { most, atEnd }) {
  const rows = [];
  let { offset, number, within, style } = place;
  const pending = wholeLines(chunks, offset);
  for (const [index, line] of pending.entries()) {
    const isLast = index === pending.length - 1;
    if (!line.ended && isLast && !atEnd && line.text.length < longestRow) break;
    if (rows.length >= most) return { rows, place: { offset, number, within, style }, isMore: true };
    const { parts, style: after } = readAnsi(line.text, style);
    style = after;
    rows.push({ number: within ? null : number, stream: line.stream, at: line.at, parts, bytes: line.bytes });
    offset += line.bytes;
    if (!within && number !== null) number += 1;
    within = !line.ended && line.isCut;
  }
  return { rows, place: { offset, number, within, style }, isMore: false };
}

function wholeLines(chunks, from) {
  const lines = [];
  let open;
  for (const chunk of chunks) {
    let text = chunk.text;
    if (chunk.offset < from) text = withoutBytes(text, from - chunk.offset);
    while (text !== '') {
      if (open !== undefined && open.stream !== chunk.stream) open = undefined;
      if (open === undefined) {
        open = { stream: chunk.stream, at: chunk.at, text: '', bytes: 0, ended: false, isCut: false };
        lines.push(open);
      }
      const room = longestRow - open.text.length;
      const end = text.indexOf('\n');
      const has = end !== -1 && end <= room;
      let length = has ? end : Math.min(text.length, room);
      // no half of a character at the cut
      if (!has && length < text.length && length > 0 && text.codePointAt(length - 1) > 0xffff) length -= 1;
      const taken = text.slice(0, has ? length + 1 : length);
      open.text += text.slice(0, length);
      open.bytes += byteLength(taken);
      text = text.slice(taken.length);
      if (has) {
        if (open.text.endsWith('\r')) open.text = open.text.slice(0, -1);
        open.ended = true;
      }
      open.isCut = !has && (open.text.length >= longestRow - 1 || taken.length === 0);
      if (has || open.isCut) open = undefined;
    }
  }
  return lines;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
export const byteLength = (text) => encoder.encode(text).length;
const withoutBytes = (text, count) => decoder.decode(encoder.encode(text).subarray(count));
