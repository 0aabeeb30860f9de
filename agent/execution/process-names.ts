/** Processes as a person reads them in a sentence. */

export const countOf = (names: readonly string[]): string => (names.length === 1 ? '1 process' : `${names.length} processes`);

/** A fork bomb leaves thousands: ten names tell enough. */
export const listOf = (names: readonly string[]): string =>
  names.length <= 10 ? names.join(', ') : `${names.slice(0, 10).join(', ')} and ${names.length - 10} more`;
