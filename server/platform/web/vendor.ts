import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { modulesFrom } from './vendor-modules.ts';

const resolve = createRequire(import.meta.url).resolve;

/** The files of other packages that pages may use, by the name under `assets/`. Nothing else of node_modules is ever served. */
export const vendorFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ['uplot.js', resolve('uplot/dist/uPlot.iife.min.js')],
    ['uplot.css', resolve('uplot/dist/uPlot.min.css')],
    ['swagger-ui.css', resolve('swagger-ui-dist/swagger-ui.css')],
    ['swagger-ui-bundle.js', resolve('swagger-ui-dist/swagger-ui-bundle.js')],
    ...codeEditor(),
  ]);

/** The path of the kit's sheet, which pages get as a part of `style.css`. */
export const kitStyle = (): string => resolve('@tabler/core/dist/css/tabler.min.css');

/** Plain modules that import each other, and the languages that plugins are written in. */
function codeEditor(): [string, string][] {
  const styles = resolve('prism-code-editor/layout.css');
  const languages = ['json', 'javascript', 'typescript', 'python', 'bash', 'powershell', 'markdown', 'sql', 'yaml'];
  const modules = ['index.js', 'extensions/commands/index.js', ...languages.map((language) => `prism/languages/${language}.js`)];
  const files = [...modulesFrom(dirname(styles), modules)];
  return [['code-editor/layout.css', styles], ...files.map(([path, file]): [string, string] => [`code-editor/${path}`, file])];
}
