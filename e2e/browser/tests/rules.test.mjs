// A municipality changes a rule from a day on: an administrator by keyboard alone reads what changes before it is saved, a
// visitor is refused with the rule's words, and the administrator takes it back. On a phone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { people } from '../provider.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World } from '../world.mjs';

describe('rules as fields', { timeout: 480_000 }, () => {
  let world, browser, administrator, citizen;

  /** The date so many days from now, as a form wants it. */
  const day = (ahead) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
  const url = (path) => `${world.pages}${path}`;
  const signedIn = async (visitor, person, path) => {
    await visitor.page.goto(url(path));
    if (visitor.page.url().startsWith(world.provider.issuer)) await visitor.passProvider(person);
  };
  /** Presses a key with something in focus, which is how one without a mouse comes to it. */
  const press = async (locator, key) => {
    await locator.focus();
    await locator.page().keyboard.press(key);
  };

  before(async () => {
    world = await World.start();
    browser = await openBrowser();
    [administrator, citizen] = await Promise.all([0, 1].map(() => Visitor.with(browser, world)));
  });

  after(() => end([administrator, citizen], browser, world));

  test('an administrator lowers the longest booking from a day on, and reads what changes before saving', async () => {
    const { page } = administrator;
    await signedIn(administrator, people.administrator, '/rules');
    await administrator.isAccessible('the list of rules');
    await administrator.picture('rules');
    await press(page.getByRole('link', { name: 'Hela kommunen' }), 'Enter');
    await page.getByText('4 tim').waitFor();
    await administrator.isAccessible('the rules of the municipality');
    await administrator.picture('rules-of');
    await press(page.getByRole('link', { name: 'Ändra från en dag' }), 'Enter');
    await page.locator('#first').fill(day(20));
    const longest = page.getByRole('group', { name: 'Längsta tid' });
    await longest.getByLabel(/^Minuter/).waitFor();
    // What is inherited hides what would be said instead.
    await longest.getByLabel('Säg något eget').focus();
    await page.keyboard.press('ArrowUp');
    assert.ok(await longest.getByLabel(/^Ärv från tjänstens förval: 8 tim/).isChecked());
    await longest.getByLabel(/^Minuter/).waitFor({ state: 'hidden' });
    await page.keyboard.press('ArrowDown');
    await longest.getByLabel(/^Minuter/).fill('två timmar');
    await press(page.getByRole('button', { name: 'Visa vad som ändras' }), 'Enter');
    await page.getByRole('alert').waitFor();
    await administrator.isAccessible('the form with a mistake');
    await longest.getByText('Skriv ett heltal från 1 till 10080').waitFor();
    await longest.getByLabel(/^Minuter/).fill('120');
    // The Enter key in a field shows what changes too, whatever buttons stand before.
    await page.locator('#first').press('Enter');
    const change = page.getByRole('region', { name: 'Det här ändras' });
    await change.getByText('Längsta tid: 2 tim i stället för 4 tim').waitFor();
    await change.getByRole('heading', { name: /^Från / }).waitFor();
    await administrator.isAccessible('what changes');
    await administrator.picture('rules-preview');
    await press(change.getByRole('button', { name: 'Spara' }), 'Enter');
    await page.getByText('Reglerna är sparade').waitFor();
    await administrator.isAccessible('the rules after saving');
    await administrator.picture('rules-saved');
  });

  test('a visitor is refused with the words of the rule, on its days and on no others', async () => {
    const { page } = citizen;
    const ask = async (ahead) => {
      await page.goto(url(`/facilities/provhallen/rules?resource=a1&date=${day(ahead)}&time=18:00&minutes=180&kind=person#try`));
    };
    await ask(10);
    await page.getByText('Tiden går att boka direkt, om den är ledig').waitFor();
    await ask(25);
    await page.getByText('Den längsta tiden är 2 tim').waitFor();
    await citizen.isAccessible('the rule in words');
    // And where it is booked in earnest.
    await signedIn(citizen, people.citizen, '/book/several?facility=provhallen');
    await page.getByLabel('Dag, eller seriens första dag').fill(day(25));
    await page.getByLabel('Börjar').fill('18:00');
    await page.getByLabel('Minuter').fill('180');
    await page.getByRole('button', { name: 'Lägg till tiden' }).click();
    await page.getByText('Den längsta tiden är 2 tim').first().waitFor();
  });

  test('a condition that cannot be read is shown where it goes wrong', async () => {
    const { page } = administrator;
    await page.goto(url('/rules/edit?for=facility%3Aprovhallen'));
    await page.getByText('Egna villkor').first().click();
    const conditions = page.getByRole('group', { name: 'Egna villkor' });
    await conditions.getByLabel('Säg något eget').check();
    await conditions.getByLabel('Villkor', { exact: true }).fill("minutes > 60 && salary > 1");
    await conditions.getByLabel('Vad den som bokar får läsa').fill('Långa tider prövas');
    await page.getByRole('button', { name: 'Visa vad som ändras' }).click();
    await conditions.getByText('Vid tecken 17').waitFor();
    await administrator.isAccessible('a condition with a mistake');
    await administrator.picture('rules-condition');
    assert.equal(await conditions.getByLabel('Vad den som bokar får läsa').inputValue(), 'Långa tider prövas');
  });

  test('every part of the form is accessible when it stands open', async () => {
    const { page } = administrator;
    await page.goto(url('/rules/edit?for=facility%3Aprovhallen'));
    for (const section of await page.locator('.rules-form > details > summary').all()) await section.click();
    for (const own of await page.getByLabel('Säg något eget').all()) await own.check();
    await administrator.isAccessible('the whole form');
    await administrator.picture('rules-form');
  });

  test('the administrator reads who changed what, and takes it back', async () => {
    const { page } = administrator;
    await page.goto(url('/rules/history?for=tenant'));
    await page.getByRole('heading', { name: /Siv Norén/ }).waitFor();
    await administrator.isAccessible('the history');
    await administrator.picture('rules-history');
    await press(page.getByRole('link', { name: /Återställ som det var före.*Siv/ }), 'Enter');
    await page.getByText('Längsta tid: 4 tim i stället för 2 tim').waitFor();
    await administrator.isAccessible('what going back changes');
    await press(page.getByRole('button', { name: 'Återställ' }), 'Enter');
    await page.getByText('Reglerna är återställda').waitFor();
    await citizen.page.goto(url(`/facilities/provhallen/rules?resource=a1&date=${day(25)}&time=18:00&minutes=180&kind=person#try`));
    await citizen.page.getByText('Tiden går att boka direkt, om den är ledig').waitFor();
  });

  test('the rules leave as a file and an authority explains them to everybody', async () => {
    const { page } = administrator;
    await page.goto(url('/rules/file'));
    await administrator.isAccessible('the rules as a file');
    const text = await page.getByLabel('Alla regler, som TOML').inputValue();
    assert.match(text, /longest_minutes = 240/);
    await page.getByRole('button', { name: 'Prova filen' }).click();
    await page.getByText('0 nya och 0 ändrade').waitFor();
    await citizen.page.goto(url('/authorities/provnamnden/rules'));
    await citizen.isAccessible('the rules of an authority');
    await citizen.picture('rules-authority');
  });
});
