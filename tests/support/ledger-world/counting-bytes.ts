/** Ids that come out the same in every run of a history, so that it can be told again. */
export function countingBytes(): (size: number) => Uint8Array {
  let count = 0;
  return (size) => {
    count += 1;
    return new Uint8Array(size).map((_, index) => (index < size - 4 ? 0 : (count >> (8 * (size - 1 - index))) & 0xff));
  };
}
