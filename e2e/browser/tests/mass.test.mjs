// A fair of five days on five courts is moved a week, the clubs that give way are offered other times and one takes it;
// again, and it is undone; a pitch under snow, with letters. On a phone, the main path by keyboard alone, and each page
// checked for accessibility.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { people } from '../provider.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World, until } from '../world.mjs';

/** Five courts, five more across the town, and a pitch; all made up. */
const courts = (slug, name, part) => `
[[facility]]
slug = "${slug}"
name = "${name}"
parts = [${[1, 2, 3, 4, 5].map((n) => `"${part}${n}"`).join(', ')}]
${[1, 2, 3, 4, 5].map((n) => `
[[facility.resource]]
slug = "bana-${n}"
name = "Bana ${n}"
parts = ["${part}${n}"]
size = { width_cm = 610, length_cm = 1340 }
activities = ["badminton"]
`).join('')}`;
const pitch = `
[[facility]]
slug = "vallen"
name = "Vallen"
parts = ["V1"]

[[facility.resource]]
slug = "planen"
name = "Konstgräsplanen"
kind = "pitch"
parts = ["V1"]
activities = ["football"]
`;

describe('many times at once', { timeout: 600_000 }, () => {
  let world, browser, citizen, officer, club, other;
  let fair;

  const url = (path) => `${world.pages}${path}`;
  /** The date so many days from now, as a form wants it. */
  const day = (ahead) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
  const signedIn = async (visitor, person, path) => {
    await visitor.page.goto(url(path));
    if (visitor.page.url().startsWith(world.provider.issuer)) await visitor.passProvider(person);
  };
  /** Goes with the keyboard to a control, as far as it takes, and presses a key there. */
  const press = async (page, control, key = 'Enter') => {
    const wanted = await control.elementHandle();
    for (let steps = 0; steps < 250; steps += 1) {
      if (await wanted.evaluate((node) => node === document.activeElement)) return page.keyboard.press(key);
      await page.keyboard.press('Tab');
    }
    throw new Error('the keyboard does not reach it');
  };
  const write = async (page, control, text) => {
    await press(page, control, 'ControlOrMeta+A');
    await page.keyboard.type(text);
  };
  /** Letters to somebody about what a subject says, with their text as it was sent. */
  const letters = async (person, subject) => {
    const words = (mail) => Buffer.from(mail.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) =>
      String.fromCharCode(parseInt(hex, 16))), 'latin1').toString('utf8');
    const all = (await world.mails()).filter((mail) => mail.includes(`To: ${person.email}`) || mail.includes(person.email));
    return all.map(words).filter((mail) => subject.test(mail));
  };
  /** Books one court an hour, on a day at nine. */
  const bookCourt = async (visitor, person, court, ahead) => {
    const { page } = visitor;
    await signedIn(visitor, person, `/book/several?facility=badmintonhallen`);
    await page.getByLabel('Plats').selectOption({ label: court });
    await page.getByLabel('Dag, eller seriens första dag').fill(day(ahead));
    await page.getByLabel('Börjar').fill('10:00');
    await page.getByLabel('Minuter').fill('60');
    await page.getByRole('button', { name: 'Lägg till tiden' }).click();
    await page.locator('#times ol > li').first().waitFor();
    await page.getByLabel('Vad ska ni göra?').fill('Badminton');
    await visitor.holdAndBook();
    return page.url();
  };

  before(async () => {
    const facilities = (text) =>
      text + courts('badmintonhallen', 'Badmintonhallen', 'C') + courts('gamla-hallen', 'Gamla hallen', 'D') + pitch;
    world = await World.start({ facilities });
    browser = await openBrowser();
    [citizen, officer, club, other] = await Promise.all([0, 1, 2, 3].map(() => Visitor.with(browser, world)));
  });

  after(() => end([citizen, officer, club, other], browser, world));

  test('a fair of five days on five courts is one booking of twenty-five times', async () => {
    const { page } = citizen;
    await signedIn(citizen, people.citizen, '/book/several?facility=badmintonhallen');
    for (const court of [1, 2, 3, 4, 5]) {
      await page.getByLabel('Plats').selectOption({ label: `Bana ${court}` });
      await page.getByLabel('Dag, eller seriens första dag').fill(day(10));
      await page.getByLabel('Börjar').fill('09:00');
      await page.getByLabel('Minuter').fill('240');
      const repeat = page.getByText('Upprepa som en serie');
      if (!(await page.getByLabel('måndag').isVisible())) await repeat.click();
      for (const weekday of ['måndag', 'tisdag', 'onsdag', 'torsdag', 'fredag', 'lördag', 'söndag']) {
        await page.getByLabel(weekday).check();
      }
      await page.getByLabel('Sista dagen').fill(day(14));
      await page.getByRole('button', { name: 'Lägg till serien' }).click();
      await page.locator('#times ol > li').nth(court * 5 - 1).waitFor();
    }
    await page.getByLabel('Vad ska ni göra?').fill('Mässa');
    await citizen.holdAndBook();
    assert.equal(await page.locator('#times li').count(), 25);
    fair = (await page.getByText(/^\d{4,}$/).first().textContent()).trim();
  });

  test('it is moved a week by keyboard alone, after a preview of who gives way and what they are offered', async () => {
    await bookCourt(club, people.administrator, 'Bana 1', 17);
    await bookCourt(other, people.technician, 'Bana 3', 18);
    const { page } = officer;
    await signedIn(officer, people.officer, '/desk');
    await press(page, page.getByRole('link', { name: 'Ändra många' }).last());
    await page.getByRole('heading', { name: 'Ändra många' }).waitFor();
    await officer.isAccessible('the empty choice of many');
    await write(page, page.getByLabel('Bokningsnummer'), fair);
    await page.keyboard.press('Enter');
    await page.getByText('25 tider i Badmintonhallen').waitFor();
    await officer.isAccessible('the choice of many');
    await officer.picture('many-choose');
    await write(page, page.getByLabel('Veckor'), '1');
    await press(page, page.getByLabel('Andra får ge plats'), 'Space');
    await write(page, page.getByLabel('Skäl'), 'Mässan flyttas en vecka');
    await press(page, page.getByRole('button', { name: 'Visa vad som händer' }));
    await page.getByText('25 tider flyttas, 2 undanträngs, 2 har förslag').waitFor();
    await officer.isAccessible('the preview');
    await officer.picture('many-preview');
    assert.equal((await letters(people.administrator, /har behövt ändra tider/)).length, 0);
    await press(page, page.getByRole('button', { name: 'Flytta 25 tider' }));
    await page.getByRole('button', { name: /^Ångra till \d\d\.\d\d$/ }).waitFor();
    await officer.isAccessible('the change');
    await officer.picture('many-done');
  });

  test('the letters go, one for each booking, and who gave way takes the offered time with one tap', async () => {
    assert.equal((await letters(people.administrator, /har behövt ändra tider/)).length, 0);
    await officer.page.getByRole('button', { name: 'Skicka breven nu' }).click();
    await officer.page.getByText('De som berörs har fått veta').waitFor();
    const [letter] = await until('the letter', async () => {
      const found = await letters(people.administrator, /har behövt ändra tider/);
      return found.length > 0 && found;
    });
    assert.match(letter, /Skäl: Mässan flyttas en vecka/);
    assert.match(letter, /Vi erbjuder dig/);
    assert.match(letter, /Gamla hallen, Bana 1/);
    await until('the fair’s letter', async () => (await letters(people.citizen, /har behövt ändra tider/)).length === 1);
    const { page } = club;
    await page.goto(/https?:\/\/\S+\/bookings\/[0-9a-f-]+/.exec(letter)[0]);
    await page.getByRole('heading', { name: 'Kommunen har ändrat dina tider' }).waitFor();
    await club.isAccessible('an offer');
    await club.picture('offer');
    await page.getByRole('button', { name: /^Ta tiden/ }).click();
    await page.getByRole('heading', { name: 'Tiden är din' }).waitFor();
    await page.locator('main').getByText('Gamla hallen, Bana 1').first().waitFor();
    await club.isAccessible('an offer that is taken');
    await officer.page.reload();
    await officer.page.getByText('1 av 2 erbjudanden är tagna').waitFor();
  });

  test('moved again it is undone within its time, and nobody gets a letter', async () => {
    const { page } = officer;
    const before = await world.sql(
      "SELECT count(*), md5(string_agg(concat(resource_id, starts_at), ',' ORDER BY resource_id, starts_at)) " +
      'FROM booking.occurrence WHERE cancelled_at IS NULL');
    const mails = (await world.mails()).length;
    await page.goto(url(`/desk/many?number=${fair}`));
    await page.getByLabel('Dagar').fill('1');
    await page.getByLabel('Skäl').fill('En dag till');
    await page.getByRole('button', { name: 'Visa vad som händer' }).click();
    await page.getByRole('button', { name: 'Flytta 25 tider' }).click();
    await page.getByRole('button', { name: /^Ångra till/ }).click();
    await page.getByText('Alla tider är där de var').waitFor();
    await officer.isAccessible('a change that is undone');
    await officer.picture('many-undone');
    const after = await world.sql(
      "SELECT count(*), md5(string_agg(concat(resource_id, starts_at), ',' ORDER BY resource_id, starts_at)) " +
      'FROM booking.occurrence WHERE cancelled_at IS NULL');
    assert.equal(after, before);
    assert.equal((await world.mails()).length, mails);
  });

  test('snow is two taps, and those who come soon get a letter; open again is one, and another letter', async () => {
    const { page } = club;
    // The next whole half hour that can be booked, by the schedule.
    await page.goto(url('/facilities/vallen'));
    const free = () => page.getByRole('link', { name: /Konstgräsplanen.*ledig/i });
    if ((await free().count()) === 0) {
      await page.goto(new URL(await page.locator('a[rel="next"]').first().getAttribute('href'), page.url()).href);
    }
    await free().first().click();
    await page.getByLabel(/Vad/).first().fill('Fotboll');
    await club.holdAndBook();

    const desk = officer.page;
    await signedIn(officer, people.officer, '/closures');
    const row = desk.locator('li').filter({ hasText: 'Konstgräsplanen' });
    await row.getByText('1 bokning inom två dygn').waitFor();
    await officer.isAccessible('the list of closings');
    await row.locator('summary').click();
    await row.getByRole('button', { name: /Snö/ }).click();
    await desk.getByText('De som har bokat får ett brev').waitFor();
    await officer.isAccessible('a closed pitch');
    await officer.picture('snow');
    await until('the letter about snow', async () =>
      (await letters(people.administrator, /^Subject: .*/m)).some((mail) => /Det du har bokat är stängt/.test(mail)));
    await desk.locator('li').filter({ hasText: 'Konstgräsplanen' }).getByRole('button', { name: /Öppna igen/ }).click();
    await until('the letter that it is open', async () =>
      (await letters(people.administrator, /^Subject: .*/m)).some((mail) => /är öppet igen/.test(mail)));
  });
});
