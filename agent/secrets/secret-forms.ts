/** Shorter text occurs by chance, and masking it would tell more than it hides. */
const leastChars = 4;
/** Of a value of several lines, a line that is shorter than this is no secret by itself. */
const leastLineChars = 8;
const mostLines = 1000;
/** Tools break base64 at these widths. */
const base64Widths = [64, 76];

/**
 * Every text in which a secret would be recognised: as it is, and as JSON, URLs, HTML, shells, base64 and hexadecimal digits write it. Work
 * that changes it in any other way (backwards, encrypted, letter by letter) gets past this; it is a net for accidents, and no wall.
 */
export function formsOf(value: string): string[] {
  const plain = [...new Set([value, value.trim()])];
  const forms = plain.flatMap((text) => [text, ...encodedForms(text)]);
  const lines = value
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= leastLineChars)
    .slice(0, mostLines);
  return [...new Set([...forms, ...lines])].filter((form) => form.length >= leastChars);
}

function encodedForms(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const ascii = json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const jsonInJson = JSON.stringify(json).slice(1, -1);
  // JavaScript and Python show a text in single quotes, or in double ones where it holds single ones
  const shown = json.replaceAll('\\"', '"');
  const shownInSingle = shown.replaceAll("'", "\\'");
  const url = encodeURIComponent(text);
  const strictUrl = url.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const html = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const quotedHtml = html.replaceAll('"', '&quot;');
  const quotedHtmls = ['&#39;', '&#x27;'].map((quote) => quotedHtml.replaceAll("'", quote));
  const shell = text.replaceAll("'", `'\\''`);
  const hex = Buffer.from(text).toString('hex');
  // Python leaves the slash as it is
  const urls = [url, strictUrl]
    .flatMap((form) => [form, form.replaceAll('%2F', '/')])
    .flatMap((form) => [form, form.replaceAll('%20', '+')]);
  return [
    json, ascii, jsonInJson, shown, shownInSingle, ...urls, ...urls.map(lowerCaseEscapes), html, ...quotedHtmls, shell, hex, hex.toUpperCase(), ...base64Forms(Buffer.from(text)),
  ]; // biome-ignore format: a list of forms
}

const lowerCaseEscapes = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (encoded) => encoded.toLowerCase());

/** Alone, and inside of something longer (`user:password`), where it may begin at any of three places of a group of four characters. */
function base64Forms(bytes: Buffer): string[] {
  const alone = bytes.toString('base64');
  const inside = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const isWhole = (before + bytes.length) % 3 === 0;
    // the characters at both ends depend on the bytes beside it
    return text.slice([0, 2, 3][before], isWhole ? undefined : -1);
  });
  const broken = base64Widths.flatMap((width) =>
    alone.length <= width
      ? []
      : ((inside[0] ?? '').match(new RegExp(`.{${leastLineChars},${width}}`, 'g'))?.slice(0, mostLines) ?? []),
  );
  return [alone, ...inside, ...broken].flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}
