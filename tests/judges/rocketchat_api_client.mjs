// The official client of the REST side, @rocket.chat/api-client, under orders.
import { createHash } from 'node:crypto';
import { RestClient } from '@rocket.chat/api-client';
import { obey } from './rocketchat_orders.mjs';

const asked = [];
let client;

await obey({
  connect(url) {
    client = new RestClient({ baseUrl: url });
  },
  async login(body) {
    const { data } = await client.post('/v1/login', body);
    client.setCredentials({ 'X-User-Id': data.userId, 'X-Auth-Token': data.authToken });
    return data.me;
  },
  as(user, token) {
    client.setCredentials({ 'X-User-Id': user, 'X-Auth-Token': token });
  },
  // Answers the second factor as the web client does: a password as its digest, a code as it is.
  answerWith(secrets) {
    client.handleTwoFactorChallenge(async (challenge) => {
      asked.push(challenge);
      const secret = secrets.shift();
      return challenge.method === 'password' ? createHash('sha256').update(secret).digest('hex') : secret;
    });
  },
  asked: () => asked,
  get: (route, query) => client.get(route, query),
  post: (route, body) => client.post(route, body),
});
