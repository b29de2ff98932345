// What is kept: somebody asks for public records and gets them as a file with what must not be read masked; a citizen takes
// along what is kept of them and has erased what may be; an administrator writes what the board has decided. On a phone,
// and each page checked for accessibility.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';

import { people } from '../provider.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World } from '../world.mjs';

describe('records', { timeout: 300_000 }, () => {
  let world, browser, citizen, officer, administrator;

  const url = (path) => `${world.pages}${path}`;
  const signedIn = async (visitor, person, path) => {
    await visitor.page.goto(url(path));
    if (visitor.page.url().startsWith(world.provider.issuer)) await visitor.passProvider(person);
  };
  const downloads = async (page, press) => {
    const [download] = await Promise.all([page.waitForEvent('download'), press()]);
    return { name: download.suggestedFilename(), text: await fs.readFile(await download.path(), 'utf8') };
  };

  before(async () => {
    world = await World.start();
    browser = await openBrowser();
    [citizen, officer, administrator] = await Promise.all([0, 1, 2].map(() => Visitor.with(browser, world)));
    await citizen.book('Halva A1');
  });

  after(() => end([citizen, officer, administrator], browser, world));

  test('records that somebody asks for are found, looked at fact by fact, masked and disclosed', async () => {
    const { page } = officer;
    await signedIn(officer, people.officer, '/records');
    await officer.look('records');
    await page.getByLabel(/Nummer eller ord/).fill('alva');
    await page.getByRole('button', { name: 'Sök', exact: true }).click();
    await page.getByRole('heading', { name: '1 handling' }).waitFor();
    await officer.look('records-found');
    await page.getByRole('button', { name: 'Granska de valda' }).click();
    await page.getByRole('heading', { level: 1, name: 'Granska innan du lämnar ut' }).waitFor();
    await page.getByLabel('Maska Bokade', { exact: true }).check();
    await page.getByLabel(/Vad som begärdes/).fill('');
    await page.getByRole('button', { name: 'Lämna ut som fil' }).click();
    await page.getByText('Skriv vad som begärdes').first().waitFor();
    assert.ok(await page.getByLabel('Maska Bokade', { exact: true }).isChecked(), 'what was chosen stays');
    await officer.look('records-look');
    await page.getByLabel(/Vad som begärdes/).fill('Bokningar av Provhallen');
    await page.getByLabel(/Varför något maskas/).fill('21 kap. 1 § offentlighets- och sekretesslagen');
    const { name, text } = await downloads(page, () => page.getByRole('button', { name: 'Lämna ut som fil' }).click());
    assert.match(name, /\.html$/);
    assert.match(text, /<dt>Bokade<\/dt><dd>█+ \(maskat\)<\/dd>/);
    assert.match(text, /<dt>Kod till dörren<\/dt><dd>█+ \(maskat\)<\/dd>/);
    assert.match(text, /Innebandy/);
    await page.goto(url('/records'));
    await page.getByText('Bokningar av Provhallen').waitFor();
    await officer.isAccessible('what was disclosed');
  });

  test('an administrator writes what the board has decided, and a mistake is told beside the field', async () => {
    const { page } = administrator;
    await signedIn(administrator, people.administrator, '/retention');
    await administrator.look('retention');
    await page.getByRole('link', { name: 'Bokningar' }).click();
    await page.getByRole('button', { name: 'Spara beslutet' }).click();
    await page.getByText('Skriv ett antal månader').first().waitFor();
    await administrator.look('retention-wrong');
    await page.getByLabel(/Månader efter/).fill('24');
    await page.getByLabel(/Vem som har beslutat/).fill('Provnämnden');
    await page.getByLabel(/Beslutsdag/).fill('2026-01-15');
    await page.getByLabel(/Diarienummer/).fill('PN 2026/7 § 3');
    await page.getByRole('button', { name: 'Spara beslutet' }).click();
    await page.getByText('Beslutet är sparat').waitFor();
    await page.getByText(/24 månader efter att ärendet är slut. Provnämnden/).waitFor();
    await administrator.isAccessible('the plan with a decision');
  });

  test('a citizen takes along what is kept, in English too, and reads why a booking stays', async () => {
    const { page } = citizen;
    await page.goto(url('/my/data'));
    await citizen.look('my-data');
    await page.getByText(/^Bokningar \(1\)/).click();
    await page.getByText('Innebandy').first().waitFor();
    const { name, text } = await downloads(page, () => page.getByRole('link', { name: 'Ladda ned som fil' }).click());
    assert.match(name, /\.json$/);
    assert.equal(JSON.parse(text).information['booking.bookings'].length, 1);
    await page.getByRole('link', { name: 'Radera uppgifter' }).click();
    await page.getByText(/pågår eller ligger framför dig/).waitFor();
    await citizen.look('my-data-erase');
    await page.goto(url('/language/en?next=/my/data/erase'));
    await page.getByRole('heading', { level: 1, name: 'Erase my data' }).waitFor();
    await citizen.isAccessible('the question in English');
    await page.goto(url('/language/en?next=/my/data'));
    await citizen.isAccessible('my data in English');
  });
});
