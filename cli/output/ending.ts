import { asPlainLines } from './width.ts';

/** Why work ended as it did, in words; empty where its state says it all. */
export function whyItEnded(of: {
  readonly state: string;
  readonly exitCode: number | null;
  readonly message: string | null;
}): string {
  const message = asPlainLines(of.message ?? '');
  // what every program that ends well says
  if (of.state === 'succeeded' && (message === '' || /^The program ended with exit code 0\.$/.test(message))) return '';
  if (message !== '') return message;
  return of.exitCode === null || of.exitCode === 0 ? '' : `exit code ${of.exitCode}`;
}
