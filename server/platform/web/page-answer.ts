import type { Answer } from '../http/endpoint.ts';

/** Not compressed on purpose: a page holds the CSRF token beside text that others may choose, and its length would tell about it (BREACH). */
export const htmlAnswer = (html: string, status: number, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', ...headers },
  body: html,
});

/** 303: whatever was sent, the next request is a GET. */
export const redirectAnswer = (to: string, cookies: readonly string[] = []): Answer => ({
  status: 303,
  headers: { location: asciiPath(to), 'cache-control': 'no-store', ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }) },
  body: null,
});

/** A header takes ASCII only, and what comes back from a query is decoded. */
const asciiPath = (path: string): string => path.toWellFormed().replace(/[^\x21-\x7e]+/gu, encodeURIComponent);

/** Output of any program: plain text to save, never something that a browser would run. */
export const downloadAnswer = (fileName: string, chunks: AsyncIterable<string>): Answer => ({
  status: 200,
  headers: {
    'content-type': 'text/plain; charset=utf-8',
    'content-disposition': `attachment; filename="${fileName.replace(/[^\w.-]/g, '_')}"`,
    'cache-control': 'no-store',
  },
  body: chunks,
});
