import { MusterError } from '../../shared/errors.ts';
import { SetupStop, setupCodes } from './setup-stop.ts';
import { createStatusLines, type StatusLines } from './status-lines.ts';

/** The frame of both programs: lines on the terminal, and an exit code with a sentence for whatever goes wrong. */
export async function runSetup(setUp: (lines: StatusLines) => Promise<number>): Promise<number> {
  const { stdout, stderr, env } = process;
  const lines = createStatusLines({
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    colours: stdout.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb',
  });
  try {
    return await setUp(lines);
  } catch (error) {
    if (!(error instanceof SetupStop || error instanceof MusterError)) throw error;
    lines.fail(error.message);
    return error instanceof SetupStop ? error.exitCode : (codes[error.code] ?? setupCodes.unexpected);
  }
}

/** Settings that are not valid. */
const codes: Readonly<Record<string, number>> = {
  field_invalid: setupCodes.wrongOption,
  field_missing: setupCodes.wrongOption,
  field_unknown: setupCodes.wrongOption,
};
