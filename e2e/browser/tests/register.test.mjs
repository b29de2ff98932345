// How a municipality keeps its register: a file by command, snow from the bus, forms, and what the public sees of it.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { people } from '../provider.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World } from '../world.mjs';

const file = `
[[facility]]
slug = "skogsudden"
name = "Skogsuddens fritidsområde"
authority = "provnamnden"
time_zone = "Europe/Stockholm"
address = "Skogsuddsvägen 1"
description = "Konstgräs och klubbhus vid vattnet."
rules_text = "Kör bara på grusplanen.\\nHåll hunden kopplad.\\nSläck och lås när ni går.\\nTa med skräpet hem.\\nGrilla på fasta platser.\\nInga fyrverkerier."
directions = "Buss till hållplatsen Skogsudden, sedan fem minuter till fots."
accessibility = ["parking", "toilet"]
position = { latitude = 59.4671, longitude = 18.3052 }
opening_hours = [
  { days = "mon-sun", opens = "07:00", closes = "23:00" },
  { days = "mon-sun", on = "holiday", opens = "09:00", closes = "18:00" },
]
parts = ["plan", "sal"]

[[facility.resource]]
slug = "konstgraset"
name = "Konstgräset"
kind = "pitch"
parts = ["plan"]
persons_max = 300
size = { width_cm = 6500, length_cm = 10500 }
activities = ["football"]

[[facility.resource]]
slug = "festlokalen"
name = "Festlokalen"
kind = "premises"
parts = ["sal"]
persons_max = 80
after_minutes = 120

[[facility.equipment]]
slug = "stolar"
name = "Stolar"
stock = 80
resources = ["festlokalen"]
`;

