/**
 * Text of others as it may stand on a page: colours of a terminal are left out, control characters and the marks that turn the direction of
 * text are shown as what they are. HTML is not its business: `<%= %>` escapes that. Not for what a form sends back, which must stay as it is.
 */
export const visible = (text: string): string =>
  suspicious.test(text) ? text.replace(colours, '').replace(lineEnd, '\n').replace(odd, nameOf) : text;

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: they are what is looked for
const suspicious = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;
const odd = new RegExp(suspicious, 'g');
const colours = /\x1b\[[\d;:]*m/g;
const lineEnd = /\r\n/g;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: as above

/** Unicode has pictures of the first of them: ␀, ␛. */
function nameOf(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}
