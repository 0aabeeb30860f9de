import type { PluginContext } from '../../shared/plugin-api.ts';
import { type ProgramEnd, runProgram } from './run-program.ts';
import type { Service, ServiceManager, Verb } from './service.ts';

/** The name goes in by a variable, and is never pasted into a script. */
const variable = 'MUSTER_SERVICE';
const named = `$env:${variable}`;
const columns = 'Name, DisplayName, State, StartMode, ProcessId, ExitCode';

const orders: Readonly<Partial<Record<Verb, string>>> = {
  start: `Start-Service -Name ${named}`,
  stop: `Stop-Service -Name ${named} -NoWait`,
  restart: `Restart-Service -Name ${named}`,
  enable: `Set-Service -Name ${named} -StartupType Automatic`,
  disable: `Set-Service -Name ${named} -StartupType Disabled`,
};

/** Services of Windows by the PowerShell that every Windows has. */
export function createWindowsServices({ signal }: Pick<PluginContext, 'signal'>): ServiceManager {
  const powershell = (script: string, name = '', timeoutSeconds = 0): Promise<ProgramEnd> => {
    const whole = `$ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue'; [Console]::OutputEncoding = [Text.Encoding]::UTF8; try { ${script} } catch { [Console]::Error.WriteLine($_.Exception.Message); exit 1 }`;
    const args = ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-Command', whole];
    return runProgram('powershell.exe', args, { signal, env: { [variable]: name }, timeoutSeconds });
  };

  async function ask(script: string, name?: string): Promise<Service[]> {
    const end = await powershell(script, name);
    if (end.exitCode !== 0) throw new Error(faultOf(end));
    return parseServices(end.stdout);
  }

  return {
    look: async (name) =>
      (
        await ask(
          `Get-CimInstance Win32_Service | Where-Object { $_.Name -eq ${named} } | Select-Object ${columns} | ConvertTo-Json -Compress`,
          name,
        )
      )[0],
    async order(verb, name, waitSeconds) {
      const script = orders[verb];
      if (script === undefined) throw new Error('Services of Windows cannot be told to reload: restart it.');
      const end = await powershell(script, name, waitSeconds);
      if (end.exitCode === null) return 'late';
      return end.exitCode === 0 ? 'done' : { refused: faultOf(end) };
    },
    list: () => ask(`ConvertTo-Json -Compress @(Get-CimInstance Win32_Service | Select-Object ${columns})`),
    lastWords: async () => '',
  };
}

const faultOf = ({ exitCode, stderr }: ProgramEnd): string =>
  stderr.trim().split('\n')[0]?.trim() || `powershell.exe ended with exit code ${exitCode}`;

type Row = {
  readonly Name: string;
  readonly DisplayName: string | null;
  readonly State: string;
  readonly StartMode: string;
  readonly ProcessId: number | null;
  readonly ExitCode: number | null;
};

/** What `ConvertTo-Json` makes of instances of Win32_Service: nothing, one object, or an array. */
export function parseServices(text: string): Service[] {
  if (text.trim() === '') return [];
  return ([JSON.parse(text)] as (Row | Row[])[]).flat().map((row) => ({
    name: row.Name,
    description: row.DisplayName ?? '',
    state: stateOf(row),
    detail: row.State,
    enabled: row.StartMode === 'Auto' ? true : row.StartMode === 'Disabled' ? false : undefined,
    startMode: row.StartMode,
    pid: row.ProcessId || null,
    life: String(row.ProcessId ?? 0),
  }));
}

/** Never started since the host did. */
const errorNeverStarted = 1077;

function stateOf({ State, ExitCode }: Row): Service['state'] {
  if (State === 'Running') return 'running';
  if (State !== 'Stopped') return 'changing';
  return ExitCode === 0 || ExitCode === null || ExitCode === errorNeverStarted ? 'stopped' : 'failed';
}
