/**
 * Flags of Node with which a program kills itself (SIGKILL) when it comes to a line of its source: the instant that no signal from outside
 * could hit for sure.
 * @param file the end of the path of the source file
 * @param line a text that stands in it exactly once; the program dies instead of running it
 */
export function killedAt(file: string, line: string): string[] {
  const hook = `
    import { registerHooks } from 'node:module';
    registerHooks({
      load(url, context, nextLoad) {
        const loaded = nextLoad(url, context);
        if (!url.endsWith(${JSON.stringify(file)})) return loaded;
        const parts = String(loaded.source).split(${JSON.stringify(line)});
        if (parts.length !== 2) throw new Error('the line to die at is ' + (parts.length - 1) + ' times in the file');
        return { ...loaded, source: parts.join("process.kill(process.pid, 'SIGKILL');") };
      },
    });`;
  return ['--import', `data:text/javascript,${encodeURIComponent(hook)}`];
}
