// A whole Hallport for one test file: cloud, Postgres, Mosquitto, gateway, simulated hall, and the peers that
// a municipality has: an OpenID provider and a mail server. Everything listens on loopback, on free ports.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

import { startProvider } from './provider.mjs';
import { Relay } from './relay.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const bin = process.env.HALLPORT_BIN ?? path.join(root, 'target/debug');
const venv = process.env.HALLPORT_TEST_VENV ?? path.join(root, '.hallport/test-venv');

/** How long a program may take to be ready; a debug build on a busy machine needs some seconds. */
const READY_MS = 60_000;

/**
 * Ports for programs that listen on them later. They lie below what systems give to outgoing connections and to listeners
 * that name none, so that nobody is given one meanwhile; two processes of the tests look in places of their own.
 */
export async function freePorts(count) {
  const [lowest, each] = [20_000, 700];
  const ports = [];
  while (ports.length < count) {
    const port = lowest + (process.pid % 16) * each + Math.floor(Math.random() * each);
    if (ports.includes(port)) continue;
    const server = net.createServer();
    server.listen(port, '127.0.0.1');
    const free = await once(server, 'listening').then(() => true, () => false);
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    ports.push(port);
  }
  return ports;
}

/** Asks until the answer is there, for programs that tell nobody when they are ready. */
export async function until(what, ask, ms = READY_MS) {
  const deadline = Date.now() + ms;
  let last;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`gave up waiting for ${what}`, { cause: last });
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const answers = (url) => async () => (await fetch(url, { redirect: 'manual' })).status < 500;

class Program {
  constructor(name, command, args, directory) {
    this.name = name;
    this.log = path.join(directory, `${name}.log`);
    this.child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(this.log, { flags: 'a' });
    this.child.stdout.pipe(log, { end: false });
    this.child.stderr.pipe(log, { end: false });
    this.ended = once(this.child, 'exit');
  }

  async stop(signal = 'SIGTERM') {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill(signal);
      await this.ended;
    }
  }
}

