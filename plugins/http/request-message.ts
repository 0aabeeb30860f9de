import { readFile, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { Message } from './exchange.ts';

export type MessageArgs = {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, Scalar | readonly Scalar[]>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, Scalar | readonly Scalar[]>>;
  readonly text?: string;
  readonly file?: string;
  readonly username?: string;
  readonly password?: string;
  readonly bearer?: string;
};
type Scalar = string | number | boolean;

const maxFileBytes = 100 * 1024 * 1024;

export async function messageOf(args: MessageArgs): Promise<Message> {
  const { headers = {}, query = {} } = args;
  const url = urlOf(args.url);
  for (const [name, value] of pairsOf(query)) url.searchParams.append(name, value);
  const body = await bodyOf(args);
  const own = { 'user-agent': 'muster', accept: '*/*', 'accept-encoding': 'identity', ...body?.headers, ...authorization(args) };
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (given.authorization !== undefined && 'authorization' in own)
    throw new Error('Give `bearer`, `username` or a header Authorization, not several of them.');
  const length: Record<string, string> = body === undefined ? {} : { 'content-length': String(body.bytes.length) };
  const method = (args.method ?? (body === undefined ? 'GET' : 'POST')).toUpperCase();
  return { method, url, headers: { ...own, ...given, ...length }, body: body?.bytes };
}

/** What must not turn up in the log, should the other side send it back. */
export function secretsOf({ headers = {}, username, password, bearer }: MessageArgs): string[] {
  const plain = /^(accept.*|content-.*|user-agent|if-.*|cache-control|host)$/i;
  const values = Object.entries(headers).flatMap(([name, value]) =>
    plain.test(name) ? [] : [value, value.replace(/^\w+ /, '')],
  );
  const basic = username === undefined ? [] : [Buffer.from(`${username}:${password ?? ''}`).toString('base64')];
  return [...values, ...basic, password ?? '', bearer ?? ''].filter((secret) => secret.length >= 4);
}

function urlOf(text: string): URL {
  if (!URL.canParse(text)) throw new Error('`url` is not a full address such as https://example.com/path.');
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol)) throw new Error(`\`url\` begins with ${url.protocol}//; http and https can be asked.`);
  if (url.username !== '' || url.password !== '')
    throw new Error('Give user and password as `username` and `password`, not inside of `url`.');
  url.hash = '';
  return url;
}

async function bodyOf(args: MessageArgs): Promise<{ bytes: Buffer; headers: Record<string, string> } | undefined> {
  const given = (['json', 'form', 'text', 'file'] as const).filter((name) => args[name] !== undefined);
  if (given.length > 1) throw new Error(`Give one body: ${given.map((name) => `\`${name}\``).join(' or ')}.`);
  if (args.json !== undefined) return body(JSON.stringify(args.json), 'application/json');
  if (args.form !== undefined)
    return body(new URLSearchParams(pairsOf(args.form)).toString(), 'application/x-www-form-urlencoded');
  if (args.text !== undefined) return body(args.text, 'text/plain; charset=utf-8');
  if (args.file !== undefined)
    return { bytes: await bytesOf(args.file), headers: { 'content-type': 'application/octet-stream' } };
  return undefined;
}

const body = (text: string, type: string): { bytes: Buffer; headers: Record<string, string> } => ({
  bytes: Buffer.from(text),
  headers: { 'content-type': type },
});

async function bytesOf(path: string): Promise<Buffer> {
  if (!isAbsolute(path)) throw new Error('Give a full path in `file`.');
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `The body in \`file\` could not be read: ${error.code === 'ENOENT' ? `there is no ${path}` : error.message}.`,
    );
  });
  if (!stats.isFile()) throw new Error(`${path} is not a file.`);
  if (stats.size > maxFileBytes) throw new Error(`${path} is larger than ${maxFileBytes} bytes, the most that is sent.`);
  return readFile(path);
}

const pairsOf = (values: NonNullable<MessageArgs['query']>): [string, string][] =>
  Object.entries(values).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((each): [string, string] => [name, String(each)]),
  );

function authorization({ username, password = '', bearer }: MessageArgs): Record<string, string> {
  if (username !== undefined && bearer !== undefined) throw new Error('Give either `bearer` or `username`, not both.');
  if (bearer !== undefined) return { authorization: `Bearer ${bearer}` };
  if (username === undefined) return {};
  if (username.includes(':')) throw new Error('`username` holds a colon, which basic authentication cannot send.');
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}
