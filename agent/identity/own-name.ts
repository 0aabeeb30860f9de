import type { Logger } from 'pino';
import { type Identity, writeIdentity } from './identity-file.ts';

/** What the server calls this agent at present. It may be renamed there at any time, and hears of it when it connects. */
export type OwnName = {
  get(): string;
  /** Kept for the next start; a disk that does not take it costs nothing but that, because the next welcome tells it again. */
  set(name: string): void;
};

export function createOwnName(path: string, identity: Identity, log: Logger): OwnName {
  let { name } = identity;
  return {
    get: () => name,
    set(told) {
      if (told === name) return;
      name = told;
      try {
        writeIdentity(path, { ...identity, name });
      } catch (error) {
        log.error({ err: error }, 'name_not_stored');
      }
    },
  };
}
