// A caretaker's day: a visitor reports a leaking toilet with a photo by the label on the wall, the caretaker finds it on
// the phone, closes the changing room and opens it again, and the visitor is told. And the screen by the door. Each page
// is checked for accessibility.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { people } from '../provider.mjs';
import { readQr } from '../qr.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World, until } from '../world.mjs';

/** The changing room can be closed because it stands in the register. */
const withChangingRoom = (text) => text
  .replace('parts = ["A1", "A2"]\n\n', 'parts = ["A1", "A2", "omkl"]\n\n')
  .concat('\n[[facility.resource]]\nslug = "omkladningsrum-2"\nname = "Omklädningsrum 2"\nkind = "room"\nparts = ["omkl"]\n');

describe('a caretaker’s day', { timeout: 480_000 }, () => {
  let world, browser, visitor, plain, caretaker, secretary, screen, label, receipt, today;

  const url = (where) => `${world.pages}${where}`;
  const signedIn = async (who, person, where) => {
    await who.page.goto(url(where));
    if (who.page.url().startsWith(world.provider.issuer)) await who.passProvider(person);
  };

  before(async () => {
    world = await World.start({ facilities: withChangingRoom });
    browser = await openBrowser();
    [visitor, caretaker, secretary, screen] = await Promise.all([0, 1, 2, 3].map(() => Visitor.with(browser, world)));
    plain = await Visitor.with(browser, world, { scripts: false });
  });

  after(async () => end([visitor, plain, caretaker, secretary, screen], browser, world));

  /** The picture of a leaking toilet, such as it is. */
  const photo = async () => {
    const page = await browser.newPage();
    await page.setContent('<body style="margin:0;background:#456"><div style="width:300px;height:200px;background:#9cf">');
    const buffer = await page.screenshot({ type: 'jpeg' });
    await page.close();
    return { name: 'IMG_1.jpg', mimeType: 'image/jpeg', buffer };
  };

  test('the caretaker names a place and prints its label, which a phone reads', async () => {
    const { page } = caretaker;
    await signedIn(caretaker, people.caretaker, '/faults');
    await caretaker.look('faults-empty', { pictured: false });
    await page.getByRole('link', { name: 'Provhallen' }).click();
    await page.getByLabel('Namn').fill('Omklädningsrum 2');
    await page.getByLabel('Hör till').selectOption({ label: 'Omklädningsrum 2' });
    await page.getByRole('button', { name: 'Lägg till' }).click();
    await page.getByText('Sparat.').waitFor();
    await caretaker.look('fault-places', { pictured: false });
    await page.getByRole('link', { name: 'Skriv ut etiketter' }).click();
    await caretaker.look('fault-labels');
    label = await readQr(page.locator('svg.qr').nth(1));
    assert.equal(label, url('/report/provhallen/1'));
  });

  test('a visitor reports the leaking toilet with a photo, by the label on the wall', async () => {
    const { page } = visitor;
    await page.goto(label);
    await page.getByText('Provhallen, Omklädningsrum 2').waitFor();
    await visitor.look('report');
    // Nothing chosen: said beside the field, and what was written stays.
    await page.getByLabel('Beskriv felet').fill('Det rinner ut på golvet.');
    await page.getByRole('button', { name: 'Skicka' }).click();
    await page.getByRole('alert').waitFor();
    await visitor.isAccessible('a report with a mistake');
    await page.getByLabel('Toalett, dusch eller avlopp').check();
    await page.getByLabel('E-post').fill('gast@hallport.invalid');
    await page.getByLabel('Foto').setInputFiles(await photo());
    await page.getByRole('button', { name: 'Skicka' }).click();
    await page.getByText('Tack! Personalen har fått din anmälan.').waitFor();
    receipt = page.url().replace('?done', '');
    await visitor.look('report-receipt');
    // Whoever comes next, and has no script, sees of what sort it is, and says the same by a tap.
    await plain.page.goto(label);
    await plain.page.getByLabel(/Toalett, dusch eller avlopp, anmält/).check();
    assert.equal(await plain.page.getByText('rinner').count(), 0);
    await plain.page.getByRole('button', { name: 'Skicka' }).click();
    await plain.page.getByRole('heading', { name: 'Din felanmälan' }).waitFor();
  });

  test('the caretaker sees the day on the phone, and the fault in it', async () => {
    await signedIn(secretary, people.secretary, '/act-for');
    await secretary.page.getByLabel('Provs badmintonklubb').check();
    await secretary.page.getByRole('button', { name: 'Fortsätt' }).click();
    await secretary.book('Halva A1');
    // Just before midnight the first time that is free is tomorrow's.
    today = (await world.sql(
      "SELECT (starts_at AT TIME ZONE 'Europe/Stockholm')::date = (now() AT TIME ZONE 'Europe/Stockholm')::date FROM booking.occurrence",
    )) === 't';
    const { page } = caretaker;
    await page.goto(url('/'));
    await page.locator('summary').filter({ hasText: 'Meny' }).click();
    await page.getByRole('link', { name: 'Dagens bokningar' }).click();
    const next = page.getByRole('heading', { name: /^(Pågår nu|Härnäst)$/ });
    await page.getByRole('heading', { name: 'Fel', exact: true }).waitFor();
    assert.equal(await next.count(), today ? 1 : 0);
    await caretaker.look('caretaker-day');
    await page.getByRole('link', { name: 'Toalett, dusch eller avlopp, Omklädningsrum 2' }).click();
    await page.getByText('Det rinner ut på golvet.').waitFor();
    const width = await page.locator('img.photo').evaluate((img) => img.decode().then(() => img.naturalWidth));
    assert.ok(width > 0, 'the photo is drawn');
    await caretaker.look('fault');
  });

  test('the caretaker closes the changing room, opens it again, and the visitor is told', async () => {
    const { page } = caretaker;
    await page.getByRole('button', { name: 'Jag tar hand om det' }).click();
    await page.getByText('Du tar hand om det.').waitFor();
    // The place's own room is suggested.
    await page.getByRole('button', { name: 'Stäng nu' }).click();
    await page.getByText('Omklädningsrum 2 är stängt på grund av felet.').waitFor();
    const fault = page.url().split('?')[0];
    await page.goto(url('/facilities/provhallen/omkladningsrum-2'));
    await page.getByText('Stängt: Toalett, dusch eller avlopp').first().waitFor();
    await page.goto(fault);
    await page.getByLabel('Anteckna').fill('Ny packning i cisternen.');
    await page.getByRole('button', { name: 'Spara anteckning' }).click();
    await page.getByText('Ny packning i cisternen.').waitFor();
    await page.getByRole('button', { name: /^Öppna igen/ }).click();
    await page.getByText('Öppet igen.').waitFor();
    await page.getByRole('button', { name: 'Åtgärdat' }).click();
    await page.getByText('Åtgärdat. De som ville veta får ett brev.').waitFor();
    await caretaker.look('fault-mended', { pictured: false });
    await page.goto(url('/faults'));
    await caretaker.look('faults');
    const mail = await until('the answer', async () =>
      (await world.mails()).find((one) => one.includes('gast@hallport.invalid')));
    const decoded = mail.replaceAll('=\n', '').replaceAll('=3D', '=');
    assert.ok(decoded.includes(new URL(receipt).pathname), decoded);
    await visitor.page.goto(receipt);
    await visitor.page.getByText(/^Felet åtgärdades/).waitFor();
  });

  test('the screen by the door shows today and says when it is old', async () => {
    const { page, context } = screen;
    await page.clock.install();
    await page.goto(url('/screens/provhallen'));
    await page.setViewportSize({ width: 1920, height: 1080 });
    await page.getByText(today ? 'Provs badmintonklubb' : 'Inget mer är bokat i dag').first().waitFor();
    const size = await page.locator('.screen-what, .screen-empty').first().evaluate((one) => parseFloat(getComputedStyle(one).fontSize));
    assert.ok(size >= 48, `letters of ${size} px on a wide screen`);
    await screen.isAccessible('the screen');
    await screen.picture('door-screen');
    const stale = page.locator('[data-stale]', { hasText: 'Ingen kontakt. Så här var det' });
    await stale.waitFor({ state: 'hidden' });
    await context.setOffline(true);
    await page.clock.runFor(120_000);
    await stale.waitFor();
    await context.setOffline(false);
    await page.clock.runFor(31_000);
    await stale.waitFor({ state: 'hidden' });
  });
});
