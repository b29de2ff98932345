// The act of booking on a phone: from the start page to the code in six steps; a time that is held with its clock; party
// premises for a weekend, a school for two nights, a berth for a season; equipment; several facilities; splitting; last
// year's times again. Each page checked for accessibility.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { people } from '../provider.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World } from '../world.mjs';

/** The date so many days from now, as a form wants it. */
const day = (ahead) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
/** The next Friday but one: a weekend that has not begun, whatever the day of the test. */
const friday = day(7 + ((5 - new Date().getUTCDay() + 7) % 7));

const skogsudden = `
[[facility]]
slug = "skogsudden"
name = "Skogsudden"
address = "Skogsvägen 2, Provköping"
parts = ["fest", "sal", "brygga"]
[[facility.resource]]
slug = "festlokalen"
name = "Festlokalen"
kind = "premises"
parts = ["fest"]
persons_max = 80
[[facility.resource]]
slug = "salarna"
name = "Salarna"
kind = "lodging"
parts = ["sal"]
persons_max = 60
[[facility.resource]]
slug = "batplats"
name = "Båtplatsen"
kind = "berth"
parts = ["brygga"]
boat = { length_cm = 700, beam_cm = 260 }
[[facility.equipment]]
slug = "stolar"
name = "Stolar"
stock = 80
resources = ["festlokalen"]
[[facility.equipment]]
slug = "vaktmastare"
name = "Vaktmästare, per timme"
`;

const rules = `
[[rules]]
for = "resource:skogsudden/festlokalen"
first = "2026-01-01"
parameters = { packages = [{ name = "Helg", weekday = 5, starts = "15:00", days = 2, ends = "18:00" }] }
[[rules]]
for = "resource:skogsudden/salarna"
first = "2026-01-01"
parameters = { nights = { arrive = "16:00", leave = "10:00", most = 7 } }
[[rules]]
for = "resource:skogsudden/batplats"
first = "2026-01-01"
parameters = { horizon_days = 300, packages = [{ name = "Säsong", first = "${day(40)}", last = "${day(160)}" }] }
`;

