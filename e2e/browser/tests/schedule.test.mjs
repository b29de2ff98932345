// The schedule as people use it: from a month to a day, by keyboard, on paper, while others book, in light and dark, and
// within a page of the municipality's own site. The parts build on each other and run in this order, in one world.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { people } from '../provider.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World, freePorts, until } from '../world.mjs';

const root = path.resolve(import.meta.dirname, '../../..');
const screens = path.join(root, 'target/screens');
const sizes = { 360: { width: 360, height: 740 }, 768: { width: 768, height: 1024 }, 1440: { width: 1440, height: 900 } };

/** The date so many days from now, where the test's halls are. */
function day(after) {
  const date = new Date(Date.now() + after * 86_400_000);
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Stockholm' }).format(date);
}

describe('the schedule', { timeout: 600_000 }, () => {
  let world, browser, reader, city, sites, languages;

  before(async () => {
    const [home, other] = await freePorts(2);
    sites = {
      home: { origin: `http://www.provkommunen.localhost:${home}`, port: home },
      other: { origin: `http://annan.localhost:${other}`, port: other },
    };
    languages = await fs.mkdtemp(path.join(os.tmpdir(), 'hallport-languages-'));
    await fs.mkdir(path.join(languages, 'se'));
    await fs.writeFile(path.join(languages, 'se/language.ftl'), 'language-name = Davvisámegiella\n');
    await fs.writeFile(path.join(languages, 'se/ui.ftl'), 'ui-cell-free = friddja\nui-sign-in = Logga sisa\n');
    world = await World.start({
      config: `[languages]\ndirectory = "${languages}"`,
      tenant: (text) => text.replace('modules =', `embed_origins = ["${sites.home.origin}"]\nmodules =`),
    });
    await world.command('seed', '--from', path.join(root, 'deploy/demo-data/osteraker'));
    city = `http://osteraker.localhost:${world.ports.pages}`;
    await fillTheCity(world);
    browser = await openBrowser();
    reader = await Visitor.with(browser, world);
    await fs.mkdir(screens, { recursive: true });
    for (const site of Object.values(sites)) {
      site.server = http.createServer((request, response) => {
        response.setHeader('content-type', 'text/html; charset=utf-8');
        response.end(`<!DOCTYPE html><html lang="sv"><title>Kommunens sida</title><main><h1>Kommunens sida</h1>
          <script src="${world.pages}/embed.js" data-facility="provhallen" data-accent="#b3005e" data-theme="dark"
            data-lang="en" data-title="Lediga tider"></script></main>`);
      });
      site.server.listen(site.port, '127.0.0.1');
      await once(site.server, 'listening');
    }
  });

  after(async () => {
    for (const site of Object.values(sites ?? {})) site.server?.close();
    await end([reader], browser, world);
    if (languages) await fs.rm(languages, { recursive: true });
  });

  /** One page of the schedule in all sizes and both themes. */
  async function looked(name, url) {
    await reader.page.goto(url);
    await reader.look(name);
  }

  test('every view is accessible and fits, on a phone and on a desk, in light and dark', async () => {
    const hall = `${city}/facilities/sportcentrum`;
    await looked('schedule-day', `${hall}?day=${day(2)}`);
    await looked('schedule-week', `${hall}?day=${day(2)}&view=week&resource=a1`);
    await looked('schedule-hall-week', `${hall}?day=${day(2)}&view=week&hall=a`);
    await looked('schedule-overview', `${hall}?day=${day(2)}&view=week`);
    await looked('schedule-month', `${hall}?day=${day(2)}&view=month`);
    await looked('schedule-beside', `${city}/schedule?facility=sportcentrum&facility=${await another(world)}&day=${day(2)}`);
    await looked('schedule-choose', `${city}/schedule`);
    await looked('schedule-framed', `${city}/embed/schedule/sportcentrum?day=${day(2)}&accent=b3005e`);
  });

  test('from a month one comes to a day, and to the week it is in', async () => {
    const { page } = reader;
    await page.goto(`${city}/facilities/sportcentrum?view=month&day=${day(2)}`);
    await page.getByRole('link', { name: new RegExp(`${Number(day(2).slice(8))} .* ledigt`) }).first().click();
    await page.waitForURL((url) => url.searchParams.get('day') === day(2) && !url.searchParams.has('view'));
    assert.ok((await page.getByRole('link', { name: /ledig/ }).count()) > 0);
    await page.goBack();
    await page.getByRole('link', { name: /^Vecka \d+$/ }).last().click();
    await page.waitForURL(/view=week/);
  });

  test('a language that is a folder of files is offered, kept, and given to browsers that ask for it', async () => {
    const { page } = reader;
    await page.goto(`${world.pages}/facilities/provhallen?day=${day(2)}`);
    await page.getByRole('link', { name: 'Davvisámegiella' }).click();
    await page.waitForURL(/facilities\/provhallen/);
    assert.equal(await page.locator('html').getAttribute('lang'), 'se');
    assert.ok((await page.getByRole('link', { name: /friddja/ }).count()) > 0);
    await page.goto(`${world.pages}/language/sv?next=/`);
    const context = await browser.newContext({ locale: 'se' });
    const other = await context.newPage();
    await other.goto(world.pages);
    await other.getByRole('link', { name: 'Logga sisa' }).waitFor();
    await context.close();
    const checked = await world.command('check');
    assert.match(checked, /^language se: \d+ texts are missing; not translated: .*\bui-skip\b/m);
    await fs.writeFile(path.join(languages, 'se/ui.ftl'), 'ui-skip = {\n');
    await assert.rejects(world.command('check'), /languages: .*se\/ui\.ftl:\d+: /);
  });

  test('light or dark is chosen without script, and stays', async () => {
    const plain = await Visitor.with(browser, world, { scripts: false });
    const { page } = plain;
    await page.goto(`${world.pages}/facilities/provhallen`);
    await page.getByRole('link', { name: 'Mörkt' }).click();
    await page.waitForURL(/facilities\/provhallen/);
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
    const ground = () => page.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor);
    await page.goto(world.pages);
    assert.equal(await ground(), 'rgb(19, 21, 26)');
    await page.getByRole('link', { name: 'Ljust' }).click();
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    assert.equal(await ground(), 'rgb(255, 255, 255)', 'the choice wins over the system');
    await page.getByRole('link', { name: 'Som systemet' }).click();
    assert.equal(await ground(), 'rgb(19, 21, 26)');
    await plain.close();
  });

  test('a week is walked through and left by keyboard alone', async () => {
    const { page } = reader;
    await page.setViewportSize(sizes[1440]);
    await page.goto(`${world.pages}/facilities/provhallen?view=week&resource=a1&day=${day(7)}`);
    const at = () => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? '');
    for (let i = 0; i < 60 && !/ledig/.test(await at()); i += 1) await page.keyboard.press('Tab');
    const first = await at();
    assert.match(first, /^Måndag 00–00\.30, .*Halva A1, ledig/);
    await page.keyboard.press('End');
    assert.match(await at(), /^Söndag 00–00\.30/);
    await page.keyboard.press('ArrowDown');
    assert.match(await at(), /^Söndag 00\.30–01/);
    await page.keyboard.press('Home');
    assert.match(await at(), /^Måndag 00\.30–01/);
    const before = new URL(page.url()).searchParams.get('day');
    await page.keyboard.press('PageDown');
    await page.waitForURL((url) => url.searchParams.get('day') > before);
    await until('the focus among the cells of the next week', async () => /ledig/.test(await at()));
    await page.keyboard.press('PageUp');
    await page.waitForURL((url) => url.searchParams.get('day') === before);
    await until('the focus among the cells again', async () => /ledig/.test(await at()));
    await page.keyboard.press('Tab');
    assert.doesNotMatch(await at(), /ledig/, 'the whole table is one stop for the tab key');
    await page.setViewportSize(sizes[360]);
  });

  test('a finger across the table shows the day beside', async () => {
    const context = await browser.newContext({ viewport: sizes[360], hasTouch: true, locale: 'sv-SE' });
    const page = await context.newPage();
    await page.goto(`${world.pages}/facilities/provhallen?day=${day(8)}`);
    await page.evaluate(() => {
      const cell = document.querySelector('.grid td');
      const touch = (x) => new Touch({ identifier: 1, target: cell, clientX: x, clientY: 300 });
      cell.dispatchEvent(new TouchEvent('touchstart', { bubbles: true, touches: [touch(300)], changedTouches: [touch(300)] }));
      cell.dispatchEvent(new TouchEvent('touchend', { bubbles: true, touches: [], changedTouches: [touch(100)] }));
    });
    await page.waitForURL((url) => url.searchParams.get('day') === day(9));
    await context.close();
  });

  test('a week is one sheet of paper lying down, with its title and when it was so', async () => {
    const { page } = reader;
    const hall = `${city}/facilities/sportcentrum?day=${day(2)}`;
    const views = {
      day: hall,
      week: `${hall}&view=week&resource=a1`,
      hall: `${hall}&view=week&hall=a`,
      overview: `${hall}&view=week`,
      month: `${hall}&view=month`,
      'open all day': `${world.pages}/facilities/provhallen?view=week&hall=hallen&day=${day(2)}`,
    };
    for (const [name, url] of Object.entries(views)) {
      await page.goto(url);
      assert.ok(await page.getByRole('button', { name: 'Skriv ut' }).isVisible());
      await page.emulateMedia({ media: 'print' });
      assert.ok(!(await page.getByRole('navigation', { name: 'Språk' }).isVisible()));
      assert.ok(await page.getByText(/^Utskrivet från .* Visar läget /).isVisible());
      assert.ok(await page.getByRole('heading', { level: 1 }).isVisible());
      const pdf = await page.pdf({ preferCSSPageSize: true });
      const text = pdf.toString('latin1');
      assert.equal(text.match(/\/Type \/Page\b/g).length, 1, `${name} is one page`);
      const [, width, height] = /\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec(text).map(Number);
      assert.ok(width > height, `${name} lies down`);
      await page.emulateMedia({ media: 'screen' });
    }
  });

  test('an open schedule shows what somebody else books, and the focus stays where it was', async () => {
    const booker = await Visitor.with(browser, world);
    const url = `${world.pages}/facilities/provhallen?day=${day(3)}`;
    const { page } = reader;
    const opened = page.waitForResponse((response) => response.url().includes('/facilities/provhallen/live'));
    await page.goto(url);
    await opened;
    const before = page.locator('.grid tbody tr').nth(2).locator('td').nth(0).locator('[data-cell]');
    const chosen = page.locator('.grid tbody tr').nth(1).locator('td').nth(1).locator('[data-cell]');
    await before.focus();
    const name = await before.getAttribute('aria-label');
    const link = await chosen.getAttribute('href');
    await booker.page.goto(new URL(link, url).href);
    await booker.passProvider(people.citizen);
    await booker.page.getByLabel(/Vad/).first().fill('Innebandy');
    await booker.holdAndBook();
    await page.getByText(/^Schemat ändrades/).waitFor({ state: 'attached' });
    await until('the time to be taken on the other page', async () => (await chosen.count()) === 0);
    const focused = () => page.evaluate(() => document.activeElement.getAttribute('aria-label'));
    assert.equal(await focused(), name, 'the focus is on the same cell');
    await page.keyboard.press('ArrowDown');
    assert.notEqual(await focused(), name, 'and the keys go on');
    await reader.isAccessible('the schedule that was read anew');
    await booker.page.getByRole('link', { name: /Avboka/ }).click();
    await booker.page.getByRole('button', { name: /Avboka/ }).click();
    await until('the time to be free again', async () => (await chosen.count()) === 1);
    await booker.close();
  });

  test('a month, an overview, facilities side by side and a frame follow it too, and the focus stays', async () => {
    const on = day(4);
    const views = {
      month: `/facilities/provhallen?view=month&day=${on}`,
      overview: `/facilities/provhallen?view=week&day=${on}`,
      beside: `/schedule?facility=provhallen&day=${on}`,
      frame: `/embed/schedule/provhallen?day=${on}`,
    };
    const open = await Promise.all(Object.entries(views).map(async ([name, address]) => {
      const visitor = await Visitor.with(browser, world);
      const { page } = visitor;
      const listening = page.waitForResponse((response) => response.url().includes('/live?'));
      await page.goto(world.pages + address);
      await listening;
      const cell = page.locator('#schedule [data-cell]:visible').first();
      await cell.focus();
      return { name, visitor, page, before: await page.locator('#schedule').innerText(), address: await cell.getAttribute('href') };
    }));
    const booker = await Visitor.with(browser, world);
    await booker.page.goto(`${world.pages}/facilities/provhallen?day=${on}`);
    await booker.page.getByRole('link', { name: /Halva A2, ledig/ }).last().click();
    await booker.passProvider(people.citizen);
    await booker.page.getByLabel(/Vad/).first().fill('Innebandy');
    await booker.holdAndBook();
    for (const { name, visitor, page, before, address } of open) {
      await page.getByText(/^Schemat ändrades/).waitFor({ state: 'attached' });
      await until(`${name} to show it`, async () => (await page.locator('#schedule').innerText()) !== before);
      assert.equal(await page.evaluate(() => document.activeElement.getAttribute('href')), address, `the focus in ${name}`);
      await visitor.isAccessible(`${name} that was read anew`);
      await visitor.close();
    }
    await booker.close();
  });

  test('the municipality’s own site shows it, as high as it is, and times open the real site', async () => {
    const context = await browser.newContext({ viewport: sizes[1440], locale: 'sv-SE' });
    const page = await context.newPage();
    await page.goto(sites.home.origin);
    const frame = page.frameLocator('iframe[title="Lediga tider"]');
    await frame.getByRole('heading', { name: 'Provhallen' }).waitFor();
    await asHighAsItsPage(page);
    const inside = page.frames().find((one) => one.url().startsWith(world.pages));
    assert.equal(await inside.evaluate(() => document.documentElement.dataset.theme), 'dark');
    assert.equal(await inside.evaluate(() => document.documentElement.lang), 'en');
    assert.ok((await inside.evaluate(() => getComputedStyle(document.body).backgroundColor)) === 'rgb(19, 21, 26)');
    assert.equal(await frame.getByRole('navigation', { name: /Huvudmeny|Main/ }).count(), 0);
    await frame.getByRole('link', { name: 'Later' }).click();
    await until('the next week in the frame', async () => {
      const shown = page.frames().find((one) => one.url().startsWith(world.pages));
      return new URL(shown.url()).searchParams.get('theme') === 'dark' && /day=/.test(shown.url());
    });
    assert.equal(new URL(page.url()).origin, sites.home.origin, 'the site itself stays');
    await page.setViewportSize({ width: 1440, height: 1200 });
    await page.screenshot({ path: path.join(screens, 'schedule-embedded-1440.png') });
    assert.deepEqual(await context.cookies(world.pages), [], 'no cookie is set');
    await frame.getByRole('link', { name: /free/ }).first().click();
    await page.waitForURL((url) => url.origin !== sites.home.origin, { waitUntil: 'commit' });
    await context.close();
  });

  test('another site is refused, and so is a script that asks for too much', async () => {
    const context = await browser.newContext({ viewport: sizes[1440] });
    const page = await context.newPage();
    const told = [];
    page.on('console', (message) => told.push(message.text()));
    await page.goto(sites.other.origin);
    await until('the browser to refuse the frame', async () => told.some((text) => /frame-ancestors/.test(text)));
    assert.equal(await page.frameLocator('iframe').getByRole('heading').count(), 0);
    // The schedule's own pages are framed by nobody, not even by the site that may show the other.
    told.length = 0;
    await page.goto(sites.home.origin);
    await page.evaluate((url) => {
      const frame = document.createElement('iframe');
      frame.src = url;
      document.body.append(frame);
    }, `${world.pages}/facilities/provhallen`);
    await until('the browser to refuse the real page', async () => told.some((text) => /frame-ancestors 'none'/.test(text)));
    // A message that comes from elsewhere changes no height, once the frame has told its own.
    const before = await asHighAsItsPage(page);
    await page.evaluate(() => postMessage({ hallport: 'height', height: 5000 }, '*'));
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve())));
    assert.equal((await page.locator('iframe').first().boundingBox()).height, before.height);
    await context.close();
  });

  test('a colour, a language or a view that is none changes nothing and injects nothing', async () => {
    const hostile = '"><script>alert(1)</script>';
    const query = new URLSearchParams({ accent: `b3005e;}${hostile}`, theme: hostile, lang: hostile, view: hostile, hall: hostile, day: hostile });
    const { page } = reader;
    const answer = await page.goto(`${world.pages}/embed/schedule/provhallen?${query}`);
    assert.equal(answer.status(), 200);
    const text = await answer.text();
    assert.ok(!text.includes('alert(1)') && !text.includes('b3005e'), 'nothing of the address is on the page');
    assert.match(answer.headers()['content-security-policy'], new RegExp(`frame-ancestors ${sites.home.origin}$`));
    assert.equal(answer.headers()['set-cookie'], undefined);
  });
});

