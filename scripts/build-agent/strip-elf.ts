/**
 * An executable of Linux (ELF, 64 bits, little endian) without what only a debugger reads: names of functions, lines of the source. Of a
 * Node that is 18 MB. Done here, because the tools for it differ from host to host, and none of them strips for every architecture.
 *
 * What a program needs to run is loaded by segments, and lies in front; the sections behind the last loaded byte are cut off, and the table of
 * sections is written anew, because whoever puts the agent into the file reads it.
 */
export function stripElf(file: Buffer): Buffer {
  if (file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) throw new Error('This is no 64-bit ELF file.');
  const sections = sectionsOf(file);
  const kept = sections.filter((section) => section.type === nullSection || (section.flags & allocated) !== 0n);
  const end = Math.max(
    loadedEnd(file),
    ...kept.filter(({ type }) => type !== noBits && type !== nullSection).map((each) => each.offset + each.size),
  );

  const { table: names, places } = nameTable([...kept.map(({ name }) => name), '.shstrtab']);
  const tableAt = align(end + names.length, 8);
  const renumbered = new Map(kept.map((section, index) => [section.index, index]));
  const headers: Buffer[] = kept.map((section, index) => {
    const header = Buffer.from(section.header);
    header.writeUInt32LE(places[index] ?? 0, 0);
    const link = renumbered.get(header.readUInt32LE(40));
    if (link === undefined) throw new Error(`The section ${section.name} needs one that is not loaded.`);
    header.writeUInt32LE(link, 40);
    // for relocations it is the section that they change
    if (section.type === relocations) header.writeUInt32LE(renumbered.get(header.readUInt32LE(44)) ?? 0, 44);
    return header;
  });
  headers.push(namesHeader(places.at(-1) ?? 0, end, names.length));

  const head = Buffer.from(file.subarray(0, end));
  head.writeBigUInt64LE(BigInt(tableAt), 40);
  head.writeUInt16LE(headers.length, 60);
  head.writeUInt16LE(headers.length - 1, 62);
  return Buffer.concat([head, names, Buffer.alloc(tableAt - end - names.length), ...headers]);
}

type Section = {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: bigint;
  readonly offset: number;
  readonly size: number;
  readonly header: Buffer;
};

const nullSection = 0;
const stringTable = 3;
const relocations = 4;
const noBits = 8;
const allocated = 2n;
const load = 1;
const headerSize = 64;

function sectionsOf(file: Buffer): Section[] {
  const start = Number(file.readBigUInt64LE(40));
  const headers = Array.from({ length: file.readUInt16LE(60) }, (_, index) =>
    file.subarray(start + index * headerSize, start + (index + 1) * headerSize),
  );
  const names = headers[file.readUInt16LE(62)];
  const namesAt = names === undefined ? 0 : Number(names.readBigUInt64LE(24));
  return headers.map((header, index) => {
    const nameAt = namesAt + header.readUInt32LE(0);
    return {
      index,
      name: file.toString('latin1', nameAt, file.indexOf(0, nameAt)),
      type: header.readUInt32LE(4),
      flags: header.readBigUInt64LE(8),
      offset: Number(header.readBigUInt64LE(24)),
      size: Number(header.readBigUInt64LE(32)),
      header,
    };
  });
}

/** Behind the last byte that is loaded. */
function loadedEnd(file: Buffer): number {
  const start = Number(file.readBigUInt64LE(32));
  const size = file.readUInt16LE(54);
  const ends = Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const at = start + index * size;
    if (file.readUInt32LE(at) !== load) return 0;
    return Number(file.readBigUInt64LE(at + 8)) + Number(file.readBigUInt64LE(at + 32));
  });
  return Math.max(...ends);
}

function nameTable(names: readonly string[]): { table: Buffer; places: number[] } {
  let text = '\0';
  const places = names.map((name) => {
    if (name === '') return 0;
    const place = text.length;
    text += `${name}\0`;
    return place;
  });
  return { table: Buffer.from(text, 'latin1'), places };
}

function namesHeader(name: number, offset: number, size: number): Buffer {
  const header = Buffer.alloc(headerSize);
  header.writeUInt32LE(name, 0);
  header.writeUInt32LE(stringTable, 4);
  header.writeBigUInt64LE(BigInt(offset), 24);
  header.writeBigUInt64LE(BigInt(size), 32);
  header.writeBigUInt64LE(1n, 48);
  return header;
}

const align = (value: number, to: number): number => Math.ceil(value / to) * to;
