/** Lines of a patch that stand together and are of one kind, for a page that shows them apart. */
export type PatchRun = { readonly kind: 'added' | 'removed' | 'place' | 'same'; readonly text: string };

const kinds: Readonly<Record<string, PatchRun['kind']>> = { '+': 'added', '-': 'removed', '@': 'place' };

export function patchRuns(patch: string): PatchRun[] {
  const runs: { kind: PatchRun['kind']; text: string }[] = [];
  for (const line of patch.split(/(?<=\n)/)) {
    const last = runs.at(-1);
    // `\ No newline at end of file` is about the line before it
    const kind = line.startsWith('\\') && last !== undefined ? last.kind : (kinds[line.charAt(0)] ?? 'same');
    if (last?.kind === kind) last.text += line;
    else runs.push({ kind, text: line });
  }
  return runs;
}
