// The library that Encvoy ID is made of, configured as far as facts/encvoy-id.md tells how Encvoy ID configures it.
//
// The first line of standard input is JSON: `main` (id of the main client), `clients` (records as the database has
// them; `{domain}` in a value stands for this server's address) and `people` (id to claims). The first line of standard
// output is the port. It ends when standard input does, or at SIGTERM.
//
// The pages under /api/interaction are not the library's and judge nothing: they bring people through, no more.

import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

// What the library says about itself goes to standard output, where only the port may stand.
console.info = console.warn = () => {};
const { default: Provider, interactionPolicy } = await import('oidc-provider');

const MOUNT = '/oidc';
const DAY = 86400;
// Its columns that the library does not know, and needs for the life of tokens.
const TTL_COLUMNS = ['access_token_ttl', 'refresh_token_ttl'];

const lines = createInterface({ input: process.stdin });
const told = JSON.parse((await lines[Symbol.asyncIterator]().next()).value);

const realNow = Date.now;
let later = 0;
Date.now = () => realNow() + later;

const server = createServer();
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const domain = `http://127.0.0.1:${server.address().port}`;
const records = new Map(
  JSON.parse(JSON.stringify(told.clients).replaceAll('{domain}', domain)).map((row) => [row.client_id, row]),
);
const consents = new Set();
const consentOf = (clientId, accountId) => `${clientId} ${accountId}`;

// Clients are read from the database at every request, the rest is kept in memory until it expires, as in Redis.
class Store {
  static kept = new Map();

  static alive(row) {
    return row && (row.exp === undefined || row.exp * 1000 > Date.now()) ? row : undefined;
  }

  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async find(id) {
    if (this.model === 'Client') return records.get(id);
    return Store.alive(Store.kept.get(this.key(id)));
  }

  async findByUid(uid) {
    return [...Store.kept.values()].find((row) => row.kind === 'Session' && row.uid === uid && Store.alive(row));
  }

  async upsert(id, payload) {
    Store.kept.set(this.key(id), payload);
  }

  async consume(id) {
    Store.kept.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    Store.kept.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const [key, row] of Store.kept) if (row.grantId === grantId) Store.kept.delete(key);
  }
}

// Every request asks for a login, and `prompt=none` is told so (facts/encvoy-id.md §6).
function policy() {
  const { Check, Prompt } = interactionPolicy;
  const always = new Check(
    'always',
    'End-User authentication is required',
    'interaction_required',
    (ctx) => (ctx.oidc.result?.login ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT),
  );
  const prompts = interactionPolicy.base();
  prompts.remove('login');
  prompts.add(new Prompt({ name: 'login', requestable: true }, always), 0);
  return prompts;
}

// A grant for each login; consent is kept by client and person, and the main client needs none.
async function loadExistingGrant(ctx) {
  const { client, account, result, params } = ctx.oidc;
  if (result?.consent) return ctx.oidc.provider.Grant.find(result.consent.grantId);
  const free = client.clientId === told.main || consents.has(consentOf(client.clientId, account.accountId));
  return result && free ? newGrant(client.clientId, account.accountId, params.scope) : undefined;
}

async function newGrant(clientId, accountId, scope = '') {
  const grant = new provider.Grant({ clientId, accountId });
  grant.addOIDCScope(scope);
  await grant.save();
  return grant;
}

function refreshTokenTTL(ctx, token, client) {
  const rotated = ctx?.oidc.entities.RotatedRefreshToken;
  return rotated && client.clientAuthMethod === 'none' ? rotated.remainingTTL : client.refresh_token_ttl;
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const modulus = createPublicKey(privateKey).export({ format: 'jwk' }).n;

const provider = new Provider(domain, {
  adapter: Store,
  claims: {
    email: ['email', 'email_public', 'email_verified'],
    phone: ['phone_number', 'phone_number_verified'],
    profile: [
      'name', 'nickname', 'given_name', 'family_name', 'login', 'birthdate', 'picture', 'custom_fields',
      'password_updated_at', 'password_change_required', 'deleted',
    ],
    accounts: ['publicExternalAccounts'],
    lk: ['lk', 'systemClient', 'orgClient'],
    catalog: ['catalog'],
    locale: ['locale'],
  },
  conformIdTokenClaims: false,
  cookies: { keys: [createHash('sha256').update(modulus).digest('hex')] },
  expiresWithSession: () => true,
  extraClientMetadata: { properties: TTL_COLUMNS },
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: (ctx, client, token) => token.clientId === client.clientId },
    revocation: { enabled: true },
  },
  findAccount: (ctx, id) => told.people[id] && { accountId: id, claims: () => ({ sub: id, ...told.people[id] }) },
  interactions: { policy: policy(), url: (ctx, interaction) => `${domain}/api/interaction/${interaction.uid}` },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
  loadExistingGrant,
  pkce: { required: () => false, methods: ['S256'] },
  responseTypes: ['code', 'code id_token', 'code token', 'code id_token token', 'id_token', 'none'],
  scopes: ['openid', 'offline_access'],
  subjectTypes: ['public', 'pairwise'],
  ttl: {
    AccessToken: (ctx, token, client) => client.access_token_ttl,
    Grant: DAY,
    IdToken: 1800,
    Interaction: DAY,
    RefreshToken: refreshTokenTTL,
    Session: DAY,
  },
});
provider.proxy = true;
const oidc = provider.callback();

async function formOf(request) {
  let text = '';
  for await (const part of request) text += part;
  return Object.fromEntries(new URLSearchParams(text));
}

// `/api/interaction/:uid`, and under it `/auth` and `/confirm`.
async function interact(request, response, path) {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  let result;
  if (path.endsWith('/auth')) {
    result = { login: { accountId: (await formOf(request)).identifier } };
  } else if (prompt.name === 'consent' && (path.endsWith('/confirm') || params.client_id === told.main)) {
    consents.add(consentOf(params.client_id, session.accountId));
    const grant = await newGrant(params.client_id, session.accountId, params.scope);
    result = { consent: { grantId: grant.jti } };
  } else {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end(prompt.name);
    return;
  }
  const back = new URL(await provider.interactionResult(request, response, result));
  response.writeHead(302, { Location: back.pathname }).end();
}

// What no client can do from outside: time goes by, a record is changed (null: deleted).
async function control(request, response) {
  const { seconds, client_id: clientId, columns } = await formOf(request);
  later += 1000 * Number(seconds ?? 0);
  const changes = JSON.parse(columns ?? '{}');
  if (changes === null) records.delete(clientId);
  else if (clientId) records.set(clientId, { ...records.get(clientId), ...changes });
  response.writeHead(204).end();
}

server.on('request', async (request, response) => {
  const { pathname } = new URL(request.url, domain);
  try {
    if (pathname === '/judge') await control(request, response);
    else if (pathname.startsWith('/api/interaction/')) await interact(request, response, pathname);
    else if (pathname.startsWith(`${MOUNT}/`) || pathname.startsWith('/.well-known/')) {
      request.originalUrl = request.url.startsWith(MOUNT) ? request.url : MOUNT + request.url;
      request.url = request.originalUrl.slice(MOUNT.length);
      await oidc(request, response);
    } else response.writeHead(404).end();
  } catch (error) {
    response.writeHead(500).end(error.name);
  }
});

lines.on('close', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
console.log(server.address().port);
