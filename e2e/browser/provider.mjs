// A real OpenID provider with made-up people, who sign in by name and any password.
import { once } from 'node:events';
import http from 'node:http';

import Provider from 'oidc-provider';

/** Made-up people: the subject, as the import files know them, is the personal number. */
export const people = {
  citizen: { sub: '19920315-2385', name: 'Alva Lind', email: 'alva.lind@hallport.invalid', personalNumber: '199203152385' },
  secretary: { sub: '20010502-2388', name: 'Kim Varg', email: 'kim.varg@hallport.invalid', personalNumber: '200105022388' },
  officer: { sub: '19710224-2398', name: 'Karin Berg', email: 'karin.berg@hallport.invalid', personalNumber: '197102242398' },
  caretaker: { sub: '19750530-2385', name: 'Leif Dahl', email: 'leif.dahl@hallport.invalid', personalNumber: '197505302385' },
  technician: { sub: '19880719-2383', name: 'Jonas Ek', email: 'jonas.ek@hallport.invalid', personalNumber: '198807192383' },
  // Becomes an officer by the identity system's groups, and by nothing else. A test changes the list.
  newcomer: { sub: '19850612-2392', name: 'Erik Holm', email: 'erik.holm@hallport.invalid', personalNumber: '198506122392', groups: [] },
  administrator: { sub: '19830117-2394', name: 'Siv Norén', email: 'siv.noren@hallport.invalid', personalNumber: '198301172394' },
};

export async function startProvider(port, redirectUri) {
  const issuer = `http://localhost:${port}`;
  const clientId = 'hallport';
  const clientSecret = 'a-secret-of-the-tests-only';
  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
    claims: { openid: ['sub'], profile: ['name', 'locale', 'personalNumber', 'groups'], email: ['email'] },
    pkce: { required: () => true },
    cookies: { keys: ['of the tests only'] },
    async findAccount(_, id) {
      const person = Object.values(people).find((known) => known.sub === id);
      return person && { accountId: id, claims: async () => ({ ...person, locale: 'sv' }) };
    },
  });
  const server = http.createServer(provider.callback());
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    issuer, clientId, clientSecret,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
