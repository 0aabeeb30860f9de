import { STATUS_CODES } from 'node:http';
import { type ErrorCode, MusterError } from '../../../shared/errors.ts';
import { problemAnswer } from './problems.ts';
import { securityHeaders } from './security-headers.ts';

/** A whole answer as text, for what goes wrong before there is a request that could be answered. The connection ends with it. */
export function rawProblem(code: ErrorCode, detail: string, retryAfterSeconds?: number): string {
  const details = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  const { status, headers, body } = problemAnswer(new MusterError(code, detail, details));
  const text = String(body);
  const all = { ...securityHeaders, ...headers, connection: 'close', 'content-length': Buffer.byteLength(text) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', text].join('\r\n');
}
