// A partner written in JavaScript against a running hub: node partner.mjs <host:port> <key>
// Opens a case, reports one by one, in a batch and on streams, loses the line in the middle of one, and counts
// afterwards what the hub has. Needs `npm ci` in the folder node beside this file.

import { createRequire } from 'node:module';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { randomInt } from 'node:crypto';
import assert from 'node:assert/strict';
import net from 'node:net';

const require = createRequire(new URL('./node/package.json', import.meta.url));
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const files = ['incidenttracker/partner/v1/partner_update_service.proto', 'incidenttracker/partner/v1/partner_incident_service.proto', 'google/rpc/error_details.proto'];
// json: the details of a status are unpacked, because their types are loaded too.
const options = { includeDirs: [fileURLToPath(new URL('../../protos', import.meta.url))], keepCase: true, longs: Number, enums: String, oneofs: true, defaults: true, json: true };
const definition = loader.loadSync(files, options);
const { v1 } = grpc.loadPackageDefinition(definition).incidenttracker.partner;

const streamLength = 10_000;    // updates on a stream
const atOnce = 50;              // updates in one message of a stream
const streamCases = 20;
const cutAfter = 4_000;         // answers
const thisRun = String(randomInt(10 ** 7)).padStart(7, '0');        // no two runs speak of the same bags, or under the same names

const [address, key] = process.argv.slice(2);
const credential = (value = key) => {
  const metadata = new grpc.Metadata();
  metadata.set('authorization', `Bearer ${value}`);
  return metadata;
};
const within = seconds => ({ deadline: Date.now() + seconds * 1000 });
const connect = Service => new Service(address, grpc.credentials.createInsecure());
const updates = connect(v1.PartnerUpdateService);
const incidents = connect(v1.PartnerIncidentService);

/** One unary call; the error it ends with has the same shape for every method. */
function ask(client, method, request, metadata = credential()) {
  return new Promise((resolve, reject) => client[method](request, metadata, within(30), (error, answer) => error ? reject(error) : resolve(answer)));
}

// When this partner's day began, by the hub's clock.
const started = (await ask(updates, 'GetIngestState', {})).hub_time.seconds - 4 * 3600;
const day = new Date(started * 1000).toISOString().slice(0, 10);

async function fails(code, promise) {
  const error = await promise.then(() => assert.fail('expected a failure, got an answer'), error => error);
  assert.equal(error.code, code, error.message);
  return error;
}

/** A line to the hub that can be cut: everything passes until then. */
class Line {
  constructor() {
    const [host, port] = [address.slice(0, address.lastIndexOf(':')), address.slice(address.lastIndexOf(':') + 1)];
    this.sockets = [];
    this.isCut = false;
    this.server = net.createServer(near => {
      const far = net.connect(Number(port), host);
      for (const [source, sink] of [[near, far], [far, near]]) source.on('error', () => {}).pipe(sink);
      this.sockets.push(near, far);
    });
  }

  async open() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `127.0.0.1:${this.server.address().port}`;
  }

  /** Both ends get a reset, as when a cable is pulled and plugged in again elsewhere. */
  cut() {
    this.isCut = true;
    this.server.close();
    for (const end of this.sockets) end.resetAndDestroy();
  }
}

async function open(number) {
  const request = {
    request_id: `open-${thisRun}-${number}`, kind: 'INCIDENT_KIND_DELAYED_BAG', family_name: 'Nowak',
    items: [{ bag_tag: `${thisRun}${String(number).padStart(3, '0')}`, type_code: '22', colour_code: 'BK' }],
    legs: [{ carrier: 'XB', number: '1695', date: day, from: 'WAW', to: 'FRA' }],
    report_time: { seconds: started }, report_time_zone: '+01:00', place: { station: 'FRA' },
  };
  return { request, answer: await ask(incidents, 'OpenIncident', request) };
}

const openMany = async first =>
  Promise.all(Array.from({ length: streamCases }, async (_, i) => (await open(first + i)).answer.incident.incident_reference));

const update = (update_id, incident_reference, second = 0) => ({
  update_id, incident: { incident_reference }, event_time: { seconds: started + second }, event_time_zone: '+01:00', status_code: 'TRACING',
});

