// The main pages as a municipality would look at them before it switches: each on a phone, a tablet and a desk, in light
// and in dark, accessible and with nothing cut off; pictures of all of them in `target/screens`.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { people } from '../provider.mjs';
import { Visitor, openBrowser } from '../visitor.mjs';
import { World } from '../world.mjs';

const root = path.resolve(import.meta.dirname, '../../..');

describe('the main pages', { timeout: 600_000 }, () => {
  let world, browser, citizen, officer, administrator;

  /** The date so many days from now, as an address wants it. */
  const day = (ahead) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
  const city = () => `http://osteraker.localhost:${world.ports.pages}`;
  const looked = async (visitor, name, url) => {
    await visitor.page.goto(url);
    await visitor.look(`main-${name}`);
  };
  const signedIn = async (visitor, person) => {
    await visitor.page.goto(`${world.pages}/bookings`);
    await visitor.passProvider(person);
    await visitor.page.getByRole('heading', { level: 1 }).waitFor();
  };

  before(async () => {
    world = await World.start();
    await world.command('seed', '--from', path.join(root, 'deploy/demo-data/osteraker'));
    browser = await openBrowser();
    [citizen, officer, administrator] = await Promise.all([0, 1, 2].map(() => Visitor.with(browser, world)));
  });

  after(async () => {
    for (const visitor of [citizen, officer, administrator]) await visitor?.close();
    await browser?.close();
    await world?.stop();
  });

  test('the menu is behind a button on a phone, opened by finger or key and without script, and open on a desk', async () => {
    for (const scripts of [true, false]) {
      const visitor = await Visitor.with(browser, world, { scripts });
      const { page } = visitor;
      await page.goto(city());
      const prices = page.getByRole('link', { name: 'Priser' });
      assert.equal(await prices.isVisible(), false);
      const button = page.locator('summary').filter({ hasText: 'Meny' });
      await (scripts ? button.press('Enter') : button.tap());
      await prices.waitFor();
      if (scripts) await visitor.isAccessible('the open menu');
      await page.screenshot({ path: path.join(root, 'target/screens/main-menu-360.png') });
      await prices.click();
      await page.waitForURL(/\/prices/);
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.getByRole('link', { name: 'Priser' }).waitFor();
      assert.equal(await button.isVisible(), false);
      await visitor.close();
    }
  });

  test('what anybody sees: start, what is free, what happens today, a place, its schedule and its rules', async () => {
    await looked(citizen, 'start', city());
    await looked(citizen, 'find', `${city()}/find?when=tomorrow`);
    await looked(citizen, 'today', `${city()}/find/today`);
    await looked(citizen, 'facilities', `${city()}/facilities`);
    await looked(citizen, 'facility', `${city()}/facilities/sportcentrum/about`);
    await looked(citizen, 'resource', `${city()}/facilities/sportcentrum/a1`);
    await looked(citizen, 'schedule', `${city()}/facilities/sportcentrum?day=${day(2)}`);
    await looked(citizen, 'rules', `${city()}/facilities/sportcentrum/rules`);
  });

  test('what somebody who books sees: the form, many times, the booking with its code, and what is booked', async () => {
    const { page } = citizen;
    await page.goto(world.pages);
    await (await citizen.firstFree('Halva A1')).click();
    await citizen.passProvider(people.citizen);
    await page.getByLabel(/Vad/).first().waitFor();
    await citizen.look('main-book');
    await looked(citizen, 'several', `${world.pages}/book/several?facility=provhallen`);
    await citizen.book('Halva A2');
    await citizen.doorKnows();
    await citizen.look('main-booking');
    await looked(citizen, 'bookings', `${world.pages}/bookings`);
  });

  test('what those who run the halls see: the day, requests, what is closed, the register and the rules', async () => {
    await signedIn(officer, people.officer);
    await looked(officer, 'desk', `${world.pages}/desk`);
    await looked(officer, 'requests', `${world.pages}/desk/requests`);
    await looked(officer, 'closures', `${world.pages}/closures`);
    await signedIn(administrator, people.administrator);
    await looked(administrator, 'register', `${world.pages}/register`);
    await looked(administrator, 'rules-kept', `${world.pages}/rules`);
  });
});
