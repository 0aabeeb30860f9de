import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { MusterError } from '../../../shared/errors.ts';
import { checkCsrf } from '../http/access.ts';
import type { Actor } from '../http/actor.ts';
import { checkMediaType, defaultBodyLimit, readBody } from '../http/body.ts';
import { collect } from '../http/query.ts';

const formMediaType = /^application\/x-www-form-urlencoded\s*(;|$)/i;

/** The fields of a posted form, after it is certain that one of our own pages posted it. */
export async function readForm(
  request: IncomingMessage,
  actor: Actor | undefined,
  limit = defaultBodyLimit,
): Promise<Readonly<Record<string, unknown>>> {
  checkSameOrigin(request);
  checkMediaType(request, formMediaType, 'application/x-www-form-urlencoded');
  const bytes = await readBody(request, limit);
  if (!isUtf8(bytes)) throw new MusterError('body_not_utf8', 'The form holds bytes that are not UTF-8.');
  const { csrf, ...fields } = collect(new URLSearchParams(bytes.toString('utf8')));
  checkCsrf(actor, typeof csrf === 'string' ? csrf : undefined, 'field csrf');
  return fields;
}

/**
 * Browsers say where a request comes from, and other sites cannot make them lie. It also protects the forms that have no session to hold a
 * token yet: nobody can sign a visitor in as somebody else. What is no browser says nothing and has no cookies to abuse.
 */
function checkSameOrigin({ headers }: IncomingMessage): void {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) {
    if (site === 'same-origin' || site === 'none') return;
    throw foreign();
  }
  if (headers.origin === undefined) return;
  // behind a proxy that ends TLS the scheme differs, so hosts are compared; `Origin: null` has none
  if (!URL.canParse(headers.origin) || new URL(headers.origin).host !== headers.host) throw foreign();
}

const foreign = (): MusterError =>
  new MusterError('csrf_failed', 'The form was sent from another site. Open the dashboard itself and retry.');
