// The people around a booking: a club's secretary lets others in by codes of their own, those who must know are told, and
// what cannot be booked directly is asked about. On a phone, and each page checked for accessibility.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Hall } from '../hall.mjs';
import { people } from '../provider.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World, until } from '../world.mjs';

describe('the people around a booking', { timeout: 480_000 }, () => {
  let world, browser, secretary, officer, administrator, hall, booking, own;

  const url = (path) => `${world.pages}${path}`;
  const signedIn = async (visitor, person, path) => {
    await visitor.page.goto(url(path));
    if (visitor.page.url().startsWith(world.provider.issuer)) await visitor.passProvider(person);
  };
  /** The code of somebody on the page of guests. */
  const codeOf = (name) =>
    secretary.page.locator('.code-list > li', { hasText: name }).locator('[data-code]').getAttribute('data-code');
  const letIn = async (name, email) => {
    const { page } = secretary;
    await page.getByLabel('Namn').fill(name);
    await page.getByLabel(/E-post/).fill(email);
    await page.getByRole('button', { name: 'Släpp in' }).click();
    await page.getByText('Personen har en egen kod').waitFor();
    return codeOf(name);
  };
  const grants = (count) =>
    until(`${count} grants at the gateway`, async () => (await world.gatewayGrants()) === count);
  const mailTo = (address) =>
    until(`mail to ${address}`, async () => {
      const mails = (await world.mails()).filter((mail) => new RegExp(`^To: .*${address}`, 'm').test(mail));
      return mails.length > 0 && mails;
    });

  before(async () => {
    world = await World.start();
    browser = await openBrowser();
    [secretary, officer, administrator] = await Promise.all([0, 1, 2].map(() => Visitor.with(browser, world)));
    hall = await Hall.open(secretary, world);
  });

  after(() => end([secretary, officer, administrator], browser, world));

  test('an officer says who must know of bookings', async () => {
    const { page } = officer;
    await signedIn(officer, people.officer, '/contacts');
    await officer.isAccessible('no contacts yet');
    await page.getByRole('link', { name: 'Lägg till en person' }).click();
    await page.getByLabel('Namn').fill('Vaktmästarna i Prov');
    await page.getByLabel('E-post').fill('vakt@kommun');
    await page.getByLabel('Provhallen', { exact: true }).check();
    await page.getByRole('button', { name: 'Spara' }).click();
    await page.getByRole('alert').waitFor();
    await officer.isAccessible('a contact with a mistake');
    await page.getByLabel('E-post').fill('vakt@kommun.example');
    await page.getByRole('button', { name: 'Spara' }).click();
    await page.getByRole('link', { name: /Vaktmästarna i Prov, vaktmästare/ }).waitFor();
    await officer.isAccessible('the contacts');
    await officer.picture('contacts');
  });

  test('a club’s secretary lets two people in by codes of their own', async () => {
    const { page } = secretary;
    await signedIn(secretary, people.secretary, '/act-for');
    await page.getByLabel('Provs badmintonklubb').check();
    await page.getByRole('button', { name: 'Fortsätt' }).click();
    ({ url: booking, pin: own } = await secretary.book('Halva A1'));
    await secretary.doorKnows();
    await page.getByRole('link', { name: 'Egna koder för fler' }).click();
    await secretary.isAccessible('a booking without guests');
    await letIn('Anna Ås', 'anna@post.example');
    await letIn('Bo Ek', '');
    await secretary.isAccessible('a booking with guests');
    await secretary.picture('guests');
    assert.equal(new Set([own, await codeOf('Anna Ås'), await codeOf('Bo Ek')]).size, 3);
    await grants(3);
  });

  test('a guest’s code comes with a letter and opens, and the one that was taken back does not', async () => {
    const { page } = secretary;
    const [anna, bo] = [await codeOf('Anna Ås'), await codeOf('Bo Ek')];
    const [mail] = await mailTo('anna@post.example');
    assert.ok(mail.includes(anna.replace(/(...)(...)/, '$1 $2')), 'the guest’s code in the letter');
    assert.ok(!/^Subject:.*\d{3}/m.test(mail), 'no code in the subject');
    assert.ok(!mail.includes(own.replace(/(...)(...)/, '$1 $2')), 'not the booking’s own code');
    await hall.type(1, anna);
    await hall.shows(1, 'lock', 'released');
    await hall.shows(1, 'lock', 'locked');
    await page.getByRole('button', { name: 'Ta tillbaka koden Anna Ås' }).click();
    await page.getByText('Koden är tillbakatagen').waitFor();
    await secretary.isAccessible('a code that was taken back');
    assert.equal(await page.getByText('Anna Ås').count(), 0);
    await grants(2);
    await hall.type(1, anna);
    await hall.shows(1, 'indicator', 'refused');
    await hall.type(1, bo);
    await hall.shows(1, 'lock', 'released');
    await page.goto(booking);
    await until('the passage of the guest', async () => {
      await page.reload();
      return (await page.locator('#came, section', { hasText: 'Vem som kom' }).getByText(/Anna Ås/).count()) > 0;
    });
    await secretary.isAccessible('a booking whose guests came');
    await secretary.picture('booking-with-guests');
  });

  test('the caretaker is told without a code, and the officer sees that, and writes more to them', async () => {
    const [mail] = await mailTo('vakt@kommun.example');
    assert.ok(!mail.includes(own) && !mail.includes(own.replace(/(...)(...)/, '$1 $2')));
    const { page } = officer;
    await until('the letter on the booking’s page', async () => {
      await page.goto(booking);
      return (await page.getByText(/fick veta/).count()) > 0;
    });
    await officer.isAccessible('a booking as an officer sees it');
    await page.getByRole('link', { name: 'Välj vem som ska veta' }).click();
    await page.getByLabel('Meddelande till dem').fill('Ställ fram åtta bord');
    await officer.isAccessible('the choice of who must know');
    await page.getByRole('button', { name: 'Spara' }).click();
    await page.getByText('De som berörs får brev').waitFor();
    await officer.picture('told');
    await until('the second letter', async () => (await mailTo('vakt@kommun.example')).length === 2);
    assert.ok(!(await secretary.page.content()).includes('Ställ fram åtta bord'), 'it is for staff');
  });

  test('the public reads the club’s name in the schedule and nobody else’s', async () => {
    const stranger = await Visitor.with(browser, world);
    for (const path of ['/facilities/provhallen', '/facilities/provhallen?view=week&resource=a1',
      '/embed/schedule/provhallen', '/find/today', '/schedule?facility=provhallen']) {
      await stranger.page.goto(url(path));
      const text = await stranger.page.content();
      for (const canary of ['Kim Varg', 'Anna Ås', 'Bo Ek', own]) assert.ok(!text.includes(canary), `${canary} at ${path}`);
    }
    await stranger.page.goto(url('/facilities/provhallen?view=week&resource=a1'));
    await stranger.page.getByText('Provs badmintonklubb').first().waitFor();
    await stranger.isAccessible('a schedule with a club’s name');
    await stranger.close();
  });

  test('what is not booked directly is asked about, answered, and made a booking of', async () => {
    const admin = administrator.page;
    await signedIn(administrator, people.administrator, '/rules');
    await admin.getByRole('link', { name: 'Provhallen' }).click();
    await admin.getByRole('link', { name: 'Provhallen, Hallen' }).click();
    await admin.getByRole('link', { name: 'Ändra från en dag' }).click();
    await admin.getByText('Beslut och förtur').click();
    const enquiries = admin.getByRole('group', { name: 'Bokas efter förfrågan' });
    await enquiries.getByLabel('Säg något eget').check();
    await enquiries.getByLabel('Bokas inte direkt').check();
    await admin.getByRole('button', { name: 'Visa vad som ändras' }).click();
    await admin.getByRole('button', { name: 'Spara' }).click();
    await admin.getByText('Reglerna är sparade').waitFor();
    const { page } = secretary;
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    await page.goto(url(`/facilities/provhallen?day=${tomorrow}`));
    await page.locator('a[href*="/enquiries/new"]:visible').first().click();
    await page.getByRole('heading', { name: 'Fråga om att få boka' }).waitFor();
    await secretary.isAccessible('the form of an enquiry');
    await page.getByLabel('Ungefär när').fill('en lördag i maj');
    await page.getByLabel('Vad ska du göra?').fill(' ');
    await page.getByRole('button', { name: 'Skicka frågan' }).click();
    await page.getByRole('alert').waitFor();
    await secretary.isAccessible('an enquiry with a mistake');
    await page.getByLabel('Vad ska du göra?').fill('Vårcup');
    await page.getByLabel(/Annat som är bra att veta/).fill('Tolv lag från kommunen');
    await page.getByRole('button', { name: 'Skicka frågan' }).click();
    await page.getByText('Frågan är skickad').waitFor();
    await secretary.isAccessible('an enquiry');
    const enquiry = page.url().split('?')[0];

    const desk = officer.page;
    await desk.goto(url('/desk/requests'));
    await officer.isAccessible('what needs a decision, with an enquiry');
    await officer.picture('desk-enquiries');
    await desk.getByRole('link', { name: /en lördag i maj/ }).click();
    await desk.getByLabel('Svar').fill('Den 9 maj går bra.');
    await desk.getByRole('button', { name: 'Skicka svaret' }).click();
    await desk.getByText('Den 9 maj går bra.').waitFor();
    await officer.isAccessible('an enquiry that is answered');
    await officer.picture('enquiry');

    await page.goto(enquiry);
    await page.getByText('Den 9 maj går bra.').waitFor();
    await page.getByLabel('Skriv mer').fill('Tack, då tar vi den.');
    await page.getByRole('button', { name: 'Skicka', exact: true }).click();
    await page.getByText('Meddelandet är skickat').waitFor();

    await desk.reload();
    await desk.getByLabel('Minuter').fill('120');
    await desk.getByRole('button', { name: 'Boka åt den som frågade' }).click();
    await desk.waitForURL(/\/bookings\/[0-9a-f-]+/);
    await page.goto(enquiry);
    await page.getByRole('link', { name: 'Visa bokningen' }).click();
    await page.getByRole('heading', { name: 'Tiden är din' }).waitFor();
    await page.goto(url('/bookings'));
    await page.getByText('blev en bokning').waitFor();
    await secretary.isAccessible('one’s own bookings and questions');
    await secretary.picture('mine-with-enquiry');
  });
});
