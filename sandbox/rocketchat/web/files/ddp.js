// The websocket as the real web client uses it (facts/rocketchat.md §5): logs in, subscribes, and comes back by itself.
import { address } from './api.js';

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15000;
const SILENCE = 20000; // The server pings after 15 seconds; one that is silent for longer is asked, and then given up.
const PATIENCE = 10000;

/** Events: `open` (logged in and subscribed), `lost`, `refused` (the login), and `stream` with `{name, event, args}`. */
export class Ddp extends EventTarget {
  #token;
  #socket = null;
  #subscriptions = [];
  #calls = new Map();
  #ids = 0;
  #pause = FIRST_PAUSE;
  #timer = null;
  #watch = null;
  #ready = false;
  #ended = false;

  constructor(token) {
    super();
    this.#token = token;
    window.addEventListener('online', () => this.retry());
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.retry(); });
  }

  get ready() { return this.#ready; }

  /** To be called before `connect`. */
  subscribe(name, event) { this.#subscriptions.push([name, event]); }

  /** A method's result. One that was on its way when the connection was lost is called again, as Meteor does. */
  call(method, ...params) {
    return new Promise((resolve, reject) => {
      const id = `m${this.#ids += 1}`;
      const frame = { msg: 'method', id, method, params };
      this.#calls.set(id, { frame, resolve, reject });
      if (this.#ready) this.#send(frame);
    });
  }

  connect() {
    clearTimeout(this.#timer);
    const url = address('websocket');
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.addEventListener('open', () => this.#send({ msg: 'connect', version: '1', support: ['1'] }));
    socket.addEventListener('message', ({ data }) => { if (socket === this.#socket) this.#hear(JSON.parse(data)); });
    socket.addEventListener('close', () => { if (socket === this.#socket) this.#lost(); });
    this.#listenForSilence();
  }

  /** Tries at once instead of after the pause. */
  retry() {
    if (this.#socket !== null || this.#ended) return;
    this.#pause = FIRST_PAUSE;
    this.connect();
  }

  #send(frame) { this.#socket?.send(JSON.stringify(frame)); }

  #tell(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }

  #hear(frame) {
    this.#listenForSilence();
    switch (frame.msg) {
      case 'ping': this.#send(frame.id ? { msg: 'pong', id: frame.id } : { msg: 'pong' }); break;
      case 'connected': this.#send({ msg: 'method', id: 'login', method: 'login', params: [{ resume: this.#token }] }); break;
      case 'result': if (frame.id === 'login') this.#loggedIn(frame.error); else this.#answered(frame); break;
      case 'changed': if (frame.collection?.startsWith('stream-')) this.#tell('stream', { name: frame.collection, event: frame.fields.eventName, args: frame.fields.args }); break;
      default:
    }
  }

  #loggedIn(error) {
    if (error) {
      if (error.error === 'too-many-requests') return this.#socket.close();
      this.#ended = true;
      this.#socket.close();
      return this.#tell('refused', error);
    }
    this.#subscriptions.forEach(([name, event], index) => this.#send({ msg: 'sub', id: `s${index}`, name, params: [event, { useCollection: false, args: [] }] }));
    this.#ready = true;
    this.#pause = FIRST_PAUSE;
    this.#calls.forEach(({ frame }) => this.#send(frame));
    return this.#tell('open');
  }

  #answered({ id, error, result }) {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error) call?.reject(new Error(error.reason || error.message || String(error.error)));
    else call?.resolve(result);
  }

  #listenForSilence(silence = SILENCE, then = () => { this.#send({ msg: 'ping' }); this.#listenForSilence(PATIENCE, () => this.#lost()); }) {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(then, silence);
  }

  #lost() {
    clearTimeout(this.#watch);
    this.#socket?.close();
    this.#socket = null;
    this.#ready = false;
    if (this.#ended) return;
    this.#tell('lost');
    this.#timer = setTimeout(() => this.connect(), this.#pause * (0.75 + Math.random() / 2));
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }
}
