import { artifactNameFrom } from '../../shared/api/artifacts.ts';
import type { SecretValues } from '../../shared/secret-references.ts';
import type { Ending } from '../attempts/result.ts';
import type { JobSink } from '../execution/job.ts';
import { createMask } from './mask.ts';

/** What an attempt says, without the secrets that it was given: masked here, before anything reaches the spool, the journal or the server. */
export type MaskedOutput = {
  readonly sink: JobSink;
  /** Passes on what was held back, when the work has ended. */
  finish(): void;
  mask(ending: Ending): Ending;
  /** of a file that it left, by its path; undefined: as it is */
  readonly fileName: ((path: string) => string) | undefined;
};

/** The longest text of a progress, and the sign at the end of a message that was cut: a secret may have been cut in the middle. */
const maxProgressText = 1024;
const cutSign = '…';
/** That of an artifact is no longer, and may be cut like a message. */
const maxFileName = 200;

export function maskedOutput(secrets: SecretValues, sink: JobSink): MaskedOutput {
  const values = Object.values(secrets);
  if (values.length === 0) return { sink, finish: () => {}, mask: (ending) => ending, fileName: undefined };
  const mask = createMask(values);
  const streams = { out: mask.stream(), err: mask.stream(), log: mask.stream() };
  const pass = (stream: keyof typeof streams, text: string): void => {
    if (text !== '') sink.output(stream, text);
  };
  return {
    sink: {
      ...sink,
      output: (stream, text) => pass(stream, streams[stream].write(text)),
      progress: (fraction, text) =>
        sink.progress(fraction, mask.text(text, text.length >= maxProgressText).slice(0, maxProgressText)),
    },
    finish() {
      for (const stream of ['out', 'err', 'log'] as const) pass(stream, streams[stream].end());
    },
    mask: (ending) => ({
      ...ending,
      message: mask.text(ending.message, ending.message.endsWith(cutSign)),
      ...(ending.data === undefined ? {} : { data: mask.data(ending.data) }),
    }),
    fileName: (path) => createMask([...values, ...values.map(artifactNameFrom)]).text(path, path.length >= maxFileName),
  };
}
