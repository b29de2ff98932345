// A taken time is followed, freed, told of, and taken by whoever hears of it first; and people choose how they are told,
// from a provider of short messages that is played here. On a phone, and each page checked for accessibility.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { people } from '../provider.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World, until } from '../world.mjs';

/** A provider of short messages, which remembers what was posted to it. */
async function smsProvider() {
  const posted = [];
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    posted.push(Object.fromEntries(new URLSearchParams(body)));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ id: `s${posted.length}`, status: 'created' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { posted, url: `http://127.0.0.1:${server.address().port}/a1/sms`, server };
}

/** What the service answers to the provider's report; the municipality's name leads to this machine. */
async function report(where, fields) {
  const { host, pathname, port } = new URL(where);
  const headers = { host, 'content-type': 'application/x-www-form-urlencoded' };
  const request = http.request({ host: '127.0.0.1', port, path: pathname, method: 'POST', headers });
  request.end(new URLSearchParams(fields).toString());
  const [response] = await once(request, 'response');
  response.resume();
  return response.statusCode;
}

describe('following a time', { timeout: 480_000 }, () => {
  let world, browser, citizen, secretary, officer, sms, secrets, booking;

  const url = (where) => `${world.pages}${where}`;
  const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const signedIn = async (visitor, person, where) => {
    await visitor.page.goto(url(where));
    if (visitor.page.url().startsWith(world.provider.issuer)) await visitor.passProvider(person);
  };
  const mailTo = (address, subject) =>
    until(`mail to ${address} about ${subject}`, async () => {
      const mails = await world.mails();
      return mails.find((mail) => mail.includes(address) && new RegExp(`^Subject: .*${subject}`, 'm').test(mail));
    });

  before(async () => {
    sms = await smsProvider();
    secrets = await fs.mkdtemp(path.join(os.tmpdir(), 'hallport-sms-'));
    await fs.writeFile(path.join(secrets, 'password'), 'secret', { mode: 0o600 });
    world = await World.start({
      config: `[sms]\nurl = "${sms.url}"\nusername = "u"\npassword_file = "${secrets}/password"\nsender = "Prov"\n`,
    });
    browser = await openBrowser();
    [citizen, secretary, officer] = await Promise.all([0, 1, 2].map(() => Visitor.with(browser, world)));
  });

  after(async () => {
    sms.server.closeAllConnections();
    sms.server.close();
    await fs.rm(secrets, { recursive: true, force: true });
    await end([citizen, secretary, officer], browser, world);
  });

  test('a number is proven by the code that is sent to it, and channels and quiet hours are chosen', async () => {
    const { page } = secretary;
    await signedIn(secretary, people.secretary, '/my/messages');
    await secretary.isAccessible('no messages yet');
    await page.getByRole('link', { name: 'Hur jag vill få meddelanden' }).click();
    await page.getByLabel('Nytt mobilnummer').fill('08-123');
    await page.getByRole('button', { name: 'Skicka en kod' }).click();
    await page.getByRole('alert').waitFor();
    await secretary.isAccessible('a number with a mistake');
    await page.getByLabel('Nytt mobilnummer').fill('070-123 45 67');
    await page.getByRole('button', { name: 'Skicka en kod' }).click();
    const message = await until('the code', () => sms.posted[0]?.message);
    await page.getByLabel('Kod i sms:et').fill(/\d{6}/.exec(message)[0]);
    await secretary.isAccessible('a number that waits to be proven');
    await page.getByRole('button', { name: 'Bekräfta numret' }).click();
    await page.getByText('Vi skickar sms till 070-123 45 67.').waitFor();
    await page.getByLabel('Sms får komma när som helst').check();
    await page.getByRole('button', { name: 'Spara' }).click();
    await page.getByText('Sparat.').waitFor();
    await secretary.look('messages-settings');
  });

  test('somebody books a time, and somebody else follows it from the schedule', async () => {
    await signedIn(citizen, people.citizen, '/bookings');
    await citizen.page.goto(url(`/facilities/provhallen?day=${tomorrow()}`));
    await citizen.page.getByRole('link', { name: /Halva A1.*ledig/i }).first().click();
    await citizen.page.getByLabel(/Vad/).first().fill('Innebandy');
    await citizen.holdAndBook();
    booking = citizen.page.url();
    const { page } = secretary;
    await page.goto(url(`/facilities/provhallen?day=${tomorrow()}`));
    await secretary.isAccessible('a schedule with a time that can be followed');
    await page.locator('a.cell[href*="/watches/new"]:visible').first().click();
    await page.getByRole('heading', { name: 'Bevaka', exact: true }).waitFor();
    await secretary.look('watch-new');
    await page.getByRole('button', { name: 'Bevaka' }).click();
    await page.getByText('Du bevakar den nu.').waitFor();
    await secretary.look('watches');
  });

  test('free times of a resource are followed by days and hours', async () => {
    const { page } = secretary;
    await page.goto(url('/facilities/provhallen/a1'));
    await page.getByRole('link', { name: 'Bevaka lediga tider' }).click();
    await page.getByLabel('Senast').fill('06:00');
    await page.getByRole('button', { name: 'Bevaka' }).click();
    await page.getByRole('alert').waitFor();
    await secretary.look('watch-days');
    await page.goto(url('/watches'));
  });

  test('the time is freed, whoever follows it is told by letter and short message, and takes it', async () => {
    const { page } = citizen;
    await page.goto(`${booking}/cancel`);
    await page.getByRole('button', { name: 'Avboka' }).click();
    await page.getByRole('heading', { name: 'Bokningen är avbokad' }).waitFor();
    const mail = await mailTo('kim.varg@hallport.invalid', 'Ledig tid');
    assert.ok(!mail.includes('Alva'), 'nobody learns whose time it was');
    const short = await until('the short message', () => sms.posted.find((one) => one.message.includes('Ledig tid')));
    assert.equal(short.to, '+46701234567');
    const book = /http:\S+\/book\?\S+/.exec(short.message)[0];
    await secretary.page.goto(book);
    await secretary.page.getByLabel(/Vad/).first().fill('Badminton');
    await secretary.holdAndBook();
    await secretary.page.goto(url('/my/messages'));
    await secretary.page.getByText('En tid som du bevakar blev ledig').first().waitFor();
    await secretary.look('messages');
    // What the network says of it comes back.
    assert.equal(await report(short.whendelivered, { id: 's', status: 'delivered' }), 204);
    await secretary.page.reload();
    await secretary.page.getByText('Kom fram').first().waitFor();
  });

  test('an officer sees that everything has arrived, and an administrator writes other words', async () => {
    await signedIn(officer, people.officer, '/desk/messages');
    await officer.look('messages-unsent');
    const admin = await Visitor.with(browser, world);
    await signedIn(admin, people.administrator, '/desk/messages/words');
    await admin.look('messages-words', { pictured: false });
    await admin.page.getByRole('link', { name: /Bokning 1042 är bekräftad/ }).first().click();
    await admin.page.getByLabel('Avslutning').fill('Ring 08-123 456 om du undrar.');
    await admin.page.getByRole('button', { name: 'Visa hur det blir' }).click();
    await admin.page.getByText('Ring 08-123 456 om du undrar.').last().waitFor();
    await admin.look('messages-words-kind');
    await admin.close();
  });
});
