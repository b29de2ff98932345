// A week's page of a hall in a large city, from the release build over HTTP.
// `week_page_ms_p99`, `week_page_queries`.
import { FACILITIES, HOST, RESOURCES } from './city.mjs';
import { RUN, day, directory, inLargeCity, socket, sql } from './large.mjs';
import { percentile, pgbench, quick, tell } from './tools.mjs';

const REQUESTS = quick ? 100 : 500;
const WARM_UP = 50;
const COUNTED = 20;

await inLargeCity(measure);

async function measure(visitor, pages) {
  const page = async (index) => {
    // Facilities, their resources and the coming weeks in turn: 25, 12 and 7 have no common divisor.
    const [facility, resource] = [index % FACILITIES, RESOURCES[index % RESOURCES.length]];
    const url = `${pages}/facilities/hall-${facility}?view=week&resource=${resource}&day=${day(7 * (1 + (index % 7)))}`;
    const began = performance.now();
    const answer = await visitor.ask('GET', url, { headers: { 'accept-encoding': 'gzip' } });
    const took = performance.now() - began;
    if (answer.status !== 200) throw new Error(`the week's page answers ${answer.status}`);
    return took;
  };
  for (let i = 0; i < WARM_UP; i += 1) await page(i);
  const taken = [];
  for (let i = 0; i < REQUESTS; i += 1) taken.push(await page(i));

  await sql(RUN, 'SELECT pg_stat_statements_reset();\n');
  for (let i = 0; i < COUNTED; i += 1) await page(i);
  const counted = JSON.parse(await sql(RUN, `
SELECT coalesce(json_agg(json_build_object('query', query, 'calls', calls)), '[]') FROM pg_stat_statements
 WHERE userid = 'hallport_application'::regrole AND dbid = (SELECT oid FROM pg_database WHERE datname = '${RUN}');
`));
  // What the service does by itself meanwhile is done less often than once a page.
  const perPage = (wanted) => counted.filter(({ query }) => wanted(query))
    .reduce((sum, { calls }) => sum + Math.floor(calls / COUNTED), 0);
  const around = /^(BEGIN|COMMIT|ROLLBACK)\b/i;
  const settings = perPage((query) => query.includes('set_config'));
  for (const { query, calls } of counted) process.stderr.write(`${calls} in ${COUNTED} pages: ${query}\n`);
  const queries = perPage((query) => !around.test(query) && !query.includes('set_config'));
  if (queries === 0) throw new Error('pg_stat_statements saw no statement of the page');

  const tenant = await sql(RUN, "SELECT tenant_id FROM kernel.host WHERE host = '" + HOST + "';\n");
  const parts = (await sql(RUN, 'SELECT id FROM booking.part ORDER BY random() LIMIT 24;\n')).split('\n');
  const floor = (transactions) => pgbench({
    socket, user: 'hallport_application', database: RUN, transactions, directory,
    settings: `-c app.tenant=${tenant}`,
    scripts: parts.map((part, index) => `
SELECT taken.part_id, taken.starts_at, taken.ends_at, booking.id, booking.customer_name
  FROM booking.occupancy taken
  JOIN booking.occurrence time ON time.tenant_id = taken.tenant_id AND time.id = taken.occurrence_id
  JOIN booking.booking booking ON booking.tenant_id = time.tenant_id AND booking.id = time.booking_id
 WHERE taken.part_id = '${part}' AND taken.starts_at >= '${day(7 * (1 + (index % 7)))}'
   AND taken.starts_at < '${day(7 * (2 + (index % 7)))}';
`),
  });
  // As with the pages, the first of them find nothing in the caches.
  await floor(REQUESTS);
  const floors = await floor(REQUESTS);
  tell('week_page_ms_p99', {
    value: percentile(taken, 99), unit: 'ms', goal: 20, floor: percentile(floors, 99),
    note: `${REQUESTS} requests one after the other, signed out, gzip: the week of one of a facility's 12 resources, with `
      + 'the links to the others, in a city with 300 resources and 1.5 million occurrences; facilities, resources and '
      + `weeks in turn; median ${percentile(taken, 50).toFixed(2)} ms. Floor: one prepared select of a part's week by pgbench`,
  });
  tell('week_page_queries', {
    value: queries, unit: 'statements', goal: 4,
    note: `statements a page by pg_stat_statements, without BEGIN and COMMIT; beside them ${settings} that set the tenant`,
  });
}
