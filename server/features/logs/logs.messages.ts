import type { MessageHandlers } from '../../platform/gateway/connection.ts';
import type { LogsService } from './logs.service.ts';

/** The output of executions, as agents send it. */
export const logMessages = (logs: LogsService): MessageHandlers => ({
  log: (connection, message) => logs.received(connection, message),
});
