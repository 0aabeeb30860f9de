/**
 * A program of its own, because it computes for a minute or two without a pause: packs a file as gzip, smaller than zlib can.
 *
 * The arguments are a folder, the file in it, and what is to be written beside it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sevenZipModule from '7z-wasm';

if (import.meta.main) {
  const [folder = '', name = '', packedName = ''] = process.argv.slice(2);
  const said: string[] = [];
  const say = (line: string): void => {
    said.push(line);
  };
  const sevenZip = await sevenZipModule.default({ print: say, printErr: say });
  sevenZip.FS.mkdir('/folder');
  sevenZip.FS.mount(sevenZip.NODEFS, { root: folder }, '/folder');
  sevenZip.FS.chdir('/folder');
  try {
    // 15 passes instead of 10 take five times as long for 0.05 % less
    sevenZip.callMain(['a', '-tgzip', '-mx=9', packedName, name]);
    writeFileSync(join(folder, packedName), withoutTime(readFileSync(join(folder, packedName))));
  } catch (cause) {
    throw new Error(`7-Zip did not pack ${name}: ${said.join('\n')}`, { cause });
  }
}

/** When the file was made would make each build another one. */
function withoutTime(packed: Buffer): Buffer {
  packed.writeUInt32LE(0, 4);
  return packed;
}
