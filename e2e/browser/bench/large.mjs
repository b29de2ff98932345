// A running cloud over a large city's database: 300 resources and 1.5 million occurrences.
//
// Needs a Postgres whose socket is in HALLPORT_BENCH_SOCKET, with pg_stat_statements loaded, and somewhere to put its
// files, HALLPORT_BENCH_DIRECTORY. The city's data is made once and kept in that Postgres as a template.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';

import { freePorts, until } from '../world.mjs';
import { cityFiles, HOST } from './city.mjs';
import { bin, output, root, Visitor } from './tools.mjs';

export const socket = process.env.HALLPORT_BENCH_SOCKET;
export const directory = process.env.HALLPORT_BENCH_DIRECTORY;
if (!socket || !directory) throw new Error('run by ./deploy/bench, which says where the database and the files are');
/** The database of a run, a copy of the city's. */
export const RUN = 'city_run';

const psql = ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-h', socket, '-U', 'postgres'];
export const sql = (database, input) => output('psql', [...psql, database], { input });
const cloud = path.join(bin, 'hallport-cloud');

/** The date so many days ahead. */
export const day = (ahead) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);

/** Runs what measures with a visitor and the address of the city's pages; then takes everything away again. */
export async function inLargeCity(measure) {
  const template = await city();
  await sql('postgres', `
DROP DATABASE IF EXISTS ${RUN};
CREATE DATABASE ${RUN} TEMPLATE ${template} OWNER hallport_owner;
`);
  await sql(RUN, 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements;\n');
  const [port, gatewayPort, brokerPort] = await freePorts(3);
  const config = await configured(RUN, { port, gatewayPort, brokerPort });
  const log = await fs.open(path.join(directory, 'cloud.log'), 'w');
  const server = spawn(cloud, ['--config', config, 'serve'], { cwd: root, stdio: ['ignore', log.fd, log.fd] });
  const ended = once(server, 'exit');
  const stop = async () => {
    server.kill('SIGTERM');
    await ended;
    await log.close();
    await sql('postgres', `DROP DATABASE IF EXISTS ${RUN} WITH (FORCE);\n`);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop().finally(() => process.exit(130)));
  const visitor = new Visitor();
  try {
    const pages = `http://${HOST}:${port}`;
    const ready = async () => (await visitor.ask('GET', `${pages}/health/ready`)).status === 200;
    const failed = ended.then(() => { throw new Error(`the cloud ended; see ${directory}/cloud.log`); });
    await Promise.race([until('the cloud to be ready', ready), failed]);
    failed.catch(() => {});
    await measure(visitor, pages);
  } finally {
    visitor.close();
    await stop();
  }
}

/** The name of the database with the city's data, made if it is not there or its future has become too short. */
async function city() {
  const hash = createHash('sha256');
  const migrations = (await fs.readdir(path.join(root, 'migrations'))).sort();
  const files = migrations.map((name) => path.join(root, 'migrations', name));
  for (const name of ['city.mjs', 'city.sql']) files.push(path.join(import.meta.dirname, name));
  for (const file of files) hash.update(await fs.readFile(file));
  const name = `city_${hash.digest('hex').slice(0, 16)}`;
  const kept = await sql('postgres', "SELECT datname FROM pg_database WHERE datname LIKE 'city\\_%';\n");
  const old = kept.split('\n').filter(Boolean);
  if (old.includes(name)) {
    const fresh = await sql(name, "SELECT max(starts_at) > now() + interval '60 days' FROM booking.occurrence;\n");
    if (fresh === 't') return name;
  }
  process.stderr.write('Making the city\'s data: 1.5 million occurrences, some minutes, once\n');
  const making = `${name}_making`;
  for (const database of old) await sql('postgres', `DROP DATABASE "${database}" WITH (FORCE);\n`);
  await sql('postgres', await fs.readFile(path.join(root, 'deploy/database/roles.sql'), 'utf8'));
  await sql('postgres', `CREATE DATABASE ${making} OWNER hallport_owner;\n`);
  const [port, gatewayPort, brokerPort] = await freePorts(3);
  const makingConfig = await configured(making, { port, gatewayPort, brokerPort });
  const seeds = path.join(directory, 'storstad');
  await fs.mkdir(seeds, { recursive: true });
  for (const [file, text] of Object.entries(cityFiles())) await fs.writeFile(path.join(seeds, file), text);
  await output(cloud, ['--config', makingConfig, 'migrate']);
  await output(cloud, ['--config', makingConfig, 'seed', '--from', seeds]);
  await sql(making, await fs.readFile(path.join(import.meta.dirname, 'city.sql'), 'utf8'));
  await sql('postgres', `ALTER DATABASE ${making} RENAME TO ${name};\n`);
  return name;
}

/** A configuration of the cloud over that database. */
async function configured(database, { port, gatewayPort, brokerPort }) {
  await fs.mkdir(directory, { recursive: true });
  const roles = ['owner', 'application', 'worker'];
  await Promise.all(roles.map((role) => fs.writeFile(
    path.join(directory, `${role}.url`),
    `postgres://hallport_${role}@localhost/${database}?host=${encodeURIComponent(socket)}\n`, { mode: 0o600 },
  )));
  const file = path.join(directory, 'cloud.toml');
  await fs.writeFile(file, `
[server]
listen = "127.0.0.1:${port}"
public_port = ${port}
data_directory = "${directory}/cloud"
[database]
${roles.map((role) => `${role}_url_file = "${directory}/${role}.url"`).join('\n')}
[gateway_api]
listen = "127.0.0.1:${gatewayPort}"
[broker]
port = ${brokerPort}
[demo]
people_from = []
`);
  return file;
}
