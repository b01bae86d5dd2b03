// A receiver of webhooks written in JavaScript: node webhook.mjs <hub, http://host:port> <key>
// Makes an endpoint for itself and checks every signature with the official library. The hub must be allowed to send to
// 127.0.0.1 (Webhooks:InternalRanges). Needs `npm ci` in the folder node beside this file.

import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { once } from 'node:events';
import assert from 'node:assert/strict';

const require = createRequire(new URL('./node/package.json', import.meta.url));
const { Webhook, WebhookVerificationError } = require('standardwebhooks');

const [hub, key] = process.argv.slice(2);
const received = [];
let waiting = [];
let secret;
const known = new Promise(resolve => { secret = resolve; });        // the first event may be here before the answer that has it

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString('utf8');
  // Throws when the signature or the time is wrong.
  const event = new Webhook(await known).verify(body, request.headers);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(event.type === 'endpoint.challenge' ? JSON.stringify({ challenge: event.data.challenge }) : '{}');
  received.push({ event, body, headers: request.headers });
  waiting.forEach(look => look());
});

async function ask(method, path, body) {
  const answer = await fetch(new URL(path, hub), { method, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
  return { status: answer.status, body: await answer.json() };
}

/** The first event of a type that was not seen before. */
function next(type) {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error(`${type} did not come`)), 30_000);
    const look = () => {
      const at = received.findIndex(one => one.event.type === type && !one.seen);
      if (at < 0) return;
      clearTimeout(patience);
      waiting = waiting.filter(other => other !== look);
      received[at].seen = true;
      resolve(received[at]);
    };
    waiting.push(look);
    look();
  });
}

server.listen(0, '127.0.0.1');
await once(server, 'listening');
const made = await ask('POST', '/api/v1/webhook-endpoints', { url: `http://127.0.0.1:${server.address().port}/hook` });
assert.equal(made.status, 201);
secret(made.body.secret);
const endpoint = `/api/v1/webhook-endpoints/${made.body.id}`;

await next('endpoint.challenge');
for (let looks = 0; (await ask('GET', endpoint)).body.state !== 'ACTIVE'; looks++) {
  assert(looks < 100, 'the endpoint does not become active');
  await new Promise(resolve => setTimeout(resolve, 100));
}
console.log('ok the_endpoint_is_proven');

assert.equal((await ask('POST', `${endpoint}/test-events`)).status, 202);
const first = await next('endpoint.test');
console.log('ok an_event_is_verified');

const changed = first.body.replace('endpoint.test', 'endpoint.best');
assert.throws(() => new Webhook(made.body.secret).verify(changed, first.headers), WebhookVerificationError);
assert.throws(() => new Webhook('whsec_' + Buffer.alloc(32).toString('base64')).verify(first.body, first.headers), WebhookVerificationError);
console.log('ok a_changed_event_is_noticed');

const rotated = await ask('POST', `${endpoint}/rotations`);
assert.notEqual(rotated.body.secret, made.body.secret);
await ask('POST', `${endpoint}/test-events`);
const second = await next('endpoint.test');     // verified with the secret before, when it came
new Webhook(rotated.body.secret).verify(second.body, second.headers);
console.log('ok both_secrets_count_after_a_rotation');

server.close();
server.closeAllConnections();
