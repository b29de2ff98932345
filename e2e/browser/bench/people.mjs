// What people and programs do every day, over HTTP on loopback, in whole processes: a page of one's own with 200 bookings,
// the officer's queue with 60 requests, a calendar of 1 000 times, a booking by the open API, a thousand followers of one
// time. `my_pages_ms_p99`, `desk_queue_ms_p99`, `ical_feed_1000_ms_p99`, `api_booking_ms_p99`, `notify_1000_followers_s`.
import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';

import { people } from '../provider.mjs';
import { until, World } from '../world.mjs';
import { percentile, pgbench, quick, tell, Visitor } from './tools.mjs';

const REQUESTS = quick ? 30 : 300;
const WARM_UP = 20;
const BOOKINGS = 200;
const TIMES = 1000;
const QUEUE = 60;
const TOKENS = 10;
const FOLLOWERS = quick ? 100 : 1000;

const world = await World.start();
const visitors = [];
const stop = async () => {
  for (const visitor of visitors) visitor.close();
  await world.stop();
};
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop().finally(() => process.exit(130)));
try {
  const [citizen, officer] = [await signedIn(people.citizen), await signedIn(people.officer)];
  await data();
  await pages(citizen, officer);
  await calendar(citizen);
  await program(citizen);
  await followers(citizen);
} finally {
  await stop();
}

async function signedIn(person) {
  const visitor = new Visitor();
  visitors.push(visitor);
  await visitor.signIn(world.pages, person);
  return visitor;
}

/** Bookings of the citizen with a thousand hours ahead of one half, and requests of the other half that wait. */
async function data() {
  await world.sql(`
SELECT set_config('bench.tenant', tenant_id::text, false) FROM kernel.host WHERE host = '${world.host}';
CREATE TEMP TABLE place AS
SELECT resource.tenant_id, resource.id AS resource_id, facility.id AS facility_id, facility.authority_id, part.part_id,
       resource.slug
  FROM facilities.resource resource
  JOIN facilities.facility facility ON facility.tenant_id = resource.tenant_id AND facility.id = resource.facility_id
  JOIN facilities.resource_part part ON part.tenant_id = resource.tenant_id AND part.resource_id = resource.id
 WHERE resource.slug IN ('a1', 'a2') AND resource.tenant_id = current_setting('bench.tenant')::uuid;
CREATE TEMP TABLE own AS
SELECT person.id AS person_id, mandate.customer_id FROM kernel.person person
  JOIN customers.mandate mandate ON mandate.tenant_id = person.tenant_id AND mandate.person_id = person.id AND mandate.role = 'self'
 WHERE person.subject = '${people.citizen.sub}';
INSERT INTO booking.booking (tenant_id, id, number, authority_id, facility_id, customer_id, customer_name, booker_id, purpose,
  status, price_ore, created_at, request_key, approval_reasons)
SELECT tenant_id, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 100000 + n, authority_id, facility_id,
       customer_id, 'Alva Lind', person_id, 'Innebandy', CASE WHEN n < ${BOOKINGS} THEN 'confirmed' ELSE 'requested' END, 5500,
       now() - (n || ' minutes')::interval, gen_random_uuid(), CASE WHEN n < ${BOOKINGS} THEN '{}' ELSE ARRAY[''] END
  FROM own, generate_series(0, ${BOOKINGS + QUEUE - 1}) AS n
  JOIN place ON place.slug = CASE WHEN n < ${BOOKINGS} THEN 'a1' ELSE 'a2' END;
CREATE TEMP TABLE hour AS
SELECT n, gen_random_uuid() AS id, tenant_id, resource_id, facility_id, part_id,
       ('00000000-0000-7000-8000-' || lpad(to_hex(booking), 12, '0'))::uuid AS booking_id,
       date_trunc('hour', now()) + (48 + n) * interval '1 hour' AS starts_at
  FROM (SELECT n, n / ${TIMES / BOOKINGS} AS booking, 'a1' AS slug FROM generate_series(0, ${TIMES - 1}) AS n
        UNION ALL SELECT n, ${BOOKINGS} + n, 'a2' FROM generate_series(0, ${QUEUE - 1}) AS n) one
  JOIN place USING (slug);
INSERT INTO booking.occurrence (tenant_id, id, booking_id, resource_id, facility_id, starts_at, ends_at)
SELECT tenant_id, id, booking_id, resource_id, facility_id, starts_at, starts_at + interval '1 hour' FROM hour;
INSERT INTO booking.occupancy (tenant_id, part_id, occurrence_id, starts_at, ends_at)
SELECT tenant_id, part_id, id, starts_at, starts_at + interval '1 hour' FROM hour;
INSERT INTO booking.number_series SELECT current_setting('bench.tenant')::uuid, 200000
ON CONFLICT (tenant_id) DO UPDATE SET last = excluded.last;
ANALYZE;
`);
}