async function output(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => (out += data));
  child.stderr.on('data', (data) => (err += data));
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${err}`);
  return out.trim();
}

/** What `hallport-cloud` answers to a command; an error when it refuses. */
export function hallportCloud(...args) {
  return output(path.join(bin, 'hallport-cloud'), args);
}

export class World {
  /**
   * With `relay`, the hall's wire to the broker can be cut; `site`, `tenant` and `facilities` change the text of those
   * files before they are imported; `rules` are imported too; `config` is added to the cloud's configuration.
   */
  static async start(options = {}) {
    const same = (text) => text;
    const { relay = false, site = same, tenant = same, facilities = same, rules = '', config = '' } = options;
    const world = new World();
    try {
      await world.#start({ relay, site, tenant, facilities, rules, config });
    } catch (error) {
      await world.stop({ keep: true });
      throw error;
    }
    return world;
  }

  async #start(options) {
    this.directory = await fs.mkdtemp(path.join(os.tmpdir(), 'hallport-e2e-'));
    // Started by root, Postgres runs as its own user, who must be able to enter.
    await fs.chmod(this.directory, 0o755);
    this.programs = [];
    const [pages, gatewayApi, broker, hall, modbus, siteBroker, provider, smtp] = await freePorts(8);
    this.ports = { pages, gatewayApi, broker, hall, modbus, siteBroker, provider, smtp };
    this.host = 'provhallen.localhost';
    this.pages = `http://${this.host}:${pages}`;
    this.hall = `http://localhost:${hall}`;

    this.provider = await startProvider(provider, `${this.pages}/sign-in/callback`);
    this.mailbox = path.join(this.directory, 'mail');
    this.run('smtp', path.join(venv, 'bin/python'), [
      '-m', 'aiosmtpd', '--nosetuid', '--listen', `127.0.0.1:${smtp}`,
      '--class', 'aiosmtpd.handlers.Mailbox', this.mailbox,
    ]);

    await fs.writeFile(path.join(this.directory, 'client-secret'), this.provider.clientSecret, { mode: 0o600 });
    this.config = path.join(this.directory, 'cloud.toml');
    await fs.writeFile(this.config, `
[server]
listen = "127.0.0.1:${pages}"
public_port = ${pages}
data_directory = "${this.directory}/cloud"
[database]
cluster_directory = "${this.directory}/postgres"
[gateway_api]
listen = "127.0.0.1:${gatewayApi}"
[broker]
port = ${broker}
[sign_in]
issuer = "${this.provider.issuer}"
client_id = "${this.provider.clientId}"
client_secret_file = "${this.directory}/client-secret"
groups_claim = "groups"
[mail]
host = "localhost"
port = ${smtp}
from = "Hallport <no-reply@hallport.invalid>"
starttls = false
${options.config}
`);
    this.cloud = this.run('cloud', path.join(bin, 'hallport-cloud'), ['--config', this.config, 'serve']);
    await this.#ready('cloud', answers(`http://127.0.0.1:${pages}/health/ready`));
    await this.#brokerFiles(options);
    this.startBroker();
    const seeds = path.join(this.directory, 'provhallen');
    await fs.cp(path.join(root, 'deploy/demo-data/provhallen'), seeds, { recursive: true });
    const site = path.join(seeds, 'site.toml');
    const text = (await fs.readFile(site, 'utf8'))
      .replaceAll('127.0.0.1:15020', `127.0.0.1:${modbus}`)
      .replaceAll('127.0.0.1:18830', `127.0.0.1:${siteBroker}`);
    await fs.writeFile(site, options.site(text));
    const tenant = path.join(seeds, 'tenant.toml');
    await fs.writeFile(tenant, options.tenant(await fs.readFile(tenant, 'utf8')));
    const facilities = path.join(seeds, 'facilities.toml');
    await fs.writeFile(facilities, options.facilities(await fs.readFile(facilities, 'utf8')));
    if (options.rules) await fs.writeFile(path.join(seeds, 'rules.toml'), options.rules);
    await this.command('seed', '--from', seeds);

    const siteFiles = path.join(this.directory, 'site-broker');
    await output(path.join(root, 'deploy/site-broker'), [siteFiles, String(siteBroker), 'scanner-main']);
    this.startSiteBroker();
    const hallConfig = path.join(this.directory, 'hall.toml');
    await fs.writeFile(hallConfig, `
[hall.scanner]
username = "scanner-main"
password_file = "${siteFiles}/scanner-main.password"
broker = "127.0.0.1:${siteBroker}"
`);
    this.run('hall', path.join(bin, 'hallport-sim'), [
      '--config', hallConfig, '--listen', `127.0.0.1:${hall}`, '--modbus', `127.0.0.1:${modbus}`,
    ]);
    await this.#ready('hall', answers(this.hall));
    const [code, fingerprint] = (await this.command(
      'enrolment-code', '--host', this.host, '--gateway', 'provhallen')).split(/\s+/);
    this.gatewayData = path.join(this.directory, 'gateway');
    await output(path.join(bin, 'hallport-gateway'), [
      'enrol', '--data', this.gatewayData, '--cloud', `https://${this.host}:${gatewayApi}`,
      '--code', code, '--root', fingerprint,
    ]);
    await fs.writeFile(path.join(this.gatewayData, 'gateway.toml'), `
[site_mqtt]
username = "gateway"
password_file = "${siteFiles}/gateway.password"
`);
    if (this.relay) {
      await until('the cloud to be connected', () => this.relay.sockets.size > 0);
      this.relay.fromNowTheHall();
    }
    this.startGateway();
    await until('the gateway to be connected', async () =>
      /yes, connected[^]*site .*configuration/.test(await this.gatewayStatus()));
  }

  /** What the service's program answers to a command. */
  command(...args) {
    return hallportCloud('--config', this.config, ...args);
  }

  /** What `status` says of the gateway. */
  gatewayStatus() {
    return output(path.join(bin, 'hallport-gateway'), ['status', '--data', this.gatewayData]);
  }

  /** How many grants the gateway has on its disk. */
  async gatewayGrants() {
    return Number(/^grants +(\d+) at/m.exec(await this.gatewayStatus())[1]);
  }

  run(name, command, args) {
    const program = new Program(name, command, args, this.directory);
    this.programs.push(program);
    return program;
  }

  async #ready(name, ask) {
    const program = this.programs.find((other) => other.name === name);
    const failed = program.ended.then(async ([code]) => {
      throw new Error(`${name} ended with ${code}: ${await fs.readFile(program.log, 'utf8')}`);
    });
    await Promise.race([until(`${name} to be ready`, ask), failed]);
    failed.catch(() => {});
  }

  /**
   * The broker's own configuration, but that it tells when it reads its lists anew. With `relay`, a wire that can be
   * cut is where everybody looks for it, and the broker behind that.
   */
  async #brokerFiles({ relay }) {
    let text = await fs.readFile(path.join(this.directory, 'cloud/broker/mosquitto.conf'), 'utf8');
    if (relay) {
      const [behind] = await freePorts(1);
      text = text.replace(`listener ${this.ports.broker} `, `listener ${behind} `);
      this.relay = await Relay.start(this.ports.broker, behind);
    }
    this.brokerConf = path.join(this.directory, 'mosquitto.conf');
    await fs.writeFile(this.brokerConf, `${text}log_type information\n`);
  }

  #mosquitto(name, conf) {
    const found = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto'];
    return this.run(name, process.env.MOSQUITTO ?? found[0], ['-c', path.resolve(this.directory, conf)]);
  }

  startBroker() {
    this.broker = this.#mosquitto('broker', this.brokerConf);
  }

  /** The hall's own: scanners speak through it. */
  startSiteBroker() {
    this.siteBroker = this.#mosquitto('site-broker', 'site-broker/mosquitto.conf');
  }

  startGateway() {
    this.gateway = this.run('gateway', path.join(bin, 'hallport-gateway'), ['run', '--data', this.gatewayData]);
  }

  /** Ends the database as a power cut would, and waits until it has ended. Nothing starts it again. */
  async stopDatabase() {
    const file = path.join(this.directory, 'postgres/data/postmaster.pid');
    const pid = Number((await fs.readFile(file, 'utf8')).split('\n')[0]);
    process.kill(pid, 'SIGQUIT');
    await until('the database to be gone', async () => (await fs.access(file).then(() => false, () => true)));
  }

  /** One value, as the cluster's superuser: what no page shows. */
  async sql(statement) {
    return output('psql', [
      '-XAtq', '-h', path.join(this.directory, 'postgres/socket'), '-U', 'postgres', '-d', 'hallport', '-c', statement,
    ]);
  }

  /** Everything that was received by mail, newest last. */
  async mails() {
    const folder = path.join(this.mailbox, 'new');
    const names = await fs.readdir(folder).catch(() => []);
    const mails = await Promise.all(names.sort().map((name) => fs.readFile(path.join(folder, name), 'utf8')));
    return mails;
  }

  async stop({ keep = false } = {}) {
    for (const program of [...(this.programs ?? [])].reverse()) await program.stop();
    await this.relay?.stop();
    await this.provider?.stop();
    if (this.directory && !keep) await fs.rm(this.directory, { recursive: true, force: true });
    else if (this.directory) console.error(`logs are in ${this.directory}`);
  }
}
