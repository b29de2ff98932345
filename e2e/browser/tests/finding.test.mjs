// From the start page to a free time: on a phone in two taps, by keyboard alone, and without script. The parts run in
// this order, in one world.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { people } from '../provider.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World } from '../world.mjs';

/** Made up: open in the evening, until two in the night. */
const festlokalen = `
[[facility]]
slug = "festlokalen"
name = "Festlokalen"
opening_hours = [{ days = "mon-sun", opens = "18:00", closes = "02:00" }]
parts = ["fest"]
[[facility.resource]]
slug = "salen"
name = "Salen"
kind = "premises"
parts = ["fest"]
`;

describe('a free time is found', { timeout: 240_000 }, () => {
  let world, browser, citizen;

  before(async () => {
    world = await World.start({ facilities: (text) => text + festlokalen });
    browser = await openBrowser();
    citizen = await Visitor.with(browser, world);
  });

  after(() => end([citizen], browser, world));

  test('a free time is two taps from the start page, and the second one books it', async () => {
    const { page } = citizen;
    await page.goto(world.pages);
    await page.getByRole('heading', { level: 1, name: 'Vad vill du göra?' }).waitFor();
    await citizen.isAccessible('the start page');
    await citizen.picture('start');
    await page.getByLabel('Aktivitet').selectOption('floorball');
    await page.getByLabel('När?').selectOption('tomorrow');
    await page.getByRole('button', { name: 'Visa lediga tider' }).click();
    await page.waitForURL(/\/find\?.*activity=floorball/);
    await page.getByText('3 träffar').waitFor();
    await citizen.isAccessible('the list of free times');
    await citizen.picture('find');
    const time = page.getByRole('link', { name: /boka Provhallen, Hallen, Halva A1/ }).first();
    const said = await time.innerText();
    await time.click();
    await citizen.passProvider(people.citizen);
    await page.waitForURL(/\/book\?/);
    const [clock] = /\d\d\.\d\d/.exec(said);
    await page.getByText(clock).first().waitFor();
    await page.getByLabel(/Vad/).first().fill('Innebandy med Kalle Kanin');
    await citizen.holdAndBook();
  });

  test('a choice changes the list in its place, and its address shows the same to whoever opens it', async () => {
    const { page } = citizen;
    await page.goto(`${world.pages}/find?activity=floorball`);
    await page.getByText('3 träffar').waitFor();
    await page.evaluate(() => { window.stayed = true; });
    await page.getByLabel('Aktivitet').selectOption('volleyball');
    await page.getByText('1 träff', { exact: true }).waitFor();
    assert.equal(await page.locator('.hit').count(), 1);
    assert.ok(await page.evaluate(() => window.stayed), 'the page was not loaded anew');
    await page.waitForURL(/activity=volleyball/);
    const other = await Visitor.with(browser, world, { scripts: false });
    await other.page.goto(page.url());
    await other.page.getByText('1 träff', { exact: true }).waitFor();
    assert.equal(await other.page.locator('.hit').count(), 1);
    await other.close();
  });

  test('the map shows the places of the list, and leads to them by key and by tap', async () => {
    const { page } = citizen;
    await world.sql('UPDATE facilities.facility SET latitude = 59.48, longitude = 18.3');
    await page.goto(`${world.pages}/find?activity=badminton`);
    const mark = page.getByRole('button', { name: '1. Provhallen' });
    await mark.waitFor();
    assert.equal(await page.locator('.map-mark').count(), 1, 'one mark for the three that lie there');
    await citizen.isAccessible('a list with a map');
    await citizen.picture('find-map');
    await mark.focus();
    await page.keyboard.press('Enter');
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Provhallen, Hallen/);
    // The list is fetched anew in its place, and the map with it.
    await page.getByLabel('Aktivitet').selectOption('volleyball');
    await page.getByText('1 träff', { exact: true }).waitFor();
    await mark.waitFor();
    // Near somebody, whose position the browser gives; nothing else than the field has it.
    await citizen.context.grantPermissions(['geolocation']);
    await citizen.context.setGeolocation({ latitude: 59.4794123, longitude: 18.2996871 });
    await page.getByRole('button', { name: 'Nära mig' }).click();
    await page.getByText('100 m bort').waitFor();
    assert.equal(await page.getByLabel('Nära en plats').inputValue(), '59.479,18.300');
  });

  test('what fits nothing says what to loosen, and how many that gives', async () => {
    const { page } = citizen;
    await page.goto(`${world.pages}/find?activity=volleyball&when=tomorrow&minutes=480`);
    await page.getByRole('heading', { name: 'Prova så här' }).waitFor();
    await citizen.isAccessible('an empty list');
    await citizen.picture('find-empty');
    await page.getByRole('link', { name: 'Kortare eller längre tid' }).click();
    await page.getByText('1 träff', { exact: true }).waitFor();
  });

  test('a wrong field is told beside it, with and without script', async () => {
    const { page } = citizen;
    const wrong = `${world.pages}/find?persons=m%C3%A5nga&after=25&q=%00`;
    const answer = await page.goto(wrong);
    assert.equal(answer.status(), 422);
    assert.equal(await page.getByLabel('För hur många personer?').inputValue(), 'många');
    await citizen.isAccessible('a search that cannot be made');
    await page.getByLabel('För hur många personer?').fill('tusen');
    await page.getByLabel('För hur många personer?').blur();
    await page.getByText('Sökningen går inte att göra än').waitFor();
  });

  test('what happens today is told without the name or the words of a private person', async () => {
    const { page } = citizen;
    await world.sql(`UPDATE booking.occurrence SET starts_at = now() + interval '1 second',
      ends_at = now() + interval '1 hour'`);
    await page.goto(`${world.pages}/find/today`);
    await page.getByText('Innebandy', { exact: true }).waitFor();
    await citizen.isAccessible('what happens today');
    await citizen.picture('today');
    const told = await page.locator('body').innerText();
    assert.doesNotMatch(told, /Kalle|Kanin/);
    assert.equal(await page.getByText(/Alva Lind/).count(), 1, 'she herself, as who has signed in, and nowhere else');
  });

  test('a time is found by keyboard alone, in English', async () => {
    const { page } = citizen;
    await page.goto(`${world.pages}/language/en?next=/`);
    await page.getByRole('heading', { level: 1, name: 'What would you like to do?' }).waitFor();
    const focusOn = async (name) => {
      for (let steps = 0; steps < 40; steps += 1) {
        await page.keyboard.press('Tab');
        const focused = await page.evaluate(() =>
          (document.activeElement.labels?.[0] ?? document.activeElement).textContent);
        if (name.test(focused)) return;
      }
      assert.fail(`the tab key does not reach ${name}`);
    };
    await focusOn(/^Activity/);
    await page.keyboard.type('Badm');
    await focusOn(/^When/);
    await page.keyboard.type('Tom');
    await focusOn(/Show free times/);
    await page.keyboard.press('Enter');
    await page.waitForURL(/activity=badminton&when=tomorrow/);
    await citizen.isAccessible('the list in English');
    await focusOn(/book Provhallen/);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/book\?/);
  });

  test('an evening that goes on until two is found on its day, booked, and stands in the schedule of both', async () => {
    const { page } = citizen;
    const day = (ahead) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
    await page.goto(`${world.pages}/language/sv?next=/`);
    await page.goto(`${world.pages}/find?kind=premises&when=${day(5)}&minutes=240`);
    await page.getByText('Visar tider från 6 på morgonen').waitFor();
    await citizen.isAccessible('a list without the night');
    await page.getByRole('link', { name: 'Visa även natten' }).click();
    await page.getByLabel('Tidigast klockan').and(page.locator('[value="00:00"]')).waitFor();
    await page.goto(`${world.pages}/find?kind=premises&when=${day(5)}&minutes=240&after=22`);
    await page.getByRole('link', { name: '22.00–02.00' }).click();
    await page.getByLabel('Vad ska ni göra?').fill('Fest');
    await citizen.holdAndBook();
    await page.getByText(/22\.00 – .* 02\.00|22\.00–02\.00/).first().waitFor();
    for (const [ahead, mine] of [[5, /^22|^23/], [6, /^00|^01/]]) {
      await page.goto(`${world.pages}/facilities/festlokalen?day=${day(ahead)}`);
      const rows = page.locator('.grid tbody tr').filter({ has: page.getByRole('link', { name: /din bokning/ }) });
      const clocks = await rows.locator('th').allInnerTexts();
      assert.equal(clocks.length, 4, `${clocks} on day ${ahead}`);
      for (const clock of clocks) assert.match(clock, mine);
    }
  });
});
