// A week's page of a hall in a large city, from the release build over HTTP.
// `week_page_ms_p99`, `week_page_queries`; and, as a phone has it, `week_page_kib`, `lcp_ms`, `cls`.
import { once } from 'node:events';
import http from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';

import { openBrowser } from '../visitor.mjs';
import { FACILITIES, HOST, RESOURCES } from './city.mjs';
import { RUN, day, directory, inLargeCity, socket, sql } from './large.mjs';
import { percentile, pgbench, quick, tell } from './tools.mjs';

const REQUESTS = quick ? 100 : 500;
const WARM_UP = 50;
const COUNTED = 20;
const SEEN = quick ? 5 : 30;

await inLargeCity(measure);

async function measure(visitor, pages) {
  const address = (index) => {
    // Facilities, their resources and the coming weeks in turn: 25, 12 and 7 have no common divisor.
    const [facility, resource] = [index % FACILITIES, RESOURCES[index % RESOURCES.length]];
    return `${pages}/facilities/hall-${facility}?view=week&resource=${resource}&day=${day(7 * (1 + (index % 7)))}`;
  };
  const page = async (index) => {
    const began = performance.now();
    const answer = await visitor.ask('GET', address(index), { headers: { 'accept-encoding': 'gzip' } });
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
  const weighed = await weigh(visitor, address(0));
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
    value: queries, unit: 'statements', goal: 5,
    note: `statements a page by pg_stat_statements, without BEGIN and COMMIT; beside them ${settings} that set the tenant`,
  });
  tell('week_page_kib', {
    value: weighed.kib, unit: 'KiB', goal: 100, floor: weighed.floor,
    note: `the same page and all it loads, gzip, without what a browser has kept: page ${weighed.page.toFixed(1)} KiB, `
      + `${weighed.files} files of style, script and icon. Floor: what its cells say and where they lead, as JSON, gzip`,
  });
  const seen = await look(Array.from({ length: SEEN }, (_, index) => address(index)));
  tell('lcp_ms', {
    value: percentile(seen.page.lcp, 75), unit: 'ms', goal: 1500, floor: percentile(seen.floor.lcp, 75),
    note: `largest contentful paint of the same page in Chromium, 360 by 740, nothing kept, over loopback; 75th percentile `
      + `of ${SEEN}. Floor: a page that is one paragraph, from a server that does nothing else`,
  });
  tell('cls', {
    value: Math.max(...seen.page.cls), unit: 'score', goal: 0.05, floor: Math.max(...seen.floor.cls),
    note: `cumulative layout shift until everything has come, the highest of ${SEEN}`,
  });
}

/** What comes over the wire for a page and everything it loads, in KiB. */
async function weigh(visitor, url) {
  const ask = async (at) => {
    const answer = await visitor.ask('GET', new URL(at, url).href, { headers: { 'accept-encoding': 'gzip' } });
    if (answer.status !== 200) throw new Error(`${at} answers ${answer.status}`);
    if (answer.headers['content-encoding'] !== 'gzip') throw new Error(`${at} is not compressed`);
    return answer.bytes;
  };
  const page = await ask(url);
  const text = gunzipSync(page).toString();
  const files = [...new Set([...text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, file]) => file))];
  let bytes = page.length;
  for (const file of files) bytes += (await ask(file)).length;
  const cells = [...text.matchAll(/<a class="cell" href="([^"]+)" data-cell aria-label="([^"]+)"/g)];
  if (cells.length === 0) throw new Error('the page has no cells');
  const floor = gzipSync(JSON.stringify(cells.map(([, href, says]) => [href, says]))).length;
  return { kib: bytes / 1024, page: page.length / 1024, files: files.length, floor: floor / 1024 };
}

/** How pages come up on a phone, each in a browser that has kept nothing; and a page that is next to nothing. */
async function look(urls) {
  const server = http.createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!DOCTYPE html><html lang="en"><title>Floor</title><p>Nothing but this.</p></html>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const least = `http://localhost:${server.address().port}/`;
  const browser = await openBrowser();
  const seen = { page: { lcp: [], cls: [] }, floor: { lcp: [], cls: [] } };
  for (const url of urls) {
    for (const [what, at] of [['floor', least], ['page', url]]) {
      const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
      const page = await context.newPage();
      await page.goto(at, { waitUntil: 'load' });
      const { lcp, cls } = await page.evaluate(() => new Promise((resolve) => {
        const found = { lcp: null, cls: 0 };
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) if (!entry.hadRecentInput) found.cls += entry.value;
        }).observe({ type: 'layout-shift', buffered: true });
        new PerformanceObserver((list) => {
          found.lcp = list.getEntries().at(-1).startTime;
          resolve(found);
        }).observe({ type: 'largest-contentful-paint', buffered: true });
      }));
      seen[what].lcp.push(lcp);
      seen[what].cls.push(cls);
      await context.close();
    }
  }
  await browser.close();
  server.close();
  return seen;
}
