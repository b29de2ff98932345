// Staff of the identity system: whoever is in a group becomes an officer at the next sign-in and is one no more after
// having left it; an administrator says what groups give, and lets the identity system provision. And the accessibility
// statement: written, read, and reported against without signing in. On a phone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { people } from '../provider.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World, until } from '../world.mjs';

describe('staff and the accessibility statement', { timeout: 480_000 }, () => {
  let world, browser, newcomer, administrator, anybody;

  const url = (path) => `${world.pages}${path}`;
  const signedIn = async (visitor, person, path) => {
    await visitor.page.goto(url(path));
    if (visitor.page.url().startsWith(world.provider.issuer)) await visitor.passProvider(person);
  };
  /** Signs in anew, as after the day's end: with a browser that remembers nothing. */
  const anew = async (path) => {
    await newcomer?.close();
    newcomer = await Visitor.with(browser, world);
    await signedIn(newcomer, people.newcomer, path);
    await newcomer.page.waitForURL(url(path));
    return newcomer.page;
  };

  before(async () => {
    world = await World.start();
    browser = await openBrowser();
    [administrator, anybody] = await Promise.all([0, 1].map(() => Visitor.with(browser, world)));
  });

  after(() => end([newcomer, administrator, anybody], browser, world));

  test('a person in a group becomes an officer at sign-in, and is one no more after leaving it', async () => {
    await signedIn(administrator, people.administrator, '/staff');
    await administrator.look('staff');
    await administrator.page.getByRole('link', { name: 'Grupper' }).click();
    await administrator.look('staff-groups-empty');
    await administrator.page.getByLabel(/^Gruppens namn/).fill('Bokning & fritid');
    await administrator.page.getByRole('button', { name: 'Låt gruppen ge rollen' }).press('Enter');
    await administrator.page.getByText('Gruppen ger rollen nu').waitFor();

    let page = await anew('/bookings');
    await page.goto(url('/desk'));
    await page.getByText('bokningshandläggare').first().waitFor();

    people.newcomer.groups = ['Lunch', 'Bokning & fritid'];
    page = await anew('/bookings');
    await page.goto(url('/desk'));
    await page.getByRole('heading', { level: 1 }).waitFor();
    assert.equal(await page.getByText('bokningshandläggare').count(), 0, await page.content());
    await administrator.page.goto(url('/staff'));
    await administrator.page.getByText('Grupp: Bokning & fritid').waitFor();
    await administrator.look('staff-by-group');
    await administrator.page.goto(url('/staff/groups'));
    await administrator.page.getByRole('heading', { name: 'Lunch' }).waitFor();
    await administrator.look('staff-groups');

    people.newcomer.groups = ['Lunch'];
    page = await anew('/bookings');
    await page.goto(url('/desk'));
    await page.getByText('bokningshandläggare').first().waitFor();
    const changed = await world.sql(
      "SELECT count(*) FROM kernel.audit WHERE action = 'staff.roles_changed' AND detail->>'because' = 'sign-in'");
    assert.equal(changed, '2', 'given once and taken once');
  });

  test('the identity system provisions an account, and shutting it out ends the session', async () => {
    const { page } = administrator;
    await page.goto(url('/staff/provisioning'));
    await administrator.look('staff-provisioning-empty');
    await page.getByRole('button', { name: 'Gör en nyckel' }).click();
    const key = await page.locator('#new-token').textContent();
    await administrator.look('staff-key');
    const scim = (method, path, body) => page.evaluate(async ([method, path, body, key]) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' };
      const answer = await fetch(`/scim/v2/${path}`, { method, headers, body: body && JSON.stringify(body) });
      return { status: answer.status, body: await answer.json() };
    }, [method, path, body, key]);
    const made = await scim('POST', 'Users', { userName: 'erik', externalId: people.newcomer.sub, active: true });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const members = [{ value: made.body.id }];
    const group = await scim('POST', 'Groups', { displayName: 'Bokning & fritid', members });
    assert.equal(group.status, 201, JSON.stringify(group.body));
    const staff = await anew('/bookings');
    await staff.goto(url('/desk'));
    await staff.getByRole('heading', { level: 1 }).waitFor();
    assert.equal(await staff.getByText('bokningshandläggare').count(), 0);
    const off = { Operations: [{ op: 'Replace', path: 'active', value: 'False' }] };
    assert.equal((await scim('PATCH', `Users/${made.body.id}`, off)).status, 200);
    await staff.goto(url('/facilities'));
    await staff.getByRole('link', { name: 'Logga in' }).waitFor();
    const roles = await world.sql(
      `SELECT count(*) FROM kernel.role WHERE source = 'group' AND subject = '${people.newcomer.sub}'`);
    assert.equal(roles, '0', 'no role by a group is left');
    await page.goto(url('/staff/provisioning'));
    await administrator.look('staff-provisioning');
  });

  test('an administrator writes the accessibility statement, and anybody reads it from the foot of a page', async () => {
    await anybody.page.goto(url('/facilities'));
    await anybody.page.getByRole('link', { name: 'Tillgänglighetsredogörelse' }).click();
    await anybody.look('accessibility-unwritten');
    const { page } = administrator;
    await page.goto(url('/accessibility'));
    await page.getByRole('link', { name: 'Ändra redogörelsen' }).click();
    await page.getByRole('button', { name: 'Spara redogörelsen' }).waitFor();
    await page.getByLabel(/delvis förenlig/).check();
    await page.getByLabel('Vi har bedömt webbplatsen själva.').check();
    await page.getByLabel('Det här är inte tillgängligt, på svenska').fill('Kartan läses inte av skärmläsare. Listan bredvid säger detsamma.');
    await page.getByLabel(/^E-post/).fill('fritid@provkommunen.example');
    await page.getByRole('button', { name: 'Spara redogörelsen' }).click();
    await page.getByRole('alert').waitFor();
    await administrator.look('accessibility-edit-wrong');
    await page.getByLabel('Det här är inte tillgängligt, på engelska').fill('The map is not read by screen readers. The list beside it says the same.');
    await page.getByRole('button', { name: 'Spara redogörelsen' }).click();
    await page.getByText('Redogörelsen är sparad.').waitFor();
    await anybody.page.reload();
    await anybody.page.getByText('delvis förenlig').waitFor();
    await anybody.look('accessibility');
  });

  test('somebody who has not signed in reports what is hard, and gets the answer by letter', async () => {
    const { page } = anybody;
    await page.getByRole('link', { name: 'Anmäl något som är svårt att använda' }).press('Enter');
    await anybody.look('accessibility-report');
    await page.getByLabel('Vad är svårt?').fill('Jag ser inte vilken knapp som är vald');
    await page.getByLabel(/^E-post för svar/).fill('ingen-adress');
    await page.getByRole('button', { name: 'Skicka' }).press('Enter');
    // The browser keeps what is no address; where it does not, the page says so.
    await page.getByLabel(/^E-post för svar/).fill('rut@hallport.invalid');
    await page.getByRole('button', { name: 'Skicka' }).press('Enter');
    await page.getByRole('heading', { name: 'Tack, din anmälan har kommit fram' }).waitFor();
    await anybody.isAccessible('a report that was sent');
    const staff = administrator.page;
    await staff.goto(url('/accessibility/reports'));
    await administrator.look('accessibility-reports');
    await staff.getByRole('link', { name: /Jag ser inte/ }).click();
    await staff.getByLabel(/^Svar/).fill('Nu har den valda knappen en tydlig kant.');
    await administrator.look('accessibility-one');
    await staff.getByRole('button', { name: 'Svara' }).click();
    await staff.getByText('Svaret är sparat.').waitFor();
    await until('the letter', async () => (await world.mails()).find((mail) => mail.includes('rut@hallport.invalid')));
    await until('the page to say that the letter has gone', async () => {
      await staff.reload();
      return staff.getByText('Brevet har gått').isVisible();
    });
  });
});
