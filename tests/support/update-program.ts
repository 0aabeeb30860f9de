/**
 * The part of an agent that replaces itself, as a program: `update-program.ts DATA EXECUTABLE ORDER KEY`. What the server would say stands
 * in the file ORDER: it orders that update again and again until it is over, and welcomes whoever starts.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pino } from 'pino';
import { createSlots } from '../../agent/attempts/slots.ts';
import { systemClock } from '../../agent/clock.ts';
import { findInstallation } from '../../agent/update/installation.ts';
import { removeOthers } from '../../agent/update/obtain-executable.ts';
import { starterOfThis } from '../../agent/update/starter.ts';
import { openUpdateRecord } from '../../agent/update/update-record.ts';
import { createUpdates } from '../../agent/update/updates.ts';
import { type UpdateOrder, updateOrder } from '../../shared/protocol.ts';

const [data = '', execPath = '', orderFile = '', serverPublicKey = ''] = process.argv.slice(2);
const found = findInstallation({ isExecutable: true, execPath, starter: starterOfThis(), isWindows: false });
if ('notUpdatable' in found) throw new Error(found.notUpdatable);
const order: UpdateOrder = updateOrder.parse(JSON.parse(readFileSync(orderFile, 'utf8')));

const updates = createUpdates({
  found,
  record: openUpdateRecord(join(data, 'update')),
  serverPublicKey,
  version: basename(execPath).split('-')[2] ?? '',
  ownName: basename(execPath),
  isWindows: false,
  ownSha256: async () => basename(execPath),
  obtain: async () => {},
  removeOthers: (kept) => removeOthers(found.installation, kept),
  slots: createSlots(1),
  leave: () => process.exit(0),
  uplink: { send: () => true },
  clock: systemClock,
  log: pino({ level: 'silent' }),
});
process.on('SIGTERM', () => process.exit(0));
setInterval(() => {}, 1000);

updates.connected();
// instant: update-welcomed
if (!execPath.includes(`-${order.release.release.version}-`)) updates.order(order);