/** The pictures that a municipality's map is drawn on: a plain square, which says where it belongs. */
async function startTiles() {
  const asked = [];
  const server = http.createServer((request, response) => {
    asked.push(request.url);
    response.setHeader('content-type', 'image/svg+xml');
    response.end('<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256">' +
      `<rect width="256" height="256" fill="#dde5dd" stroke="#9aa79a"/><text x="12" y="28">${request.url}</text></svg>`);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { asked, server, url: `http://127.0.0.1:${server.address().port}` };
}

describe('a municipality keeps its register', { timeout: 480_000 }, () => {
  let world, browser, officer, citizen, tiles;

  before(async () => {
    tiles = await startTiles();
    world = await World.start({ config: `[map]\ntiles_url = "${tiles.url}/{z}/{x}/{y}"\nattribution = "© Kartan"\n` });
    browser = await openBrowser();
    officer = await Visitor.with(browser, world);
    citizen = await Visitor.with(browser, world);
    const toml = path.join(world.directory, 'skogsudden.toml');
    await fs.writeFile(toml, file);
    const tried = await world.command('register', '--host', world.host, '--file', toml);
    assert.match(tried, /line 2: facility "skogsudden": new\n/);
    assert.match(tried, /tried only/);
    const read = await world.command('register', '--host', world.host, '--file', toml, '--apply');
    assert.match(read, /4 new, 0 changed, 0 as before, 0 refused/);
    const again = await world.command('register', '--host', world.host, '--file', toml, '--apply');
    assert.match(again, /0 new, 0 changed, 4 as before, 0 refused/);
  });

  after(async () => {
    tiles?.server.close();
    await end([officer, citizen], browser, world);
  });

  test('a pitch under snow is closed from a phone in two taps and opened again in one', async () => {
    const { page } = officer;
    await page.goto(`${world.pages}/closures`);
    await officer.passProvider(people.officer);
    const pitch = page.locator('.closing', { hasText: 'Konstgräset' });
    await pitch.locator('summary').click();
    await officer.isAccessible('the list of what can be closed');
    await officer.picture('closures');
    await pitch.getByRole('button', { name: /^Snö/ }).click();
    await pitch.getByText('Ospelbar').waitFor();
    await officer.isAccessible('the list with a pitch that is closed');
    await officer.picture('closures-closed');

    await citizen.page.goto(`${world.pages}/facilities/skogsudden/konstgraset`);
    await citizen.page.getByText('Ospelbar: Snö').waitFor();
    await citizen.isAccessible('the page of a closed pitch');
    await citizen.picture('resource-closed');
    await pitch.getByRole('button', { name: /^Öppna igen/ }).click();
    await page.getByText('Öppet igen.').waitFor();
    await citizen.page.reload();
    assert.equal(await citizen.page.getByText('Ospelbar').count(), 0);
  });

  test('the forms of the register are filled in on a phone', async () => {
    const { page } = officer;
    await page.goto(`${world.pages}/register/skogsudden/photos`);
    // Any picture does; the page's own is at hand.
    const buffer = await page.screenshot();
    await page.getByLabel('Foto', { exact: true }).setInputFiles({ name: 'plan.png', mimeType: 'image/png', buffer });
    await page.getByLabel('Vad fotot visar').fill('Planen en solig dag');
    await page.getByRole('button', { name: 'Spara foto' }).click();
    await page.getByAltText('Planen en solig dag').waitFor();
    const forms = {
      'register': '/register',
      'register-facts': '/register/skogsudden',
      'register-hours': '/register/skogsudden/hours',
      'register-closures': '/register/skogsudden/closures',
      'register-equipment': '/register/skogsudden/equipment',
      'register-photos': '/register/skogsudden/photos',
      'register-history': '/register/skogsudden/history',
      'register-resource': '/register/skogsudden/resources/konstgraset',
      'register-new': '/register/new',
    };
    for (const [name, at] of Object.entries(forms)) {
      await page.goto(world.pages + at);
      await officer.isAccessible(at);
      await officer.picture(name);
    }
    await page.goto(`${world.pages}/register/skogsudden/resources/konstgraset`);
    await page.getByLabel('Antal personer').fill('många');
    await page.getByRole('button', { name: 'Spara' }).click();
    await page.locator('#persons_max-error').waitFor();
    await officer.isAccessible('a form with a mistake');
    await officer.picture('register-resource-wrong');
  });

  test('a changed fact is taken back from its confirmation, and stands in the history', async () => {
    const { page } = officer;
    await page.goto(`${world.pages}/register/skogsudden`);
    await page.getByLabel('Beskrivning').fill('Stängt för gott.');
    await page.getByRole('button', { name: 'Spara' }).click();
    await page.getByText('Sparat.').waitFor();
    await officer.picture('register-saved');
    await page.getByRole('link', { name: 'Ångra' }).click();
    await page.getByText('Beskrivning: Stängt för gott. → Konstgräs och klubbhus vid vattnet.').waitFor();
    await officer.isAccessible('what going back changes');
    await officer.picture('register-restore');
    await page.getByRole('button', { name: 'Återställ' }).click();
    await page.getByText('Återställt.').waitFor();
    assert.equal(await page.getByLabel('Beskrivning').inputValue(), 'Konstgräs och klubbhus vid vattnet.');
    await page.getByRole('link', { name: 'Historik' }).click();
    assert.equal(await page.getByText('Beskrivning: Stängt för gott. →').count(), 1);
    await page.getByText('från en fil').first().waitFor();
    await officer.isAccessible('the history');
    await officer.look('register-history');
  });

  test('of two who change the same thing the second is told on the page', async () => {
    const { page } = officer;
    const other = await officer.context.newPage();
    await page.goto(`${world.pages}/register/skogsudden`);
    await other.goto(`${world.pages}/register/skogsudden`);
    await other.getByLabel('Adress').fill('Skogsuddsvägen 2');
    await other.getByRole('button', { name: 'Spara' }).click();
    await other.getByText('Sparat.').waitFor();
    await other.close();
    await page.getByLabel('Hitta hit').fill('Cykla längs vattnet.');
    await page.getByRole('button', { name: 'Spara' }).click();
    await page.getByText('Någon annan har ändrat sedan du öppnade sidan.').waitFor();
    assert.equal(await page.getByLabel('Adress').inputValue(), 'Skogsuddsvägen 2');
    assert.equal(await page.getByLabel('Hitta hit').inputValue(), 'Cykla längs vattnet.');
    await officer.isAccessible('a form that somebody else was before');
    await officer.look('register-meanwhile');
    await page.getByRole('button', { name: 'Spara' }).click();
    await page.getByText('Sparat.').waitFor();
  });

  test('the position is taken where one stands, and written where the browser does not tell', async () => {
    const { page } = officer;
    await page.goto(`${world.pages}/register/skogsudden`);
    await page.getByRole('button', { name: 'Ta läget här jag står' }).click();
    await page.getByText('Din webbläsare gav inget läge. Skriv det i stället.').waitFor();
    await officer.context.grantPermissions(['geolocation']);
    await officer.context.setGeolocation({ latitude: 59.4712345, longitude: 18.3098765, accuracy: 8.4 });
    await page.getByRole('button', { name: 'Ta läget här jag står' }).click();
    await page.getByText('Läget är ifyllt, på ungefär 9 m.').waitFor();
    assert.equal(await page.getByLabel('Latitud').inputValue(), '59.47123');
    await officer.isAccessible('a position that was taken');
    await page.getByRole('button', { name: 'Spara' }).click();
    await page.getByText('Sparat.').waitFor();
    assert.equal(await page.getByLabel('Longitud').inputValue(), '18.30988');
  });

  test('the place is shown on a map, and its position opens in the visitors own', async () => {
    const { page } = citizen;
    await page.goto(`${world.pages}/facilities/skogsudden/about`);
    await page.getByRole('region', { name: 'Karta över Skogsuddens fritidsområde' }).waitFor();
    await page.locator('.map-mark').waitFor();
    await page.locator('.leaflet-tile-loaded').first().waitFor();
    assert.ok(tiles.asked.length > 0 && tiles.asked.every((url) => /^\/\d+\/\d+\/\d+$/.test(url)), `${tiles.asked}`);
    assert.equal(await page.getByRole('link', { name: 'Öppna i din kartapp' }).getAttribute('href'), 'geo:59.471230,18.309880');
    await page.getByText('Läge: 59.471230, 18.309880').waitFor();
    await citizen.isAccessible('a facility with a map');
    await citizen.look('facility-map');
    const plain = await Visitor.with(browser, world, { scripts: false });
    await plain.page.goto(`${world.pages}/facilities/skogsudden/about`);
    await plain.page.getByText('Läge: 59.471230').waitFor();
    assert.equal(await plain.page.locator('.map:visible').count(), 0, 'no empty box without script');
    await plain.close();
  });

  test('the public reads what it must know, and search engines too', async () => {
    const { page } = citizen;
    await page.goto(`${world.pages}/facilities/skogsudden/about`);
    await page.getByRole('heading', { level: 1, name: 'Skogsuddens fritidsområde' }).waitFor();
    const data = await page.evaluate(() =>
      JSON.parse(document.querySelector('script[type="application/ld+json"]').textContent));
    assert.equal(data['@type'], 'SportsActivityLocation');
    assert.equal(data.geo.latitude, 59.47123);
    await citizen.isAccessible('the page of a facility');
    await citizen.picture('facility-about');
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await citizen.isAccessible('the page of a facility, dark');
    await citizen.picture('facility-about-dark');
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
    for (const [name, at] of [['facilities', '/facilities'], ['resource', '/facilities/skogsudden/festlokalen'], ['open-data', '/open-data']]) {
      await page.goto(world.pages + at);
      await citizen.isAccessible(at);
      await citizen.picture(name);
    }
    await page.goto(`${world.pages}/facilities/skogsudden`);
    await page.getByRole('link', { name: /^Om anläggningen/ }).click();
    await page.waitForURL(/skogsudden\/about/);
  });
});
