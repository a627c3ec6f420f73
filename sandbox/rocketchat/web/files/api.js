// The stand-in's REST API, and who is logged in: kept where the real web client keeps it.
export const root = new URL('..', import.meta.url);

export const address = (path) => new URL(path, root);

export const data = () => JSON.parse(document.getElementById('data').textContent);

export function login() {
  const userId = localStorage.getItem('Meteor.userId');
  const token = localStorage.getItem('Meteor.loginToken');
  return userId && token ? { userId, token } : null;
}

export function remember(userId, token) {
  localStorage.setItem('Meteor.userId', userId);
  localStorage.setItem('Meteor.loginToken', token);
}

export function forget() {
  localStorage.removeItem('Meteor.userId');
  localStorage.removeItem('Meteor.loginToken');
}

/** What the server refused, in words that may be shown. */
export class Refused extends Error {
  constructor(status, words, body = {}) {
    super(words);
    this.status = status;
    this.body = body;
  }
}

/** One request; the JSON of its answer, or Refused. `path` is below the workspace's address. */
export async function ask(method, path, body) {
  const who = login();
  const headers = { 'Content-Type': 'application/json' };
  if (who) Object.assign(headers, { 'X-User-Id': who.userId, 'X-Auth-Token': who.token });
  let response;
  try {
    response = await fetch(address(path), { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw new Refused(0, 'Rocket.Chat does not answer. Is the sandbox still running?');
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok && answer.success !== false) return answer;
  throw new Refused(response.status, answer.message || answer.error || `Rocket.Chat answered ${response.status}.`, answer);
}

export const rest = (method, route, body) => ask(method, `api/v1/${route}`, body);

/** One of the sandbox's people, without a password. */
export async function actAs(role) {
  const { userId, authToken } = await ask('POST', `sandbox/act-as/${role}`);
  if (login()) await rest('POST', 'logout').catch(() => {});
  remember(userId, authToken);
}

/** Ends the login here, and at the server as far as it answers. */
export async function logOut() {
  if (login()) await rest('POST', 'logout').catch(() => {});
  forget();
}
