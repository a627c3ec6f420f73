// The official SDK for bots, @rocket.chat/sdk 1.0, under orders: REST and realtime in one client.
import { Rocketchat } from '@rocket.chat/sdk';
import { Mailbox, obey } from './rocketchat_orders.mjs';

const silent = Object.fromEntries(['debug', 'info', 'warning', 'warn', 'error'].map((name) => [name, () => {}]));
const messages = new Mailbox();
let client;

await obey({
  async connect(host) {
    client = new Rocketchat({ host, protocol: 'ddp', logger: silent, useSsl: false, reopen: 50 });
    await client.connect({});
  },
  async login(username, password) {
    const login = await client.login({ username, password });
    return { rest: client.userId, realtime: login.id };
  },
  async resume(token) {
    return (await client.resume({ token })).id;
  },
  async subscribe(room) {
    await client.subscribe('stream-room-messages', room);
    await client.onMessage(messages.put);
  },
  message: messages.take,
  send: (text, room) => client.sendMessage(text, room),
  edit: (id, room, text) => client.editMessage({ _id: id, rid: room, msg: text }),
  react: (emoji, id) => client.setReaction(emoji, id),
  privateInfo: (room) => client.privateInfo({ roomId: room }),
  directMessage: (username) => client.createDirectMessage(username),
  history: (room, since) => client.loadHistory(room, new Date(since)),
  person: (username) => client.users.info(username),
  // Logged in and subscribed again, which the client does by itself.
  async reopened() {
    const { ddp } = await client.socket;
    await new Promise((resolve) => ddp.once('login', resolve));
  },
  logout: () => client.logout(),
});
