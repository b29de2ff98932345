// The pages as a municipality would look at them before it switches: each on a phone, a tablet and a desk, in light and in
// dark, accessible and with nothing cut off; pictures of the main ones in `target/screens`, and of all of them with
// HALLPORT_PICTURES set. The parts build on each other and run in this order, in one world: first what is empty, then what
// has been filled in.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { people } from '../provider.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World, until } from '../world.mjs';

const root = path.resolve(import.meta.dirname, '../../..');

/** Those that most people see most of. */
const main = new Set(['start', 'find', 'facility', 'resource', 'schedule', 'rules', 'book', 'hold', 'booking', 'bookings',
  'desk', 'requests', 'many-preview']);

/** Made up, with words as long as they come. */
const skogsudden = `
[[facility]]
slug = "skogsudden"
name = "Skogsuddens friluftsanläggning"
authority = "provnamnden"
address = "Skogsuddsvägen 112, 184 91 Provköpingsstrand"
description = "Konstgräs, festlokal och klubbhus vid vattnet."
rules_text = "Kör bara på grusplanen.\\nHåll hunden kopplad.\\nSläck och lås när ni går.\\nTa med skräpet hem.\\nGrilla på fasta platser.\\nInga fyrverkerier."
directions = "Buss till hållplatsen Skogsudden, sedan fem minuter till fots."
accessibility = ["parking", "toilet", "step-free-entrance"]
position = { latitude = 59.4671, longitude = 18.3052 }
parts = ["fest", "sal", "brygga", "plan", "C1", "C2", "C3"]
[[facility.resource]]
slug = "festlokalen"
name = "Festlokalen i Friluftsfrämjandets klubbhus"
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
[[facility.resource]]
slug = "konstgraset"
name = "Konstgräset"
kind = "pitch"
parts = ["plan"]
size = { width_cm = 6500, length_cm = 10500 }
activities = ["football"]
${[1, 2, 3].map((n) => `
[[facility.resource]]
slug = "bana-${n}"
name = "Bana ${n}"
parts = ["C${n}"]
size = { width_cm = 610, length_cm = 1340 }
activities = ["badminton"]
`).join('')}
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
for = "tenant"
first = "2026-01-01"
parameters = { step_minutes = 30, shortest_minutes = 30, longest_minutes = 240, lead_minutes = 0, horizon_days = 60 }
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
parameters = { by_enquiry = true }
`;

