import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Which process listens on a TCP port of this host, as far as this user may see it; Linux only. */
export function portHolder(port: number): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const sockets = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => listeningSockets(read(file), port)));
  if (sockets.size === 0) return undefined;
  for (const pid of names('/proc').filter((name) => /^\d+$/.test(name))) {
    if (names(`/proc/${pid}/fd`).some((fd) => sockets.has(linkOf(`/proc/${pid}/fd/${fd}`)))) {
      return `${read(`/proc/${pid}/comm`).trim()} (process ${pid})`;
    }
  }
  return undefined;
}

const listening = '0A';

/** Lines such as `0: 0100007F:1F40 00000000:0000 0A … inode`, with the port in hexadecimal. */
function listeningSockets(text: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return text.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    return local.endsWith(suffix) && state === listening ? [`socket:[${inode}]`] : [];
  });
}

// processes end while one looks at them, and those of other users do not show their files

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function names(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
