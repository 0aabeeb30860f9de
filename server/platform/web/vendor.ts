import { createRequire } from 'node:module';

const resolve = createRequire(import.meta.url).resolve;

/** The files of other packages that pages may use, by the name under `assets/`. Nothing else of node_modules is ever served. */
export const vendorFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ['tabler.min.css', resolve('@tabler/core/dist/css/tabler.min.css')],
    ['uplot.js', resolve('uplot/dist/uPlot.iife.min.js')],
    ['uplot.css', resolve('uplot/dist/uPlot.min.css')],
    ['swagger-ui.css', resolve('swagger-ui-dist/swagger-ui.css')],
    ['swagger-ui-bundle.js', resolve('swagger-ui-dist/swagger-ui-bundle.js')],
  ]);
