import type { z } from 'zod';
import type { BundleFile } from '../../shared/plugin-bundle.ts';

/** What keeps files from being a bundle, with the path of the one at fault: `CON.txt: A path inside a bundle is …`. */
export function bundleFault({ issues: [issue] }: z.ZodError, files: readonly BundleFile[]): string {
  const [, at] = issue?.path ?? [];
  return `${files[Number(at)]?.path ?? 'files'}: ${issue?.message}`;
}
