import type { ServerHere } from './server-here.ts';
import { SetupStop, setupCodes } from './setup-stop.ts';
import { installSystemdService } from './systemd/systemd-service.ts';
import { installWindowsTask } from './windows/windows-task.ts';

/** Installs the server so that it starts with this host, and waits until it answers. @returns the exit code */
export async function installServerService(setup: ServerHere): Promise<number> {
  if (process.platform === 'linux') return await installSystemdService(setup);
  if (process.platform === 'win32') return await installWindowsTask(setup);
  throw new SetupStop(
    setupCodes.notSupported,
    '--service is for Linux with systemd and for Windows. Run it without, or in a container (docs/production.md).',
  );
}
