// How a municipality keeps its register: a file by command, snow from the bus, forms, and what the public sees of it.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { people } from '../provider.mjs';
import { Visitor, openBrowser } from '../visitor.mjs';
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

describe('a municipality keeps its register', { timeout: 480_000 }, () => {
  let world, browser, officer, citizen;

  before(async () => {
    world = await World.start();
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
    await officer?.close();
    await citizen?.close();
    await browser?.close();
    await world?.stop();
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

  test('the public reads what it must know, and search engines too', async () => {
    const { page } = citizen;
    await page.goto(`${world.pages}/facilities/skogsudden/about`);
    await page.getByRole('heading', { level: 1, name: 'Skogsuddens fritidsområde' }).waitFor();
    const data = await page.evaluate(() =>
      JSON.parse(document.querySelector('script[type="application/ld+json"]').textContent));
    assert.equal(data['@type'], 'SportsActivityLocation');
    assert.equal(data.geo.latitude, 59.4671);
    await citizen.isAccessible('the page of a facility');
    await citizen.picture('facility-about');
    await page.emulateMedia({ colorScheme: 'dark' });
    await citizen.isAccessible('the page of a facility, dark');
    await citizen.picture('facility-about-dark');
    await page.emulateMedia({ colorScheme: 'light' });
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
