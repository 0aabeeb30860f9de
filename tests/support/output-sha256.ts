import { createOutputDigest } from '../../agent/spool/output-digest.ts';

/** What an agent tells of an output that went to the standard output alone. */
export function outputSha256(text: string): string {
  const digest = createOutputDigest();
  if (text !== '') digest.add('out', Buffer.from(text));
  return digest.value();
}
