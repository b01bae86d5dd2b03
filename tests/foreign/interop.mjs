// The official gRPC interoperability cases, from a client in JavaScript: node interop.mjs <host:port> [case ...]
// Needs `npm ci` in the folder node beside this file.

import { createRequire } from 'node:module';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';

const require = createRequire(new URL('./node/package.json', import.meta.url));
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const protos = fileURLToPath(new URL('../IncidentTracker.Grpc.Tests/protos', import.meta.url));
const { testing } = grpc.loadPackageDefinition(loader.loadSync('grpc/testing/test.proto', { includeDirs: [protos], keepCase: true, defaults: true })).grpc;

const [address, ...wanted] = process.argv.slice(2);
const insecure = grpc.credentials.createInsecure();
const client = new testing.TestService(address, insecure);
const unknown = new testing.UnimplementedService(address, insecure);
// Compression is a matter of the channel here; a second pool keeps the two apart.
const gzip = new testing.TestService(address, insecure, { 'grpc.default_compression_algorithm': 2, 'grpc.use_local_subchannel_pool': 1 });

const requestSizes = [27182, 8, 1828, 45904];
const responseSizes = [31415, 9, 2653, 58979];
const largeRequest = 271828;
const largeResponse = 314159;

const payload = size => ({ body: Buffer.alloc(size) });
const large = more => ({ response_size: largeResponse, payload: payload(largeRequest), ...more });
const ask = (requestSize, responseSize, more) => ({ payload: payload(requestSize), response_parameters: [{ size: responseSize, ...more }] });
const size = response => response.payload.body.length;

/** One unary call: its answer, or the error it ended with, and the metadata on the way. */
function unary(on, method, request, metadata = new grpc.Metadata()) {
  return new Promise((resolve, reject) => {
    const seen = {};
    const call = on[method](request, metadata, (error, answer) => error ? reject(error) : setImmediate(() => resolve({ answer, ...seen })));
    call.on('metadata', headers => { seen.headers = headers; });
    call.on('status', status => { seen.trailers = status.metadata; });
  });
}

async function fails(code, promise) {
  const error = await promise.then(() => assert.fail('expected a failure, got an answer'), error => error);
  assert.equal(error.code, code, error.message);
  return error;
}

async function all(call) {
  const sizes = [];
  for await (const response of call) sizes.push(size(response));
  return sizes;
}

const cases = {
  async empty_unary() {
    assert.deepEqual((await unary(client, 'EmptyCall', {})).answer, {});
  },

  async large_unary() {
    assert.equal(size((await unary(client, 'UnaryCall', large())).answer), largeResponse);
  },

  async client_streaming() {
    const answer = await new Promise((resolve, reject) => {
      const call = client.StreamingInputCall((error, answer) => error ? reject(error) : resolve(answer));
      for (const requestSize of requestSizes) call.write({ payload: payload(requestSize) });
      call.end();
    });
    assert.equal(answer.aggregated_payload_size, requestSizes.reduce((sum, one) => sum + one));
  },

  async server_streaming() {
    assert.deepEqual(await all(client.StreamingOutputCall({ response_parameters: responseSizes.map(one => ({ size: one })) })), responseSizes);
  },

  async ping_pong() {
    const call = client.FullDuplexCall();
    const answers = call[Symbol.asyncIterator]();
    for (const [i, responseSize] of responseSizes.entries()) {
      call.write(ask(requestSizes[i], responseSize));
      assert.equal(size((await answers.next()).value), responseSize);
    }
    call.end();
    assert.equal((await answers.next()).done, true);
  },

  async empty_stream() {
    const call = client.FullDuplexCall();
    call.end();
    assert.deepEqual(await all(call), []);
  },

  async cancel_after_begin() {
    await fails(grpc.status.CANCELLED, new Promise((resolve, reject) => {
      const call = client.StreamingInputCall((error, answer) => error ? reject(error) : resolve(answer));
      setImmediate(() => call.cancel());
    }));
  },

  async cancel_after_first_response() {
    const call = client.FullDuplexCall();
    call.write(ask(27182, 31415));
    const [first] = await once(call, 'data');
    assert.equal(size(first), 31415);
    const error = once(call, 'error');
    call.cancel();
    assert.equal((await error)[0].code, grpc.status.CANCELLED);
  },

  async timeout_on_sleeping_server() {
    const call = client.FullDuplexCall({ deadline: Date.now() + 50 });
    call.write(ask(27182, 31415, { interval_us: 2_000_000 }));
    await fails(grpc.status.DEADLINE_EXCEEDED, all(call));
  },

  async custom_metadata() {
    const metadata = new grpc.Metadata();
    const trailing = Buffer.from('0a0b0a0b0a0b', 'hex');
    metadata.set('x-grpc-test-echo-initial', 'test_initial_metadata_value');
    metadata.set('x-grpc-test-echo-trailing-bin', trailing);
    const check = ({ headers, trailers }) => {
      assert.deepEqual(headers.get('x-grpc-test-echo-initial'), ['test_initial_metadata_value']);
      assert.deepEqual(trailers.get('x-grpc-test-echo-trailing-bin'), [trailing]);
    };
    check(await unary(client, 'UnaryCall', large(), metadata));

    const call = client.FullDuplexCall(metadata);
    const seen = {};
    call.on('metadata', headers => { seen.headers = headers; });
    const status = once(call, 'status');
    call.write(ask(largeRequest, largeResponse));
    call.end();
    assert.deepEqual(await all(call), [largeResponse]);
    seen.trailers = (await status)[0].metadata;
    check(seen);
  },

  async status_code_and_message(message = 'test status message') {
    const response_status = { code: 2, message };
    assert.equal((await fails(grpc.status.UNKNOWN, unary(client, 'UnaryCall', { response_status }))).details, message);
    const call = client.FullDuplexCall();
    call.write({ response_status });
    call.end();
    assert.equal((await fails(grpc.status.UNKNOWN, all(call))).details, message);
  },

  async special_status_message() {
    await cases.status_code_and_message('\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n');
  },

  async unimplemented_method() {
    await fails(grpc.status.UNIMPLEMENTED, unary(client, 'UnimplementedCall', {}));
  },

  async unimplemented_service() {
    await fails(grpc.status.UNIMPLEMENTED, unary(unknown, 'UnimplementedCall', {}));
  },

  async client_compressed_unary() {
    await fails(grpc.status.INVALID_ARGUMENT, unary(client, 'UnaryCall', large({ expect_compressed: { value: true } })));
    assert.equal(size((await unary(gzip, 'UnaryCall', large({ expect_compressed: { value: true } }))).answer), largeResponse);
    assert.equal(size((await unary(client, 'UnaryCall', large({ expect_compressed: { value: false } }))).answer), largeResponse);
  },

  async server_compressed_unary() {
    for (const value of [true, false]) {
      assert.equal(size((await unary(client, 'UnaryCall', large({ response_compressed: { value } }))).answer), largeResponse);
    }
  },
};

let failed = 0;
for (const [name, run] of Object.entries(cases)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = performance.now();
  try {
    await run();
    console.log(`ok ${name} (${((performance.now() - started) / 1000).toFixed(2)} s)`);
  } catch (failure) {
    failed++;
    console.log(`FAILED ${name}: ${failure.stack}`);
  }
}
client.close();
unknown.close();
gzip.close();
process.exitCode = failed ? 1 : 0;
