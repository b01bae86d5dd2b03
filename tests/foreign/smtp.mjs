// A mail server for tests: node smtp.mjs [--auth] [--closed] [--port N]. With --auth it takes mail from "hub" with "secret"
// only; with --closed it turns everybody away at the door (554).
// Says "listening <port>", and then each thing that happens as a line of JSON.
// The recipient says how it behaves:
//   greylist...  turned away at first (451), then let in
//   unknown...   refused (550)
//   relay...     refused too (550), but because it does not know us
//   full...      the mail itself is refused (552)
//   cut...       the first copy is taken, and the line is cut before that is said
// Needs `npm ci` in the folder node beside this file.

import { createRequire } from 'node:module';

const require = createRequire(new URL('./node/package.json', import.meta.url));
const { SMTPServer } = require('smtp-server');

const seen = new Set();
const isFirst = address => !seen.has(address) && seen.add(address);
const say = what => console.log(JSON.stringify(what));
const refusal = (responseCode, message) => Object.assign(new Error(message), { responseCode });

const server = new SMTPServer({
  authOptional: !process.argv.includes('--auth'),
  disableReverseLookup: true,
  // Only for tests: it says what it was told, so the credentials must come encrypted or not at all.
  allowInsecureAuth: true,
  onConnect(session, done) {
    say({ what: 'connection' });
    done(process.argv.includes('--closed') ? refusal(554, 'No service for you') : null);
  },
  onAuth({ username, password }, session, done) {
    say({ what: 'auth', username });
    password === 'secret' ? done(null, { user: username }) : done(refusal(535, 'Wrong password'));
  },
  onRcptTo({ address }, session, done) {
    say({ what: 'recipient', address });
    if (address.startsWith('greylist') && isFirst(address)) return done(refusal(451, 'Greylisted, come back later'));
    if (address.startsWith('unknown')) return done(refusal(550, 'No such user'));
    if (address.startsWith('relay')) return done(refusal(550, '5.7.1 Relaying denied'));
    return done();
  },
  onData(stream, session, done) {
    const chunks = [];
    stream.on('data', chunk => chunks.push(chunk));
    stream.on('end', () => {
      const to = session.envelope.rcptTo[0].address;
      if (to.startsWith('full')) return done(refusal(552, 'Mailbox full'));
      say({ what: 'mail', to, secure: session.secure, raw: Buffer.concat(chunks).toString('utf8') });
      if (!to.startsWith('cut') || !isFirst(to)) return done();
      for (const connection of server.connections) if (connection.session.id === session.id) connection._socket.destroy();
    });
  },
});

server.on('error', () => { });     // a client that hangs up is no fault of ours
const port = process.argv.indexOf('--port');
server.listen(port < 0 ? 0 : Number(process.argv[port + 1]), '127.0.0.1', () => console.log(`listening ${server.server.address().port}`));
