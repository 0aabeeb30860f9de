import { existsSync } from 'node:fs';
import type { PluginContext } from '../../shared/plugin-api.ts';
import { type ProgramEnd, runProgram } from './run-program.ts';
import type { ListedService, Service, ServiceManager } from './service.ts';

/** What is there only where systemd runs the host (sd_booted(3)). */
const booted = '/run/systemd/system';

const properties = [
  'Id',
  'Description',
  'Type',
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

  const systemctl = (args: readonly string[], timeoutSeconds = 0): Promise<ProgramEnd> =>
    runProgram('systemctl', ['--no-pager', '--no-ask-password', ...args], { signal, timeoutSeconds });

  async function listing(what: 'list-units' | 'list-unit-files'): Promise<string> {
    const { exitCode, stdout, stderr } = await systemctl([what, '--type=service', '--all', '--plain', '--no-legend', '--full']);
    if (exitCode !== 0) throw new Error(`systemctl could not list the services: ${firstLine(stderr)}`);
    return stdout;
  }

  return {
    async look(name) {
      const { exitCode, stdout, stderr } = await systemctl(['show', `--property=${properties.join(',')}`, '--', unitOf(name)]);
      if (exitCode !== 0) throw new Error(`systemctl could not tell about ${name}: ${firstLine(stderr)}`);
      return serviceOf(parseShow(stdout));
    },

    // It is waited for: what became of an order that was only queued (a reload, a oneshot service) cannot be told afterwards. When the
    // time is up only systemctl is ended; systemd goes on.
    async order(verb, name, waitSeconds) {
      const order = async (...flags: string[]) => systemctl([verb, ...flags, '--', unitOf(name)], waitSeconds);
      const { exitCode, stderr } = await order();
      if (exitCode === null) return 'late';
      // a link that lasts until the next boot only is not removed with the others
      if (exitCode === 0 && verb === 'disable') await order('--runtime');
      if (exitCode === 0) return 'done';
      const why = firstLine(stderr) || `systemctl ended with exit code ${exitCode}`;
      const asRoot = /access denied|authentication required|not permitted/i.test(why);
      return { refused: asRoot ? `${why}. The agent must run as root for this` : why };
    },

    list: async () => listed(parseList(await listing('list-units')), parseFiles(await listing('list-unit-files'))),

    async lastWords(name, since) {
      // what the service said a moment ago may still be on its way
      await runProgram('journalctl', ['--sync'], { signal, timeoutSeconds: 5 }).catch(() => {});
      const from = `@${(since.getTime() / 1000).toFixed(3)}`;
      try {
        const args = ['-u', unitOf(name), '-n', '20', '--since', from, '--no-pager', '-o', 'short-iso', '-q'];
        const { stdout } = await spawn('journalctl', args, { collect: true, env: { LC_ALL: 'C' } });
        const lines = stdout.trim().split('\n');
        // what the service itself said tells more than what systemd says of it: `2026-01-05T12:00:00+0000 web1 nginx[812]: …`
        const said = lines.findLast((line) => !/^\S+ \S+ systemd\[\d+\]: /.test(line)) ?? lines.at(-1);
        return said?.replace(/^\S+ \S+ /, '') ?? '';
      } catch (error) {
        if (signal.aborted) throw error;
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
  const { Id = '', LoadState, ActiveState = '', SubState = '', UnitFileState = '', MainPID = '', Job = '' } = shown;
  if (LoadState === 'not-found') return undefined;
  const isQueued = Job !== '' && Job !== '0';
  return {
    name: nameOf(Id),
    description: shown.Description ?? '',
    state: isQueued ? 'changing' : stateOf(ActiveState),
    detail: LoadState === 'masked' ? 'masked' : `${ActiveState} (${SubState})`,
    enabled: enabledBy[UnitFileState],
    startMode: UnitFileState,
    pid: Number(MainPID) || null,
    life: shown.InvocationID ?? '',
    ...(shown.Type === 'oneshot' ? { isOnce: true } : {}),
  };
}

/** Not `enabled-runtime`, which the next boot has forgotten, nor what is started by something else (`static`, `indirect`, `generated` …). */
const enabledBy: Readonly<Record<string, boolean>> = { enabled: true, disabled: false, masked: false, 'masked-runtime': false };

function stateOf(active: string): Service['state'] {
  if (active === 'active') return 'running';
  if (active === 'failed') return 'failed';
  return active === 'inactive' ? 'stopped' : 'changing';
}

/** Lines such as `cron.service loaded active running Regular background program processing daemon`. */
export function parseList(text: string): Omit<ListedService, 'startMode'>[] {
  return rows(text).flatMap(([unit = '', load, active = '', sub = '', ...description]) =>
    load === 'not-found'
      ? []
      : [{ name: nameOf(unit), description: description.join(' '), state: stateOf(active), detail: `${active} (${sub})` }],
  );
}

/** Lines such as `cron.service enabled enabled`: by name, whether it starts with the host. Neither second names nor templates. */
export function parseFiles(text: string): Map<string, string> {
  return new Map(
    rows(text).flatMap(([unit = '', mode = '']) => (mode === 'alias' || unit.includes('@.') ? [] : [[nameOf(unit), mode]])),
  );
}

/** systemd loads only the units that something needs; the others are installed, and stopped. */
function listed(loaded: ReturnType<typeof parseList>, modes: ReadonlyMap<string, string>): ListedService[] {
  const names = new Set(loaded.map(({ name }) => name));
  const others = [...modes.keys()].flatMap((name) =>
    names.has(name) ? [] : [{ name, description: '', state: 'stopped' as const, detail: 'inactive (dead)' }],
  );
  const all = [...loaded, ...others].map((service) => ({ ...service, startMode: modes.get(service.name) ?? '' }));
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const rows = (text: string): string[][] =>
  text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim().split(/\s+/)]));

const nameOf = (unit: string): string => unit.replace(/\.service$/, '');

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';
