import type { IncomingMessage } from 'node:http';
import type { Actor } from './actor.ts';
import type { Route } from './route.ts';

/** One path and method that answers. Routes of the API and pages of the dashboard both become endpoints; `http.ts` serves them. */
export type Endpoint = {
  readonly method: Route['method'];
  /** Express style */
  readonly path: string;
  /** JSON and HTML may share a path: `http.ts` chooses by what the client prefers. Also says how an error is shown. */
  readonly produces: 'json' | 'html';
  answer(exchange: Exchange): Promise<Answer>;
};

/** A request under way. */
export type Exchange = {
  readonly request: IncomingMessage;
  /** of the URL, without the query */
  readonly path: string;
  /** of the URL, without the question mark */
  readonly search: string;
  readonly params: Readonly<Record<string, string>>;
  readonly address: string | null;
  readonly requestId: string;
  /** aborted when the client goes away or the server stops; made on first use, because most requests never look */
  readonly signal: AbortSignal;
};

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** An iterable is streamed with back-pressure; it must end when `Exchange.signal` aborts. */
  readonly body: string | Uint8Array | AsyncIterable<string | Uint8Array> | null;
};

/** Who asks, by the headers of a request; undefined: nobody known. */
export type Authenticate = (headers: {
  readonly authorization?: string | undefined;
  readonly cookie?: string | undefined;
}) => Promise<Actor | undefined>;
