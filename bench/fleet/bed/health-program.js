// Asks one address again and again over one connection, in a process of its own, so that nothing else makes its times longer. Arguments: the
// URL, the pause between two questions in ms. Any message is answered with the times since the last one, in ms.
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

const [url, pauseMs] = process.argv.slice(2);
const isTls = url.startsWith('https:');
const agent = new (isTls ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1 });
const request = isTls ? httpsRequest : httpRequest;
let times = [];

function ask() {
  const startedAt = performance.now();
  const again = () => setTimeout(ask, Number(pauseMs));
  request(url, { agent }, (response) => {
    response.resume().on('end', () => {
      times.push(performance.now() - startedAt);
      again();
    });
  })
    .on('error', again)
    .end();
}

process.on('message', () => {
  process.send(times);
  times = [];
});
ask();