/** The fields a refused update is said to be wrong in. */
function fieldsOf(status) {
  const bad = status.details.find(detail => detail['@type']?.endsWith('/google.rpc.BadRequest'));
  return (bad?.field_violations ?? []).map(violation => violation.field);
}

function tally(outcomes) {
  const counts = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** The messages of a stream from one number on. Always the same update for a number. */
function* streamed(name, references, first = 1) {
  for (let start = first; start <= streamLength; start += atOnce) {
    const numbers = Array.from({ length: Math.min(atOnce, streamLength + 1 - start) }, (_, i) => start + i);
    yield { updates: { updates: numbers.map(number => ({ client_sequence: number, update: update(`${name}-${number}`, references[number % references.length], number) })) } };
  }
}

/**
 * Sends a whole stream, never further ahead than the limit the hub names, and collects its answers by number.
 * With `until`, calls it after each answer; it may cut the line.
 */
async function send(name, references, outcomes, { to = address, streamId = name, until = () => {} } = {}) {
  const client = new v1.PartnerUpdateService(to, grpc.credentials.createInsecure());
  const call = client.StreamUpdates(credential(), within(120));
  try {
    call.write({ hello: { partner_stream_id: `${streamId}-${thisRun}`, client: 'foreign-node/1' } });
    let messages, limits, resume, sent = 0, answered = 0;
    const sendMore = () => {
      while (sent - answered <= limits.max_in_flight - atOnce) {
        const { value, done } = messages.next();
        if (done) return call.end();
        sent += value.updates.updates.length;
        call.write(value);
      }
    };
    for await (const response of call) {
      if (response.ready) {
        ({ resume_from_sequence: resume, limits } = response.ready);
        messages = streamed(name, references, resume);
      }
      for (const result of response.results?.results ?? []) {
        outcomes.set(result.client_sequence, result.outcome);
        answered++;
      }
      if (!call.writableEnded) sendMore();
      until(outcomes.size, resume - 1 + sent);
    }
    return resume;
  } finally {
    client.close();
  }
}

async function expectAllOnce(references, name) {
  const cases = await Promise.all(references.map(incident_reference => ask(incidents, 'GetIncident', { incident_reference })));
  const stored = cases.flatMap(one => one.entries).map(entry => entry.update.update_id).filter(id => id.startsWith(`${name}-`));
  assert.equal(stored.length, streamLength);
  assert.deepEqual(new Set(stored), new Set(Array.from({ length: streamLength }, (_, i) => `${name}-${i + 1}`)));
}

let cutReferences;

const cases = {
  async a_case_is_opened_once() {
    const { request, answer } = await open(1);
    assert.equal(answer.replayed, false);
    const again = await ask(incidents, 'OpenIncident', request);
    assert.equal(again.replayed, true);
    assert.equal(again.incident.incident_reference, answer.incident.incident_reference);
  },

  async an_update_is_stored_once() {
    const { request, answer } = await open(2);
    const reference = answer.incident.incident_reference;
    const report = { update: update('one', reference) };
    assert.equal((await ask(updates, 'ReportUpdate', report)).result.outcome, 'accepted');
    assert.equal((await ask(updates, 'ReportUpdate', report)).result.outcome, 'duplicate');
    const { entries } = await ask(incidents, 'GetIncident', { incident_reference: reference });
    assert.deepEqual(entries.filter(entry => entry.partner_id !== 'HUB').map(entry => entry.update.update_id).filter(id => id !== request.request_id), ['one']);

    const refused = await fails(grpc.status.ALREADY_EXISTS, ask(updates, 'ReportUpdate', { update: { ...report.update, status_code: 'ON_HAND' } }));
    assert.match(refused.metadata.get('grpc-status-details-bin')[0].toString('latin1'), /UPDATE_ID_CONFLICT/);
  },

  async a_stranger_is_turned_away() {
    await fails(grpc.status.UNAUTHENTICATED, ask(updates, 'GetIngestState', {}, credential('not-a-key-of-anybody')));
  },

  async bad_updates_of_a_batch_are_named() {
    const reference = (await open(3)).answer.incident.incident_reference;
    const mistakes = [
      ['update.update_id', { update_id: '' }],
      ['update.event_time', { event_time: undefined }],
      ['update.event_time_zone', { event_time_zone: 'Frankfurt' }],
      ['update.status_code', { status_code: 'on hand' }],
      ['update.place.station', { place: { station: 'Frankfurt' } }],
      ['update.incident.external_reference.value', { incident: { external_reference: { scheme: 'REFERENCE_SCHEME_BAG_TAG', value: '12345' } } }],
      ['update.custody.action', { custody: { seal_number: '7' } }],
    ];
    const batch = { updates: Array.from({ length: 500 }, (_, i) => update(`batch-${i}`, reference, i)) };
    const expected = {};
    for (let i = 0; i < 37; i++) {
      const [field, mistake] = mistakes[i % mistakes.length];
      Object.assign(batch.updates[5 + 13 * i], mistake);
      expected[5 + 13 * i] = [field];
    }

    const answer = await ask(updates, 'BatchReportUpdates', batch);
    assert.deepEqual(answer.results.map(result => result.index), Array.from({ length: 500 }, (_, i) => i));
    const refused = answer.results.filter(result => result.outcome === 'rejected');
    assert.deepEqual(Object.fromEntries(refused.map(result => [result.index, fieldsOf(result.rejected)])), expected);
    assert.equal(answer.rejected_count, 37);
    assert.deepEqual(tally(answer.results.map(result => result.outcome)), { accepted: 463, rejected: 37 });

    const again = await ask(updates, 'BatchReportUpdates', batch);
    assert.deepEqual(tally(again.results.map(result => result.outcome)), { duplicate: 463, rejected: 37 });
  },

  async a_stream_takes_ten_thousand() {
    const references = await openMany(100);
    const outcomes = new Map();
    assert.equal(await send('whole', references, outcomes), 1);

    assert.deepEqual(tally(outcomes.values()), { accepted: streamLength });
    await expectAllOnce(references, 'whole');
    assert.equal((await ask(updates, 'GetIngestState', { partner_stream_id: `whole-${thisRun}` })).resume_from_sequence, streamLength + 1);
  },

  async a_cut_stream_goes_on_where_it_was() {
    cutReferences = await openMany(200);
    const line = new Line();
    const outcomes = new Map();
    let answeredBefore = 0, sent = 0;
    await fails(grpc.status.UNAVAILABLE, send('cut', cutReferences, outcomes, {
      to: await line.open(),
      until: (answered, soFar) => {
        [answeredBefore, sent] = [answered, soFar];
        if (answered >= cutAfter && !line.isCut) line.cut();
      },
    }));
    assert.ok(cutAfter <= answeredBefore && answeredBefore <= sent && sent < streamLength, `the line was cut after ${answeredBefore} answers with ${sent} sent`);

    const resume = await send('cut', cutReferences, outcomes);
    console.log(`   cut after ${answeredBefore} answers with ${sent} sent; resumed from ${resume}`);
    assert.ok(1 <= resume && resume <= sent + 1, `resumed from ${resume} with ${sent} sent`);
    // What lies before the number to resume from is stored, even where its answer was lost with the line.
    for (let number = resume; number <= streamLength; number++) assert.ok(outcomes.has(number), `number ${number} was not answered`);
    assert.deepEqual(Object.keys(tally(outcomes.values())).filter(outcome => outcome !== 'accepted' && outcome !== 'duplicate'), []);
    await expectAllOnce(cutReferences, 'cut');
  },

  async everything_again_changes_nothing() {
    const outcomes = new Map();
    assert.equal(await send('cut', cutReferences, outcomes, { streamId: 'again' }), 1);

    assert.deepEqual(tally(outcomes.values()), { duplicate: streamLength });
    await expectAllOnce(cutReferences, 'cut');
  },
};

let failed = 0;
for (const [name, run] of Object.entries(cases)) {
  const begun = performance.now();
  try {
    await run();
    console.log(`ok ${name} (${((performance.now() - begun) / 1000).toFixed(2)} s)`);
  } catch (failure) {
    failed++;
    console.log(`FAILED ${name}: ${failure.stack.slice(0, 4000)}`);
  }
}
updates.close();
incidents.close();
process.exitCode = failed ? 1 : 0;
