import { apiToken, joinToken } from '../../shared/api/access.ts';
import { type AgentDetail, agentDetail } from '../../shared/api/agents.ts';
import { type ExecutionDetail, executionDetail } from '../../shared/api/executions.ts';
import { type PluginDetail, pluginDetail } from '../../shared/api/plugins.ts';
import { type Folded, foldedGroup, type Run, run } from '../../shared/api/runs.ts';
import { policy, type Task, task } from '../../shared/api/tasks.ts';
import { type AgentUpdate, agentUpdate, type HostUpdate, hostUpdate, newUpdate } from '../../shared/api/updates.ts';

/** Answers of the API with sensible values, each checked against its schema. */

const at = '2026-01-05T12:00:00.000Z';
const id = (prefix: string, number: number): string => `${prefix}_${String(number).padStart(26, '0')}`;

export const someTask = (with_: Partial<Task> = {}): Task =>
  task.parse({
    id: id('tsk', 1),
    version: 1,
    name: 'shell.main',
    status: 'done',
    owner: 'Anyone',
    plugin: 'shell',
    pluginVersion: null,
    action: 'main',
    args: { command: 'uname -a' },
    env: {},
    type: 'Adhoc',
    cron: null,
    timeZone: null,
    everySeconds: null,
    startsAt: null,
    endsAt: null,
    excludeDates: [],
    blackout: [],
    policy: policy.parse({}),
    nextFireAt: null,
    lastRunId: null,
    createdBy: 'token:admin',
    createdAt: at,
    updatedAt: at,
    ...with_,
  });

export const someRun = (with_: Partial<Run> = {}): Run =>
  run.parse({
    id: id('run', 1),
    taskId: id('tsk', 1),
    taskName: 'shell.main',
    taskVersion: 1,
    trigger: 'adhoc',
    state: 'succeeded',
    owner: 'Anyone',
    plugin: 'shell',
    pluginSha256: 'a'.repeat(64),
    action: 'main',
    args: { command: 'uname -a' },
    policy: policy.parse({}),
    total: 1,
    open: 0,
    counts: { succeeded: 1 },
    firedAt: at,
    createdAt: at,
    finishedAt: at,
    createdBy: 'token:admin',
    retryOf: null,
    ...with_,
  });

export const someExecution = (with_: Partial<ExecutionDetail> = {}): ExecutionDetail =>
  executionDetail.parse({
    id: id('exe', 1),
    runId: id('run', 1),
    taskId: id('tsk', 1),
    taskName: 'shell.main',
    agentId: id('agt', 1),
    agentName: 'web1',
    target: 'anyone',
    plugin: 'shell',
    action: 'main',
    state: 'succeeded',
    reason: 'finished',
    reasonText: 'The work finished.',
    attempt: 1,
    exitCode: 0,
    message: 'The program ended with exit code 0.',
    data: { exitCode: 0, signal: null },
    progress: null,
    logBytes: 6,
    logRemovedAt: null,
    cutBytes: 0,
    durationMs: 35,
    createdAt: at,
    offeredAt: at,
    startedAt: at,
    finishedAt: at,
    deadlineAt: null,
    assignment: null,
    attempts: [],
    lateResult: null,
    ...with_,
  });

/** As the server answers it: results of a run with equal ones grouped. */
export const someFolded = (with_: Partial<Folded> = {}): Folded => ({
  runId: id('run', 1),
  state: 'succeeded',
  total: 1,
  groups: [someGroup()],
  omitted: { groups: 0, executions: 0 },
  retry: { failed: 0, missing: 0, different: 0 },
  ...with_,
});

export const someGroup = (with_: Partial<Folded['groups'][number]> = {}): Folded['groups'][number] =>
  foldedGroup.parse({
    state: 'succeeded',
    reason: 'finished',
    exitCode: 0,
    count: 1,
    hosts: 'web1',
    executionId: id('exe', 1),
    message: 'The program ended with exit code 0.',
    data: { exitCode: 0, signal: null },
    output: 'Linux\n',
    outputTruncated: false,
    majority: false,
    diff: null,
    dataDiff: null,
    ...with_,
  });

export const someAgent = (with_: Partial<AgentDetail> = {}): AgentDetail =>
  agentDetail.parse({
    id: id('agt', 1),
    name: 'web1',
    status: 'Online',
    connected: true,
    tags: ['web'],
    os: 'linux',
    arch: 'x64',
    version: '0.1.0',
    executable: null,
    otherProtocol: null,
    slots: 10,
    busy: 0,
    metrics: null,
    facts: {},
    runtimes: {},
    enrolledAt: at,
    lastSeenAt: at,
    duplicate: null,
    plugins: [],
    ...with_,
  });

export const somePlugin = (with_: Partial<PluginDetail> = {}): PluginDetail =>
  pluginDetail.parse({
    name: 'hello',
    version: '1.0.0',
    description: 'Greets.',
    runtime: 'python',
    actions: { main: {} },
    platforms: null,
    sha256: 'b'.repeat(64),
    bytes: 200,
    source: 'pushed',
    updatedAt: at,
    heldBy: 2,
    files: [],
    versions: [],
    hidesFolder: false,
    ...with_,
  });

export const someJoinToken = joinToken.parse({
  id: id('jtk', 1),
  createdBy: 'token:admin',
  createdAt: at,
  expiresAt: '2026-01-06T12:00:00.000Z',
  maxUses: 1,
  uses: 0,
  agentName: null,
  tags: [],
  revoked: false,
});

export const someApiToken = apiToken.parse({
  id: id('tok', 1),
  name: 'ci',
  role: 'operator',
  createdBy: 'token:admin',
  createdAt: at,
  lastUsedAt: null,
  expiresAt: null,
  revoked: false,
});

export const someUpdate = (with_: Partial<AgentUpdate> = {}): AgentUpdate =>
  agentUpdate.parse({
    id: id('upd', 1),
    version: '0.2.0',
    commit: 'c0ffee',
    state: 'running',
    reason: 'Wave 1 of 2 (Canary) is under way.',
    settings: newUpdate.parse({ shares: [100] }),
    files: [{ platform: 'linux-x64', sha256: 'a'.repeat(64) }],
    waves: [
      { number: 0, label: 'Canary', begunAt: at, total: 1, counts: { healthy: 1 } },
      { number: 1, label: 'All', begunAt: null, total: 2, counts: { waiting: 2 } },
    ],
    total: 3,
    counts: { healthy: 1, waiting: 2 },
    createdAt: at,
    createdBy: 'token:admin',
    finishedAt: null,
    ...with_,
  });

export const someHostUpdate = (with_: Partial<HostUpdate> = {}): HostUpdate =>
  hostUpdate.parse({
    agentId: id('agt', 1),
    agentName: 'web1',
    wave: 0,
    state: 'healthy',
    message: '',
    version: '0.2.0',
    at,
    ...with_,
  });
