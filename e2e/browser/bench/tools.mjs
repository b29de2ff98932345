// What the benches share: figures, programs, and a visitor without a browser.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../../..');
export const bin = process.env.HALLPORT_BIN ?? path.join(root, 'target/release');
export const quick = process.argv.includes('--quick');

/** Writes a figure as docs/benchmarks.md describes it: one JSON object a line on standard output. */
export function tell(name, { value, unit, goal = null, floor = null, note }) {
  const rounded = (number) => (number === null ? null : Math.round(number * 1000) / 1000);
  const figure = { name, value: rounded(value), unit, goal, floor: rounded(floor), note };
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}

/** The smallest of the values that at least `percent` of them do not exceed (nearest rank). */
export function percentile(values, percent) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil((sorted.length * percent) / 100)) - 1];
}

/** Runs a program to its end and returns what it wrote; its failure is an error that says what it complained of. */
export async function output(command, args, { input = '', env = process.env } = {}) {
  const child = spawn(command, args, { cwd: root, env, stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => (out += data));
  child.stderr.on('data', (data) => (err += data));
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${err}`);
  return out.trim();
}

/** Milliseconds of each transaction of pgbench scripts run by one client, prepared, on a Postgres at that socket. */
export async function pgbench({ socket, user, database, scripts, transactions, directory, settings = '' }) {
  const files = await Promise.all(scripts.map(async (script, index) => {
    const file = path.join(directory, `floor-${index}.sql`);
    await fs.writeFile(file, script);
    return ['--file', file];
  }));
  await output('pgbench', [
    '--no-vacuum', '--protocol', 'prepared', '--client', '1', '--transactions', String(transactions),
    '--log', '--log-prefix', path.join(directory, 'floor'), '--host', socket, '--username', user,
    ...files.flat(), database,
  ], { env: { ...process.env, PGOPTIONS: settings } });
  const logs = (await fs.readdir(directory)).filter((name) => /^floor\.\d+$/.test(name));
  const lines = (await Promise.all(logs.map((name) => fs.readFile(path.join(directory, name), 'utf8')))).join('');
  await Promise.all(logs.map((name) => fs.rm(path.join(directory, name))));
  // client, transaction, microseconds, …
  return lines.trim().split('\n').map((line) => Number(line.split(' ')[2]) / 1000);
}

// Every *.localhost is this machine, whatever the resolver here says.
const lookup = (_, options, done) =>
  options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);

/** Somebody who asks for pages one after the other, with cookies and one connection kept open. */
export class Visitor {
  #agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  #jars = new Map();

  close() {
    this.#agent.destroy();
  }

  /** The answer's head; whoever asked reads the body. */
  async open(method, url, { headers = {}, body, agent = this.#agent } = {}) {
    const target = new URL(url);
    const jar = this.#jars.get(target.hostname) ?? new Map();
    this.#jars.set(target.hostname, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const request = http.request(target, {
      method, agent, lookup,
      headers: { 'accept-language': 'en', ...(cookie && { cookie }), ...headers },
    });
    request.end(body);
    const [answer] = await once(request, 'response');
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value) jar.set(name, value);
      else jar.delete(name);
    }
    return answer;
  }

  async ask(method, url, options) {
    const answer = await this.open(method, url, options);
    const chunks = [];
    for await (const chunk of answer) chunks.push(chunk);
    return { status: answer.statusCode, headers: answer.headers, bytes: Buffer.concat(chunks) };
  }

  /** Asks, and follows where it is sent; the page at the end and its address. */
  async follow(method, url, options) {
    let answer = await this.ask(method, url, options);
    let at = url;
    while (answer.headers.location) {
      at = new URL(answer.headers.location, at).href;
      answer = await this.ask('GET', at);
    }
    return { ...answer, url: at, text: answer.bytes.toString() };
  }

  async send(url, fields) {
    return this.follow('POST', url, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
    });
  }

  /** Signs in at the test's OpenID provider, whose pages ask for a name, any password, and consent. */
  async signIn(pages, person) {
    const form = (page) => {
      const action = /<form[^>]* action="([^"]+)"/.exec(page.text)?.[1];
      if (!action) throw new Error(`the provider shows no form: ${page.text}`);
      return new URL(action, page.url).href;
    };
    const asked = await this.follow('GET', `${pages}/sign-in?return_to=%2Fbookings`);
    const named = await this.send(form(asked), { prompt: 'login', login: person.sub, password: 'anything' });
    const back = await this.send(form(named), { prompt: 'consent' });
    if (back.status !== 200 || !back.url.startsWith(pages)) throw new Error(`not signed in: ${back.status} ${back.url}`);
  }
}