describe('the act of booking', { timeout: 480_000 }, () => {
  let world, browser, citizen, officer;
  const url = (path) => `${world.pages}${path}`;

  before(async () => {
    world = await World.start({ facilities: (text) => text + skogsudden, rules });
    browser = await openBrowser();
    [citizen, officer] = await Promise.all([0, 1].map(() => Visitor.with(browser, world)));
  });

  after(() => end([citizen, officer], browser, world));

  /** The first free time of a resource on a day of its schedule. */
  const free = async (resource, hall, on) => {
    const { page } = citizen;
    await page.goto(url(`/facilities/skogsudden?day=${on}&hall=${hall}`));
    return page.getByRole('link', { name: new RegExp(`${resource}.*ledig`) }).locator('visible=true').first();
  };

  test('from the start page to the code on a phone in six steps and under a minute', async () => {
    const { page } = citizen;
    const began = Date.now();
    let steps = 0;
    const step = async (deed) => {
      steps += 1;
      await deed();
    };
    await page.goto(url('/'));
    await page.getByLabel('Aktivitet').selectOption('badminton');
    await step(() => page.getByRole('button', { name: 'Visa lediga tider' }).click());
    await step(() => page.getByRole('link', { name: /boka Provhallen/ }).first().click());
    await page.getByPlaceholder('Enter any login').fill(people.citizen.sub);
    await page.getByPlaceholder('and password').fill('anything');
    await step(() => page.getByRole('button', { name: 'Sign-in' }).click());
    await step(() => page.getByRole('button', { name: 'Continue' }).click());
    await page.getByLabel('Vad ska ni göra?').fill('Badminton');
    await step(() => page.getByRole('button', { name: 'Fortsätt' }).click());
    await step(() => page.getByRole('button', { name: 'Boka tiden' }).click());
    const code = await page.locator('[data-code]').getAttribute('data-code');
    assert.match(code, /^[0-9]{6}$/);
    assert.ok(steps <= 6, `${steps} steps`);
    const seconds = (Date.now() - began) / 1000;
    assert.ok(seconds < 60, `${seconds} s`);
  });

  test('a held time counts down, keeps what was typed, runs out, and is held again by one tap', async () => {
    const { page } = citizen;
    await (await citizen.firstFree('Halva A2')).click();
    await page.getByLabel('Vad ska ni göra?').fill('Badminton med Bo');
    await page.getByText('Vilka kommer?').click();
    await page.getByLabel('Antal personer').fill('4');
    await citizen.isAccessible('the first form');
    await citizen.picture('book');
    await page.getByRole('button', { name: 'Fortsätt' }).click();
    await page.getByText(/Tiden hålls åt dig till \d\d\.\d\d \(\d+:\d\d kvar\)/).waitFor();
    await citizen.isAccessible('price and terms');
    await citizen.picture('hold');
    const held = page.url();
    // The browser's own way back, and the page's.
    await page.goBack();
    assert.equal(await page.getByLabel('Vad ska ni göra?').inputValue(), 'Badminton med Bo');
    await page.goto(held);
    await page.getByRole('link', { name: 'Ändra det du skrev' }).click();
    assert.equal(await page.getByLabel('Vad ska ni göra?').inputValue(), 'Badminton med Bo');
    assert.equal(await page.getByLabel('Antal personer').inputValue(), '4');
    // My bookings lead to it.
    await page.goto(url('/bookings'));
    await page.getByText('Hålls åt dig just nu').waitFor();
    await citizen.isAccessible('my bookings with a held time');
    // Its last seconds: the page says by itself that they are over.
    await world.sql(`UPDATE booking.booking SET held_until = now() + interval '4 seconds' WHERE status = 'held'`);
    await world.sql(`UPDATE booking.occupancy SET hold_until = now() + interval '4 seconds' WHERE hold_until IS NOT NULL`);
    await page.goto(held);
    await page.getByRole('heading', { level: 1, name: 'Tiden hålls inte längre' }).waitFor();
    await page.getByText('Den är fortfarande ledig.').waitFor();
    await citizen.isAccessible('a hold that ran out');
    await citizen.picture('hold-over');
    await page.getByRole('button', { name: 'Håll tiden igen' }).click();
    await page.getByText(/Tiden hålls åt dig till/).waitFor();
    await page.getByRole('button', { name: 'Släpp tiden' }).click();
    await page.waitForURL(/\/facilities\/provhallen\?day=/);
    assert.equal(await world.sql(`SELECT count(*) FROM booking.occupancy WHERE hold_until IS NOT NULL`), '0');
  });

  test('without script the time of the clock stands there, and the same buttons work', async () => {
    const plain = await Visitor.with(browser, world, { scripts: false });
    const { page } = plain;
    await (await plain.firstFree('Halva A2')).click();
    await plain.passProvider(people.officer);
    await page.getByLabel('Vad ska ni göra?').fill('Badminton');
    await page.getByRole('button', { name: 'Fortsätt' }).click();
    await page.getByText(/^Tiden hålls åt dig till \d\d\.\d\d$/).waitFor();
    await page.getByRole('button', { name: 'Släpp tiden' }).click();
    await page.waitForURL(/\/facilities\/provhallen\?day=/);
    await plain.close();
  });

  test('party premises are booked for a weekend, with chairs and a caretaker', async () => {
    const { page } = citizen;
    await (await free('Festlokalen', 'festlokalen', friday)).click();
    await page.getByLabel('Hur länge?').locator('option', { hasText: 'Helg' }).waitFor({ state: 'attached' });
    await page.getByLabel('Vad ska ni göra?').fill('Femtioårsfest');
    await page.getByLabel('Slag av aktivitet').selectOption('private');
    await page.getByText('Vilka kommer?').click();
    await page.getByLabel('Antal personer').fill('90');
    await page.getByText('Lägg till utrustning eller tjänster').click();
    await page.getByText('80 av 80 är lediga då').waitFor();
    await page.getByLabel('Stolar').fill('81');
    await page.getByLabel('Vaktmästare, per timme').fill('2');
    await page.getByRole('button', { name: 'Fortsätt' }).click();
    await page.getByRole('alert').getByText('Här får högst 80 personer vara').waitFor();
    await citizen.isAccessible('the form of party premises with a mistake');
    await page.getByLabel('Antal personer').fill('70');
    await page.getByRole('button', { name: 'Fortsätt' }).click();
    await page.getByRole('alert').getByText('Bara 80 är lediga då').waitFor();
    await page.getByLabel('Stolar').fill('70');
    await page.getByRole('button', { name: 'Fortsätt' }).click();
    await page.getByText('70 Stolar').waitFor();
    await citizen.isAccessible('price and terms of party premises');
    await citizen.picture('hold-premises');
    await page.getByRole('button', { name: 'Boka tiden' }).click();
    await page.waitForURL(/\/bookings\/[0-9a-f-]+$/);
    await page.getByText('70 Stolar').waitFor();
    await page.getByText(/15\.00 – söndag .* 18\.00/).first().waitFor();
    // Fewer come than were thought: chairs are given back, the rest stays.
    await page.getByRole('link', { name: 'Ändra tillbehör' }).click();
    await citizen.isAccessible('the choice of equipment');
    await citizen.picture('accessories');
    await page.getByLabel('Stolar').fill('50');
    await page.getByRole('button', { name: 'Spara tillbehören' }).click();
    await page.getByText('50 Stolar').waitFor();
    await citizen.isAccessible('a booking with equipment');
    await citizen.picture('booking-premises');

    const desk = officer.page;
    await desk.goto(url(`/desk?day=${friday}`));
    await officer.passProvider(people.officer);
    await desk.getByText('50 Stolar').waitFor();
    await desk.getByText('70 personer').waitFor();
    await officer.isAccessible('the day with what to prepare');
    await officer.picture('day-prepare');
  });

  test('a school is booked for two nights, for no more than can sleep there', async () => {
    const { page } = citizen;
    await (await free('Salarna', 'salarna', day(10))).click();
    const arrive = await page.getByLabel(/^Ankomst/).inputValue();
    const leave = new Date(Date.parse(arrive) + 2 * 86_400_000).toISOString().slice(0, 10);
    await page.getByLabel(/^Avresa/).fill(arrive);
    await page.getByLabel('Vad ska ni göra?').fill('Läger');
    await page.getByLabel('Antal personer').fill('61');
    await page.getByRole('button', { name: 'Fortsätt' }).click();
    await page.getByRole('alert').getByText('Här bokas nätter').waitFor();
    await citizen.isAccessible('a stay of no night');
    await page.getByLabel(/^Avresa/).fill(leave);
    await page.getByRole('button', { name: 'Fortsätt' }).click();
    await page.getByRole('alert').getByText('Här får högst 60 personer vara').waitFor();
    await page.getByLabel('Antal personer').fill('45');
    await citizen.picture('book-nights');
    await citizen.holdAndBook();
    await page.getByText(/16\.00 – .* 10\.00/).first().waitFor();
    await page.getByText('45', { exact: true }).waitFor();
    await citizen.isAccessible('a booking of two nights');
  });

  test('a berth is booked for a season by a boat that fits, and refused to one that is too long', async () => {
    const { page } = citizen;
    await (await free('Båtplatsen', 'batplats', day(40))).click();
    await page.getByLabel('Hur länge?').locator('option', { hasText: 'Säsong' }).waitFor({ state: 'attached' });
    await page.getByLabel('Vad ska ni göra?').fill('Båtplats');
    await page.getByLabel('Båtens namn').fill('Vega');
    await page.getByLabel('Båtens längd i meter').fill('7,5');
    await page.getByLabel('Båtens bredd i meter').fill('2,5');
    await page.getByRole('button', { name: 'Fortsätt' }).click();
    await page.getByRole('alert').getByText('Platsen tar båtar på högst 7 m').waitFor();
    await citizen.isAccessible('a boat that is too long');
    await citizen.picture('book-berth');
    await page.getByLabel('Båtens längd i meter').fill('6,8');
    await citizen.holdAndBook();
    await page.getByText('Vega, 6,8 m lång och 2,5 m bred').waitFor();
    await citizen.isAccessible('a berth for a season');
  });

  test('times at two facilities are one booking, one of them becomes its own, and all come again next year', async () => {
    const { page } = citizen;
    await page.goto(url('/book/several?facility=provhallen'));
    const add = async (ahead, start) => {
      const before = await page.locator('#times ol > li').count();
      await page.getByLabel('Dag, eller seriens första dag').fill(day(ahead));
      await page.getByLabel('Börjar').fill(start);
      await page.getByLabel('Minuter').fill('60');
      await page.getByRole('button', { name: 'Lägg till tiden' }).click();
      await page.locator('#times ol > li').nth(before).waitFor();
    };
    await page.getByLabel('Plats').selectOption({ label: 'Halva A1' });
    await add(20, '09:00');
    await add(21, '09:00');
    await page.getByText('Tiderna läggs till på Provhallen').click();
    await page.getByLabel('En annan anläggning i samma bokning').selectOption({ label: 'Skogsudden' });
    await page.getByRole('button', { name: 'Byt', exact: true }).click();
    await page.getByText('Tiderna läggs till på Skogsudden').waitFor();
    await citizen.isAccessible('a list of times that goes on at another facility');
    await citizen.picture('several-facilities');
    await page.getByLabel('Vad ska ni göra?').fill('Cup');
    await citizen.holdAndBook();
    const whole = page.url();
    await page.getByRole('link', { name: 'Ändra eller flytta' }).click();
    await page.getByRole('checkbox').last().check();
    await page.getByRole('button', { name: 'Gör till en egen bokning' }).click();
    await page.waitForURL((at) => /\/bookings\/[0-9a-f-]+$/.test(at.href) && at.href !== whole);
    await page.getByRole('heading', { name: 'Tiden är din' }).waitFor();
    await citizen.isAccessible('the booking that was split off');
    await page.goto(whole);
    await page.getByRole('link', { name: 'Boka samma tider igen' }).click();
    await page.getByRole('heading', { name: 'Boka flera tider' }).waitFor();
    assert.equal(await page.locator('#times ol > li').count(), 1);
    assert.equal(await page.getByLabel('Vad ska ni göra?').inputValue(), 'Cup');
    await citizen.isAccessible('last year’s times again');
    // An officer copies it for the same customer.
    const desk = officer.page;
    await desk.goto(whole);
    if (desk.url().startsWith(world.provider.issuer)) await officer.passProvider(people.officer);
    await desk.getByRole('link', { name: 'Boka samma tider igen' }).click();
    await desk.getByText(/^Du bokar som handläggare åt/).waitFor();
    assert.equal(await desk.getByLabel('Vad ska ni göra?').inputValue(), 'Cup');
    await officer.look('several-desk');
    await desk.getByRole('button', { name: 'Boka tiderna' }).click();
    await desk.waitForURL(/\/bookings\/[0-9a-f-]+$/);
    await desk.getByRole('heading', { level: 1, name: /^Bokning \d+/ }).waitFor();
    assert.equal(await desk.locator('[data-code]').count(), 0, 'the code is the customer’s');
  });

  test('a camp of many times is held, priced, changed, run out and held again on a phone', async () => {
    const { page } = citizen;
    await page.goto(url('/book/several?facility=provhallen'));
    await page.getByLabel('Plats').selectOption({ label: 'Halva A1' });
    for (const ahead of [30, 31, 32]) {
      const before = await page.locator('#times ol > li').count();
      await page.getByLabel('Dag, eller seriens första dag').fill(day(ahead));
      await page.getByLabel('Börjar').fill('09:00');
      await page.getByLabel('Minuter').fill('60');
      await page.getByRole('button', { name: 'Lägg till tiden' }).click();
      await page.locator('#times ol > li').nth(before).waitFor();
    }
    await page.getByLabel('Vad ska ni göra?').fill('Läger');
    await page.getByRole('button', { name: 'Fortsätt' }).click();
    await page.getByText(/Tiderna hålls åt dig till \d\d\.\d\d \(\d+:\d\d kvar\)/).waitFor();
    assert.equal(await page.locator('#times li').filter({ hasText: 'kr' }).count(), 3);
    await page.getByText('Varför det här priset?').click();
    await page.getByText(/^3 gånger:/).waitFor();
    await citizen.look('hold-several');
    await page.getByRole('link', { name: 'Ändra det du skrev' }).click();
    assert.equal(await page.locator('#times ol > li').count(), 3);
    assert.equal(await page.getByText('går inte att få').count(), 0, 'what one holds is in nobody’s way');
    assert.equal(await page.getByLabel('Vad ska ni göra?').inputValue(), 'Läger');
    await page.locator('#times ol > li').last().getByRole('button', { name: 'Ta bort' }).click();
    await page.locator('#times ol > li').nth(2).waitFor({ state: 'detached' });
    const [resource, start] = (await page.locator('input[name=time]').last().getAttribute('value')).split('|');
    await page.getByRole('button', { name: 'Fortsätt' }).click();
    await page.getByText(/Tiderna hålls åt dig till/).waitFor();
    const held = page.url();

    // Somebody who looks at the schedule sees it held, and free by itself when it runs out.
    const other = await Visitor.with(browser, world);
    await other.page.goto(url(`/facilities/provhallen?day=${day(31)}`));
    const free = other.page.locator(`a[href*="resource=${resource}"][href*="start=${start}"]`);
    assert.equal(await free.count(), 0, 'what is held is taken');
    for (const [table, column] of [['booking.booking', 'held_until'], ['booking.occupancy', 'hold_until']]) {
      await world.sql(`UPDATE ${table} SET ${column} = now() + interval '3 seconds' WHERE ${column} > now()`);
    }
    await world.sql(`UPDATE kernel.job SET due_at = now() + interval '3 seconds' WHERE kind = 'booking.hold_ends'`);
    await page.goto(held);
    await page.getByRole('heading', { level: 1, name: 'Tiderna hålls inte längre' }).waitFor();
    await page.getByText('Alla är fortfarande lediga.').waitFor();
    await free.locator('visible=true').first().waitFor();
    await free.locator('visible=true').first().click();
    await other.passProvider(people.administrator);
    await other.page.getByLabel('Vad ska ni göra?').fill('Badminton');
    await other.holdAndBook();
    await other.close();

    await page.reload();
    await page.getByText('En av 2 är fortfarande ledig.').waitFor();
    await citizen.look('hold-several-over');
    await page.getByRole('button', { name: 'Håll den som är ledig' }).click();
    await page.getByText('En tid är inte med längre').waitFor();
    await page.getByText(/Tiden hålls åt dig till/).waitFor();
    await citizen.look('hold-several-gone');
    await page.getByRole('button', { name: 'Boka tiden' }).click();
    await page.waitForURL(/\/bookings\/[0-9a-f-]+$/);
    await page.getByText('Läger').waitFor();
  });
});
