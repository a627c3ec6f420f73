'use strict';
// The login page of the stand-in: what the legacy engine of Rocket.Chat does in the browser (facts/rocketchat.md §3.3).
const data = JSON.parse(document.getElementById('data').textContent);
const PREFIX = 'Meteor.oauth.credentialSecret-';
const MIGRATION = 'Meteor_Reload';
const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const say = (text) => { document.getElementById('status').textContent = text; };
const absolute = (service, path) => (/^https?:/.test(path) ? path : service.serverURL + path);
const random = () => Array.from(crypto.getRandomValues(new Uint8Array(43)), (byte) => CHARACTERS[byte % 64]).join('');

function authorizeUrl(service, state) {
  const base = absolute(service, service.authorizePath);
  return base + (base.includes('?') ? '&' : '?')
    + `client_id=${service.clientId}&redirect_uri=${encodeURIComponent(`${data.siteUrl}/_oauth/${service.service}`)}`
    + `&response_type=code&state=${encodeURIComponent(btoa(JSON.stringify(state)))}`
    + `&scope=${encodeURIComponent(service.scope)}`;
}

async function call(path, options = {}) {
  const userId = localStorage.getItem('Meteor.userId');
  const token = localStorage.getItem('Meteor.loginToken');
  const headers = { 'Content-Type': 'application/json', ...(token ? { 'X-User-Id': userId, 'X-Auth-Token': token } : {}) };
  const response = await fetch(`${data.root}/api/v1/${path}`, { ...options, headers });
  return response.json();
}

function remember(userId, token) {
  localStorage.setItem('Meteor.userId', userId);
  localStorage.setItem('Meteor.loginToken', token);
}

async function method(name, params) {
  const message = JSON.stringify({ msg: 'method', id: '1', method: name, params });
  const answer = await call(`method.callAnon/${name}`, { method: 'POST', body: JSON.stringify({ message }) });
  return JSON.parse(answer.message);
}

async function complete(credentialToken, credentialSecret, code) {
  const login = { oauth: { credentialToken, credentialSecret } };
  const { result, error } = await method('login', [code ? { totp: { code, login } } : login]);
  if (error && error.error === 'totp-required') {
    const given = prompt('Two-factor code');
    if (given) return complete(credentialToken, credentialSecret, given);
  }
  if (error) return say(error.reason || error.message);
  remember(result.id, result.token);
  return show();
}

function press(service) {
  if (!data.legacy) {
    location.href = `${data.root}/oauth/${service.service}`;
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
  const timer = setInterval(() => {
    if (!popup || !popup.closed) return;
    clearInterval(timer);
    const secret = localStorage.getItem(PREFIX + credentialToken);
    localStorage.removeItem(PREFIX + credentialToken);
    complete(credentialToken, secret);
  }, 100);
}

async function show() {
  const me = localStorage.getItem('Meteor.loginToken') ? await call('me') : { success: false };
  document.getElementById('login').hidden = me.success;
  document.getElementById('home').hidden = !me.success;
  document.getElementById('username').textContent = me.username || me.name || '';
  if (me.success) say('');
}

document.querySelectorAll('[data-service]').forEach((button) => {
  const service = data.services.find((one) => one.service === button.dataset.service);
  button.addEventListener('click', () => press(service));
});

document.getElementById('form')?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const given = Object.fromEntries(new FormData(event.target));
  const answer = await call('login', { method: 'POST', body: JSON.stringify(given) });
  if (answer.status !== 'success') return say('User not found or incorrect password');
  remember(answer.data.userId, answer.data.authToken);
  return show();
});

document.getElementById('logout').addEventListener('click', async () => {
  await call('logout', { method: 'POST' });
  localStorage.clear();
  show();
});

const migration = JSON.parse(sessionStorage.getItem(MIGRATION) || 'null');
sessionStorage.removeItem(MIGRATION);
if (migration) {
  const secret = sessionStorage.getItem(PREFIX + migration.credentialToken);
  sessionStorage.removeItem(PREFIX + migration.credentialToken);
  complete(migration.credentialToken, secret);
} else {
  show();
}
