import type { MessageHandlers } from '../../platform/gateway/connection.ts';
import type { AttemptsService } from './attempts.service.ts';

/** What agents say of their attempts. */
export const taskMessages = (attempts: AttemptsService): MessageHandlers => ({
  accept: (connection, message) => attempts.accepted(connection, message),
  decline: (connection, message) => attempts.declined(connection, message),
  progress: (connection, message) => attempts.progressed(connection, message),
  result: (connection, message) => attempts.ended(connection, message),
});
