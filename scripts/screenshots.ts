/**
 * `npm run screenshots [-- --only NAME] [--to DIR] [--format webp|png]`: a picture of every page of the dashboard, at two widths, light and
 * dark, with a fleet and its work on it. Which pages there are is told by their declarations. About two minutes.
 */
import { parseArgs } from 'node:util';
import { screenshotsFolder, takeScreenshots } from './screenshots/take.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    to: { type: 'string', default: screenshotsFolder },
    format: { type: 'string', default: 'webp' },
  },
});
const { format } = values;
if (format !== 'webp' && format !== 'png') throw new Error('The format is webp or png.');
await takeScreenshots({
  only: values.only ?? [],
  folder: values.to,
  format,
  say: (line) => void process.stderr.write(`${line}\n`),
});
