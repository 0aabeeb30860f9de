// Text with the escape sequences of a terminal as parts to show: colours of 16, 256 and all, bold, underlined, inverse and the like. Whatever
// else a sequence asks for is left out; control characters and those that turn the direction of text are made visible as `odd` parts.
// Pure: takes text and a style, gives parts and the style after them.

import { readableColours } from './log-colours.js';

export const plainStyle = Object.freeze({
  fg: null,
  bg: null,
  bold: false,
  faint: false,
  italic: false,
  underline: false,
  inverse: false,
  strike: false,
});

/** @returns {{ parts: { text: string, style: typeof plainStyle, odd?: string }[], style: typeof plainStyle }} */
export function readAnsi(text, style = plainStyle) {
  const parts = [];
  let now = style;
  let from = 0;
  for (const match of text.matchAll(special)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index), style: now });
    from = match.index + match[0].length;
    if (match.groups.sgr !== undefined) now = afterCodes(now, match.groups.sgr);
    else if (match.groups.odd !== undefined) parts.push({ text: visible(match[0]), style: now, odd: nameOf(match[0]) });
  }
  if (from < text.length) parts.push({ text: text.slice(from), style: now });
  return { parts, style: now };
}

/** Classes and, where it has colours, what `light-dark()` gets for them. */
export function lookOf(style) {
  const classes = ['bold', 'faint', 'italic', 'underline', 'strike'].filter((name) => style[name]).map((name) => `ansi-${name}`);
  const [fg, bg] = style.inverse ? [style.bg, style.fg] : [style.fg, style.bg];
  if (style.inverse && fg === null && bg === null) classes.push('ansi-inverse');
  return { classes, colours: fg === null && bg === null ? null : readableColours(fg, bg, style.inverse) };
}

const sgr = String.raw`\x1b\[(?<sgr>[0-9;:]*)m`;
const otherControl = String.raw`\x1b\[[0-?]*[ -/]*[@-~]`;
const titleAndSuch = String.raw`\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)`;
const oddOne = String.raw`(?<odd>[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff])`;
const special = new RegExp([sgr, otherControl, titleAndSuch, oddOne].join('|'), 'g');

function visible(character) {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

const nameOf = (character) => `control character U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;

const switches = {
  1: { bold: true }, 2: { faint: true }, 3: { italic: true }, 4: { underline: true }, 7: { inverse: true }, 9: { strike: true },
  21: { underline: true }, 22: { bold: false, faint: false }, 23: { italic: false }, 24: { underline: false }, 27: { inverse: false },
  29: { strike: false }, 39: { fg: null }, 49: { bg: null },
}; // biome-ignore format: a table

function afterCodes(style, text) {
  const codes = text === '' ? [0] : text.split(/[;:]/).map(Number);
  let next = style;
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at];
    if (code === 0) next = plainStyle;
    else if (Object.hasOwn(switches, code)) next = { ...next, ...switches[code] };
    else if (code >= 30 && code <= 37) next = { ...next, fg: rgbOf(code - 30) };
    else if (code >= 40 && code <= 47) next = { ...next, bg: rgbOf(code - 40) };
    else if (code >= 90 && code <= 97) next = { ...next, fg: rgbOf(code - 82) };
    else if (code >= 100 && code <= 107) next = { ...next, bg: rgbOf(code - 92) };
    else if (code === 38 || code === 48) {
      const { rgb, used } = extended(codes.slice(at + 1));
      if (rgb !== undefined) next = { ...next, [code === 38 ? 'fg' : 'bg']: rgb };
      at += used;
    }
  }
  return next;
}

function extended([kind, ...values]) {
  const isByte = (value) => Number.isInteger(value) && value >= 0 && value < 256;
  if (kind === 5) return { rgb: isByte(values[0]) ? rgbOf(values[0]) : undefined, used: 2 };
  if (kind === 2) return { rgb: values.slice(0, 3).filter(isByte).length === 3 ? values.slice(0, 3) : undefined, used: 4 };
  return { rgb: undefined, used: 1 };
}

const sixteen = [
  [0, 0, 0], [194, 54, 33], [37, 148, 36], [160, 120, 0], [50, 90, 210], [180, 60, 180], [20, 140, 160], [190, 190, 190],
  [110, 110, 110], [240, 80, 70], [70, 190, 80], [220, 180, 50], [90, 140, 255], [220, 110, 220], [60, 190, 210], [255, 255, 255],
]; // biome-ignore format: a table
const steps = [0, 95, 135, 175, 215, 255];

function rgbOf(index) {
  if (index < 16) return sixteen[index];
  if (index >= 232) return Array(3).fill(8 + (index - 232) * 10);
  const cube = index - 16;
  return [steps[Math.floor(cube / 36)], steps[Math.floor(cube / 6) % 6], steps[cube % 6]];
}
