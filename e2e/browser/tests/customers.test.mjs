// Those on whose account one books: a new association from its registration to its leader's first booking, roles handed
// over, a guardian who books for a child. On a phone, and each page checked for accessibility.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { people } from '../provider.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World, until } from '../world.mjs';

describe('customers', { timeout: 480_000 }, () => {
  let world, browser, founder, leader, officer;
  const club = 'Provs nya bordtennisklubb';

  const url = (path) => `${world.pages}${path}`;
  const signedIn = async (visitor, person, path) => {
    await visitor.page.goto(url(path));
    if (visitor.page.url().startsWith(world.provider.issuer)) await visitor.passProvider(person);
  };
  const press = (visitor, name) => visitor.page.getByRole('button', { name, exact: true }).click();
  const says = (visitor, text) => visitor.page.getByText(text).first().waitFor();
  const actsFor = async (visitor, name) => {
    await visitor.page.goto(url('/act-for'));
    await visitor.page.getByLabel(name, { exact: true }).check();
    await press(visitor, 'Fortsätt');
  };
  const mailTo = (address, words) =>
    until(`mail to ${address}`, async () => {
      const mails = (await world.mails()).filter((mail) => new RegExp(`^To: .*${address}`, 'm').test(mail) && words.test(mail));
      return mails.at(-1);
    });

  before(async () => {
    world = await World.start();
    browser = await openBrowser();
    [founder, leader, officer] = await Promise.all([0, 1, 2].map(() => Visitor.with(browser, world)));
  });

  after(() => end([founder, leader, officer], browser, world));

  test('an association registers itself, an officer approves it, and it is told', async () => {
    const { page } = founder;
    await signedIn(founder, people.citizen, '/associations');
    await founder.look('roles-none');
    await page.getByRole('link', { name: 'Anmäl en förening eller ett företag' }).click();
    await page.getByLabel('Namn', { exact: true }).fill(club);
    await page.getByLabel(/Organisationsnummer/).fill('802999-9046');
    await page.getByLabel(/^Ort/).fill('Prov');
    await page.getByLabel(/Idrotter/).fill('Bordtennis');
    await press(founder, 'Skicka anmälan');
    await says(founder, 'Det är inget organisationsnummer');
    await founder.look('application-wrong');
    await page.getByLabel(/Organisationsnummer/).fill('802999-9052');
    await press(founder, 'Skicka anmälan');
    await says(founder, 'Din ansökan har kommit in');
    await founder.look('application-sent');
    await mailTo('alva.lind@hallport.invalid', /802|anm/i);

    await signedIn(officer, people.officer, '/customers');
    await officer.look('customers');
    await officer.page.getByRole('link', { name: 'Ansökningar (1)' }).click();
    await officer.isAccessible('the queue of applications');
    await officer.page.getByRole('link', { name: club }).click();
    await officer.look('application');
    await press(officer, 'Godkänn');
    await says(officer, 'Beslutet är sparat');
    await officer.isAccessible('an empty queue');
    await mailTo('alva.lind@hallport.invalid', /Subject:.*(Godk|=)/);
  });

  test('roles are handed over by a letter, and the leader books for the association', async () => {
    const { page } = founder;
    await page.goto(url('/associations'));
    await page.getByRole('link', { name: club, exact: true }).click();
    await founder.look('customer-card');
    await page.getByRole('link', { name: 'Vem som företräder' }).click();
    await founder.look('acting');
    await page.getByLabel('Personens namn').fill('Kim, ledare');
    await page.getByLabel(/E-post för inbjudan/).fill('kim.varg@hallport.invalid');
    await press(founder, 'Ge rollen');
    await says(founder, 'Inbjudan skickas nu');
    await founder.isAccessible('an invitation');
    const mail = await mailTo('kim.varg@hallport.invalid', /invitations/);
    const [, path] = /(\/invitations\/[\w-]+)/.exec(mail.replace(/=\r?\n/g, ''));

    await signedIn(leader, people.secretary, path);
    await says(leader, 'Du är inbjuden att bli Bokare');
    await leader.look('invitation');
    await press(leader, 'Ta emot rollen');
    await says(leader, 'Du har tagit emot rollen');
    await leader.look('roles');
    await leader.page.goto(url(path));
    await says(leader, 'Länken leder inte någonstans längre');
    await leader.isAccessible('an invitation that is over');
    await actsFor(leader, club);
    const { url: booking } = await leader.book('Halva A1');
    await leader.page.goto(booking);
    await says(leader, club);
  });

  test('what a page says is not booked for whom another window chose', async () => {
    const other = await leader.context.newPage();
    const { page } = leader;
    await (await leader.firstFree('Halva A2')).click();
    await page.getByLabel(/Vad/).first().fill('Träning');
    await other.goto(url('/act-for'));
    await other.getByLabel('Mig själv').check();
    await other.getByRole('button', { name: 'Fortsätt' }).click();
    await press(leader, 'Fortsätt');
    await says(leader, 'i ett annat fönster');
    await leader.isAccessible('a form for another one than was chosen');
    await press(leader, 'Fortsätt');
    await page.waitForURL(/\/hold/);
    await says(leader, club);
    await other.close();
  });

  test('an administrator takes a role back, and it is over at once', async () => {
    const { page } = founder;
    await actsFor(leader, club);
    await page.goto(url('/associations'));
    await page.getByRole('link', { name: club, exact: true }).click();
    await page.getByRole('link', { name: 'Vem som företräder' }).click();
    await page.getByText(/^Ändra Kim, ledare/).click();
    await founder.isAccessible('a role that is changed');
    await page.getByRole('button', { name: 'Ta tillbaka rollen Kim, ledare' }).click();
    await says(founder, 'Rollen är tagen tillbaka');
    await leader.page.goto(url('/act-for'));
    assert.equal(await leader.page.getByLabel(club, { exact: true }).count(), 0);
    assert.equal(await leader.page.locator('.acting strong', { hasText: club }).count(), 0);
  });

  test('a guardian registers a child and books for it', async () => {
    const { page } = founder;
    await page.goto(url('/associations/child'));
    await page.getByLabel('Barnets namn').fill('Lo Lind');
    await page.getByLabel('Barnets personnummer').fill('20170105-2399');
    await page.getByLabel('Jag försäkrar att jag är barnets vårdnadshavare').check();
    await founder.look('child');
    await press(founder, 'Skicka');
    await says(founder, 'Din ansökan har kommit in');
    await officer.page.goto(url('/customers/applications'));
    await officer.page.getByRole('link', { name: 'Lo Lind' }).click();
    await says(officer, '9 år');
    await officer.isAccessible('an application for a child');
    await press(officer, 'Godkänn');
    await actsFor(founder, 'Lo Lind');
    const { url: booking } = await founder.book('Halva A2');
    await page.goto(booking);
    await says(founder, 'Lo Lind');
    await founder.isAccessible('a child’s booking');
  });

  test('an officer finds duplicates and makes them one', async () => {
    const { page } = officer;
    await page.goto(url('/customers/new'));
    await page.getByLabel('Namn', { exact: true }).fill('Provs nya bordtennisklubben');
    await press(officer, 'Lägg till');
    await says(officer, 'Det finns redan en kund som liknar den här');
    await officer.isAccessible('a customer like another');
    await page.getByLabel('Det är en annan kund').check();
    await press(officer, 'Lägg till');
    await says(officer, 'Kunden finns nu i registret');
    await page.goto(url('/customers/duplicates'));
    await officer.look('duplicates');
    await page.getByRole('link', { name: new RegExp(club) }).first().click();
    await officer.look('merge');
    await press(officer, 'Slå ihop');
    await says(officer, 'Kunderna är en nu');
    await page.getByRole('link', { name: 'Historik' }).click();
    await officer.look('customer-history');
    for (const [tab, name] of [['Prisgrupp', 'entitlements'], ['Styrelse och uppdrag', 'posts']]) {
      await page.getByRole('link', { name: tab }).click();
      await officer.look(name);
    }
  });
});