async function measured(count, one) {
  for (let i = 0; i < WARM_UP; i += 1) await one(i);
  const taken = [];
  for (let i = 0; i < count; i += 1) {
    const began = performance.now();
    await one(WARM_UP + i);
    taken.push(performance.now() - began);
  }
  return taken;
}

async function floor(script, count = REQUESTS) {
  const directory = await fs.mkdtemp(path.join(world.directory, 'floor-'));
  const tenant = await world.sql(`SELECT tenant_id FROM kernel.host WHERE host = '${world.host}'`);
  const run = () => pgbench({
    socket: path.join(world.directory, 'postgres/socket'), user: 'postgres', database: 'hallport', transactions: count,
    directory, settings: `-c app.tenant=${tenant} -c role=hallport_application`, scripts: [script],
  });
  // The first of them find nothing in the caches.
  await run();
  return run();
}

async function asked(visitor, address, expected, options) {
  const answer = await visitor.ask('GET', `${world.pages}${address}`, { headers: { 'accept-language': 'sv' }, ...options });
  const said = answer.bytes.toString();
  if (answer.status !== 200) throw new Error(`${address} answers ${answer.status}`);
  for (const text of expected) if (!said.includes(text)) throw new Error(`${address} does not say ${text}`);
  return said;
}

async function pages(citizen, officer) {
  const person = await world.sql(`SELECT id FROM kernel.person WHERE subject = '${people.citizen.sub}'`);
  const list = (where) => `
SELECT id, number, customer_name, purpose, status, created_at FROM booking.booking WHERE ${where} ORDER BY created_at DESC LIMIT 200;
SELECT time.* FROM booking.occurrence time JOIN booking.booking booking
    ON booking.tenant_id = time.tenant_id AND booking.id = time.booking_id WHERE ${where.replaceAll(/\b(booker_id|status)\b/g, 'booking.$1')};
`;
  const mine = await measured(REQUESTS, () => asked(citizen, '/bookings', ['Halva A1']));
  const mineFloor = await floor(list(`booker_id = '${person}'`));
  tell('my_pages_ms_p99', {
    value: percentile(mine, 99), unit: 'ms', goal: 30, floor: percentile(mineFloor, 99),
    note: `${REQUESTS} requests of /bookings one after the other, signed in, with ${BOOKINGS} bookings of ${TIMES} times; `
      + `median ${percentile(mine, 50).toFixed(2)} ms. Floor: two prepared selects of the same bookings and times, by pgbench`,
  });
  const queue = await measured(REQUESTS, () => asked(officer, '/desk/requests', ['Innebandy']));
  const queueFloor = await floor(list("status = 'requested'"));
  tell('desk_queue_ms_p99', {
    value: percentile(queue, 99), unit: 'ms', goal: 50, floor: percentile(queueFloor, 99),
    note: `${REQUESTS} requests of /desk/requests one after the other, by an officer, with ${QUEUE} requests that wait; `
      + `median ${percentile(queue, 50).toFixed(2)} ms. Floor: two prepared selects of the same requests, by pgbench`,
  });
}

