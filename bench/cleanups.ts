/**
 * What has to be undone, last thing first. Whoever is done early calls what `add` answered; what is left is undone at the end, also when
 * that end is an error or Ctrl-C.
 */
export type Cleanups = {
  /** @returns runs it now, once, and takes it off the list */
  add(undo: () => Promise<unknown> | unknown): () => Promise<void>;
  /** All of them, whatever they throw; the first error comes after the last. May be called twice. */
  run(): Promise<void>;
};

export function createCleanups(): Cleanups {
  const undos: (() => Promise<void>)[] = [];
  return {
    add(undo) {
      const once = async (): Promise<void> => {
        const index = undos.indexOf(once);
        if (index < 0) return;
        undos.splice(index, 1);
        await undo();
      };
      undos.push(once);
      return once;
    },
    async run() {
      const errors: unknown[] = [];
      for (let undo = undos.at(-1); undo !== undefined; undo = undos.at(-1)) await undo().catch((error) => errors.push(error));
      if (errors.length > 0) throw errors[0];
    },
  };
}
