import { z } from 'zod';
import { MusterError } from '../../../shared/errors.ts';
import { eventNames } from '../../../shared/events.ts';
import type { RandomBytes } from '../../../shared/ids.ts';
import { allows, roles } from '../../../shared/permissions.ts';
import type { Clock } from '../clock.ts';
import type { EventBus } from '../events/bus.ts';
import type { Authenticate } from '../http/endpoint.ts';
import { type AnyRoute, route } from '../http/route.ts';
import { createLiveJournal } from './live-journal.ts';
import { createLiveStream, type LiveStream } from './live-stream.ts';
import { permissionOfTopic, topicPattern, topicsOf } from './live-topics.ts';

/**
 * Live pages: one stream of server-sent events per page, `GET /api/v1/events?topics=run:ID,agents`. Events are hints; the row is the truth,
 * and a page shows it by fetching itself again.
 *
 * The contract with the client (`assets/live.js`):
 * - The answer of a page names `topics`. The layout puts them into `<body data-topics="…" data-since="<%= position %>">` and loads
 *   `live.js`, which opens `/api/v1/events?topics=…&since=…`. `position` was taken before the page was read, so that nothing falls into the
 *   gap between the page and its stream.
 * - Every event is of the default type `message`; its data is JSON `{ event, topics, … }`: the name of the event and its fields as in
 *   `shared/events.ts`, and `topics` those of the page that it touches. At most about four batches a second come; of several events of one
 *   name about one thing only the newest does.
 * - On any of them the page fetches its own URL with the header `x-muster-fragment: 1` and replaces each of its elements that has
 *   `data-live="key"` by the element with the same key in the answer, unless both are equal. One fetch at a time; events that come
 *   meanwhile lead to one more after it, and never more than about one a second. The answer is the whole page. 401 means that the session
 *   has ended: load the page anew, which leads to signing in.
 * - An event of the type `states` tells the states of executions in bulk, to a page that listens to `grid:RUN` (`live-states.ts`). It keeps
 *   counts and cells by it, and fetches itself only every few seconds meanwhile.
 * - An event of the type `here` comes every 15 seconds: without it the stream is dead, whatever the browser says.
 * - An event of the type `resync` means that some were left out: do the same, and forget what was put together from events.
 * - `EventSource` reconnects by itself and sends the id of the last event (each heartbeat moves it on), from which the server goes on where
 *   it still can.
 */
export type Live = {
  /** to be mounted with the other routes */
  readonly routes: readonly AnyRoute[];
  /** to be handed to `createWeb`: id of the newest event */
  position(): string;
  /** streams open now */
  readonly streams: () => number;
  /** Ends all streams and stops listening. May be called twice. */
  stop(): void;
};

export type LiveResources = {
  readonly events: EventBus;
  readonly clock: Clock;
  readonly authenticate: Authenticate;
  readonly randomBytes: RandomBytes;
  readonly maxStreams?: number;
};

const query = z.strictObject({
  since: z.string().max(64).optional(),
  /** of the one for whom the page was made; if it is another by now, everything is to be read anew */
  role: z.enum(roles).optional(),
  topics: z
    .string()
    .max(2000)
    .transform((text) => [...new Set(text.split(',').filter((topic) => topic !== ''))])
    .pipe(z.array(z.string().regex(topicPattern, 'Expected topics such as run:ID, execution:ID, agents, runs.')).min(1).max(50)),
});

export function createLive({ events, clock, authenticate, randomBytes, maxStreams = 5000 }: LiveResources): Live {
  const journal = createLiveJournal(Buffer.from(randomBytes(6)).toString('hex'));
  const streamsByTopic = new Map<string, Set<LiveStream>>();
  const streams = new Set<LiveStream>();

  const unsubscribe = eventNames.map((name) =>
    events.on(name, (payload) => {
      const { topics, subject } = topicsOf(name, payload);
      const event = journal.add({ name, topics, subject: `${name} ${subject}`, payload });
      if (streams.size === 0) return;
      const reached = new Set(topics.flatMap((topic) => [...(streamsByTopic.get(topic) ?? [])]));
      for (const stream of reached) stream.push(event);
    }),
  );

  function enrol(stream: LiveStream): () => void {
    streams.add(stream);
    for (const topic of stream.topics) streamsByTopic.set(topic, (streamsByTopic.get(topic) ?? new Set()).add(stream));
    return () => {
      streams.delete(stream);
      for (const topic of stream.topics) {
        const listening = streamsByTopic.get(topic);
        listening?.delete(stream);
        if (listening?.size === 0) streamsByTopic.delete(topic);
      }
    };
  }

  const eventsRoute = route({
    method: 'GET',
    path: '/api/v1/events',
    permission: 'tasks.read',
    summary: 'Stream what happens, as server-sent events',
    tag: 'events',
    query,
    responses: { 200: z.string() },
    produces: ['text/event-stream'],
    headers: { 'Last-Event-ID': 'Where a stream that was cut goes on.' },
    async handler({ query: { topics, since, role }, actor, headers, signal }) {
      for (const topic of topics) {
        const permission = permissionOfTopic(topic);
        if (actor === undefined || !allows(actor.role, permission))
          throw new MusterError('forbidden', `The topic ${topic} needs the permission ${permission}.`);
      }
      if (streams.size >= maxStreams)
        throw new MusterError('queue_full', 'Too many live pages are open.', { retryAfterSeconds: 30 });
      const stream = createLiveStream({
        topics,
        clock,
        signal,
        position: journal.position,
        // another role: the page asks anew, and is told what it may be told now
        stillKnown: async () => (await authenticate(headers))?.role === actor?.role,
      });
      // only when the reader begins: an answer that is never sent leaves nothing behind
      const begin = (): (() => void) => {
        const missed = journal.since(headers['last-event-id'] ?? since, topics);
        // a page that was made for another role would otherwise not learn of it: the change came before the stream
        const isOfAnother = role !== undefined && role !== actor?.role;
        if (missed === undefined || isOfAnother) stream.resync(journal.position());
        else for (const event of missed) stream.push(event);
        return enrol(stream);
      };
      return {
        status: 200,
        headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
        body: stream.frames(begin),
      };
    },
  });

  return {
    routes: [eventsRoute],
    position: journal.position,
    streams: () => streams.size,
    stop() {
      for (const off of unsubscribe) off();
      for (const stream of [...streams]) stream.close();
    },
  };
}