/** A calendar with a secret address is made anew each time that it is read; each address is read as often as it may be. */
async function calendar(citizen) {
  const addresses = [];
  for (let i = 0; i < 10; i += 1) {
    const made = await citizen.send(`${world.pages}/calendars`, { whose: 'mine', name: `Kalender ${i}` });
    const address = /id="feed-address"[^>]*>([^<]+)</.exec(made.text)?.[1];
    if (!address) throw new Error(`no address was made: ${made.text}`);
    addresses.push(new URL(address).pathname);
  }
  const count = Math.min(REQUESTS, addresses.length * 29 - WARM_UP);
  const reader = new Visitor();
  visitors.push(reader);
  const taken = await measured(count, async (index) => {
    const said = await asked(reader, addresses[index % addresses.length], ['BEGIN:VCALENDAR']);
    const events = said.split('BEGIN:VEVENT').length - 1;
    if (events < TIMES) throw new Error(`the calendar has ${events} events`);
  });
  const person = await world.sql(`SELECT id FROM kernel.person WHERE subject = '${people.citizen.sub}'`);
  const selected = await floor(`
SELECT time.*, booking.number, booking.purpose FROM booking.occurrence time JOIN booking.booking booking
    ON booking.tenant_id = time.tenant_id AND booking.id = time.booking_id WHERE booking.booker_id = '${person}';
`);
  tell('ical_feed_1000_ms_p99', {
    value: percentile(taken, 99), unit: 'ms', goal: 50, floor: percentile(selected, 99),
    note: `${count} readings one after the other of calendars with a secret address and ${TIMES + QUEUE} times, each made `
      + `anew; median ${percentile(taken, 50).toFixed(2)} ms. Floor: one prepared select of the same times, by pgbench`,
  });
}

async function program(citizen) {
  const tokens = [];
  for (let i = 0; i < TOKENS; i += 1) {
    const answer = await citizen.follow('POST', `${world.pages}/api/tokens`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `name=Program+${i}&days=30&scope=bookings%3Aread&scope=bookings%3Awrite&scope=customers%3Aread`,
    });
    const token = /id="new-token"[^>]*>([^<]+)</.exec(answer.text)?.[1];
    if (!token) throw new Error(`no token was made: ${answer.text}`);
    tokens.push(token);
  }
  const customer = await world.sql(`
SELECT customer_id FROM customers.mandate JOIN kernel.person ON person.id = person_id
 WHERE role = 'self' AND subject = '${people.citizen.sub}'`);
  const resource = await world.sql("SELECT id FROM facilities.resource WHERE slug = 'a2'");
  const hour = Math.floor(Date.now() / 3_600_000) + 48 + QUEUE + 24;
  const program = new Visitor();
  visitors.push(program);
  // A token may ask sixty times a minute, ten at once: the tokens take turns.
  const count = Math.min(REQUESTS, TOKENS * 9 - WARM_UP);
  const taken = await measured(count, async (index) => {
    const answer = await program.ask('POST', `${world.pages}/api/v1/bookings`, {
      headers: {
        authorization: `Bearer ${tokens[index % TOKENS]}`, 'content-type': 'application/json', 'idempotency-key': randomUUID(),
      },
      body: JSON.stringify({
        customer, purpose: 'Badminton',
        times: [{ resource, start: new Date((hour + index) * 3_600_000).toISOString(), minutes: 60 }],
      }),
    });
    if (answer.status !== 201) throw new Error(`not booked: ${answer.status} ${answer.bytes}`);
  });
  const inserted = await floor(`
INSERT INTO kernel.audit (tenant_id, at, actor, action, detail)
VALUES (current_setting('app.tenant')::uuid, now(), 'floor', 'bench.floor', '{}');
`);
  tell('api_booking_ms_p99', {
    value: percentile(taken, 99), unit: 'ms', goal: 50, floor: percentile(inserted, 99),
    note: `${count} bookings of an hour by POST /api/v1/bookings one after the other, each with a key of its own, by a `
      + `program with a person's token: held, priced, confirmed, with its access and its repetition remembered; median `
      + `${percentile(taken, 50).toFixed(2)} ms. Floor: one INSERT committed in the same Postgres, by pgbench`,
  });
}