/** Waits until the site's first frame is as high as the schedule in it, and answers where it is. */
async function asHighAsItsPage(page) {
  const frame = page.locator('iframe').first();
  const high = () => frame.contentFrame().locator('body').evaluate((body) => body.scrollHeight);
  await until('the frame to be as high as its page', async () =>
    Math.abs((await frame.boundingBox()).height - (await high())) < 2);
  return frame.boundingBox();
}

/** The short name of another facility of the city. */
async function another(world) {
  return world.sql("SELECT slug FROM facilities.facility WHERE slug <> 'sportcentrum' ORDER BY slug LIMIT 1");
}

/** Bookings for the pictures: every part is taken for some hours of each of sixty days. */
async function fillTheCity(world) {
  await world.sql(`
    SET session_replication_role = replica;
    CREATE TEMP TABLE filled AS
      SELECT gen_random_uuid() AS id, part.tenant_id AS tenant, part.id AS part, part.facility_id AS facility,
             at AS starts_at, at + interval '2 hours' AS ends_at, 5000 + row_number() OVER () AS number
        FROM facilities.part part
        JOIN kernel.host ON host.tenant_id = part.tenant_id AND host.host = 'osteraker.localhost',
             generate_series(date_trunc('day', now()), now() + interval '60 days', interval '2 hours') AS at
       WHERE extract(hour FROM at) BETWEEN 8 AND 20
         AND (hashtext(part.id::text || at::text) % 3 = 0 OR extract(isodow FROM at) = 7);
    INSERT INTO booking.booking (tenant_id, id, number, authority_id, facility_id, customer_id, customer_name, booker_id,
        purpose, status, created_at, request_key)
      SELECT tenant, id, number, id, facility, id, 'Laget', id, 'Träning', 'confirmed', now(), id FROM filled;
    INSERT INTO booking.occurrence (tenant_id, id, booking_id, resource_id, facility_id, starts_at, ends_at)
      SELECT tenant, id, id, id, facility, starts_at, ends_at FROM filled;
    INSERT INTO booking.occupancy (tenant_id, part_id, occurrence_id, starts_at, ends_at)
      SELECT tenant, part, id, starts_at, ends_at FROM filled;
    SET session_replication_role = origin;`);
}
