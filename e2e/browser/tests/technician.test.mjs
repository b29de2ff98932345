// What a technician does for a hall: shuts it, opens a door from afar, reads what happened, and changes every key
// while its door goes on. The commands are those of docs/manual/key-ceremony.md. The parts build on each other and run
// in this order, in one world.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Hall } from '../hall.mjs';
import { people } from '../provider.mjs';
import { Visitor, end, openBrowser } from '../visitor.mjs';
import { World, hallportCloud, until } from '../world.mjs';

describe('a technician keeps a hall and its keys', { timeout: 240_000 }, () => {
  let world, browser, citizen, technician, hall, pin, gateway;

  before(async () => {
    world = await World.start();
    browser = await openBrowser();
    citizen = await Visitor.with(browser, world);
    technician = await Visitor.with(browser, world);
    hall = await Hall.open(citizen, world);
    ({ pin } = await citizen.book('Halva A1'));
    await citizen.doorKnows();
    gateway = await world.sql('SELECT id FROM access.gateway');
  });

  after(() => end([citizen, technician], browser, world));

  async function opens() {
    await hall.shows(1, 'lock', 'locked');
    await hall.type(1, pin);
    await hall.shows(1, 'lock', 'released');
    await hall.push(1);
    await hall.shows(1, 'leaf', 'open');
    await hall.shows(1, 'leaf', 'closed');
  }

  /** Goes to the hall's page and orders something there, with a reason. The page that follows listens by itself. */
  async function order(link, title) {
    const { page } = technician;
    await page.goto(`${world.pages}/doors/${gateway}`);
    await link(page).click();
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    await technician.isAccessible(`the question '${title}'`);
    await page.getByLabel(/^Skäl/).fill('Polisen ringde');
    await page.getByRole('main').locator('form button').click();
    await page.waitForURL(/\/doors\/[0-9a-f-]+$/);
  }

  test('halls and gateways are listed for a phone', async () => {
    const { page } = technician;
    await page.goto(`${world.pages}/gateways`);
    await technician.passProvider(people.technician);
    await page.getByText('Fungerar', { exact: true }).first().waitFor();
    await technician.isAccessible('the gateways');
    await technician.picture('gateways');
    await page.goto(`${world.pages}/doors`);
    await technician.isAccessible('the halls');
    await technician.picture('halls');
    await page.getByRole('link', { name: /Provhallen/ }).first().click();
    await technician.isAccessible('a hall');
  });

  test('a hall that is locked down lets nobody in, and the open page hears that it has heard', async () => {
    const { page } = technician;
    await order((at) => at.getByRole('link', { name: 'Spärra hallen' }), /^Spärra /);
    await page.getByText('Har tagit emot det').waitFor();
    await technician.picture('hall-locked-down');
    await hall.type(1, pin);
    await hall.shows(1, 'indicator', 'refused');
    assert.equal((await hall.state()).doors[0].lock, 'locked');
    await order((at) => at.getByRole('link', { name: 'Återgå till normalt' }), /^Återgå /);
    await page.getByText('Har tagit emot det').waitFor();
    await opens();
  });

  test('a door is opened from afar, and the open page hears that it was', async () => {
    const { page } = technician;
    const released = async () =>
      (await hall.state()).log.filter((line) => line.text === 'Undercentralen låser upp.').length;
    const before = await released();
    await order((at) => at.getByRole('link', { name: /^Öppna dörren/ }).first(), /^Öppna /);
    await page.getByText(/^Öppnad \d\d\.\d\d/).waitFor();
    await technician.isAccessible('a hall with a door opened from afar');
    assert.equal(await released(), before + 1);
  });

  test('the journal tells it in words, and its chain holds', async () => {
    const { page } = technician;
    await until('the entries', async () => {
      await page.goto(`${world.pages}/gateways/${gateway}/journal`);
      return (await page.locator('tr', { hasText: 'Öppnad på avstånd' }).count()) > 0;
    });
    const row = page.locator('tr', { hasText: 'Öppnad på avstånd' });
    assert.match(await row.innerText(), /Huvudentrén/, 'a release is told of its door');
    assert.ok((await page.locator('tr', { hasText: 'Hallen spärrades' }).count()) > 0);
    await technician.isAccessible('the journal');
    await technician.picture('journal');
    await page.getByRole('button', { name: 'Kontrollera listan' }).click();
    await page.getByText(/Kedjan håller/).waitFor();
    await technician.isAccessible('the journal’s chain');
  });

  test('a typed command replaces the sealing secret, and the door goes on', async () => {
    const { page } = technician;
    const told = await world.command('keys', 'rotate-seal', '--host', world.host, '--gateway', 'provhallen');
    assert.match(told, /^Sealing secret 2 is made\. provhallen fetches it/);
    await assert.rejects(
      world.command('keys', 'rotate-seal', '--host', world.host, '--gateway', 'elsewhere'),
      /there is no gateway named "elsewhere"/);
    await until('the new secret to be in use', async () => {
      await page.goto(`${world.pages}/keys`);
      return (await page.getByText(/^Nummer 2, sedan /).count()) > 0;
    });
    await opens();
  });

  test('a ceremony with the root elsewhere gives a new signing key, and the door goes on', async () => {
    const { page } = technician;
    const [root, stick] = [path.join(world.directory, 'safe'), path.join(world.directory, 'stick')];
    await fs.mkdir(root, { mode: 0o700 });
    await fs.mkdir(stick, { mode: 0o700 });
    const trust = path.join(world.directory, 'cloud/secrets/trust');
    await fs.copyFile(path.join(trust, 'root.pem'), path.join(root, 'root.pem'));
    await fs.rename(path.join(trust, 'root.key.pem'), path.join(root, 'root.key.pem'));
    const [request, signed] = [path.join(stick, 'keys-request.json'), path.join(stick, 'keys-signed.json')];

    const asked = await world.command('keys', 'request', '--new-signing-key', '--out', request);
    const print = /The request's fingerprint: (\S+)/.exec(asked)[1];
    const answer = await hallportCloud('keys', 'sign', '--root', root, '--request', request, '--out', signed);
    assert.ok(answer.includes(`Signed the request ${print}`), answer);
    assert.match(answer, /Trust bundle 2:\n {2}signing key [0-9a-f]+, until .*\n {2}signing key /);
    assert.match(await world.command('keys', 'install', '--from', signed), /Both keys are believed from now on/);
    const status = await world.command('keys', 'status');
    assert.match(status, /root's key +does not lie on this machine/);
    assert.match(status, /signs now[^]*signs next|signs next[^]*signs now/);
    const next = /signing key +([0-9a-f]+), signs next/.exec(status)[1];
    await assert.rejects(world.command('keys', 'install', '--from', signed), /./, 'an answer counts once');

    world.cloud.child.kill('SIGHUP');
    await until('the new key to sign', async () => {
      await page.goto(`${world.pages}/keys`);
      const row = page.locator('dt', { hasText: 'Skriver under nu' }).locator('xpath=following-sibling::dd[1]');
      return (await row.innerText()).includes(next);
    });
    await page.getByText('Ligger inte på den här maskinen').waitFor();
    await technician.isAccessible('the keys');
    await technician.picture('keys');
    // The half that is free still at this hour: a code of the next would not open yet.
    ({ pin } = await citizen.book('Halva A2'));
    await citizen.doorKnows();
    await opens();
  });

  test('a gateway whose keys were taken back is shut out, and its door goes on', async () => {
    const { page } = technician;
    await page.goto(`${world.pages}/keys`);
    await page.getByRole('link', { name: /^Återkalla/ }).click();
    await technician.isAccessible('the question before revoking');
    const told = await world.command('keys', 'revoke', '--host', world.host, '--gateway', 'provhallen');
    assert.match(told, /^The keys of provhallen are taken back/);
    world.cloud.child.kill('SIGHUP');
    const log = world.broker.log;
    await until('the broker to read its lists anew', async () =>
      /Reloading config/.test(await fs.readFile(log, 'utf8')));
    await page.goto(`${world.pages}/keys`);
    await page.getByText(/^Återkallad /).waitFor();
    await technician.isAccessible('the keys of a gateway that was revoked');
    await world.gateway.stop();
    world.startGateway();
    await until('the broker to refuse it', async () =>
      /certificate revoked|certificate verify failed/.test(await fs.readFile(log, 'utf8')));
    await opens();
  });
});

test('a service begins under a root that was never on its machine', { timeout: 60_000 }, async () => {
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'hallport-keys-'));
  try {
    const at = (name) => path.join(directory, name);
    const [config, root, request, signed, passphrase] =
      [at('cloud.toml'), at('root'), at('keys-request.json'), at('keys-signed.json'), at('pass.txt')];
    await fs.writeFile(config, `[server]\ndata_directory = "${at('data')}"\n`);
    await fs.writeFile(passphrase, 'two people know half of this\n', { mode: 0o600 });
    const service = (...args) => hallportCloud('--config', config, 'keys', ...args);

    assert.match(await service('status'), /There are no keys yet/);
    const made = await hallportCloud('keys', 'root', '--out', root, '--passphrase-file', passphrase);
    const fingerprint = /Its fingerprint: (\S+)/.exec(made)[1];
    await service('request', '--out', request);
    await assert.rejects(
      hallportCloud('keys', 'sign', '--root', root, '--request', request, '--out', signed), /passphrase/);
    const answer = await hallportCloud(
      'keys', 'sign', '--root', root, '--request', request, '--out', signed, '--passphrase-file', passphrase);
    assert.match(answer, /a certificate for the cloud's authority/);
    await assert.rejects(service('install', '--from', signed), new RegExp(fingerprint), 'a new root is named by hand');
    assert.match(await service('install', '--from', signed, '--root', fingerprint), /Installed trust bundle 1/);
    const status = await service('status');
    assert.ok(status.includes(fingerprint));
    assert.match(status, /root's key +does not lie on this machine/);
  } finally {
    await fs.rm(directory, { recursive: true, force: true });
  }
});
