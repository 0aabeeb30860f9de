import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Certificate } from './certificate.ts';
import { eventually } from './eventually.ts';

/** A real proxy that ends TLS, with the configuration that comes with Muster, but for its names, ports and certificate. */
export type TlsProxy = { readonly url: string; close(): Promise<void> };
export type ProxyOptions = {
  readonly folder: string;
  readonly port: number;
  readonly backendPort: number;
  readonly certificate: Certificate;
};
export type ProxyKind = keyof typeof programs;

const programs = { nginx: ['/usr/sbin/nginx', '/usr/bin/nginx'], caddy: ['/usr/bin/caddy'] } as const;
const shipped = (path: string): string => readFileSync(join(import.meta.dirname, '../../deploy', path), 'utf8');

export const proxyProgram = (kind: ProxyKind): string | undefined => programs[kind].find((path) => existsSync(path));

export async function startProxy(kind: ProxyKind, options: ProxyOptions): Promise<TlsProxy> {
  const folder = join(options.folder, kind);
  mkdirSync(folder);
  const child = kind === 'nginx' ? startNginx(folder, options) : startCaddy(folder, options);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (output += text.toString()));
  const gone = once(child, 'exit');
  await eventually(`${kind} listens`, async () => {
    if (child.exitCode !== null) throw new Error(`${kind} ended:\n${output}`);
    return await isListening(options.port);
  });
  return {
    url: `https://127.0.0.1:${options.port}`,
    async close() {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

function startNginx(folder: string, { port, backendPort, certificate }: ProxyOptions): ChildProcess {
  const server = replaceAll(shipped('nginx/muster.conf'), {
    'listen 443 ssl;': `listen 127.0.0.1:${port} ssl;`,
    'listen [::]:443 ssl;': '',
    'server 127.0.0.1:8000;': `server 127.0.0.1:${backendPort};`,
    '/etc/ssl/muster.example.org.pem': certificate.cert,
    '/etc/ssl/private/muster.example.org.key': certificate.key,
    'server_name muster.example.org;': 'server_name localhost;',
  });
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`);
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const config = `daemon off; ${user} pid ${folder}/pid; error_log stderr warn; events {} http { access_log off; ${paths.join(' ')}\n${server}\n}`;
  writeFileSync(join(folder, 'nginx.conf'), config);
  return spawn(proxyProgram('nginx') as string, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr']);
}

function startCaddy(folder: string, { port, backendPort, certificate }: ProxyOptions): ChildProcess {
  const site = replaceAll(shipped('caddy/Caddyfile'), {
    'muster.example.org {': `https://127.0.0.1:${port} {\n\ttls ${certificate.cert} ${certificate.key}`,
    '127.0.0.1:8000': `127.0.0.1:${backendPort}`,
  });
  writeFileSync(join(folder, 'Caddyfile'), `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`);
  const env = { PATH: process.env.PATH ?? '', HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  return spawn(proxyProgram('caddy') as string, ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], {
    env,
  });
}

/** @throws if the shipped file does not hold what is to be replaced: then the test would not try what it says */
function replaceAll(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((sum, [from, to]) => {
    if (!sum.includes(from)) throw new Error(`The shipped configuration does not hold "${from}".`);
    return sum.replaceAll(from, to);
  }, text);
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
    socket.unref();
  }).then((answer) => answer as boolean);
