// As much of MQTT 3.1.1 as one publish at a time with QoS 1 needs, over TLS: the floor of a message's way.
import { once } from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';
import tls from 'node:tls';

/** PKCS#8 version 1 of an Ed25519 key in version 2, which OpenSSL does not read (RFC 8410, section 7). */
function readable(key) {
  const head = Buffer.from('302e020100300506032b657004220420', 'hex');
  const der = Buffer.concat([head, key.subarray(16, 48)]);
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
}

function packet(type, ...parts) {
  const body = Buffer.concat(parts);
  const length = [];
  let rest = body.length;
  do {
    length.push((rest % 128) | (rest > 127 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.from([type, ...length]), body]);
}

function text(value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

/** A connection with a gateway's certificate. The gateway itself must have ended: both would have one client id. */
export class Publisher {
  #socket;
  #number = 0;

  static async connect(port, identity) {
    const publisher = new Publisher();
    const [key, cert, ca] = await Promise.all(
      ['key.pk8', 'chain.pem', 'root.pem'].map((name) => fs.readFile(path.join(identity, name))),
    );
    publisher.#socket = tls.connect({
      host: '127.0.0.1', port, servername: 'localhost', key: readable(key), cert, ca, minVersion: 'TLSv1.3',
    });
    publisher.#socket.setNoDelay(true);
    await once(publisher.#socket, 'secureConnect');
    // Clean session, a minute of keep-alive.
    publisher.#socket.write(packet(0x10, text('MQTT'), Buffer.from([4, 2, 0, 60]), text('bench')));
    await publisher.#answer(0x20);
    return publisher;
  }

  /** Milliseconds until the broker has acknowledged it. */
  async publish(topic, payload) {
    this.#number = (this.#number % 65535) + 1;
    const number = Buffer.from([this.#number >> 8, this.#number & 255]);
    const message = packet(0x32, text(topic), number, payload);
    const began = performance.now();
    this.#socket.write(message);
    await this.#answer(0x40);
    return performance.now() - began;
  }

  /** One answer is under way at a time, and each is four bytes: it comes whole. */
  async #answer(type) {
    const [bytes] = await once(this.#socket, 'data');
    if (bytes.length !== 4 || bytes[0] !== type) throw new Error(`the broker answered ${bytes.toString('hex')}`);
    if (type === 0x20 && bytes[3] !== 0) throw new Error(`the broker refused: ${bytes[3]}`);
  }

  close() {
    this.#socket.end(packet(0xe0));
  }
}
