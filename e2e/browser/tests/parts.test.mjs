// A hall of six parts that is let whole, in halves and in thirds, against each other: who has the one half takes one third
// wholly and another by its edge. On a phone, the main path by keyboard alone, and each page checked for accessibility.
// The parts run in this order, in one world.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { people } from '../provider.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World } from '../world.mjs';

/** Made up. The third in the middle lies in both halves. */
const cells = (...numbers) => numbers.map((number) => `"c${number}"`).join(', ');
const part = (slug, name, numbers) => `
[[facility.resource]]
slug = "${slug}"
name = "${name}"
parent = "hallen"
parts = [${cells(...numbers)}]
activities = ["badminton"]
`;
const file = `
[[facility]]
slug = "delbara"
name = "Delbara hallen"
authority = "provnamnden"
time_zone = "Europe/Stockholm"
address = "Provgatan 6, Provköping"
opening_hours = [{ days = "mon-sun", opens = "08:00", closes = "22:00" }]
parts = [${cells(1, 2, 3, 4, 5, 6)}]

[[facility.resource]]
slug = "hallen"
name = "Hallen"
parts = [${cells(1, 2, 3, 4, 5, 6)}]
activities = ["handball"]
${part('halva-1', 'Halva 1', [1, 2, 3])}
${part('halva-2', 'Halva 2', [4, 5, 6])}
${part('tredjedel-1', 'Tredjedel 1', [1, 2])}
${part('tredjedel-2', 'Tredjedel 2', [3, 4])}
${part('tredjedel-3', 'Tredjedel 3', [5, 6])}
`;

/** What the columns of the schedule are, in their order. */
const COLUMNS = ['Hallen', 'Halva 1', 'Halva 2', 'Tredjedel 1', 'Tredjedel 2', 'Tredjedel 3'];

