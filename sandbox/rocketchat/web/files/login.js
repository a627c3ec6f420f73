// The login page: the password, the sandbox's people, and what either login engine of Rocket.Chat does in the browser
// (facts/rocketchat.md §3.3, §3.4).
import { actAs, address, data as read, login, logOut, Refused, remember, rest } from './api.js';

const data = read();
const PREFIX = 'Meteor.oauth.credentialSecret-';
const MIGRATION = 'Meteor_Reload';
const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const room = address(`channel/${encodeURIComponent(data.room)}`);

const element = (id) => document.getElementById(id);
const say = (text) => { element('problem').textContent = text; };
const absolute = (service, path) => (/^https?:/.test(path) ? path : service.serverURL + path);
const random = () => Array.from(crypto.getRandomValues(new Uint8Array(43)), (byte) => CHARACTERS[byte % 64]).join('');

function authorizeUrl(service, state) {
  const base = absolute(service, service.authorizePath);
  const callback = `${data.siteUrl}/_oauth/${service.service}${service.loginStyle ? '' : '?close'}`;
  return base + (base.includes('?') ? '&' : '?')
    + `client_id=${service.clientId}&redirect_uri=${encodeURIComponent(callback)}`
    + `&response_type=code&state=${encodeURIComponent(btoa(JSON.stringify(state)))}`
    + `&scope=${encodeURIComponent(service.scope)}`;
}

async function method(name, params) {
  const message = JSON.stringify({ msg: 'method', id: '1', method: name, params });
  const answer = await rest('POST', `method.callAnon/${name}`, { message }).catch((refused) => {
    // Since 8.0 a method's error is a 400 with the same message inside.
    if (refused.status === 400 && refused.body.message) return refused.body;
    throw refused;
  });
  return JSON.parse(answer.message);
}

async function complete(credentialToken, credentialSecret, code) {
  const given = { oauth: { credentialToken, credentialSecret } };
  const { result, error } = await method('login', [code ? { totp: { code, login: given } } : given]);
  if (error && error.error === 'totp-required') {
    const typed = prompt('Two-factor code');
    if (typed) return complete(credentialToken, credentialSecret, typed);
  }
  if (error) throw new Refused(403, error.reason || error.message || 'The sign-in failed. Nobody is told why.');
  remember(result.id, result.token);
  return arrive();
}

const BLOCKED = 'The browser blocked the window in which Encvoy ID opens. Allow it, then press again.';

/** The modern engine: the server begins; the end comes to /home as a code, or from the window as a message. */
function begin(service) {
  const start = address(`oauth/${service.service}`);
  if (service.loginStyle !== 'popup') {
    location.href = start;
    return;
  }
  const popup = window.open(start, 'Login', 'width=500,height=700');
  if (!popup) {
    say(BLOCKED);
    return;
  }
  window.addEventListener('message', ({ origin, source, data: said }) => {
    if (origin !== location.origin || source !== popup) return;
    if (said.oauthPopupCommand === 'oauth-login-with-token') trying(() => resume(said.token));
    if (said.oauthPopupCommand === 'redirect') location.href = new URL(said.path, location.origin);
  });
}

async function resume(token) {
  const answer = await rest('POST', 'login', { resume: token });
  remember(answer.data.userId, answer.data.authToken);
  return arrive();
}

async function redeem(code) {
  history.replaceState(null, '', address('home'));
  const answer = await rest('POST', 'loginCode.redeem', { code });
  return resume(answer.loginToken);
}

async function answerChallenge({ method, challenge }) {
  const code = prompt(method === 'email' ? 'The code that was mailed to you' : 'Two-factor code');
  if (!code) {
    location.assign(address('login'));
    return undefined;
  }
  const given = { challengeId: challenge, code };
  const answer = await rest('POST', 'twoFactorChallenges.verifyChallenge', given);
  return resume(answer.loginToken);
}

function press(service) {
  if (!data.legacy) {
    begin(service);
    return;
  }
  const credentialToken = random();
  const redirect = service.loginStyle === 'redirect';
  const state = { loginStyle: redirect ? 'redirect' : 'popup', credentialToken, isCordova: false };
  if (redirect) {
    state.redirectUrl = `${data.siteUrl}/home`;
    sessionStorage.setItem(MIGRATION, JSON.stringify({ loginService: service.service, credentialToken }));
    location.href = authorizeUrl(service, state);
    return;
  }
  const popup = window.open(authorizeUrl(service, state), 'Login', 'width=900,height=450');
  if (!popup) {
    say(BLOCKED);
    return;
  }
  const timer = setInterval(() => {
    if (!popup.closed) return;
    clearInterval(timer);
    const secret = localStorage.getItem(PREFIX + credentialToken);
    localStorage.removeItem(PREFIX + credentialToken);
    trying(() => complete(credentialToken, secret));
  }, 100);
}

