// A hall that is cut off: a booking that its gateway has not heard of opens the door all the same, by twelve digits
// and by a QR code, and a cancellation that arrives later wins. The parts build on each other and run in this order.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Hall } from '../hall.mjs';
import { people } from '../provider.mjs';
import { readQr } from '../qr.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World, until } from '../world.mjs';

/** Without a heartbeat for so long the gateway takes off-line codes: as short as a site may say. */
const SILENT_AFTER_S = 60;
/** The cloud cannot know when the last heartbeat arrived: a minute more, and some for a busy machine. */
const TAKEN_WITHIN_MS = (SILENT_AFTER_S + 120) * 1000;

describe('a hall that is cut off opens its door', { timeout: 480_000 }, () => {
  let world, browser, citizen, hall, booking, digits, token;

  before(async () => {
    world = await World.start({
      relay: true,
      site: (text) => `${text}\n[gateway.policy]\nsilent_after_seconds = ${SILENT_AFTER_S}\n`,
    });
    browser = await openBrowser();
    citizen = await Visitor.with(browser, world);
    hall = await Hall.open(citizen, world);
  });

  after(() => end([citizen], browser, world));

  /** Whether the gateway has said that it has everything that the cloud has for it. */
  async function isInStep() {
    const [online, behind] = (await world.sql(
      'SELECT online, revision - acknowledged_revision FROM access.gateway')).split('|');
    return online === 't' && behind === '0';
  }

  test('an open page hears at once that the hall is cut off, and shows twelve digits', async () => {
    const { page } = citizen;
    await (await citizen.firstFree('Halva A1')).click();
    await citizen.passProvider(people.citizen);
    await page.getByLabel(/Vad/).first().fill('Innebandy');
    world.relay.cut();
    await citizen.holdAndBook();
    booking = page.url();
    // Not loaded anew: the page was made before the cloud knew, or hears of it now.
    await page.getByText(/utan förbindelse sedan/).waitFor();
    await page.getByRole('heading', { name: 'Använd den här koden så länge' }).waitFor();
    digits = await page.locator('[data-offline-code]').getAttribute('data-offline-code');
    assert.match(digits, /^[0-9]{12}$/);
    await citizen.isAccessible('the confirmation of a hall that is cut off');
    await citizen.picture('confirmation-cut-off');
  });

  test('the twelve digits open the door when the page says that it takes them', async () => {
    const { page } = citizen;
    await until('the door to take the code', async () => {
      await page.goto(booking);
      return (await page.getByText(/tar emot koden från/).count()) === 0;
    }, TAKEN_WITHIN_MS);
    assert.equal(await page.locator('[data-offline-code]').getAttribute('data-offline-code'), digits);
    await hall.type(1, digits);
    await hall.shows(1, 'lock', 'released');
    await hall.push(1);
    await hall.shows(1, 'leaf', 'open');
    await hall.shows(1, 'lock', 'locked');
  });

  test('the QR code opens it too', async () => {
    const { page } = citizen;
    await page.goto(booking);
    await page.getByRole('link', { name: 'Visa QR-kod' }).click();
    const picture = page.getByRole('img', { name: /^QR-kod till / });
    await picture.waitFor();
    await page.getByText(/^Gäller till \d\d\.\d\d/).waitFor();
    await citizen.isAccessible('the QR code');
    await citizen.picture('qr');
    token = await readQr(picture);
    await hall.holdUp(1, token);
    await hall.scannerShows(1, 'admitted');
    await hall.shows(1, 'lock', 'released');
    await hall.shows(1, 'lock', 'locked');
  });

  test('a cancellation that arrives later wins', async () => {
    const { page } = citizen;
    await page.goto(booking);
    await page.getByRole('link', { name: /Avboka/ }).click();
    await page.getByRole('button', { name: /Avboka/ }).click();
    await page.getByRole('heading', { level: 1, name: /avbokad/i }).waitFor();
    assert.equal(await page.locator('[data-offline-code]').count(), 0);
    world.relay.mend();
    await until('the hall to be back and in step', isInStep);
    await hall.type(1, digits);
    await hall.shows(1, 'indicator', 'refused');
    await hall.scannerShows(1, 'idle');
    await hall.holdUp(1, token);
    await hall.scannerShows(1, 'refused');
    const { doors } = await hall.state();
    assert.equal(doors[0].lock, 'locked');
  });

  test('what happened meanwhile arrives afterwards', async () => {
    const came = await until('the passages of the time without connection', async () => {
      const kinds = (await world.sql(
        `SELECT string_agg(kind, ' ' ORDER BY sequence) FROM access.journal WHERE kind LIKE 'admitted%'`)).split(' ');
      return kinds.length >= 2 && kinds;
    });
    assert.deepEqual(came, ['admitted_offline', 'admitted'], 'the digits, then the QR code');
  });
});
