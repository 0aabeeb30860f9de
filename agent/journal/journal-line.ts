import { crc32 } from 'node:zlib';

/**
 * One record per line: eight hex digits of CRC-32, a space, JSON, a line feed. The checksum tells a whole line from one that a loss of
 * power tore, or that a disk damaged.
 */
export function encodeLine(record: object): string {
  const json = JSON.stringify(record);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

/** @param line without its line feed */
export function decodeLine(line: string): unknown {
  const json = line.slice(9);
  if (line.charAt(8) !== ' ' || crc32(json) !== Number.parseInt(line.slice(0, 8), 16)) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** What can still be told of a damaged line: which attempt it was about. */
export function attemptIn(damagedLine: string): { readonly execution: string; readonly attempt: number } | undefined {
  const match = /"execution":"([^"\\]{1,64})","attempt":(\d{1,7})[,}]/.exec(damagedLine);
  return match?.[1] === undefined ? undefined : { execution: match[1], attempt: Number(match[2]) };
}
