import { MusterError, problemOf } from '../../../shared/errors.ts';
import type { Answer } from './endpoint.ts';

/** RFC 9457. The domain knows codes, only this edge knows HTTP. */
export function problemAnswer(error: MusterError): Answer {
  const problem = problemOf(error);
  return {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', ...errorHeaders(error) },
    body: JSON.stringify(problem),
  };
}

/** The headers that an error needs, whatever its body looks like. */
export function errorHeaders(error: MusterError): Record<string, string> {
  const headers: Record<string, string> = { 'cache-control': 'no-store' };
  if (problemOf(error).status === 401) headers['www-authenticate'] = 'Bearer realm="muster"';
  if (error.details.retryAfterSeconds !== undefined) headers['retry-after'] = String(Math.ceil(error.details.retryAfterSeconds));
  return headers;
}

/** What is not ours is a fault of the server: the log has it in full, the client only the id under which to find it. */
export const asMusterError = (error: unknown, requestId: string): MusterError =>
  error instanceof MusterError
    ? error
    : new MusterError('internal', `Something went wrong. The log of the server tells more under the request id ${requestId}.`, {
        cause: error,
      });
