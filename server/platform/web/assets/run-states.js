// The states of all hosts of a run, as the server gave them and as its stream changes them.

const finals = new Set(['succeeded', 'failed', 'timed_out', 'cancelled', 'expired', 'skipped', 'rejected', 'lost']);

/** @param answer of GET /api/v1/runs/:id/grid */
export function createRunStates({ letters, cells, names, idPrefix, ids }) {
  const states = Array.from(cells, (letter) => letters[letter]);
  const indexes = new Map(ids.map((id, index) => [id, index]));
  const counts = new Map();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  return {
    size: states.length,
    names,
    counts,
    stateAt: (index) => states[index],
    idAt: (index) => idPrefix + ids[index],
    ended: () => [...counts].reduce((sum, [state, count]) => sum + (finals.has(state) ? count : 0), 0),
    /**
     * An event that was told before the answer was read must not take a host back: what is final stays.
     * @returns the index of the host; undefined: it has no cell; null: nothing changed
     */
    change(id, state) {
      const index = id.startsWith(idPrefix) ? indexes.get(id.slice(idPrefix.length)) : undefined;
      if (index === undefined) return undefined;
      const before = states[index];
      if (before === state || finals.has(before)) return null;
      states[index] = state;
      counts.set(before, counts.get(before) - 1);
      counts.set(state, (counts.get(state) ?? 0) + 1);
      return index;
    },
  };
}
