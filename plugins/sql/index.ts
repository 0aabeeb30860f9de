import type { Json } from '../../shared/json.ts';
import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';
import { withSession } from './connect.ts';
import { guarded, isDoneSoon } from './guard.ts';
import { asObjects, type KeptRows, keepRows } from './row-limit.ts';
import type { Outcome, Session, Statement } from './session.ts';
import { type TargetArgs, targetOf } from './target.ts';
import { textTable } from './text-table.ts';

type CommonArgs = TargetArgs & { readonly maxRows?: number; readonly timeoutSeconds?: number };
type QueryArgs = CommonArgs & Statement & { readonly readOnly?: boolean };
type ExecuteArgs = CommonArgs &
  Partial<Statement> & { readonly statements?: readonly Statement[]; readonly transaction?: boolean };

const defaultSeconds = 60;

/** One statement, and its rows. Unless told otherwise it runs in a transaction that can change nothing. */
export const query = (args: QueryArgs, context: PluginContext): Promise<PluginResult> => told(() => ask(args, context));

/** Statements that change something, all of them or none. */
export const execute = (args: ExecuteArgs, context: PluginContext): Promise<PluginResult> => told(() => change(args, context));

async function ask(args: QueryArgs, context: PluginContext): Promise<PluginResult> {
  const { sql, params, readOnly = true, maxRows = 100, timeoutSeconds = defaultSeconds } = args;
  const target = targetOf(args);
  const access = readOnly ? 'read-only' : 'read-write';
  const kept = keepRows(maxRows);
  const start = performance.now();
  const limit = { timeoutSeconds, signal: context.signal };
  const outcome = await withSession(target, access, timeoutSeconds * 1000, context, async (session) => {
    if (readOnly) await guarded(session, limit, () => session.begin('read-only'));
    return guarded(session, limit, () => session.run(statementOf({ sql, params }), kept));
  });
  const milliseconds = Math.round(performance.now() - start);
  showRows(kept, context);
  return {
    status: 'success',
    message: `${count(kept.rows.length, 'row')}${kept.cut === undefined ? '' : ` of more: ${kept.cut}`}${changed(outcome)}.`,
    data: {
      columns: [...kept.names],
      rows: asObjects(kept),
      cut: kept.cut !== undefined,
      ...(outcome.affected === null ? {} : { affected: outcome.affected }),
      milliseconds,
    },
  };
}

async function change(args: ExecuteArgs, context: PluginContext): Promise<PluginResult> {
  const { transaction = true, maxRows = 100, timeoutSeconds = defaultSeconds } = args;
  const statements = statementsOf(args);
  const start = performance.now();
  const limit = { timeoutSeconds, signal: context.signal };
  const results: Json[] = [];
  let affected = 0;
  await withSession(targetOf(args), 'read-write', timeoutSeconds * 1000, context, async (session) => {
    if (transaction) await guarded(session, limit, () => session.begin('read-write'));
    for (const [at, statement] of statements.entries()) {
      // what the results hold together has a limit
      const kept = keepRows(maxRows, Math.floor(maxChars / statements.length));
      const outcome = await guarded(session, limit, () => session.run(statement, kept)).catch(async (error: Error) => {
        throw new Error(`${which(at, statements)}${error.message} ${await undo(session, transaction, at)}`, { cause: error });
      });
      if (kept.names.length > 0) showRows(kept, context);
      else context.log(`${which(at, statements)}${count(outcome.affected ?? 0, 'row')} affected.`);
      affected += outcome.affected ?? 0;
      results.push(resultOf(outcome, kept));
      context.progress((at + 1) / statements.length);
    }
    if (transaction) await guarded(session, limit, () => session.commit());
  });
  return {
    status: 'success',
    message: `${count(statements.length, 'statement')}, ${count(affected, 'row')} affected.`,
    data: { affected, results, milliseconds: Math.round(performance.now() - start) },
  };
}

/** What went wrong with the database is a sentence for the operator; only a fault of this plugin needs a trace in the log. */
async function told(work: () => Promise<PluginResult>): Promise<PluginResult> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && error.name === 'Error') return { status: 'failed', message: error.message };
    throw error;
  }
}

const maxChars = 768 * 1024;

function statementsOf({ sql, params, statements }: ExecuteArgs): readonly Statement[] {
  if ((sql === undefined) === (statements === undefined)) throw new Error('Give either `sql` or `statements`.');
  if (statements !== undefined && params !== undefined)
    throw new Error('`params` belong to `sql`; each of `statements` has its own.');
  return statements ?? [statementOf({ sql: sql ?? '', params })];
}

const statementOf = ({ sql, params }: { readonly sql: string; readonly params: Statement['params'] | undefined }): Statement =>
  params === undefined ? { sql } : { sql, params };

/** What stands, now that a statement has failed. */
async function undo(session: Session, transaction: boolean, done: number): Promise<string> {
  if (!transaction) return done === 0 ? '' : `What came before it (${count(done, 'statement')}) stands.`;
  // one that cannot be asked any more rolls back when its connection ends
  return (await isDoneSoon(session.rollback())) ? 'The transaction was rolled back.' : 'Nothing of it was committed.';
}

function resultOf({ affected, insertId }: Outcome, kept: KeptRows): Json {
  return {
    affected,
    ...(insertId === null ? {} : { insertId }),
    ...(kept.names.length === 0 ? {} : { columns: [...kept.names], rows: asObjects(kept), cut: kept.cut !== undefined }),
  };
}

function showRows(kept: KeptRows, context: PluginContext): void {
  if (kept.names.length === 0) return;
  context.log(textTable(kept.names, kept.rows));
  if (kept.cut !== undefined) context.log(`… ${kept.cut}`);
}

const which = (at: number, { length }: readonly Statement[]): string =>
  length === 1 ? '' : `Statement ${at + 1} of ${length}: `;
const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
const changed = ({ affected }: Outcome): string => (affected === null ? '' : `, ${count(affected, 'row')} affected`);
