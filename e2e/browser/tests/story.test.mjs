// From an hour that is free to a door that opens, and what the officer sees of it. The parts build on each
// other and run in this order, in one world.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';

import { Hall } from '../hall.mjs';
import { people } from '../provider.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World, until } from '../world.mjs';

describe('a booked hall opens its door', { timeout: 240_000 }, () => {
  let world, browser, citizen, officer, hall, pin, booking;

  before(async () => {
    world = await World.start();
    browser = await openBrowser();
    citizen = await Visitor.with(browser, world);
    officer = await Visitor.with(browser, world);
    hall = await Hall.open(citizen, world);
  });

  after(() => end([citizen, officer], browser, world));

  test('a citizen books an hour on a phone and gets a code that the door knows', async () => {
    const { page } = citizen;
    await page.goto(world.pages);
    await citizen.isAccessible('the start page');
    await page.goto(`${world.pages}/facilities/provhallen`);
    await citizen.isAccessible('the schedule');
    ({ url: booking, pin } = await citizen.book('Halva A1'));
    assert.match(pin, /^[0-9]{6}$/);
    await citizen.doorKnows();
    await citizen.isAccessible('the confirmation');
    await citizen.picture('confirmation');
    await page.goto(`${world.pages}/facilities/provhallen`);
    await citizen.picture('week');
  });

  test('a mail tells of the booking, with a calendar file that has no code', async () => {
    const [mail] = await until('the mail', async () => {
      const mails = await world.mails();
      return mails.length > 0 && mails;
    });
    assert.match(mail, /^To: .*alva\.lind@hallport\.invalid/m);
    const subject = /^Subject: (.*)$/m.exec(mail)[1];
    assert.ok(!subject.includes(pin));
    const { page } = citizen;
    await page.goto(booking);
    const downloading = page.waitForEvent('download');
    await page.locator('a[href$="/calendar.ics"]').click();
    const calendar = await fs.readFile(await (await downloading).path(), 'utf8');
    assert.match(calendar, /BEGIN:VEVENT/);
    assert.ok(!calendar.includes(pin));
  });

  test('the code opens the lock and lights the hall', async () => {
    await hall.type(1, pin);
    await hall.shows(1, 'lock', 'released');
    await hall.shows(1, 'indicator', 'admitted');
    await hall.isLit(1);
    await hall.push(1);
    await hall.shows(1, 'leaf', 'open');
    citizen.page = hall.page;
    await citizen.isAccessible('the simulated hall');
    await citizen.picture('hall');
    [citizen.page] = citizen.context.pages();
  });

  test('the scanner at the entrance is heard through a broker of the hall’s own', async () => {
    await until('the gateway to hear the scanner', async () =>
      /Skanner huvudentrén: answers \(topic site\/scanner-main/.test(await world.gatewayStatus()));
    await hall.holdUp(1, 'HTTPS://EXAMPLE.INVALID/');
    await until('the code to be held up', async () =>
      (await hall.state()).log.some((line) => line.text === 'Någon håller upp en kod.'));
  });

  test('the officer sees that the visitor came', async () => {
    const { page } = officer;
    await page.goto(`${world.pages}/desk`);
    await officer.passProvider(people.officer);
    await until('the passage at the desk', async () => {
      await page.goto(`${world.pages}/desk`);
      return (await page.getByText(/kom \d\d\.\d\d/i).count()) > 0;
    });
    await officer.isAccessible('the officer’s day');
    await officer.picture('officers-day');
  });

  test('a code of a cancelled booking no longer opens', async () => {
    const { page } = citizen;
    const granted = await world.gatewayGrants();
    const second = await citizen.book('Halva A2');
    await citizen.doorKnows();
    assert.equal(await world.gatewayGrants(), granted + 1);
    await page.getByRole('link', { name: /Avboka/ }).click();
    await citizen.isAccessible('the question before cancelling');
    await page.getByRole('button', { name: /Avboka/ }).click();
    await page.getByRole('heading', { level: 1, name: /avbokad/i }).waitFor();
    await citizen.isAccessible('the cancelled booking');
    await until('the gateway to know of the cancellation', async () => (await world.gatewayGrants()) === granted);
    await hall.type(2, second.pin);
    await hall.shows(2, 'indicator', 'refused');
    const { doors } = await hall.state();
    assert.equal(doors[1].lock, 'locked');
  });

  test('without the broker the door goes on, and the passages arrive afterwards', async () => {
    const { page } = citizen;
    const third = await citizen.book('Halva A2');
    await citizen.doorKnows();
    await world.broker.stop();
    await hall.type(2, third.pin);
    await hall.shows(2, 'lock', 'released');
    await hall.push(2);
    await hall.shows(2, 'leaf', 'open');
    await page.goto(third.url);
    await page.getByText(third.pin.replace(/(...)(...)/, '$1 $2')).waitFor();
    world.startBroker();
    const desk = officer.page;
    await until('the passage from the time without broker', async () => {
      await desk.goto(`${world.pages}/desk`);
      return (await desk.getByText(/kom \d\d\.\d\d/i).count()) >= 2;
    });
    const gaps = await world.sql(
      `SELECT count(*) FROM (SELECT sequence - lag(sequence) OVER (PARTITION BY gateway_id, generation
         ORDER BY sequence) AS step FROM access.journal) AS steps WHERE step <> 1`);
    assert.equal(gaps, '0', 'the journal has no gap');
    const doubled = await world.sql(
      `SELECT count(*) FROM (SELECT FROM access.journal GROUP BY gateway_id, generation, sequence
         HAVING count(*) > 1) AS doubled`);
    assert.equal(doubled, '0', 'the journal has nothing twice');
  });

  test('two people who want the same hour: one gets it, the other is shown what is free', async () => {
    const { page } = citizen;
    const free = await citizen.firstFree('Halva A1');
    await free.click();
    await page.getByLabel(/Vad/).first().fill('Först');
    const rival = officer.page;
    await rival.goto(page.url());
    await rival.getByLabel(/Vad/).first().fill('Sedan');
    await page.getByRole('button', { name: 'Fortsätt' }).click();
    await page.waitForURL(/\/hold$/);
    // The time is held: already now nobody else gets it.
    await rival.getByRole('button', { name: 'Fortsätt' }).click();
    await rival.getByText(/hann/).first().waitFor();
    assert.ok((await rival.locator('a[href*="/book?"]').count()) > 0, 'something else is offered');
    await officer.isAccessible('the answer to who came second');
    await page.getByRole('button', { name: 'Boka tiden' }).click();
    await page.waitForURL(/\/bookings\/[0-9a-f-]+$/);
  });

  test('the schedule is used by keyboard alone, and in English', async () => {
    const { page } = citizen;
    await page.goto(`${world.pages}/facilities/provhallen`);
    await page.getByRole('link', { name: 'English' }).click();
    await page.waitForURL(/facilities\/provhallen/);
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    await citizen.isAccessible('the schedule in English');
    await (await citizen.firstFree('Hallen')).focus();
    await page.keyboard.press('ArrowDown');
    const focused = await page.evaluate(() => document.activeElement?.closest('td') !== null);
    assert.ok(focused, 'the arrow keys move among the cells');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/book\?/);
  });

  test('with the gateway away the page says so, and the code arrives when it is back', async () => {
    const { page } = citizen;
    await page.goto(`${world.pages}/language/sv?next=/bookings`);
    await world.gateway.stop();
    await citizen.book('Halva A2');
    await page.getByText(/utan förbindelse/).waitFor();
    await page.getByText(/så snart förbindelsen är tillbaka/).waitFor();
    await citizen.isAccessible('the confirmation of a hall that is away');
    world.startGateway();
    await citizen.doorKnows();
  });

  test('with the database away the page says what still holds, and the door goes on', async () => {
    const { page } = citizen;
    await world.stopDatabase();
    const answer = await page.goto(`${world.pages}/bookings`);
    assert.equal(answer.status(), 503);
    await page.getByText(/koder som redan är utskickade öppnar dörrarna/).waitFor();
    await citizen.isAccessible('the page that says that the database is away');
    await hall.shows(1, 'lock', 'locked');
    await hall.type(1, pin);
    await hall.shows(1, 'lock', 'released');
  });
});
