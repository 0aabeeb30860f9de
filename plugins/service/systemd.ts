import { existsSync } from 'node:fs';
import type { PluginContext } from '../../shared/plugin-api.ts';
import { type ProgramEnd, runProgram } from './run-program.ts';
import type { Service, ServiceManager } from './service.ts';

/** What is there only where systemd runs the host (sd_booted(3)). */
const booted = '/run/systemd/system';

const properties = [
  'Id',
  'Description',
  'LoadState',
  'ActiveState',
  'SubState',
  'UnitFileState',
  'MainPID',
  'InvocationID',
  'Job',
] as const;
type Properties = Readonly<Partial<Record<(typeof properties)[number], string>>>;

export function createSystemd({ signal, spawn }: Pick<PluginContext, 'signal' | 'spawn'>): ServiceManager {
  if (!existsSync(booted))
    throw new Error('This host is not run by systemd, the only service manager of Linux that is known here.');

  const systemctl = (...args: string[]): Promise<ProgramEnd> => runProgram('systemctl', [...args, '--no-pager'], { signal });

  return {
    async look(name) {
      const { exitCode, stdout, stderr } = await systemctl('show', `--property=${properties.join(',')}`, '--', unitOf(name));
      if (exitCode !== 0) throw new Error(`systemctl could not tell about ${name}: ${firstLine(stderr)}`);
      return serviceOf(parseShow(stdout));
    },

    async order(verb, name) {
      // what is queued is looked at, not waited for: a start may take longer than anybody wants to wait
      const noBlock = verb === 'enable' || verb === 'disable' ? [] : ['--no-block'];
      const { exitCode, stderr } = await systemctl(verb, '--no-ask-password', ...noBlock, '--', unitOf(name));
      if (exitCode === 0) return;
      const why = firstLine(stderr) || `exit code ${exitCode}`;
      const asRoot = /access denied|authentication required|not permitted/i.test(why)
        ? ' The agent must run as root for this.'
        : '';
      throw new Error(`systemctl ${verb} ${name}: ${why}${asRoot}`);
    },

    async list() {
      const { exitCode, stdout, stderr } = await systemctl(
        'list-units',
        '--type=service',
        '--all',
        '--plain',
        '--no-legend',
        '--full',
      );
      if (exitCode !== 0) throw new Error(`systemctl could not list the services: ${firstLine(stderr)}`);
      return parseList(stdout);
    },

    async lastWords(name, since) {
      const from = `@${Math.floor(since.getTime() / 1000)}`;
      try {
        const args = ['-u', unitOf(name), '-n', '20', '--since', from, '--no-pager', '-o', 'short-iso', '-q'];
        const { stdout } = await spawn('journalctl', args, { collect: true, env: { LC_ALL: 'C' } });
        return stdout.trim().split('\n').at(-1) ?? '';
      } catch {
        return ''; // a host without a journal
      }
    },
  };
}

/** `nginx` is the service nginx; `backup.timer` is what it says. */
const kinds = /\.(service|socket|timer|mount|automount|path|target|swap|slice|scope|device)$/;
const unitOf = (name: string): string => (kinds.test(name) ? name : `${name}.service`);

/** Lines such as `ActiveState=active`. */
export function parseShow(text: string): Properties {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    }),
  );
}

export function serviceOf(shown: Properties): Service | undefined {
  const { Id = '', LoadState, ActiveState = '', SubState = '', UnitFileState = '', MainPID = '0', Job = '' } = shown;
  if (LoadState === 'not-found') return undefined;
  const isQueued = Job !== '' && Job !== '0';
  return {
    name: Id.replace(/\.service$/, ''),
    description: shown.Description ?? '',
    state: isQueued ? 'changing' : stateOf(ActiveState),
    detail: LoadState === 'masked' ? 'masked' : `${ActiveState} (${SubState})`,
    enabled: /^enabled/.test(UnitFileState) ? true : /^(disabled|masked)/.test(UnitFileState) ? false : undefined,
    startMode: UnitFileState,
    pid: MainPID === '0' ? null : Number(MainPID),
    life: shown.InvocationID ?? '',
  };
}

function stateOf(active: string): Service['state'] {
  if (active === 'active') return 'running';
  if (active === 'failed') return 'failed';
  return active === 'inactive' ? 'stopped' : 'changing';
}

/** Lines such as `cron.service loaded active running Regular background program processing daemon`. */
export function parseList(text: string): Awaited<ReturnType<ServiceManager['list']>> {
  return text.split('\n').flatMap((line) => {
    const [unit, load, active, sub, ...description] = line.trim().split(/\s+/);
    if (unit === undefined || active === undefined || sub === undefined || load === 'not-found') return [];
    const name = unit.replace(/\.service$/, '');
    return [{ name, description: description.join(' '), state: stateOf(active), detail: `${active} (${sub})` }];
  });
}

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';
