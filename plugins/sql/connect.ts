import type { PluginContext } from '../../shared/plugin-api.ts';
import type { Access, Session } from './session.ts';
import { nameOf, shownTarget, type Target } from './target.ts';

/**
 * A session for some work, closed after it. An engine's driver is loaded only here, when it is needed.
 * @param statementMs the longest that a statement may take
 */
export async function withSession<Value>(
  target: Target,
  access: Access,
  statementMs: number,
  context: PluginContext,
  work: (session: Session) => Promise<Value>,
): Promise<Value> {
  context.signal.throwIfAborted();
  if (target.engine !== 'sqlite' && target.tls === undefined && !isHere(target.host))
    context.log(`The connection to ${target.host} is not encrypted: \`tls\` is off.`);
  const session = await connect(target, access, statementMs).catch((error: Error) => {
    throw new Error(`Could not open ${shownTarget(target)}: ${error.message.replace(`${nameOf(target.engine)}: `, '')}`, {
      cause: error,
    });
  });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

async function connect(target: Target, access: Access, statementMs: number): Promise<Session> {
  switch (target.engine) {
    case 'sqlite':
      return (await import('./sqlite.ts')).openSqlite(target, access, statementMs);
    case 'postgres':
      return (await import('./postgres.ts')).connectPostgres(target, statementMs);
    case 'mysql':
      return (await import('./mysql.ts')).connectMysql(target);
  }
}

const isHere = (host: string): boolean => host.startsWith('/') || /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(host);
