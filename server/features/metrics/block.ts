import { stepsPerBlock } from './levels.ts';
import { none, type Packed, valuesPerSample } from './sample.ts';

/**
 * Sixty samples after each other, each value as two bytes, the lower first. A block has its full size from the beginning: what is not
 * known yet is `none`, so that a row never grows, and what a host takes on the disk is known beforehand.
 */
export const blockBytes = stepsPerBlock * valuesPerSample * 2;

export const emptyBlock = (): Uint8Array => new Uint8Array(blockBytes).fill(0xff);

export function putSample(block: Uint8Array, step: number, sample: Packed): void {
  const view = viewOf(block);
  for (const [index, value] of sample.entries()) view.setUint16((step * valuesPerSample + index) * 2, value, true);
}

export function sampleAt(block: Uint8Array, step: number): number[] {
  const view = viewOf(block);
  return Array.from({ length: valuesPerSample }, (_, index) => view.getUint16((step * valuesPerSample + index) * 2, true));
}

export const isKnown = (sample: Packed): boolean => sample.some((value) => value !== none);

/** A row that is not of this form (written by another version) counts as one that holds nothing. */
export const readBlock = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === blockBytes ? new Uint8Array(bytes) : emptyBlock();

const viewOf = (block: Uint8Array): DataView => new DataView(block.buffer, block.byteOffset, block.byteLength);