async function byPassword(given) {
  try {
    const answer = await rest('POST', 'login', given);
    remember(answer.data.userId, answer.data.authToken);
  } catch (refused) {
    if (refused.body?.error !== 'totp-required') throw refused.status === 401 ? unknown(refused) : refused;
    const code = prompt('Two-factor code');
    if (!code) return;
    await byPassword({ ...given, code });
    return;
  }
  await arrive();
}

function unknown(refused) {
  element('password').select();
  return refused.body.error === 'Unauthorized' ? new Refused(401, 'User not found or incorrect password') : refused;
}

/** Says in words what went wrong, and lets nothing be pressed twice meanwhile. */
async function trying(what) {
  say('');
  const buttons = document.querySelectorAll('button');
  buttons.forEach((button) => { button.disabled = true; });
  try {
    await what();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say(error.message);
  } finally {
    buttons.forEach((button) => { button.disabled = false; });
  }
}

/** Somebody is logged in: on to the room, or, for whoever is no member, a page that says who they are. */
async function arrive() {
  const rooms = (await rest('GET', 'rooms.get')).update;
  if (rooms.some(({ name }) => name === data.room)) location.replace(room);
  else welcome(await rest('GET', 'me'));
}

function welcome(me) {
  history.replaceState(null, '', address('home'));
  element('who').textContent = me.username || me.name;
  document.querySelectorAll('.login').forEach((section) => { section.hidden = true; });
  element('welcome').hidden = false;
  document.title = `Logged in as ${me.username || me.name}`;
  element('arrived').focus();
}

/** On `/login` somebody who is logged in may log in as somebody else. */
async function show() {
  if (!login()) return;
  try {
    if (data.home) await arrive();
    else {
      const me = await rest('GET', 'me');
      element('already-who').textContent = me.username || me.name;
      element('already').hidden = false;
    }
  } catch (refused) {
    if (refused.status !== 401) throw refused;
    await logOut();
  }
}

document.querySelectorAll('[data-service]').forEach((button) => {
  const service = data.services.find((one) => one.service === button.dataset.service);
  button.style.color = service.buttonLabelColor;
  button.style.backgroundColor = service.buttonColor;
  button.addEventListener('click', () => press(service));
});

document.querySelectorAll('[data-role]').forEach((button) => {
  button.addEventListener('click', () => trying(async () => {
    await actAs(button.dataset.role);
    await arrive();
  }));
});

element('form')?.addEventListener('submit', (event) => {
  event.preventDefault();
  const given = Object.fromEntries(new FormData(event.target));
  trying(() => byPassword(given));
});

element('logout').addEventListener('click', () => trying(async () => {
  await logOut();
  location.assign(address('login'));
}));

// The way back may lead to the page as it was left, with buttons and a login that are no longer true.
window.addEventListener('pageshow', ({ persisted }) => { if (persisted) location.reload(); });

// Meanwhile a button may have been switched on or off in another window.
document.addEventListener('visibilitychange', async () => {
  if (document.hidden) return;
  const now = await fetch(location.href).then((response) => response.text(), () => null);
  if (now === null) return;
  const fresh = new DOMParser().parseFromString(now, 'text/html').getElementById('data').textContent;
  if (fresh !== element('data').textContent) location.reload();
});

const loginCode = new URLSearchParams(location.search).get('loginCode');
const migration = JSON.parse(sessionStorage.getItem(MIGRATION) || 'null');
sessionStorage.removeItem(MIGRATION);
if (data.challenge) {
  trying(() => answerChallenge(data.challenge));
} else if (loginCode && data.home) {
  trying(() => redeem(loginCode));
} else if (migration && data.home) {
  const secret = sessionStorage.getItem(PREFIX + migration.credentialToken);
  sessionStorage.removeItem(PREFIX + migration.credentialToken);
  trying(() => complete(migration.credentialToken, secret));
} else {
  trying(show);
}
