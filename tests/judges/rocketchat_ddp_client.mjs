// The official client of the realtime side, @rocket.chat/ddp-client, under orders.
import { DDPSDK } from '@rocket.chat/ddp-client';
import { WebSocket } from 'ws';
import { Mailbox, obey } from './rocketchat_orders.mjs';

globalThis.WebSocket ??= WebSocket;

const messages = new Mailbox();
const services = new Mailbox();
const connections = new Mailbox();
let sdk;

await obey({
  async connect(url) {
    sdk = DDPSDK.create(url, { retryCount: 5, retryTime: 50 });
    sdk.connection.on('connected', connections.put);
    return sdk.connection.connect();
  },
  connected: connections.take,
  async loginWithPassword(username, digest) {
    await sdk.account.loginWithPassword(username, digest);
    return { uid: sdk.account.uid, expires: sdk.account.user.tokenExpires };
  },
  async loginWithToken(token) {
    await sdk.account.loginWithToken(token);
    return { uid: sdk.account.uid, expires: sdk.account.user.tokenExpires };
  },
  username: () => sdk.account.user?.username,
  async subscribe(room) {
    await sdk.stream('room-messages', room, messages.put).ready();
  },
  message: messages.take,
  async subscribeToServices() {
    sdk.client.onCollection('meteor_accounts_loginServiceConfiguration', services.put);
    await sdk.client.subscribe('meteor.loginServiceConfiguration').ready();
  },
  service: services.take,
  call: (method, ...values) => sdk.call(method, ...values),
  get: (route, query) => sdk.rest.get(route, query),
  post: (route, body) => sdk.rest.post(route, body),
  async logout() {
    await sdk.account.logout();
    return sdk.account.uid;
  },
});