describe('the pages', { timeout: 1_800_000 }, () => {
  let world, browser, citizen, officer, administrator, own, premises;

  /** The date so many days from now, as an address wants it. */
  const day = (ahead) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
  const city = () => `http://osteraker.localhost:${world.ports.pages}`;
  const looked = async (visitor, name, url) => {
    await visitor.page.goto(url);
    await seen(visitor, name);
  };
  const signedIn = async (visitor, person) => {
    await visitor.page.goto(`${world.pages}/bookings`);
    await visitor.passProvider(person);
    await visitor.page.getByRole('heading', { level: 1 }).waitFor();
  };

  /** The page as it stands. */
  const seen = (visitor, name) => visitor.look(`main-${name}`, { pictured: main.has(name) });
  const at = (address) => `${world.pages}${address}`;
  /** The Friday after next: a weekend that has not begun, whatever the day of the test. */
  const friday = day(7 + ((5 - new Date().getUTCDay() + 7) % 7));
  /** Adds a time to the list of many. */
  const add = async (page, place, ahead, start) => {
    const before = await page.locator('#times ol > li').count();
    await page.getByLabel('Plats').selectOption({ label: place });
    await page.getByLabel('Dag, eller seriens första dag').fill(day(ahead));
    await page.getByLabel('Börjar').fill(start);
    await page.getByLabel('Minuter').fill('120');
    await page.getByRole('button', { name: 'Lägg till tiden' }).click();
    await page.locator('#times ol > li').nth(before).waitFor();
  };

  before(async () => {
    world = await World.start({ facilities: (text) => text + skogsudden, rules });
    await world.command('seed', '--from', path.join(root, 'deploy/demo-data/osteraker'));
    browser = await openBrowser();
    [citizen, officer, administrator] = await Promise.all([0, 1, 2].map(() => Visitor.with(browser, world)));
    // Once for all parts, so that each can be run alone.
    await signedIn(citizen, people.citizen);
    await signedIn(officer, people.officer);
    await signedIn(administrator, people.administrator);
  });

  after(() => end([citizen, officer, administrator], browser, world));

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

  test('what is empty says what it is and what to do first', async () => {
    await looked(citizen, 'empty-bookings', at('/bookings'));
    await looked(citizen, 'empty-find', at('/find?activity=volleyball&when=tomorrow&minutes=480'));
    await looked(citizen, 'empty-beside', at('/schedule'));
    await looked(citizen, 'empty-several', at('/book/several?facility=skogsudden'));
    await looked(officer, 'empty-desk', at(`/desk?day=${day(1)}`));
    await looked(officer, 'empty-requests', at('/desk/requests'));
    await looked(officer, 'empty-contacts', at('/contacts'));
    await looked(officer, 'empty-many', at('/desk/many'));
    await looked(administrator, 'empty-history', at('/rules/history?for=resource%3Askogsudden%2Fbana-1'));
    await looked(administrator, 'nothing-there', at('/nothing-there'));
  });

  test('what anybody sees: start, what is free, what happens today, a place, its schedule and its rules', async () => {
    await looked(citizen, 'start', city());
    await looked(citizen, 'find', `${city()}/find?when=tomorrow`);
    // Places too near each other for two marks share one, which comes closer until they have their own.
    const marks = citizen.page.locator('.map-mark');
    const together = await marks.count();
    await marks.filter({ hasText: '+' }).first().press('Enter');
    await until('more marks', async () => (await marks.count()) > together);
    assert.ok(await citizen.page.evaluate(() => document.activeElement.matches('.map-mark')), 'the focus stays on a mark');
    await citizen.isAccessible('a map that came closer');
    await looked(citizen, 'today', `${city()}/find/today`);
    await looked(citizen, 'facilities', `${city()}/facilities`);
    await looked(citizen, 'facility', `${city()}/facilities/sportcentrum/about`);
    await looked(citizen, 'resource', `${city()}/facilities/sportcentrum/a1`);
    await looked(citizen, 'schedule', `${city()}/facilities/sportcentrum?day=${day(2)}`);
    await looked(citizen, 'rules', `${city()}/facilities/sportcentrum/rules`);
  });

  test('what somebody who books sees: the form, many times, the booking with its code, and what is booked', async () => {
    const { page } = citizen;
    await (await citizen.firstFree('Halva A1')).click();
    await page.getByLabel(/Vad/).first().waitFor();
    await seen(citizen, 'book');
    await looked(citizen, 'several', `${world.pages}/book/several?facility=provhallen`);
    ({ url: own } = await citizen.book('Halva A2'));
    await citizen.doorKnows();
    await seen(citizen, 'booking');
    await looked(citizen, 'bookings', `${world.pages}/bookings`);
  });

  test('what those who run the halls see: the day, requests, what is closed, the register and the rules', async () => {
    await looked(officer, 'desk', `${world.pages}/desk`);
    await looked(officer, 'requests', `${world.pages}/desk/requests`);
    await looked(officer, 'closures', `${world.pages}/closures`);
    await looked(administrator, 'register', `${world.pages}/register`);
    await looked(administrator, 'rules-kept', `${world.pages}/rules`);
  });

  test('the act of booking: mistakes, price and terms, what is held no longer, accessories, guests, changes and the end', async () => {
    const { page } = citizen;
    await page.goto(at(`/facilities/skogsudden?day=${friday}&hall=festlokalen`));
    await page.getByRole('link', { name: /Festlokalen.*ledig/ }).locator('visible=true').first().click();
    await page.getByLabel('Vad ska ni göra?').fill('Femtioårsfest');
    await page.getByText('Vilka kommer?').click();
    await page.getByLabel('Antal personer').fill('90');
    await page.getByText('Lägg till utrustning eller tjänster').click();
    await page.getByText('80 av 80 är lediga då').waitFor();
    await page.getByLabel('Stolar').fill('70');
    await page.getByRole('button', { name: 'Fortsätt' }).click();
    await page.getByRole('alert').waitFor();
    await seen(citizen, 'book-wrong');
    await page.getByLabel('Antal personer').fill('70');
    await page.getByRole('button', { name: 'Fortsätt' }).click();
    await page.waitForURL(/\/hold$/);
    await seen(citizen, 'hold');
    const held = page.url();
    await looked(citizen, 'bookings-held', at('/bookings'));
    await world.sql("UPDATE booking.booking SET held_until = now() - interval '1 second' WHERE status = 'held'");
    await world.sql("UPDATE booking.occupancy SET hold_until = now() - interval '1 second' WHERE hold_until IS NOT NULL");
    await page.goto(held);
    await page.getByRole('heading', { level: 1, name: 'Tiden hålls inte längre' }).waitFor();
    await seen(citizen, 'hold-over');
    await page.getByRole('button', { name: 'Håll tiden igen' }).click();
    await page.getByRole('button', { name: 'Boka tiden' }).click();
    await page.waitForURL(/\/bookings\/[0-9a-f-]+$/);
    premises = page.url();
    await seen(citizen, 'booking-premises');
    await looked(citizen, 'accessories', await page.getByRole('link', { name: 'Ändra tillbehör' }).evaluate((link) => link.href));
    await page.goto(own);
    await page.getByRole('link', { name: 'Egna koder för fler' }).click();
    await seen(citizen, 'guests-none');
    for (const [name, email] of [['Anna-Karin Ängsbäck-Söderström', 'anna-karin.angsback-soderstrom@foreningsliv.example'], ['Bo Ek', '']]) {
      await page.getByLabel('Namn').fill(name);
      await page.getByLabel(/E-post/).fill(email);
      await page.getByRole('button', { name: 'Släpp in' }).click();
      await page.getByText('Personen har en egen kod').waitFor();
    }
    await seen(citizen, 'guests');
    await page.getByLabel('Namn').fill(' ');
    await page.getByRole('button', { name: 'Släpp in' }).click();
    await page.getByRole('alert').waitFor();
    await seen(citizen, 'guests-wrong');
  });

  test('many times in one booking: a series with clashes, a change of some, one split off, last year’s again', async () => {
    const { page } = citizen;
    await page.goto(at('/book/several?facility=provhallen'));
    await add(page, 'Halva A1', 10, '09:00');
    await add(page, 'Halva A1', 11, '09:00');
    await page.getByLabel('Vad ska ni göra?').fill('Läger');
    await page.getByRole('button', { name: 'Fortsätt' }).click();
    await page.waitForURL(/\/hold$/);
    await seen(citizen, 'hold-several');
    await page.getByRole('button', { name: 'Boka tiderna' }).click();
    await page.waitForURL(/\/bookings\/[0-9a-f-]+$/);
    const camp = page.url();
    await page.goto(at('/book/several?facility=provhallen'));
    await page.getByLabel('Plats').selectOption({ label: 'Halva A1' });
    await page.getByLabel('Dag, eller seriens första dag').fill(day(9));
    await page.getByLabel('Börjar').fill('09:00');
    await page.getByLabel('Minuter').fill('60');
    await page.getByText('Upprepa som en serie').click();
    for (const weekday of ['måndag', 'tisdag', 'onsdag', 'torsdag', 'fredag', 'lördag', 'söndag']) await page.getByLabel(weekday).check();
    await page.getByLabel('Sista dagen').fill(day(13));
    await page.getByRole('button', { name: 'Lägg till serien' }).click();
    await page.getByText('2 av 5 tider går inte att få').waitFor();
    await seen(citizen, 'series');
    await looked(citizen, 'booking-several', camp);
    await looked(citizen, 'change', await page.getByRole('link', { name: 'Ändra eller flytta' }).evaluate((link) => link.href));
    await page.getByRole('link', { name: /Ändra den här tiden/ }).first().click();
    await seen(citizen, 'change-one');
    await page.goto(camp);
    await page.getByRole('link', { name: 'Boka samma tider igen' }).click();
    await page.getByRole('heading', { name: 'Boka flera tider' }).waitFor();
    await seen(citizen, 'again');
    await page.goto(camp);
    await page.getByRole('link', { name: /Avboka/ }).click();
    await seen(citizen, 'cancel');
    await page.getByRole('button', { name: /Avboka/ }).last().click();
    await page.goto(camp);
    await seen(citizen, 'cancelled');
  });

  test('questions from both sides, those who must know, and a request that is decided', async () => {
    const { page } = citizen;
    await page.goto(at(`/facilities/skogsudden?day=${day(4)}&hall=batplats`));
    await page.locator('a[href*="/enquiries/new"]:visible').first().click();
    await page.getByRole('heading', { name: 'Fråga om att få boka' }).waitFor();
    await seen(citizen, 'enquiry-new');
    await page.getByLabel('Ungefär när').fill('hela sommaren');
    await page.getByLabel('Vad ska du göra?').fill('Gästhamn för vårcupen');
    await page.getByLabel(/Annat som är bra att veta/).fill('Tolv båtar från kommunen, med följebåt.');
    await page.getByRole('button', { name: 'Skicka frågan' }).click();
    await page.getByText('Frågan är skickad').waitFor();
    await seen(citizen, 'enquiry');

    const desk = officer.page;
    await desk.goto(at('/contacts'));
    await desk.getByRole('link', { name: 'Lägg till en person' }).click();
    await desk.getByLabel('Namn').fill('Vaktmästarna i Prov');
    await desk.getByLabel('E-post').fill('vakt@kommun');
    await desk.getByLabel('Skogsuddens friluftsanläggning', { exact: true }).check();
    await desk.getByRole('button', { name: 'Spara' }).click();
    await desk.getByRole('alert').waitFor();
    await seen(officer, 'contact-wrong');
    await desk.getByLabel('E-post').fill('vaktmastarna-i-prov@kommun.example');
    await desk.getByRole('button', { name: 'Spara' }).click();
    await desk.getByRole('link', { name: /Vaktmästarna i Prov, vaktmästare/ }).waitFor();
    await seen(officer, 'contacts');
    await looked(officer, 'booking-officer', premises);
    await desk.getByRole('link', { name: 'Välj vem som ska veta' }).click();
    await seen(officer, 'told');
    await looked(officer, 'requests-enquiry', at('/desk/requests'));
    await desk.getByRole('link', { name: /hela sommaren/ }).click();
    await desk.getByLabel('Svar').fill('Det går bra från den 9 maj.');
    await desk.getByRole('button', { name: 'Skicka svaret' }).click();
    await desk.getByText('Det går bra från den 9 maj.').waitFor();
    await seen(officer, 'enquiry-officer');
    await looked(officer, 'desk-prepare', at(`/desk?day=${friday}`));
    await looked(citizen, 'bookings-all', at('/bookings'));
  });

  test('many times at once: what is chosen, what happens to each, the offers, and what was done', async () => {
    const { page } = citizen;
    await page.goto(at('/book/several?facility=skogsudden'));
    for (const ahead of [20, 21]) for (const court of [1, 2]) await add(page, `Bana ${court}`, ahead, '09:00');
    await page.getByLabel('Vad ska ni göra?').fill('Mässa');
    await citizen.holdAndBook();
    const fair = (await page.getByText(/^\d{4,}$/).first().textContent()).trim();
    const club = administrator.page;
    await club.goto(at('/book/several?facility=skogsudden'));
    await add(club, 'Bana 1', 27, '10:00');
    await club.getByLabel('Vad ska ni göra?').fill('Badminton');
    await administrator.holdAndBook();
    const displaced = club.url();

    const desk = officer.page;
    await looked(officer, 'many-choose', at(`/desk/many?number=${fair}`));
    await desk.getByLabel('Veckor').fill('1');
    await desk.getByLabel('Andra får ge plats').check();
    await desk.getByLabel('Skäl').fill('Mässan flyttas en vecka');
    await desk.getByRole('button', { name: 'Visa vad som händer' }).click();
    await desk.getByText(/4 tider flyttas, 1 undanträngs/).waitFor();
    await seen(officer, 'many-preview');
    await desk.getByRole('button', { name: 'Flytta 4 tider' }).click();
    await desk.getByRole('button', { name: /^Ångra till/ }).waitFor();
    await seen(officer, 'many-done');
    await desk.getByRole('button', { name: 'Skicka breven nu' }).click();
    await desk.getByText('De som berörs har fått veta').waitFor();
    await seen(officer, 'many-told');
    await looked(administrator, 'offer', displaced);
    await desk.goto(at('/closures'));
    const pitch = desk.locator('li').filter({ hasText: 'Konstgräset' });
    await pitch.locator('summary').click();
    await seen(officer, 'closures-open');
    await pitch.getByRole('button', { name: /Snö/ }).click();
    await desk.getByText('De som har bokat får ett brev').waitFor();
    await seen(officer, 'closures-closed');
    await looked(citizen, 'resource-closed', at('/facilities/skogsudden/konstgraset'));
    await looked(citizen, 'start-closed', at('/'));
  });

  test('rules as fields on all four levels: what is said, the form, what changes, the history, the file and the words', async () => {
    const { page } = administrator;
    for (const [name, of] of [
      ['tenant', 'tenant'], ['authority', 'authority:provnamnden'],
      ['facility', 'facility:skogsudden'], ['resource', 'resource:skogsudden/festlokalen'],
    ]) {
      await looked(administrator, `rules-of-${name}`, at(`/rules/of?for=${encodeURIComponent(of)}`));
    }
    await looked(administrator, 'rules-edit', at('/rules/edit?for=resource%3Askogsudden%2Fbana-1'));
    for (const section of await page.locator('.rules-form > details > summary').all()) await section.click();
    for (const own of await page.getByLabel('Säg något eget').all()) await own.check();
    await seen(administrator, 'rules-edit-open');
    await page.goto(at('/rules/edit?for=tenant'));
    await page.locator('#first').fill(day(20));
    const longest = page.getByRole('group', { name: 'Längsta tid' });
    await longest.getByLabel(/^Minuter/).fill('två timmar');
    await page.getByRole('button', { name: 'Visa vad som ändras' }).click();
    await page.getByRole('alert').waitFor();
    await seen(administrator, 'rules-wrong');
    await longest.getByLabel(/^Minuter/).fill('120');
    await page.getByRole('button', { name: 'Visa vad som ändras' }).click();
    const change = page.getByRole('region', { name: 'Det här ändras' });
    await change.waitFor();
    await seen(administrator, 'rules-preview');
    await change.getByRole('button', { name: 'Spara' }).click();
    await page.getByText('Reglerna är sparade').waitFor();
    await seen(administrator, 'rules-saved');
    await looked(administrator, 'rules-history', at('/rules/history?for=tenant'));
    await page.getByRole('link', { name: /Återställ som det var före/ }).first().click();
    await seen(administrator, 'rules-restore');
    await looked(administrator, 'rules-file', at('/rules/file'));
    await looked(citizen, 'rules-words', at('/facilities/skogsudden/rules?resource=festlokalen'));
    await looked(citizen, 'rules-try',
      at(`/facilities/provhallen/rules?resource=a1&date=${day(25)}&time=18:00&minutes=180&kind=person#try`));
    await looked(citizen, 'rules-authority', at('/authorities/provnamnden/rules'));
  });

  test('the register’s forms: facts, hours, what is closed, equipment, photos, what can be booked, a file, a school year', async () => {
    const { page } = administrator;
    await page.goto(at('/register/skogsudden/photos'));
    await page.setViewportSize({ width: 1440, height: 900 });
    const buffer = await page.screenshot();
    await page.getByLabel('Foto', { exact: true }).setInputFiles({ name: 'plan.png', mimeType: 'image/png', buffer });
    await page.getByLabel('Vad fotot visar').fill('Planen en solig dag');
    await page.getByRole('button', { name: 'Spara foto' }).click();
    await page.getByAltText('Planen en solig dag').waitFor();
    await seen(administrator, 'register-photos');
    for (const [name, address] of [
      ['list', '/register'], ['facility', '/register/skogsudden'], ['hours', '/register/skogsudden/hours'],
      ['closures', '/register/skogsudden/closures'], ['equipment', '/register/skogsudden/equipment'],
      ['resource', '/register/skogsudden/resources/konstgraset'], ['new', '/register/new'],
      ['import', '/register/import'], ['school-year', '/register/school-year'],
      ['remove', '/register/skogsudden/remove'],
    ]) {
      await looked(administrator, `register-${name}`, at(address));
    }
    await page.goto(at('/register/skogsudden/resources/konstgraset'));
    await page.getByLabel('Antal personer').fill('många');
    await page.getByRole('button', { name: 'Spara' }).click();
    await page.locator('#persons_max-error').waitFor();
    await seen(administrator, 'register-wrong');
    await looked(citizen, 'facility-own', at('/facilities/skogsudden/about'));
    await looked(citizen, 'resource-own', at('/facilities/skogsudden/festlokalen'));
  });
});
