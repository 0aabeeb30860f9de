/**
 * A program for the durability test: writes units of two rows for ever, several at a time, and prints the number of each unit once it is
 * acknowledged. Its argument is the options of `openDatabase` as JSON.
 */
import { writeSync } from 'node:fs';
import type { DatabaseOptions } from '../open.ts';
import { openDatabase } from '../open.ts';
import type { ScratchTables } from './scratch.ts';

const unitsAtATime = 20;
const options = JSON.parse(process.argv[2] ?? '{}') as DatabaseOptions;
const db = await openDatabase<ScratchTables>(options);

async function writeUnit(unit: number): Promise<void> {
  await db.write(async (transaction) => {
    await transaction.insertInto('scratch').values({ id: unit, text: 'first' }).execute();
    await transaction.insertInto('scratch').values({ id: -unit, text: 'second' }).execute();
  });
  writeSync(1, `${unit}\n`);
}

for (let unit = 1; ; unit += unitsAtATime) {
  await Promise.all(Array.from({ length: unitsAtATime }, (_, index) => writeUnit(unit + index)));
}