/** A thousand people follow free times of one half; a booking of it is cancelled, and all are told by letter. */
async function followers(citizen) {
  await world.sql(`
CREATE TEMP TABLE follower AS
SELECT gen_random_uuid() AS id, n, tenant_id FROM kernel.host, generate_series(1, ${FOLLOWERS}) AS n WHERE host = '${world.host}';
INSERT INTO kernel.person (tenant_id, id, issuer, subject, name, email, language, created_at, seen_at)
SELECT tenant_id, id, 'bench', 'follower ' || n, 'Följare ' || n, 'foljare' || n || '@hallport.invalid', 'sv', now(), now() FROM follower;
INSERT INTO watching.watch (tenant_id, id, person_id, resource_id, weekdays, from_minute, until_minute, minutes, state, until, created_at)
SELECT tenant_id, gen_random_uuid(), id, (SELECT id FROM facilities.resource WHERE slug = 'a1'), 127, 0, 1439, 60, 'followed',
       now() + interval '60 days', now() FROM follower;
ANALYZE;
`);
  const before = (await world.mails()).length;
  const sent = async () => Number(await world.sql(
    "SELECT count(*) FROM notifications.message WHERE kind = 'watch_found' AND status = 'sent'"));
  const cancelled = '00000000-0000-7000-8000-000000000064';
  const began = performance.now();
  const answer = await citizen.ask('POST', `${world.pages}/bookings/${cancelled}/cancel`);
  if (answer.status !== 303) throw new Error(`not cancelled: ${answer.status}`);
  await until('everybody to be told', async () => (await sent()) >= FOLLOWERS, 120_000);
  const took = (performance.now() - began) / 1000;
  const mails = (await world.mails()).length - before;
  if (mails < FOLLOWERS) throw new Error(`${mails} letters arrived`);
  const relay = await bareRelay(FOLLOWERS);
  tell('notify_1000_followers_s', {
    value: took, unit: 's', goal: 5, floor: relay,
    note: `from the form that cancels a booking until the relay has taken a letter to each of ${FOLLOWERS} people who follow `
      + 'free times of that half: found, asked about again before each letter, written in their language and settled; the '
      + 'relay is aiosmtpd, which writes each to disk. Floor: as many short letters by one connection to the same relay',
  });
}

/** Seconds that the relay itself takes for so many letters on one connection. */
async function bareRelay(count) {
  const net = await import('node:net');
  const line = net.connect(world.ports.smtp, '127.0.0.1');
  line.setEncoding('utf8');
  let heard = '';
  const wants = [];
  line.on('data', (data) => {
    heard += data;
    while (wants.length && /^\d{3} .*\r\n/m.test(heard)) {
      heard = heard.slice(heard.search(/^\d{3} .*\r\n/m)).replace(/^\d{3} .*\r\n/, '');
      wants.shift()();
    }
  });
  const answered = () => new Promise((resolve) => wants.push(resolve));
  const say = (text) => { const answer = answered(); line.write(`${text}\r\n`); return answer; };
  await answered();
  await say('EHLO localhost');
  const began = performance.now();
  for (let i = 0; i < count; i += 1) {
    await say('MAIL FROM:<bench@hallport.invalid>');
    await say(`RCPT TO:<golv${i}@hallport.invalid>`);
    await say('DATA');
    await say('Subject: Golv\r\n\r\nEn rad.\r\n.');
  }
  const took = (performance.now() - began) / 1000;
  line.destroy();
  return took;
}
