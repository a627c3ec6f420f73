// Carries out orders: one JSON line `[name, ...values]` on standard input, one JSON line with the outcome on standard
// output. So a test in Python leads one of the official clients step by step, and no secret becomes an argument.
import { createInterface } from 'node:readline';

const output = process.stdout;

// The clients say on the console what they send, passwords included.
for (const name of ['debug', 'error', 'info', 'log', 'warn']) console[name] = () => {};

/** What an order threw, as JSON: an HTTP answer, an error of DDP as it came, or a message. */
async function told(error) {
  if (error instanceof Response) {
    return { status: error.status, headers: Object.fromEntries(error.headers), body: await error.json() };
  }
  return error instanceof Error ? { message: error.message } : error;
}

/** Obeys until the input ends. */
export async function obey(orders) {
  for await (const line of createInterface({ input: process.stdin })) {
    const [name, ...values] = JSON.parse(line);
    let outcome;
    try {
      outcome = { value: (await orders[name](...values)) ?? null };
    } catch (error) {
      outcome = { error: await told(error) };
    }
    output.write(`${JSON.stringify(outcome)}\n`);
  }
  process.exit(0);
}

/** What a client is told unasked, in order; `take` waits for the next. */
export class Mailbox {
  #items = [];
  #waiting = [];

  put = (item) => {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(item);
    else this.#items.push(item);
  };

  take = () => (this.#items.length ? this.#items.shift() : new Promise((resolve) => this.#waiting.push(resolve)));
}
