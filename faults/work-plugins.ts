/**
 * The plugins of the workload. Each does the same in its language, and writes what it does to a file of the harness before it does it:
 *
 *   start PID MS      first of all
 *   line N MS         before the N-th line is printed
 *   end STATUS MS     last of all
 *
 * The file is `EXECUTION.ATTEMPT` in the folder WORK_DIR. A line is named after its attempt by a letter, so that the output of two
 * attempts of one execution cannot be taken for each other.
 */

/** The N-th line of an attempt, as it must be in the ledger. Some of it is more than one byte long. */
export const workLine = (attempt: number, line: number): string =>
  `${String.fromCharCode(65 + (attempt % 26))}${line} ${'åß→𝄞 '.repeat(line % 4)}.\n`;

/** Lines that a flood prints; it says so in one line of its file: `flood N MS`. */
export const floodLines = 6000;

export const workPlugins = (version: number): Readonly<Record<string, string>> => ({
  'node-work.js': `// version ${version}
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
export async function main(args, { env, attempt, executionId, signal }) {
  const note = (text) => appendFileSync(env.WORK_DIR + '/' + executionId + '.' + attempt, text + ' ' + Date.now() + '\\n');
  const letter = String.fromCharCode(65 + (attempt % 26));
  const text = (line) => letter + line + ' ' + 'åß→𝄞 '.repeat(line % 4) + '.\\n';
  note('start ' + process.pid);
  if (env.WORK_MODE === 'flood') {
    note('flood ${floodLines}');
    for (let line = 1; line <= ${floodLines}; line += 1) process.stdout.write(text(line));
  } else {
    const lines = Number(env.WORK_LINES);
    const ms = Number(env.WORK_MS);
    for (let line = 1; line <= lines; line += 1) {
      note('line ' + line);
      process.stdout.write(text(line));
      if (ms > 0) await pause(ms / lines, undefined, { signal });
    }
    if (lines === 0 && ms > 0) await pause(ms, undefined, { signal });
  }
  const failed = env.WORK_MODE === 'fail' || (env.WORK_MODE === 'flaky' && attempt % 2 === 1);
  note('end ' + (failed ? 'failed' : 'success'));
  return { status: failed ? 'failed' : 'success', message: 'done', data: { attempt, lines: env.WORK_MODE === 'flood' ? ${floodLines} : Number(env.WORK_LINES) } };
}
`,
  'bash-work.sh': `# version ${version}
file="$WORK_DIR/$MUSTER_EXECUTION.$MUSTER_ATTEMPT"
note() { echo "$1 $(( \${EPOCHREALTIME/[.,]/} / 1000 ))" >> "$file"; }
letter=$(printf "\\\\$(printf '%03o' $(( 65 + MUSTER_ATTEMPT % 26 )))")
pads=('' 'åß→𝄞 ' 'åß→𝄞 åß→𝄞 ' 'åß→𝄞 åß→𝄞 åß→𝄞 ')
note "start $$"
lines=$WORK_LINES
if [ "$WORK_MODE" = flood ]; then note "flood ${floodLines}"; lines=${floodLines}; WORK_MS=0; fi
nap=0
if [ "$WORK_MS" -gt 0 ] && [ "$lines" -gt 0 ]; then each=$(( WORK_MS / lines )); nap=$(printf '%d.%03d' $(( each / 1000 )) $(( each % 1000 ))); fi
if [ "$lines" -eq 0 ] && [ "$WORK_MS" -gt 0 ]; then sleep $(printf '%d.%03d' $(( WORK_MS / 1000 )) $(( WORK_MS % 1000 ))); fi
for (( line = 1; line <= lines; line += 1 )); do
  [ "$WORK_MODE" = flood ] || note "line $line"
  printf '%s%d %s.\\n' "$letter" "$line" "\${pads[line % 4]}"
  if [ "$nap" != 0 ] && [ "$nap" != 0.000 ]; then sleep "$nap"; fi
done
failed=0
[ "$WORK_MODE" = fail ] && failed=1
[ "$WORK_MODE" = flaky ] && failed=$(( MUSTER_ATTEMPT % 2 ))
if [ $failed = 1 ]; then note "end failed"; exit 3; fi
note "end success"
`,
  'python-work.py': `# version ${version}
import os, time

def main(*args, **kwargs):
    env = os.environ
    attempt = int(env["MUSTER_ATTEMPT"])
    path = env["WORK_DIR"] + "/" + env["MUSTER_EXECUTION"] + "." + str(attempt)

    def note(text):
        with open(path, "a") as file:
            file.write("%s %d\\n" % (text, time.time() * 1000))

    letter = chr(65 + attempt % 26)
    note("start %d" % os.getpid())
    flood = env["WORK_MODE"] == "flood"
    lines = ${floodLines} if flood else int(env["WORK_LINES"])
    pause = 0 if flood else int(env["WORK_MS"]) / 1000
    if flood:
        note("flood ${floodLines}")
    for line in range(1, lines + 1):
        if not flood:
            note("line %d" % line)
        print("%s%d %s." % (letter, line, "åß→𝄞 " * (line % 4)), flush=not flood)
        if pause > 0:
            time.sleep(pause / lines)
    if lines == 0 and pause > 0:
        time.sleep(pause)
    failed = env["WORK_MODE"] == "fail" or (env["WORK_MODE"] == "flaky" and attempt % 2 == 1)
    note("end " + ("failed" if failed else "success"))
    return {"status": "failed" if failed else "success", "message": "done", "data": {"attempt": attempt, "lines": lines}}
`,
});
