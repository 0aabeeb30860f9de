import { build } from 'esbuild';

export type Bundle = { readonly root: string; readonly commit: string; readonly outfile: string };

/**
 * The agent and all it needs as one CommonJS file, which is what a single executable starts. What is imported by a subcommand alone is run
 * by it alone. No time and no path of the machine goes into it: the same source gives the same bytes.
 */
export async function bundleAgent({ root, commit, outfile }: Bundle): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: ['agent/muster-agent.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    minify: true,
    legalComments: 'none',
    define: { MUSTER_COMMIT: JSON.stringify(commit) },
    // `self-command.ts` asks for it, and knows what it means that a bundle has none
    logOverride: { 'empty-import-meta': 'silent' },
    logLevel: 'warning',
  });
}
