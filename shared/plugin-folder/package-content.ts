/**
 * Which files of an installed package go along: what Node can run or read at run time. Left out are type declarations, source maps, texts
 * for people (not licences), and the tests, documents and examples that some packages ship.
 * @param entryPoints what its `package.json` names, as one text
 */
export function takesFromPackage(path: string, kind: 'file' | 'folder', entryPoints: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (kind === 'folder') {
    // further down a folder of this name may be part of the program
    const isAside = name === 'node_modules' || (name === path && aside.has(name.toLowerCase()));
    return !isAside || (name !== 'node_modules' && entryPoints.includes(`${name}/`));
  }
  if (/^(licen[cs]e|notice|copying|copyright)\b/i.test(name)) return true;
  // Node runs no TypeScript that lies in node_modules
  return !/\.(map|md|markdown|[cm]?tsx?|flow|tsbuildinfo)$/i.test(name);
}

const aside = new Set([
  'test',
  'tests',
  '__tests__',
  'docs',
  'example',
  'examples',
  'benchmark',
  'benchmarks',
  'typings',
  'man',
  'coverage',
]);
