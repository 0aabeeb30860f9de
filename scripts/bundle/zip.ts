import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';
import type { TreeEntry } from '../program-tree/tree-entry.ts';
import { type ArchiveShape, contentOf } from './tar.ts';

const deflate = promisify(deflateRaw);

/** A zip archive, in pieces: what Windows unpacks by itself. It has no links. */
export async function* zipOf(
  entries: readonly TreeEntry[],
  { folder, time, level }: ArchiveShape & { readonly level: number },
): AsyncGenerator<Buffer> {
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    if (entry.kind === 'link') throw new Error(`${entry.path} is a link, which a zip archive cannot hold.`);
    const content = await contentOf(entry.content);
    const packed = await deflate(content, { level, strategy: constants.Z_DEFAULT_STRATEGY });
    const isSmaller = packed.length < content.length;
    const data = isSmaller ? packed : content;
    const facts: Facts = {
      name: Buffer.from(`${folder}/${entry.path}`),
      method: isSmaller ? deflated : stored,
      crc: crc32(content),
      packedSize: data.length,
      size: content.length,
      time,
      mode: entry.isExecutable ? 0o100755 : 0o100644,
    };
    const local = localHeader(facts);
    directory.push(directoryHeader(facts, at));
    at += local.length + data.length;
    if (at > largest) throw new Error('The archive is larger than 4 GB, which a plain zip archive cannot be.');
    yield local;
    yield data;
  }
  const list = Buffer.concat(directory);
  yield list;
  yield endOf(directory.length, list.length, at);
}

const stored = 0;
const deflated = 8;
const largest = 0xffff_ffff;
const utf8Names = 0x0800;
const madeOnUnix = 3 << 8;
const version = 20;

type Facts = {
  readonly name: Buffer;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly time: number;
  readonly mode: number;
};

function localHeader(facts: Facts): Buffer {
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  writeShared(head, facts, 4);
  return Buffer.concat([head, facts.name]);
}

function directoryHeader(facts: Facts, at: number): Buffer {
  const head = Buffer.alloc(46);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(madeOnUnix | version, 4);
  writeShared(head, facts, 6);
  head.writeUInt32LE((facts.mode << 16) >>> 0, 38);
  head.writeUInt32LE(at, 42);
  return Buffer.concat([head, facts.name]);
}

/** The fields that both headers have, in the same order. */
function writeShared(head: Buffer, { name, method, crc, packedSize, size, time }: Facts, at: number): void {
  const { date, clock } = dosTime(time);
  head.writeUInt16LE(version, at);
  head.writeUInt16LE(utf8Names, at + 2);
  head.writeUInt16LE(method, at + 4);
  head.writeUInt16LE(clock, at + 6);
  head.writeUInt16LE(date, at + 8);
  head.writeUInt32LE(crc, at + 10);
  head.writeUInt32LE(packedSize, at + 14);
  head.writeUInt32LE(size, at + 18);
  head.writeUInt16LE(name.length, at + 22);
}

function endOf(count: number, bytes: number, at: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(at, 16);
  return end;
}

/** As MS-DOS kept it: from 1980 on, by two seconds. */
function dosTime(seconds: number): { readonly date: number; readonly clock: number } {
  const at = new Date(Math.max(seconds * 1000, Date.UTC(1980, 0, 1)));
  return {
    date: ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
    clock: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
  };
}
