// Started by bullmq.ts with the folder of its packages, the socket of Redis and what to do: `work`, or how many jobs to add at a time.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [modules, socket, role] = process.argv.slice(2);
const { Queue, Worker } = createRequire(join(modules, 'x.js'))('bullmq');
const connection = { path: socket, maxRetriesPerRequest: null };
const perBatch = 1000;
const concurrency = 100;

if (role === 'work') {
  let done = 0;
  const worker = new Worker('bench', async () => null, { connection, concurrency });
  worker.on('completed', () => {
    done += 1;
  });
  worker.on('error', (error) => console.error(error.message));
  process.on('message', () => process.send({ done }));
  await worker.waitUntilReady();
  process.send({ done });
} else {
  const queue = new Queue('bench', { connection });
  const options = { removeOnComplete: true, removeOnFail: true };
  const add = async (jobs) => {
    for (let left = jobs; left > 0; left -= perBatch) {
      const size = Math.min(perBatch, left);
      await queue.addBulk(Array.from({ length: size }, () => ({ name: 'noop', data: {}, opts: options })));
    }
    process.send({ added: jobs });
  };
  process.on('message', ({ jobs }) => void add(jobs));
  await queue.waitUntilReady();
  process.send({ added: 0 });
}
