/**
 * The catalogue of errors: a stable code, the HTTP status at the edge, a title. The domain throws `MusterError`; only the HTTP edge
 * and the CLI know statuses. The sentence given with the error says what to do.
 */
export const errorCatalogue = {
  request_malformed: { status: 400, title: 'The request is not valid HTTP' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  headers_too_large: { status: 431, title: 'The headers of the request are too large' },
  body_malformed: { status: 400, title: 'The body is not valid JSON' },
  body_not_utf8: { status: 400, title: 'The body is not valid UTF-8' },
  body_too_large: { status: 413, title: 'The body is too large' },
  body_media_type: { status: 415, title: 'The body must be application/json' },
  field_invalid: { status: 422, title: 'A field is not valid' },
  field_unknown: { status: 422, title: 'A field is not known' },
  field_missing: { status: 422, title: 'A field is missing' },
  cursor_invalid: { status: 422, title: 'The paging cursor is not valid' },
  owner_unknown: { status: 422, title: 'No such owner' },
  owner_syntax: { status: 422, title: 'The target expression has a syntax error' },
  secret_unknown: { status: 422, title: 'No such secret' },
  plugin_unknown: { status: 422, title: 'No such plugin' },
  action_unknown: { status: 422, title: 'The plugin has no such action' },
  args_invalid: { status: 422, title: 'The arguments do not fit the action' },
  schedule_invalid: { status: 422, title: 'The schedule is not valid' },
  plugin_invalid: { status: 422, title: 'The plugin is not valid' },
  unauthenticated: { status: 401, title: 'Sign in or send a token' },
  credentials_wrong: { status: 401, title: 'Wrong name or password' },
  forbidden: { status: 403, title: 'Not allowed' },
  csrf_failed: { status: 403, title: 'The form was not sent from this dashboard' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  state_conflict: { status: 409, title: 'Not possible in the present state' },
  name_taken: { status: 409, title: 'The name is taken' },
  version_conflict: { status: 412, title: 'It was changed by somebody else meanwhile' },
  precondition_required: { status: 428, title: 'If-Match is required' },
  idempotency_conflict: { status: 409, title: 'The Idempotency-Key was used for a different request' },
  join_token_invalid: { status: 403, title: 'The join token is unknown, expired or used up' },
  agent_unknown: { status: 403, title: 'The agent is not enrolled here' },
  agent_duplicate: { status: 409, title: 'Another host is connected with the identity of this agent' },
  agent_revoked: { status: 403, title: 'The agent was revoked' },
  signature_invalid: { status: 403, title: 'The signature does not fit the key' },
  protocol_unsupported: { status: 426, title: 'The protocol version is not supported' },
  rate_limited: { status: 429, title: 'Too many tries' },
  queue_full: { status: 503, title: 'The queue is full' },
  server_unreachable: { status: 503, title: 'The server cannot be reached' },
  server_stopping: { status: 503, title: 'The server is stopping' },
  disk_full: { status: 507, title: 'The disk of the server is full' },
  internal: { status: 500, title: 'Something went wrong on the server' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof errorCatalogue;

export type ErrorDetails = {
  /** the field at fault, as a path such as `args.0` or `retries.count` */
  readonly field?: string;
  /** the column at fault in a text field, from 1 */
  readonly column?: number;
  /** every field at fault, when there is more than one */
  readonly issues?: readonly { readonly field: string; readonly message: string }[];
  /** seconds after which another try makes sense */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
};

export class MusterError extends Error {
  override readonly name = 'MusterError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  /** @param message a sentence for a person: what is wrong and what to do */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }
}

/** RFC 9457 problem details as they leave the server. */
export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly field?: string;
  readonly column?: number;
  readonly issues?: ErrorDetails['issues'];
};

export const problemOf = (error: MusterError): Problem => ({
  type: `/api/docs/errors#${error.code}`,
  title: errorCatalogue[error.code].title,
  status: errorCatalogue[error.code].status,
  code: error.code,
  detail: error.message,
  ...(error.details.field === undefined ? {} : { field: error.details.field }),
  ...(error.details.column === undefined ? {} : { column: error.details.column }),
  ...(error.details.issues === undefined ? {} : { issues: error.details.issues }),
});
