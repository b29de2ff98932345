// Finding free times in a large city, from the release build over HTTP.
// `search_free_ms_p99`, `city_evening_ms_p99`.
import { FACILITIES, HOST, RESOURCES } from './city.mjs';
import { RUN, day, directory, inLargeCity, socket, sql } from './large.mjs';
import { percentile, pgbench, quick, tell } from './tools.mjs';

const REQUESTS = quick ? 50 : 500;
const WARM_UP = 50;
/** Days on which is asked, in turn: seven weeks, each day booked until six in the evening. */
const DAYS = 49;

await inLargeCity(measure);

async function measure(visitor, pages) {
  const asked = async (url, expected) => {
    const began = performance.now();
    const answer = await visitor.ask('GET', `${pages}${url}`, {
      headers: { 'accept-encoding': 'identity', 'accept-language': 'sv' },
    });
    const took = performance.now() - began;
    if (answer.status !== 200) throw new Error(`${url} answers ${answer.status}`);
    const said = answer.bytes.toString();
    for (const text of expected) if (!said.includes(text)) throw new Error(`${url} does not say ${text}`);
    return took;
  };
  const all = FACILITIES * RESOURCES.length;
  const when = (index) => `when=${day(1 + (index % DAYS))}&after=15:00&before=21:00`;
  const evening = (index) => asked(`/find?${when(index)}&minutes=120`, [`${all} träffar`, '18.00–20.00']);
  const search = (index) => asked(
    `/find?${when(index)}&minutes=60&activity=badminton&q=hallen+${index % FACILITIES}`, ['18.00–19.00', '/book?']);
  const measured = async (one) => {
    for (let i = 0; i < WARM_UP; i += 1) await one(i);
    const taken = [];
    for (let i = 0; i < REQUESTS; i += 1) taken.push(await one(i));
    return taken;
  };
  const evenings = await measured(evening);
  const searches = await measured(search);

  const tenant = await sql(RUN, `SELECT tenant_id FROM kernel.host WHERE host = '${HOST}';\n`);
  const hours = (index) =>
    `starts_at >= '${day(1 + (index % DAYS))} 15:00 Europe/Stockholm' AND starts_at < '${day(1 + (index % DAYS))} 21:00 Europe/Stockholm'`;
  const floor = async (script) => {
    const run = () => pgbench({
      socket, user: 'hallport_application', database: RUN, transactions: REQUESTS, directory,
      settings: `-c app.tenant=${tenant}`,
      scripts: Array.from({ length: DAYS }, (_, index) => script(index)),
    });
    // As with the pages, the first of them find nothing in the caches.
    await run();
    return run();
  };
  const eveningFloor = await floor((index) => `
SELECT part_id, starts_at, ends_at FROM booking.occupancy
 WHERE part_id = any (ARRAY(SELECT id FROM booking.part)) AND ${hours(index)};
`);
  const searchFloor = await floor((index) => `
SELECT part_id, starts_at, ends_at FROM booking.occupancy
 WHERE part_id = any (ARRAY(
         SELECT part.part_id FROM search.entry entry
           JOIN facilities.resource_part part
             ON part.tenant_id = entry.tenant_id AND part.resource_id = entry.resource_id
          WHERE entry.tenant_id = '${tenant}'
            AND entry.document @@ to_tsquery('search.swedish', 'hallen & ${index % FACILITIES}')))
   AND ${hours(index)};
`);
  tell('search_free_ms_p99', {
    value: percentile(searches, 99), unit: 'ms', goal: 50, floor: percentile(searchFloor, 99),
    note: `${REQUESTS} requests of /find one after the other, signed out: an hour of badminton on an evening, in words `
      + `that fit a facility, in a city with ${all} resources and 1.5 million occurrences; days and facilities in turn; `
      + `median ${percentile(searches, 50).toFixed(2)} ms. Floor: one prepared select of that facility's evening, found `
      + 'by the same words, by pgbench',
  });
  tell('city_evening_ms_p99', {
    value: percentile(evenings, 99), unit: 'ms', goal: 100, floor: percentile(eveningFloor, 99),
    note: `${REQUESTS} requests of /find one after the other, signed out: which of all ${all} resources are free for two `
      + `hours between 15 and 21, days in turn; all are looked at, the first twenty are shown with their times; median `
      + `${percentile(evenings, 50).toFixed(2)} ms. Floor: one prepared select of what is taken that evening, by pgbench`,
  });
}
