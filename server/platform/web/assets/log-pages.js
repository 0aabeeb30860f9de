// The log of an execution as pages of some hundred rows. What was read once is known by where each page begins, so that it can be read again;
// the rows themselves are not kept. `edge` is where reading goes on: chunks whose rows are not cut yet, and what is known of the end.

import { byteLength, rowsOf, start } from './log-lines.js';

const rowsPerPage = 400;
const readBytes = 131_072;

export function createLogPages(executionId) {
  let pages = [];
  let edge;
  begin(start(0, 1));

  function begin(place) {
    pages = [{ from: place, to: place, count: 0, closed: false }];
    edge = { chunks: [], readAt: place.offset, size: 0, isComplete: false };
  }

  async function slice(offset, limit, wait, signal) {
    const url = `/api/v1/executions/${executionId}/log?offset=${offset}&limit=${limit}&wait=${wait}`;
    const answer = await fetch(url, { cache: 'no-store', signal });
    if (!answer.ok) throw Object.assign(new Error(`status ${answer.status}`), { status: answer.status });
    return answer.json();
  }

  /** Rows that are whole, put into pages: `[page index, rows]`. */
  function cut() {
    const made = [];
    for (;;) {
      const page = pages.at(-1);
      const { rows, place, isMore } = rowsOf(edge.chunks, page.to, { most: rowsPerPage - page.count, atEnd: edge.isComplete });
      page.to = place;
      page.count += rows.length;
      edge.chunks = edge.chunks.filter((chunk) => chunk.offset + byteLength(chunk.text) > place.offset);
      if (rows.length > 0) made.push([pages.length - 1, rows]);
      if (page.count < rowsPerPage) return made;
      page.closed = true;
      pages.push({ from: place, to: place, count: 0, closed: false });
      if (!isMore && edge.chunks.length === 0) return made;
    }
  }

  /** All rows from one place to another. */
  async function between(from, to) {
    const chunks = [];
    for (let at = from.offset; at < to; ) {
      const read = await slice(at, Math.max(1, to - at), 0);
      chunks.push(...read.chunks);
      if (read.next <= at) break;
      at = read.next;
    }
    const rows = [];
    const { rows: all } = rowsOf(chunks, from, { most: Number.POSITIVE_INFINITY, atEnd: true });
    for (let at = from.offset; rows.length < all.length && at < to; at += all[rows.length - 1].bytes) rows.push(all[rows.length]);
    return rows;
  }

  return {
    get count() {
      return pages.length;
    },
    get size() {
      return edge.size;
    },
    get isComplete() {
      return edge.isComplete;
    },
    get isAtEnd() {
      return edge.readAt >= edge.size;
    },
    get left() {
      return edge.size - edge.readAt;
    },
    get first() {
      return pages[0].from;
    },
    /** Reads on; new rows by their page, and the rows of a last line that has no end yet. */
    async readOn(wait, signal) {
      const read = await slice(edge.readAt, readBytes, wait, signal);
      edge.chunks.push(...read.chunks);
      Object.assign(edge, { readAt: read.next, size: read.size, isComplete: read.complete });
      const made = cut();
      const open = rowsOf(edge.chunks, pages.at(-1).to, { most: 2, atEnd: true }).rows;
      return { made, open };
    },
    /** The rows of a page that was read before. */
    page: (index) => between(pages[index].from, pages[index].to.offset),
    /** Which page has this line; undefined: it was not read yet, or has no number. */
    pageOfLine(number) {
      const index = pages.findIndex(({ from, to }) => from.number !== null && from.number <= number && number < to.number);
      return index === -1 ? undefined : index;
    },
    restart: () => begin(start(0, 1)),
    /** Goes on near the end, whose lines have no numbers. */
    async restartNearEnd() {
      begin(await lineAfter(Math.max(0, edge.size - readBytes)));
    },
    /** Puts pages before the first one; how many. */
    async readBack() {
      const [first] = pages;
      if (first.from.offset === 0) return 0;
      const from = await lineAfter(Math.max(0, first.from.offset - readBytes / 2));
      const rows = await between(from, first.from.offset);
      const before = [];
      for (let at = from, index = 0; index < rows.length; index += rowsPerPage) {
        const part = rows.slice(index, index + rowsPerPage);
        const to = start(
          part.reduce((offset, { bytes }) => offset + bytes, at.offset),
          null,
        );
        before.push({ from: at, to, count: part.length, closed: true });
        at = to;
      }
      pages.unshift(...before);
      return before.length;
    },
  };

  /** The beginning of the first line after a byte; where there is none nearby, of the chunk. */
  async function lineAfter(offset) {
    if (offset === 0) return start(0, null);
    const { chunks } = await slice(offset, 1, 0);
    const [chunk] = chunks;
    if (chunk === undefined) return start(offset, null);
    const end = chunk.text.indexOf('\n');
    const at = end === -1 ? chunk.offset : chunk.offset + byteLength(chunk.text.slice(0, end + 1));
    return start(at, null);
  }
}
