// The page of a room, as the real web client shows it: history over REST, then every event over the websocket.
import { actAs, address, ask, data as read, forget, login, logOut, Refused, rest } from './api.js';
import { Ddp } from './ddp.js';
import { Messages } from './messages.js';

const HISTORY = 100; // More is not given at once.
const data = read();
const who = login();
const element = (id) => document.getElementById(id);
const scroller = element('log');
const text = element('text');
const form = element('composer');

const problem = (words) => { element('problem').textContent = words; };

/** Read out politely, each time, even if it is the same again. */
function announce(words) {
  const note = document.createElement('p');
  note.textContent = words;
  element('announcer').replaceChildren(note);
  // It has been heard; whoever reads the page on finds it in the log alone.
  setTimeout(() => note.remove(), 10000);
}

const toLogin = () => location.assign(address('login'));

// The log follows what comes as long as its end is in view.
let follow = true;

const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 48;

function toEnd() {
  scroller.scrollTop = scroller.scrollHeight;
  element('newer').hidden = true;
}

function following(change) {
  follow = atEnd();
  change();
  if (follow) toEnd();
  else element('newer').hidden = false;
}

scroller.addEventListener('scroll', () => {
  follow = atEnd();
  if (follow) element('newer').hidden = true;
});
// The keyboard of a phone, a long line or a notice takes room from it.
new ResizeObserver(() => { if (follow) toEnd(); }).observe(scroller);

const messages = new Messages(scroller, announce, press);
const me = {};
let room = null;
let ddp = null;

async function start() {
  if (!who) return toLogin();
  try {
    Object.assign(me, await rest('GET', 'me'));
    showWho();
    room = (await rest('GET', `rooms.info?roomName=${encodeURIComponent(data.room)}`)).room;
  } catch (refused) {
    return refuse(refused);
  }
  ddp = new Ddp(who.token);
  ddp.subscribe('stream-room-messages', room._id);
  ddp.subscribe('stream-notify-room', `${room._id}/deleteMessage`);
  ddp.subscribe('stream-notify-user', `${me._id}/message`);
  ddp.addEventListener('stream', ({ detail }) => hear(detail));
  ddp.addEventListener('open', load);
  ddp.addEventListener('lost', () => connection('No connection to Rocket.Chat. Trying again …', true));
  ddp.addEventListener('refused', () => { forget(); toLogin(); });
  ddp.connect();
  return undefined;
}

function showWho() {
  element('who').textContent = me.username || me.name;
  element('as').textContent = `${me.name || me.username}. Roles: ${me.roles.join(', ')}`;
  document.querySelectorAll('[data-role]').forEach((button) => { button.hidden = button.dataset.username === me.username; });
}

function refuse(refused) {
  if (!(refused instanceof Refused)) throw refused;
  if (refused.status === 401) {
    forget();
    return toLogin();
  }
  const closed = refused.status === 400;
  problem(closed ? `${me.username || me.name} cannot see #${data.room}: there is no such room, or it is private and they are not in it.` : refused.message);
  if (!closed) element('again').hidden = false;
  scroller.hidden = true;
  form.hidden = true;
  return undefined;
}

/** What the room holds. The streams are open already, so nothing is missed between the two. */
async function load() {
  const kind = { c: 'channels', p: 'groups', d: 'im' }[room.t];
  const before = messages.shown;
  back();
  try {
    const found = (await rest('GET', `${kind}.history?roomId=${room._id}&count=${HISTORY}`)).messages.reverse();
    following(() => {
      messages.keepOnly(found, HISTORY, before);
      found.forEach((message) => messages.put(message));
    });
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    problem(`The earlier messages cannot be shown: ${refused.message}`);
  }
  element('empty').hidden = !messages.empty;
  // Only what comes from now on is read out.
  scroller.setAttribute('aria-live', 'polite');
  scroller.removeAttribute('aria-busy');
}

function connection(words, lost) {
  element('connection').textContent = words;
  element('retry').hidden = !lost;
  document.body.classList.toggle('lost', lost);
  if (words && !lost) setTimeout(() => { if (ddp.ready) element('connection').textContent = ''; }, 4000);
}

