import type { Logger } from 'pino';
import type { Uplink } from '../link/uplink.ts';

/** Tells the server on each connection what the agent runs as, as soon as it is known: which executable, and whether it can be replaced. */
export type ExecutableReport = { connected(): void };

export type ExecutableReportResources = {
  /** null: it runs from its source */
  readonly ownSha256: (() => Promise<string>) | null;
  readonly commit: string;
  readonly notUpdatable: string | null;
  readonly uplink: Pick<Uplink, 'send'>;
  readonly log: Logger;
};

export function createExecutableReport({
  ownSha256,
  commit,
  notUpdatable,
  uplink,
  log,
}: ExecutableReportResources): ExecutableReport {
  const tell = (sha256: string | null): void => void uplink.send({ type: 'executable', sha256, commit, notUpdatable });
  return {
    connected() {
      if (ownSha256 === null) return tell(null);
      ownSha256().then(tell, (error: unknown) => log.error({ err: error }, 'own_executable_not_read'));
    },
  };
}
