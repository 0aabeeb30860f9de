import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** The sources of the scripts that a script takes in, and those that they take in: `. (Join-Path $PSScriptRoot 'FILE.ps1')`. */
export async function includedBy(file: string, seen: Set<string> = new Set()): Promise<string[]> {
  const found: string[] = [];
  for (const [, path = ''] of (await readFile(file, 'utf8')).matchAll(inclusion)) {
    const included = resolve(join(dirname(file), ...path.split('\\')));
    if (seen.has(included)) continue;
    seen.add(included);
    found.push(await readFile(included, 'utf8'), ...(await includedBy(included, seen)));
  }
  return found;
}

const inclusion = /^\. \(Join-Path \$PSScriptRoot '([^']+\.ps1)'\)/gm;
