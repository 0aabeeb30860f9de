/**
 * The words after `--` as one command line for the shell of a host.
 *
 * One word is a command line already, as with ssh: `muster run -- 'ps aux | grep node'`. Several words are a program and its arguments, and
 * each arrives as it was given: `muster run -- echo "a b"`. Quotes are double where that is enough, because those are understood by every
 * shell; else single, as POSIX shells know them.
 */
export function commandLineOf(words: readonly string[]): string {
  return words.length === 1 ? (words[0] ?? '') : words.map(quoted).join(' ');
}

const plain = /^[A-Za-z0-9_@%+=:,./-]+$/;
/** nothing that any shell looks for inside double quotes */
const plainInDoubleQuotes = /^[^"$`\\!%\n]*$/;

function quoted(word: string): string {
  if (plain.test(word)) return word;
  if (plainInDoubleQuotes.test(word)) return `"${word}"`;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