describe('whole hall, halves and thirds against each other', { timeout: 480_000 }, () => {
  let world, browser, citizen, stranger, other;
  let day, hrefs;

  const schedule = () => `${world.pages}/facilities/delbara?day=${day}`;
  const signedIn = async (visitor, person, address) => {
    await visitor.page.goto(address);
    if (visitor.page.url().startsWith(world.provider.issuer)) await visitor.passProvider(person);
  };
  /** The row of the schedule that begins at a time of the clock, as each column's cell. */
  const row = (page, time) => page.locator('.grid tbody tr').filter({ has: page.locator('th', { hasText: new RegExp(`^${time}–`) }) });
  const cell = (page, time, column) => row(page, time).locator('td').nth(COLUMNS.indexOf(column));
  /** What each column says in a row: of a cell that can be opened its name. */
  const says = async (page, time) => {
    const texts = await Promise.all(COLUMNS.map(async (column) => {
      const link = cell(page, time, column).locator('a');
      return (await link.count()) ? link.getAttribute('aria-label') : cell(page, time, column).innerText();
    }));
    return texts.map((text) => text.trim());
  };
  /** Goes with the tab key to a control, as far as it takes, and presses a key there. */
  const press = async (page, control, key = 'Enter') => {
    const wanted = await control.elementHandle();
    for (let steps = 0; steps < 60; steps += 1) {
      if (await wanted.evaluate((node) => node === document.activeElement)) return page.keyboard.press(key);
      await page.keyboard.press('Tab');
    }
    throw new Error('the keyboard does not reach it');
  };

  before(async () => {
    world = await World.start();
    browser = await openBrowser();
    [citizen, stranger, other] = await Promise.all([0, 1, 2].map(() => Visitor.with(browser, world)));
    const toml = path.join(world.directory, 'delbara.toml');
    await fs.writeFile(toml, file);
    const read = await world.command('register', '--host', world.host, '--file', toml, '--apply');
    assert.match(read, /7 new, 0 changed, 0 as before, 0 refused/);
    day = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
  });

  after(() => end([citizen, stranger, other], browser, world));

  test('the hall stands in the schedule with its halves and its thirds, each drawn where it lies', async () => {
    const { page } = stranger;
    await page.goto(schedule());
    const heads = await page.locator('.grid .column-head').allInnerTexts();
    assert.deepEqual(heads.map((head) => head.replace(/\u00ad/g, '').trim()), ['Hela', ...COLUMNS.slice(1)]);
    const drawn = await page.locator('.grid .column-head .plan').evaluateAll((plans) =>
      plans.map((plan) => [...plan.children].map((part) => (part.matches('.plan-filled') ? '#' : '.')).join('')));
    assert.deepEqual(drawn, ['######', '###...', '...###', '##....', '..##..', '....##']);
    for (const text of await says(page, '18')) assert.match(text, /ledig/);
    hrefs = Object.fromEntries(await Promise.all(COLUMNS.map(async (column) =>
      [column, await cell(page, '18', column).locator('a').getAttribute('href')])));
    await stranger.isAccessible('the divided hall');
    await stranger.picture('parts-free');
  });

  test('the one half is booked by keyboard alone', async () => {
    const { page } = citizen;
    await signedIn(citizen, people.citizen, `${world.pages}/bookings`);
    await page.goto(schedule());
    const at = () => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? '');
    for (let steps = 0; steps < 60 && !/ledig/.test(await at()); steps += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowRight');
    for (let steps = 0; steps < 40 && !/ 18–18\.30,/.test(await at()); steps += 1) await page.keyboard.press('ArrowDown');
    assert.match(await at(), /18–18\.30, Hallen, Halva 1, ledig/);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/book\?/);
    await press(page, page.getByLabel('Vad ska ni göra?'), 'B');
    await page.keyboard.type('adminton');
    await citizen.isAccessible('the form');
    await press(page, page.getByRole('button', { name: 'Fortsätt' }));
    await page.waitForURL(/\/hold$/);
    await press(page, page.getByRole('button', { name: 'Boka tiden' }));
    await page.getByRole('heading', { name: 'Tiden är din' }).waitFor();
  });

  test('what shares a part with it is taken and says why; what shares none is free', async () => {
    const { page } = stranger;
    await page.goto(schedule());
    const [whole, half, otherHalf, first, second, third] = await says(page, '18');
    assert.deepEqual([whole, half, first, second],
      ['delvis upptagen (Halva 1)', 'upptagen', 'upptagen (Halva 1)', 'delvis upptagen (Halva 1)']);
    assert.match(otherHalf, /Halva 2, ledig/);
    assert.match(third, /Tredjedel 3, ledig/);
    const drawn = async (column) => cell(page, '18', column).locator('.plan').evaluateAll((plans) =>
      plans.map((plan) => [...plan.children].map((part) => (part.matches('.plan-filled') ? '#' : '.')).join('')));
    assert.deepEqual(await drawn('Hallen'), ['###...']);
    assert.deepEqual(await drawn('Tredjedel 2'), ['..#...'], 'only its edge is taken');
    for (const text of await says(page, '18.30')) assert.match(text, /ledig/);
    await stranger.isAccessible('the divided hall with a half taken');
    await stranger.picture('parts-taken');
    // Without movement, or colours are on their way from one to the other.
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await stranger.isAccessible('the divided hall, dark');
    await stranger.picture('parts-taken-dark');
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
  });

  test('the form refuses what is taken and offers its neighbours', async () => {
    const { page } = stranger;
    for (const [column, beside] of [['Hallen', 'Halva 2'], ['Tredjedel 1', 'Tredjedel 3'], ['Tredjedel 2', 'Tredjedel 3']]) {
      await signedIn(stranger, people.officer, world.pages + hrefs[column]);
      await page.getByText('Tiden är redan tagen').waitFor();
      const offers = page.getByRole('region', { name: 'Det här är ledigt i stället' }).or(page.locator('.card'));
      const links = await offers.getByRole('link').evaluateAll((all) => all.map((link) => link.closest('li').innerText));
      assert.ok(links.some((text) => /17\.30–18\.00/.test(text)) && links.some((text) => /18\.30–19\.00/.test(text)), links.join());
      assert.ok(links.some((text) => /18\.00–18\.30/.test(text) && text.includes(beside)), `${column}: ${links.join()}`);
      assert.equal(await page.getByRole('button', { name: 'Fortsätt' }).count(), 0);
      await stranger.isAccessible(`${column}, which is taken`);
    }
    await stranger.picture('parts-refused');
    // The nearest third is a tap away.
    await page.getByRole('link', { name: /18\.00–18\.30/ }).first().click();
    await page.getByText('Tredjedel 3').first().waitFor();
    await page.getByLabel('Vad ska ni göra?').fill('Badminton');
    await stranger.holdAndBook();
    await page.goto(schedule());
    const [whole, , otherHalf] = await says(page, '18');
    assert.match(whole, /delvis upptagen \(Halva 1, Tredjedel 3\)/);
    assert.match(otherHalf, /delvis upptagen \(Tredjedel 3\)/);
  });

  test('of two who take the whole and a third at the same moment one has it, and the other is told and offered more', async () => {
    const rivals = [[citizen, people.citizen, 'Hallen'], [other, people.technician, 'Tredjedel 2']];
    for (const hour of ['10', '11', '12']) {
      for (const [visitor, person, column] of rivals) {
        await signedIn(visitor, person, `${world.pages}/bookings`);
        await visitor.page.goto(schedule());
        await cell(visitor.page, hour, column).locator('a').click();
        await visitor.page.getByLabel('Vad ska ni göra?').fill(column);
      }
      const answers = await Promise.all(rivals.map(async ([{ page }]) => {
        const answered = page.waitForResponse((response) =>
          response.request().method() === 'POST' && new URL(response.url()).pathname === '/book');
        await page.getByRole('button', { name: 'Fortsätt' }).click();
        return (await answered).status();
      }));
      assert.deepEqual([...answers].sort(), [303, 409], `at ${hour}`);
      const [winner, loser] = answers[0] === 303 ? rivals : [...rivals].reverse();
      await winner[0].page.waitForURL(/\/hold$/);
      await winner[0].page.getByRole('button', { name: 'Boka tiden' }).click();
      await winner[0].page.getByRole('heading', { name: 'Tiden är din' }).waitFor();
      await loser[0].page.getByText('Den tiden hann någon annan boka').waitFor();
      await loser[0].page.getByText('Det här är ledigt i stället').waitFor();
      await loser[0].isAccessible('the answer to who came second');
      await loser[0].picture('parts-second');
    }
    const times = await world.sql(
      `SELECT count(*) FROM booking.occupancy one JOIN booking.occupancy other
         ON one.part_id = other.part_id AND one.occurrence_id < other.occurrence_id
        AND one.starts_at < other.ends_at AND other.starts_at < one.ends_at`);
    assert.equal(times, '0', 'no part is taken twice');
    assert.equal(await world.sql(`SELECT count(*) FROM booking.booking WHERE purpose IN ('Hallen', 'Tredjedel 2') AND status = 'confirmed'`), '3');
  });
});
