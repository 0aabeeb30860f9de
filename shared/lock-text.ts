/** A lock as a person types it: its name, and after a colon how many may hold it. What is no number is left to the schema to refuse. */
export function lockOfText(text: string): string | { name: string; limit: number } {
  const match = /^(.+):(\d{1,6})$/.exec(text);
  return match === null ? text : { name: match[1] ?? '', limit: Number(match[2]) };
}

export const textOfLock = ({ name, limit }: { readonly name: string; readonly limit: number }): string =>
  limit === 1 ? name : `${name}:${limit}`;
