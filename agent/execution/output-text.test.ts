import { describe, expect, it } from '@jest/globals';
import { cleanText, createOutputText } from './output-text.ts';

describe('the text of an output', () => {
  it('puts a code point together that two chunks share', () => {
    const text = createOutputText();
    const bytes = Buffer.from('a€b');
    expect(text.decode(bytes.subarray(0, 2)) + text.decode(bytes.subarray(2, 3)) + text.decode(bytes.subarray(3))).toBe('a€b');
    expect(text.end()).toBe('');
  });

  it('replaces what is not UTF-8, also at the very end', () => {
    const text = createOutputText();
    expect(text.decode(Buffer.from([0x61, 0xff, 0x62]))).toBe('a\ufffdb');
    expect(text.decode(Buffer.from([0xe2, 0x82]))).toBe('');
    expect(text.end()).toBe('\ufffd');
  });

  it('shows NUL as its sign and keeps a byte order mark', () => {
    expect(createOutputText().decode(Buffer.from('\ufeffa\0b'))).toBe('\ufeffa\u2400b');
    expect(cleanText('a\0\ud800b')).toBe('a\u2400\ufffdb');
  });
});
