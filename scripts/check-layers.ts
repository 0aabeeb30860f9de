/** Reads every source of the project and prints the imports that the table in layers.ts does not allow. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findViolations } from './layers.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const patterns = '{shared,server,agent,cli,plugins,scripts,bench,faults,tests}/**/*.{ts,js}';
const browserAssets = 'server/platform/web/assets/**';

const files = globSync(patterns, { cwd: root, exclude: [browserAssets] }).map((file) => file.replaceAll('\\', '/'));
const violations = findViolations(new Map(files.map((file) => [file, readFileSync(`${root}/${file}`, 'utf8')])));

for (const { file, line, imported, why } of violations) console.log(`${file}:${line} imports '${imported}': ${why}`);
console.log(`${files.length} files, ${violations.length} imports that are not allowed`);
process.exitCode = violations.length > 0 ? 1 : 0;
