import type { Job } from './job.ts';
import { startedByVariable } from './process-tree.ts';

/**
 * What a job inherits of the agent's own environment. A list of what may pass and not of what may not: the agent's settings and
 * secrets (`MUSTER_*`, and whatever else its service unit sets) never reach a plugin by being forgotten here.
 */
const inherited = new Set([
  'PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'TMP', 'TEMP', 'TERM',
  'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS',
  'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'JAVA_HOME', 'LD_LIBRARY_PATH',
  // Windows
  'SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'PATHEXT', 'OS', 'COMPUTERNAME', 'USERNAME', 'USERDOMAIN', 'USERPROFILE',
  'HOMEDRIVE', 'HOMEPATH', 'APPDATA', 'LOCALAPPDATA', 'PROGRAMDATA', 'ALLUSERSPROFILE', 'PUBLIC', 'PROGRAMFILES', 'PROGRAMFILES(X86)',
  'PROGRAMW6432', 'COMMONPROGRAMFILES', 'COMMONPROGRAMFILES(X86)', 'COMMONPROGRAMW6432', 'PSMODULEPATH', 'NUMBER_OF_PROCESSORS',
  'PROCESSOR_ARCHITECTURE',
]); // biome-ignore format: a list of names

const defaults: Readonly<Record<string, string>> =
  process.platform === 'win32' ? {} : { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };

export type Environment = Readonly<Record<string, string>>;

/**
 * @param own the environment of the agent
 * @param startedBy which agent starts the process (see `startedByVariable`)
 */
export function baseEnvironment(own: Readonly<Record<string, string | undefined>>, startedBy: string): Environment {
  const passing = Object.entries(own).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && mayPass(entry[0].toUpperCase()),
  );
  return { ...defaults, ...Object.fromEntries(passing), [startedByVariable]: startedBy };
}

/** The base, then what the task sets, then what Muster says of the job, which a task cannot change. */
export const jobEnvironment = (base: Environment, job: Job): Environment => mergeEnvironments(base, jobVariables(job));

/** What a job's environment has beyond the base. */
export const jobVariables = (job: Job): Environment =>
  mergeEnvironments(ownOf(job.env), {
    MUSTER_ACTION: job.action,
    MUSTER_EXECUTION: job.execution,
    MUSTER_ATTEMPT: String(job.attempt),
    MUSTER_AGENT: job.agentName,
    MUSTER_WORKSPACE: job.workspace,
    MUSTER_ARTIFACTS: job.artifacts,
  });

/** A task cannot hide its processes from the agent by giving the mark another value. */
const ownOf = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name.toUpperCase() !== startedByVariable));

/** The last one wins. Names differ by case on Windows, where `Path` and `PATH` are one. */
export function mergeEnvironments(...environments: readonly Environment[]): Environment {
  if (process.platform !== 'win32') return Object.assign({}, ...environments);
  const entries = environments.flatMap((environment) => Object.entries(environment));
  const byUpperName = new Map(entries.map(([name, value]) => [name.toUpperCase(), [name, value] as const]));
  return Object.fromEntries(byUpperName.values());
}

const mayPass = (name: string): boolean => inherited.has(name) || name.startsWith('LC_');
