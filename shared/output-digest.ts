/**
 * The digest of an output, by which equal ones are known without being compared: the SHA-256, in hex, of one line per stream that said
 * anything, in this order. A line is the name of the stream, a space, and the SHA-256 of its text in hex. How the streams came to lie
 * between each other does not count, because that is chance.
 */
export const digestedStreams = ['out', 'err', 'log'] as const;
export type DigestedStream = (typeof digestedStreams)[number];

/** @param ofStreams SHA-256 of each stream that said anything */
export const digestLines = (ofStreams: ReadonlyMap<DigestedStream, string>): string =>
  digestedStreams
    .flatMap((stream) => {
      const sha256 = ofStreams.get(stream);
      return sha256 === undefined ? [] : [`${stream} ${sha256}\n`];
    })
    .join('');

/** of an output without a byte */
export const noOutputSha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
