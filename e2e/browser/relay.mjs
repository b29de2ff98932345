// A wire to the broker that can be cut: for the hall alone, while the cloud goes on.
import { once } from 'node:events';
import net from 'node:net';

export class Relay {
  /** Listens at `port` and passes everything on to the one at `to`. */
  static async start(port, to) {
    const relay = new Relay();
    Object.assign(relay, { to, sockets: new Set(), hall: false, isCut: false });
    relay.server = net.createServer((socket) => relay.#connect(socket));
    relay.server.listen(port, '127.0.0.1');
    await once(relay.server, 'listening');
    return relay;
  }

  #connect(near) {
    if (this.hall && this.isCut) {
      near.destroy();
      return;
    }
    const far = net.connect(this.to, '127.0.0.1');
    const pair = { near, far, hall: this.hall };
    this.sockets.add(pair);
    const end = () => {
      near.destroy();
      far.destroy();
      this.sockets.delete(pair);
    };
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
    near.pipe(far).pipe(near);
  }

  /** Whoever connects from now on is the hall: the cloud has its connection already. */
  fromNowTheHall() {
    this.hall = true;
  }

  cut() {
    this.isCut = true;
    for (const { near, far, hall } of this.sockets) {
      if (!hall) continue;
      near.destroy();
      far.destroy();
    }
  }

  mend() {
    this.isCut = false;
  }

  async stop() {
    for (const { near, far } of this.sockets) {
      near.destroy();
      far.destroy();
    }
    this.server.close();
    await once(this.server, 'close');
  }
}
