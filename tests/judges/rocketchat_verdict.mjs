// Judges what was recorded, under orders: every line of every `*.jsonl` in a folder.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as core from '@rocket.chat/core-typings';
import * as rest from '@rocket.chat/rest-typings';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { accidents } from './rocketchat_accidents.mjs';
import { obey } from './rocketchat_orders.mjs';
import { BEYOND, DOCUMENTS, INNER, PARTLY, REFUSALS, REQUESTS } from './rocketchat_schemas.mjs';

/** The limiter's headers come together or, for who is not limited, not at all (facts/rocketchat.md §1.6). */
const LIMITER = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'];

/** By route: where the text stands that people will read. */
const SAID = { 'POST chat.sendMessage': (body) => body?.message?.msg, 'POST chat.update': (body) => body?.text };

const ajv = addFormats(new Ajv({ allErrors: true, allowUnionTypes: true, discriminator: true, strict: false }));
const schemas = core.schemas.components.schemas;
// One with buttons is of two of the vendor's kinds at once, and the schema wants exactly one (facts/rocketchat.md §13).
const { oneOf, ...attachment } = schemas.MessageAttachment;
schemas.MessageAttachment = { ...attachment, anyOf: oneOf };
ajv.addSchema({ $id: 'core', components: core.schemas.components });
const compiled = new Map();

/**
 * The validator of a kind of document, which takes no field that the package doesn't know. With `partly` nothing is
 * required but the id: some routes show a part.
 */
function validatorOf(kind, partly) {
  const name = `${kind} ${partly}`;
  if (!compiled.has(name)) {
    const required = partly ? ['_id'] : schemas[kind].required;
    const reference = (field) => [field, { $ref: `core#/components/schemas/${kind}/properties/${field}` }];
    const properties = Object.fromEntries(Object.keys(schemas[kind].properties).map(reference));
    compiled.set(name, ajv.compile({ type: 'object', properties, required, additionalProperties: false }));
  }
  return compiled.get(name);
}

/** A copy of the document without what only the facts know. */
function known(document, ...names) {
  const copy = structuredClone(document);
  for (const field of names.flatMap((name) => BEYOND[name] ?? [])) delete copy[field];
  return copy;
}

/** The first of AJV's complaints, with the field that they are about. */
function why(errors) {
  const told = (errors ?? []).slice(0, 3).map(({ instancePath, message, params }) => {
    const field = params.additionalProperty ?? params.missingProperty;
    return `${instancePath} ${message}${field ? ` (${field})` : ''}`.trim();
  });
  return told.join('; ') || 'does not pass';
}

/** Why the value fails one of the vendor's validators, or nothing. They turn what stands in an address into what the
 * schema wants, in place: so each gets a copy of its own. */
function failure(name, value) {
  const validator = rest[name];
  return validator(structuredClone(value)) ? '' : `fails ${name}: ${why(validator.errors)}`;
}

/** All documents at that place of an answer; undefined for one that is missing. */
function* found(value, place) {
  if (place === '') {
    yield value;
    return;
  }
  const [first, ...others] = place.split('.');
  const name = first.replace('[]', '');
  const inner = value?.[name];
  const items = first.endsWith('[]') && inner ? inner : [inner];
  for (const item of items) yield* found(item, others.join('.'));
}

class Verdict {
  requests = {};
  documents = {};
  #refusals = new Map();

  judge(exchange) {
    if (exchange.by_bot) this.#judgeRequest(exchange);
    if (exchange.status === null) return;
    this.#judgeHeaders(exchange);
    if (exchange.answer !== null) this.#judgeAnswer(exchange);
  }

  toJSON() {
    const validators = Object.keys(rest).filter((name) => name.startsWith('is'));
    const refusals = [...this.#refusals.values()];
    return { ...this, refusals, covered: Object.keys(REQUESTS), validators };
  }

  #refuse({ route, test }, what, reason) {
    const said = `${route}: ${what} ${reason}`;
    const before = this.#refusals.get(said) ?? { said, test, times: 0 };
    this.#refusals.set(said, { ...before, times: before.times + 1 });
  }

  #judgeRequest(exchange) {
    const { route, query, body } = exchange;
    for (const accident of accidents(SAID[route]?.(body) ?? '')) this.#refuse(exchange, 'the text', `becomes a ${accident}`);
    const count = (this.requests[route] ??= { sent: 0, judged: 0 });
    count.sent += 1;
    if (!REQUESTS[route]) return;
    // isLoginProps knows names and passwords only; the vendor's documentation allows `resume` alone (facts/rocketchat.md §1.3).
    if (route === 'POST login' && Object.keys(body ?? {}).join() === 'resume') return;
    count.judged += 1;
    const given = route.startsWith('GET ') ? query : (body ?? {});
    const failures = REQUESTS[route].map((name) => failure(name, given));
    if (!failures.includes('')) this.#refuse(exchange, 'the request', failures[0]);
    else if (INNER[route]) {
      const inner = failure(INNER[route], JSON.parse(body.message));
      if (inner) this.#refuse(exchange, 'the message in the request', inner);
    }
  }

  #judgeHeaders(exchange) {
    const missing = LIMITER.filter((name) => !exchange.headers.includes(name));
    if (missing.length && (exchange.status === 429 || missing.length < LIMITER.length)) {
      this.#refuse(exchange, `the ${exchange.status}`, `lacks ${missing.join(', ')}`);
    }
  }

  #judgeAnswer(exchange) {
    const { route, status, answer } = exchange;
    if (REFUSALS[status]) {
      this.#count('refusals');
      const failed = failure(REFUSALS[status], known(answer, route));
      if (failed) this.#refuse(exchange, `the ${status}`, failed);
    } else if (status === 200) {
      const { success, ...told } = answer;
      if (success !== true) this.#refuse(exchange, 'the answer', 'does not say success: true');
      for (const [place, kind] of Object.entries(DOCUMENTS[route] ?? {})) {
        for (const document of found(told, place)) this.#judgeDocument(exchange, place, kind, document);
      }
    }
  }

  #judgeDocument(exchange, place, kind, document) {
    if (document === undefined) this.#refuse(exchange, 'the answer', `lacks ${place}`);
    if (!document) return;
    this.#count(kind);
    const validate = validatorOf(kind, kind === 'IUser' && (PARTLY.has(exchange.route) || !('roles' in document)));
    if (!validate(known(document, kind, exchange.route))) {
      this.#refuse(exchange, `${kind} in the answer`, why(validate.errors));
    }
  }

  #count(kind) {
    this.documents[kind] = (this.documents[kind] ?? 0) + 1;
  }
}

await obey({
  judge(folder) {
    const verdict = new Verdict();
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.jsonl'))) {
      for (const line of readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean)) {
        verdict.judge(JSON.parse(line));
      }
    }
    return verdict;
  },
});
