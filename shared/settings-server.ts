import * as z from 'zod';
import { MusterError } from './errors.ts';
import { hostAddress, httpUrl, networkList, oneOf, path, seconds, secretText, wholeNumber } from './setting-values.ts';
import { setting, type ValuesOf } from './settings.ts';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** The settings of the server. The order is that of the README. */
export const serverSettings = {
  config: setting({
    env: 'MUSTER_CONFIG',
    help: 'JSON file with any of these settings, by their keys.',
    value: path,
    default: undefined,
    defaultMeans: '`muster.json` in the data folder, if it is there',
    notInFile: true,
  }),
  host: setting({
    env: 'MUSTER_HOST',
    help: 'Address to listen on. The default is reached from this host alone.',
    value: hostAddress,
    default: '127.0.0.1',
  }),
  port: setting({
    env: 'MUSTER_PORT',
    help: 'Port for the dashboard, the API and the agents; 0 takes a free one.',
    value: wholeNumber(0, 65_535),
    default: 8000,
  }),
  dataDir: setting({
    env: 'MUSTER_DATA_DIR',
    help: 'Folder of everything that the server keeps.',
    value: path,
    default: './data',
  }),
  pluginsDir: setting({
    env: 'MUSTER_PLUGINS_DIR',
    help: 'Folder that plugins are read from and watched in.',
    value: path,
    default: './plugins',
  }),
  agentsDir: setting({
    env: 'MUSTER_AGENTS_DIR',
    help: 'Folder with the executables of the agent, which the server hands out to hosts.',
    value: path,
    default: undefined,
    defaultMeans: '`dist/agents` beside the program, where `npm run build:agent` puts them',
  }),
  databaseUrl: setting({
    env: 'MUSTER_DATABASE_URL',
    help: 'PostgreSQL, `postgres://…`, for several servers that share the work. Not in this version yet.',
    value: secretText(z.string().regex(/^postgres(ql)?:\/\/.+/), 'a URL that begins with postgres://'),
    default: undefined,
    defaultMeans: 'SQLite in the data folder',
  }),
  publicUrl: setting({
    env: 'MUSTER_PUBLIC_URL',
    help: 'How agents and browsers reach this server, for links and join commands.',
    value: httpUrl,
    default: undefined,
    defaultMeans: 'the address of the request',
  }),
  trustedProxies: setting({
    env: 'MUSTER_TRUSTED_PROXIES',
    help: 'Addresses or networks of proxies in front, believed in what they say of the client (`X-Forwarded-For`, `X-Forwarded-Proto`).',
    value: networkList,
    default: [],
    defaultMeans: 'none: headers are not believed',
  }),
  tlsCert: setting({
    env: 'MUSTER_TLS_CERT',
    help: 'PEM file with the certificate chain; turns TLS on.',
    value: path,
    default: undefined,
  }),
  tlsKey: setting({ env: 'MUSTER_TLS_KEY', help: 'PEM file with the key of the certificate.', value: path, default: undefined }),
  adminToken: setting({
    env: 'MUSTER_ADMIN_TOKEN',
    help: 'API token of the user `admin`.',
    value: secretText(
      z.string().regex(/^[\x21-\x7e]{32,512}$/),
      '32 to 512 printable ASCII characters without a space, such as `openssl rand -hex 32` gives',
    ),
    default: undefined,
    defaultMeans: 'one is made and written to `admin.token` in the data folder',
  }),
  masterKey: setting({
    env: 'MUSTER_MASTER_KEY',
    help: 'Key that seals the secrets. After a comma, earlier keys, which open what they sealed.',
    value: secretText(
      z.string().regex(/^\s*([0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=)(\s*,\s*([0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=))*\s*$/),
      '32 bytes as base64 or hexadecimal digits, such as `openssl rand -base64 32` gives; several with commas between them',
    ),
    default: undefined,
    defaultMeans: 'one is made and written to `master.key` in the data folder',
  }),
  logLevel: setting({ env: 'MUSTER_LOG_LEVEL', help: 'How much is logged.', value: oneOf(logLevels), default: 'info' }),
  idleAfterSeconds: setting({
    env: 'MUSTER_IDLE_AFTER_SECONDS',
    help: 'Age of the last heartbeat at which an agent is Idle, and gets no further work.',
    value: seconds(1, 86_400),
    default: 60,
  }),
  offlineAfterSeconds: setting({
    env: 'MUSTER_OFFLINE_AFTER_SECONDS',
    help: 'Age of the last heartbeat at which an agent is Offline.',
    value: seconds(1, 604_800),
    default: 300,
  }),
  heartbeatSeconds: setting({
    env: 'MUSTER_HEARTBEAT_SECONDS',
    help: 'How often agents send a heartbeat.',
    value: seconds(1, 3600),
    default: 10,
  }),
  leaseSeconds: setting({
    env: 'MUSTER_LEASE_SECONDS',
    help: 'Time for an agent to accept an offer before it goes out again.',
    value: seconds(1, 3600),
    default: 30,
  }),
  lostAfterSeconds: setting({
    env: 'MUSTER_LOST_AFTER_SECONDS',
    help: 'Time that the work of a silent agent stays unknown before it is given up as lost.',
    value: seconds(1, 2_592_000),
    default: 3600,
  }),
  maxExecutionsPerRun: setting({
    env: 'MUSTER_MAX_EXECUTIONS_PER_RUN',
    help: 'Hosts that one run may reach; a task that reaches more is refused, and a firing of it is skipped.',
    value: wholeNumber(1, 1_000_000),
    default: 100_000,
  }),
  maxQueuedPerAgent: setting({
    env: 'MUSTER_MAX_QUEUED_PER_AGENT',
    help: 'Executions that may wait for one agent; past it further ones are refused or skipped.',
    value: wholeNumber(1, 1_000_000),
    default: 10_000,
  }),
  maxQueuedForAnyone: setting({
    env: 'MUSTER_MAX_QUEUED_FOR_ANYONE',
    help: 'Executions that may wait for any agent (owner `Anyone`); past it further ones are refused or skipped.',
    value: wholeNumber(1, 10_000_000),
    default: 100_000,
  }),
  keepRunsDays: setting({
    env: 'MUSTER_KEEP_RUNS_DAYS',
    help: 'Days that runs are kept after their end, with their executions; 0 is for ever.',
    value: wholeNumber(0, 36_500),
    default: 90,
  }),
  keepRunsCount: setting({
    env: 'MUSTER_KEEP_RUNS_COUNT',
    help: 'Most runs that are kept after their end, the newest ones; 0 is no limit.',
    value: wholeNumber(0, 1_000_000_000),
    default: 1_000_000,
  }),
  keepLogsDays: setting({
    env: 'MUSTER_KEEP_LOGS_DAYS',
    help: 'Days that logs are kept after the end of their execution; 0 is as long as the run.',
    value: wholeNumber(0, 36_500),
    default: 30,
  }),
  keepPluginVersions: setting({
    env: 'MUSTER_KEEP_PLUGIN_VERSIONS',
    help: 'Versions of each plugin that are kept, the newest ones, besides those in use; 0 is all.',
    value: wholeNumber(0, 1_000_000),
    default: 20,
  }),
  keepAuditDays: setting({
    env: 'MUSTER_KEEP_AUDIT_DAYS',
    help: 'Days that entries of the audit are kept; 0 is for ever.',
    value: wholeNumber(0, 36_500),
    default: 365,
  }),
  keepMetricsRawHours: setting({
    env: 'MUSTER_KEEP_METRICS_RAW_HOURS',
    help: 'Hours that the metrics of hosts are kept in steps of ten seconds.',
    value: wholeNumber(1, 168),
    default: 2,
  }),
  keepMetricsMinuteDays: setting({
    env: 'MUSTER_KEEP_METRICS_MINUTE_DAYS',
    help: 'Days that they are kept in steps of a minute.',
    value: wholeNumber(1, 365),
    default: 2,
  }),
  keepMetricsQuarterDays: setting({
    env: 'MUSTER_KEEP_METRICS_QUARTER_DAYS',
    help: 'Days that they are kept in steps of a quarter of an hour.',
    value: wholeNumber(7, 3650),
    default: 90,
  }),
  artifactBytes: setting({
    env: 'MUSTER_ARTIFACT_BYTES',
    help: 'Largest file that an execution may leave.',
    value: wholeNumber(0, 1_099_511_627_776),
    default: 104_857_600,
  }),
  artifactsPerExecutionBytes: setting({
    env: 'MUSTER_ARTIFACTS_PER_EXECUTION_BYTES',
    help: 'Most that the files of one execution may have together.',
    value: wholeNumber(0, 1_099_511_627_776),
    default: 524_288_000,
  }),
  artifactsTotalBytes: setting({
    env: 'MUSTER_ARTIFACTS_TOTAL_BYTES',
    help: 'Most that the files of all executions may have together.',
    value: wholeNumber(0, 1_125_899_906_842_624),
    default: 10_737_418_240,
  }),
  bodyLimitBytes: setting({
    env: 'MUSTER_BODY_LIMIT_BYTES',
    help: 'Largest request body; plugin bundles have a larger limit of their own.',
    value: wholeNumber(1024, 104_857_600),
    default: 1_048_576,
  }),
} as const;

export type ServerSettings = ValuesOf<typeof serverSettings>;

/** What no setting can say alone. */
export function checkServerSettings(settings: ServerSettings): void {
  const refuse = (field: keyof ServerSettings, message: string): never => {
    throw new MusterError('field_invalid', message, { field });
  };
  if (settings.tlsCert === undefined && settings.tlsKey !== undefined)
    refuse('tlsCert', 'MUSTER_TLS_KEY is set without MUSTER_TLS_CERT: TLS needs both.');
  if (settings.tlsCert !== undefined && settings.tlsKey === undefined)
    refuse('tlsKey', 'MUSTER_TLS_CERT is set without MUSTER_TLS_KEY: TLS needs both.');
  if (settings.offlineAfterSeconds <= settings.idleAfterSeconds) {
    refuse('offlineAfterSeconds', 'MUSTER_OFFLINE_AFTER_SECONDS must be more than MUSTER_IDLE_AFTER_SECONDS.');
  }
  if (settings.heartbeatSeconds * 2 > settings.idleAfterSeconds) {
    refuse(
      'heartbeatSeconds',
      'MUSTER_HEARTBEAT_SECONDS must be at most half of MUSTER_IDLE_AFTER_SECONDS, or one late heartbeat makes an agent Idle.',
    );
  }
}