/** What could not be sent is in the box again; what was said about it is no longer true. */
function back() {
  const again = document.body.classList.contains('lost');
  if (again) problem('');
  connection(again ? `Connected again.${text.value ? ' What you typed is not sent yet.' : ''}` : '', false);
}

function hear({ name, event, args }) {
  element('empty').hidden = true;
  if (name === 'stream-room-messages') following(() => args.forEach((message) => messages.put(message)));
  else if (event === `${room._id}/deleteMessage`) args.forEach(({ _id }) => messages.remove(_id));
  else args.filter(({ rid }) => rid === room._id).forEach(whisper);
}

function whisper(message) {
  following(() => messages.whisper(message));
}

// The composer.

const rocketCat = (words) => whisper({ msg: words, u: { username: 'rocket.cat' } });

const messageId = () => Array.from(crypto.getRandomValues(new Uint8Array(17)), (byte) => 'ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz23456789'[byte % 55]).join('');

let turn;
let latest = '';

function submit() {
  const line = text.value;
  if (!line.trim()) return;
  problem('');
  if (document.body.classList.contains('lost')) {
    problem('Not sent: there is no connection to Rocket.Chat. What you typed stays here.');
    return;
  }
  latest = line;
  fill('');
  text.focus();
  // One after the other, in the order in which they were typed; the first one when the room is known.
  turn = turn.then(() => send(line));
}

/** What a button says goes the way of a line typed by whoever presses it, in the room or the thread in which it stands. */
function press(line, tmid) {
  problem('');
  turn = turn.then(() => send(line, tmid));
}

async function send(line, tmid) {
  try {
    await carryOut(await ask('POST', 'sandbox/composer', { text: line }), tmid && { tmid });
    toEnd();
  } catch (error) {
    problem(`Not sent: ${error.message}`);
    fill([text.value, line].filter(Boolean).join('\n'));
  }
}

function carryOut(outcome, where) {
  switch (outcome.outcome) {
    case 'sent': return ddp.call('sendMessage', { _id: messageId(), rid: room._id, msg: outcome.text, ...where });
    case 'command': return rest('POST', 'commands.run', { command: outcome.command, params: outcome.params, roomId: room._id, ...where });
    case 'reaction': return react(outcome.emoji);
    case 'too long': throw new Refused(0, `it is longer than the ${outcome.limit} characters that one message may have.`);
    default: return outcome.reply && rocketCat(outcome.reply);
  }
}

async function react(emoji) {
  const last = messages.last;
  if (last) await ddp.call('setReaction', emoji, last, true);
}

/** The box is as high as what is in it, within bounds that the stylesheet sets. */
function grow() {
  text.style.height = 'auto';
  text.style.height = `${text.scrollHeight + 2}px`;
}

function fill(words) {
  text.value = words;
  grow();
}

text.addEventListener('input', grow);
text.addEventListener('keydown', (event) => {
  if (event.key === 'ArrowUp' && !text.value && latest) fill(latest);
  else if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  else submit();
  event.preventDefault();
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  submit();
});

// The rest of the page.

const menu = element('menu');
menu.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || !menu.open) return;
  menu.open = false;
  menu.querySelector('summary').focus();
});
document.addEventListener('click', (event) => { if (!menu.contains(event.target)) menu.open = false; });
document.querySelectorAll('[data-role]').forEach((button) => {
  button.addEventListener('click', () => actAs(button.dataset.role).then(() => location.reload(), (refused) => problem(refused.message)));
});
element('logout').addEventListener('click', () => logOut().then(toLogin));
element('retry').addEventListener('click', () => ddp.retry());
element('again').addEventListener('click', () => location.reload());
element('newer').addEventListener('click', () => { toEnd(); text.focus(); });

// The way back from another page may lead to this one as it was left: without its connection, perhaps as somebody else.
window.addEventListener('pageshow', ({ persisted }) => { if (persisted) location.reload(); });

// Another window of the same browser logged in as somebody else, or out.
window.addEventListener('storage', ({ key }) => { if (key === 'Meteor.loginToken') location.reload(); });

turn = start();
