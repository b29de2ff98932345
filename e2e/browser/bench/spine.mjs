// From a booking to the gateway and back, in whole processes: cloud, Postgres, Mosquitto, gateway, simulated hall.
// `cloud_rss_mib_idle`, `booking_to_gateway_ms_p50`, `booking_to_gateway_ms_p99`, `revocation_ms_p99`.
import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';

import { people } from '../provider.mjs';
import { World } from '../world.mjs';
import { Publisher } from './mqtt.mjs';
import { bin, output, percentile, pgbench, quick, root, tell, Visitor } from './tools.mjs';

const IDLE_SECONDS = quick ? 5 : 60;
const BOOKINGS = quick ? 20 : 300;
const FLOORS = quick ? 100 : 1000;
const HALF_AN_HOUR_MS = 1_800_000;
/** What a grant or a report takes on the wire. */
const PAYLOAD_BYTES = 400;

const world = await World.start();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await world.stop();
    process.exit(130);
  });
}
try {
  await idle();
  await bookings();
} finally {
  await world.stop();
}

async function idle() {
  for (const city of ['osteraker', 'vaxholm']) {
    const from = path.join(root, 'deploy/demo-data', city);
    await output(path.join(bin, 'hallport-cloud'), ['--config', world.config, 'seed', '--from', from]);
  }
  await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000));
  const status = await fs.readFile(`/proc/${world.cloud.child.pid}/status`, 'utf8');
  tell('cloud_rss_mib_idle', {
    value: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)[1]) / 1024,
    unit: 'MiB',
    goal: 100,
    note: `resident memory of the release build ${IDLE_SECONDS} s after the demo's data and a test hall were loaded, `
      + 'gateway connected, nobody on the pages; Postgres and the broker are processes of their own',
  });
}

async function bookings() {
  const visitor = new Visitor();
  await visitor.signIn(world.pages, people.citizen);
  const resource = await world.sql("SELECT id FROM facilities.resource WHERE slug = 'hallen' LIMIT 1");
  const start = new Date((Math.floor(Date.now() / HALF_AN_HOUR_MS) + 48) * HALF_AN_HOUR_MS).toISOString();
  const [applied, asked, revoked] = [[], [], []];
  for (let i = 0; i < BOOKINGS; i += 1) {
    const sent = performance.now();
    const answer = await visitor.ask('POST', `${world.pages}/api/unstable/bookings`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        purpose: 'Badminton', request_key: randomUUID(), occurrences: [{ resource, start, minutes: 60 }],
      }),
    });
    const confirmed = performance.now();
    if (answer.status !== 201) throw new Error(`not booked: ${answer.status} ${answer.bytes}`);
    const { booking } = JSON.parse(answer.bytes);
    const known = await settled(visitor, booking);
    applied.push(performance.now() - confirmed);
    asked.push(confirmed - sent);
    if (!known.includes('tone-good')) throw new Error(`the gateway did not take it: ${known}`);

    const began = performance.now();
    const page = await visitor.ask('POST', `${world.pages}/bookings/${booking}/cancel`);
    if (page.status !== 303) throw new Error(`not cancelled: ${page.status}`);
    const gone = await settled(visitor, booking);
    revoked.push(performance.now() - began);
    if (!gone.includes('tone-info')) throw new Error(`it was not taken back: ${gone}`);
  }
  visitor.close();

  const floor = await floors();
  const note = `${BOOKINGS} bookings through the JSON route, one after the other, each taken back before the next; from `
    + 'the answer that confirms it until the page\'s live stream says that the gateway has it on disk, so that the way '
    + `of the gateway's report back is in it; the booking's own request, ${percentile(asked, 50).toFixed(1)} ms in the `
    + 'median, is not. Floor: one publish with QoS 1 over TLS at the same broker, to its acknowledgement, and one '
    + 'INSERT committed in the same Postgres';
  tell('booking_to_gateway_ms_p50', {
    value: percentile(applied, 50), unit: 'ms', goal: 150, floor: floor(50), note,
  });
  tell('booking_to_gateway_ms_p99', {
    value: percentile(applied, 99), unit: 'ms', goal: 500, floor: floor(99), note,
  });
  tell('revocation_ms_p99', {
    value: percentile(revoked, 99), unit: 'ms', goal: 1000, floor: floor(99),
    note: 'the same bookings, from sending the cancellation until the page\'s live stream says that the gateway no longer '
      + `has it; median ${percentile(revoked, 50).toFixed(1)} ms. Floor: as for booking_to_gateway_ms_p99`,
  });
}

/** Listens at a booking's page until nothing more is to come; the last that it was told. */
async function settled(visitor, booking) {
  const agent = new http.Agent();
  const stream = await visitor.open('GET', `${world.pages}/bookings/${booking}/access/live`, { agent });
  if (stream.statusCode !== 200) throw new Error(`the live stream answers ${stream.statusCode}`);
  let last = '';
  let rest = '';
  stream.setEncoding('utf8');
  try {
    for await (const chunk of stream) {
      const events = (rest + chunk).split('\n\n');
      rest = events.pop();
      for (const event of events) {
        if (/^event: ?end$/m.test(event)) return last;
        if (/^event: ?door$/m.test(event)) last = event;
      }
    }
  } finally {
    agent.destroy();
  }
  throw new Error(`the live stream ended early, after: ${last}`);
}

/** One message and one row, by the barest means: their percentiles added. */
async function floors() {
  await world.gateway.stop();
  const publisher = await Publisher.connect(world.ports.broker, path.join(world.gatewayData, 'identity'));
  const { gateway } = JSON.parse(await fs.readFile(path.join(world.gatewayData, 'identity/gateway.json'), 'utf8'));
  const published = [];
  for (let i = 0; i < FLOORS; i += 1) {
    published.push(await publisher.publish(`hp/1/${gateway}/resync`, Buffer.alloc(PAYLOAD_BYTES)));
  }
  publisher.close();
  await world.sql('CREATE TABLE public.bench_floor (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz)');
  const committed = await pgbench({
    socket: path.join(world.directory, 'postgres/socket'),
    user: 'postgres',
    database: 'hallport',
    scripts: ['INSERT INTO public.bench_floor (at) VALUES (now());\n'],
    transactions: FLOORS,
    directory: world.directory,
  });
  return (percent) => percentile(published, percent) + percentile(committed, percent);
}
