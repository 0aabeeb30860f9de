import type { AttemptsTable, ExecutionsTable, RunsTable, TasksTable } from '../../schema/tables/tasks.tables.ts';

export type TaskRow = Readonly<TasksTable>;
export type RunRow = Readonly<RunsTable>;
export type ExecutionRow = Readonly<ExecutionsTable>;
export type AttemptRow = Readonly<AttemptsTable>;
