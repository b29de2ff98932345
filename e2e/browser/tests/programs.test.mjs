// Calendars and programs: a citizen's calendar reads what was booked, an administrator connects a program by keyboard
// alone, and the program books as its description says. On a phone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { people } from '../provider.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World } from '../world.mjs';

describe('calendars and programs', { timeout: 480_000 }, () => {
  let world, browser, citizen, administrator, token;

  const url = (path) => `${world.pages}${path}`;
  /** Asks as a program would, but from within the page: nobody else resolves the municipality's name here. */
  const ask = (visitor, path, options = {}) => visitor.page.evaluate(async ([path, options]) => {
    const answer = await fetch(path, { ...options, cache: 'no-store' });
    return { status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() };
  }, [path, options]);
  const pathOf = (address) => new URL(address).pathname;
  const signedIn = async (visitor, person, path) => {
    await visitor.page.goto(url(path));
    if (visitor.page.url().startsWith(world.provider.issuer)) await visitor.passProvider(person);
  };

  before(async () => {
    world = await World.start();
    browser = await openBrowser();
    [citizen, administrator] = await Promise.all([0, 1].map(() => Visitor.with(browser, world)));
  });

  after(() => end([citizen, administrator], browser, world));

  test('a citizen makes an address, the calendar reads the booking there, and nothing once it is removed', async () => {
    const { page } = citizen;
    await citizen.book('Halva A1');
    await page.goto(url('/bookings'));
    await page.getByRole('link', { name: 'Visa bokningarna i min kalender' }).click();
    await citizen.look('calendars-empty');
    await page.getByLabel(/^Vad ska adressen heta/).fill('Min telefon');
    await page.getByRole('button', { name: 'Gör adressen' }).click();
    const address = await page.locator('#feed-address').textContent();
    await citizen.look('calendars-made');
    const read = await ask(citizen, pathOf(address));
    assert.equal(read.headers['content-type'], 'text/calendar; charset=utf-8');
    assert.match(read.text, /SUMMARY:.*Innebandy/);
    const again = await ask(citizen, pathOf(address), { headers: { 'if-none-match': read.headers.etag } });
    assert.equal(again.status, 304);
    await page.goto(url('/calendars'));
    assert.ok(!(await page.content()).includes(address), 'it is shown once');
    await page.getByRole('button', { name: /^Ta bort/ }).click();
    await page.getByText('Adressen är borttagen').waitFor();
    assert.equal((await ask(citizen, pathOf(address))).status, 404);
  });

  test('everybody finds the calendar of a hall from its schedule', async () => {
    const { page } = citizen;
    await page.goto(url('/facilities/provhallen'));
    await page.getByRole('link', { name: 'Följ i din kalender' }).click();
    await citizen.look('facility-calendar');
    const address = await page.locator('#all code').textContent();
    const { text } = await ask(citizen, pathOf(address));
    assert.match(text, /BEGIN:VEVENT/);
    assert.ok(!/Innebandy|Alva/.test(text), 'nobody is named, nor what they wrote');
  });

  test('an administrator connects a program by keyboard alone', async () => {
    const { page } = administrator;
    await signedIn(administrator, people.administrator, '/api/clients');
    await administrator.look('clients-empty');
    await page.getByRole('link', { name: 'Anslut ett program' }).press('Enter');
    await page.getByLabel(/^Vad heter programmet/).fill('Föreningsregistret');
    for (const may of ['Läsa bokningar', 'Boka, ändra och avboka', 'Läsa vilka kunder']) {
      await page.getByLabel(new RegExp(`^${may}`)).press('Space');
    }
    await page.locator('#customers summary').press('Enter');
    await page.locator('#customers input').first().press('Space');
    await administrator.look('client-form');
    await page.getByLabel(/^Hur många frågor/).press('Enter');
    const [id, secret] = await Promise.all(['#client-id', '#client-secret'].map((one) => page.locator(one).textContent()));
    await administrator.look('client-secret');
    const given = await ask(administrator, '/api/oauth/token', {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}`, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials',
    });
    assert.equal(given.status, 200);
    token = JSON.parse(given.text).access_token;
    await page.getByRole('link', { name: 'Jag har sparat den' }).press('Enter');
    await page.getByRole('link', { name: 'Föreningsregistret' }).press('Enter');
    await administrator.look('client');
    await page.goto(url('/api'));
    await administrator.look('api-guide');
    await page.getByRole('link', { name: 'Tider är tagna' }).press('Enter');
    await administrator.isAccessible('a problem');
  });

  test('the program books what is free for its customer, once', async () => {
    const call = async (path, body, key) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      if (key) headers['idempotency-key'] = key;
      const options = body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers };
      const { status, text } = await ask(administrator, path, options);
      return [status, JSON.parse(text)];
    };
    const [, { customers }] = await call('/api/v1/customers');
    const [, { facilities }] = await call('/api/v1/facilities');
    const resource = facilities[0].resources[0].id;
    const date = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
    const [, free] = await call(`/api/v1/resources/${resource}/availability?from=${date}&minutes=60`);
    const wanted = {
      customer: customers[0].id, purpose: 'Träning', times: [{ resource, start: free.times[0].starts_at, minutes: 60 }],
    };
    const [status, booked] = await call('/api/v1/bookings', wanted, 'one');
    assert.equal(status, 201, JSON.stringify(booked));
    assert.deepEqual(await call('/api/v1/bookings', wanted, 'one'), [201, booked]);
    const [taken, problem] = await call('/api/v1/bookings', wanted, 'two');
    assert.deepEqual([taken, problem.type], [409, '/api/problems/taken']);
  });

  test('a citizen makes a token for a program of their own', async () => {
    const { page } = citizen;
    await page.goto(url('/api/tokens'));
    await citizen.look('tokens');
    await page.getByLabel(/^Vad ska nyckeln/).fill('Skriptet');
    await page.getByRole('button', { name: 'Gör nyckeln' }).click();
    const own = await page.locator('#new-token').textContent();
    await citizen.look('token-made');
    const { text } = await ask(citizen, '/api/v1/bookings', { headers: { authorization: `Bearer ${own}` } });
    assert.equal(JSON.parse(text).bookings.length, 1);
  });
});
