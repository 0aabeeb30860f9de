/**
 * What keeps a promise, and how a process of the harness is started without it: exact text of the product and what stands there instead.
 * With one of them off, the checker must find something; that is how the checker itself is checked.
 */
export type Protection = {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly protects: string;
};

/** One protection may be in several places, which bear the same name. */
export const protections: readonly Protection[] = [
  {
    name: 'journal-dedup',
    file: 'agent/attempts/attempts.ts',
    find: "else if (held.isPast(message)) log.debug({ execution: message.execution, attempt: message.attempt }, 'offer_is_late');",
    replace: '',
    protects: 'an attempt that the journal holds is not accepted again when its offer comes twice',
  },
  {
    name: 'journal-dedup',
    file: 'agent/attempts/attempts.ts',
    find: 'if (held.isPast(message)) return;',
    replace: '',
    protects: 'an attempt that the journal holds is not started again, whatever is sent',
  },
  {
    name: 'fence',
    file: 'server/features/tasks/attempts.service.ts',
    find: 'row.agent_id === connection.agentId && row.attempt === message.attempt',
    replace: 'true',
    protects: 'a message about an attempt counts only if it comes from its holder and names the current one',
  },
  {
    name: 'ack-after-commit',
    file: 'server/features/tasks/attempts.service.ts',
    find: 'async ended(connection, message) {',
    replace:
      "async ended(connection, message) { connection.send({ type: 'ack', execution: message.execution, attempt: message.attempt });",
    protects: 'a result is acknowledged only when it is on the disk of the server',
  },
  {
    name: 'reconcile',
    file: 'server/features/tasks/reconcile.ts',
    find: 'inJournal.set(row, entry.state);',
    replace: '',
    protects: 'what the journal of a returning agent holds was started and is not started elsewhere',
  },
  {
    name: 'reconcile',
    file: 'server/features/tasks/reconcile.ts',
    find: 'hasSpoken.has(row.id)',
    replace: 'false',
    protects: 'what the journal of a returning agent holds was started and is not started elsewhere',
  },
  {
    name: 'journal-lineage',
    file: 'server/features/tasks/reconcile.ts',
    find: "row.state === 'offered' || (isTheOne && row.reason !== 'journal_foreign')",
    replace: 'true',
    protects: 'what a copied or emptied journal lacks proves nothing',
  },
  {
    name: 'journal-lineage',
    file: 'server/platform/gateway/seats.ts',
    find: 'if (present?.life === undefined || life === undefined || present.life === life) return false;',
    replace: 'if (present === undefined || present.wire !== undefined) return false;',
    protects: 'a second process with the identity of an agent does not take its place while it answers',
  },
  {
    name: 'lease',
    file: 'server/features/tasks/sweep.ts',
    find: 'const row = await findExecution(unit.writer, id);',
    replace: "const row = await findExecution(unit.writer, id); if (row?.state !== 'queued') return undefined;",
    protects: 'what is with an agent ends by its deadline when the agent says nothing',
  },
  {
    name: 'journal-before-start',
    file: 'agent/attempts/running.ts',
    find: 'journal.started({',
    replace: 'run(attempt, offer, bundle); if (Date.now() < 0) journal.started({',
    protects: 'an attempt is in the journal before anything of it runs',
  },
  {
    name: 'log-offset',
    file: 'server/features/logs/logs.service.ts',
    find: 'const fit = fitChunk(size, offset, text);',
    replace: 'const fit = fitChunk(size, offset < size ? size : offset, text);',
    protects: 'output that the ledger holds already is not appended again',
  },
  {
    name: 'row-before-message',
    file: 'server/features/tasks/attempts.service.ts',
    find: 'async accepted(connection, message) {',
    replace:
      "async accepted(connection, message) { connection.send({ type: 'start', execution: message.execution, attempt: message.attempt });",
    protects: '`start` is sent only when the confirmation is on the disk of the server',
  },
  {
    name: 'idempotency-key',
    file: 'server/platform/http/idempotency.ts',
    find: 'return (await recorded(id, request, hash)) ?? (await first(id, request, hash, handle));',
    replace: 'return await first(id + Math.random(), request, hash, handle);',
    protects: 'a POST that is sent again makes nothing twice',
  },
  {
    name: 'no-silent-retry',
    file: 'server/features/tasks/attempt-end.ts',
    find: "(outcome === 'lost' && policy.idempotent)",
    replace: "outcome === 'lost'",
    protects: 'work that may have happened is tried again only if its task says idempotent',
  },
];

export const protectionNames: readonly string[] = [...new Set(protections.map(({ name }) => name))];
