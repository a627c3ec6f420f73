// The messages of a room, each with its thread below it, and what of it is read out.
import { render } from './markup.js';

const SYSTEM = {
  uj: (message) => `${name(message)} joined`,
  ul: (message) => `${name(message)} left`,
  au: (message) => `${name(message)} added ${message.msg}`,
  ru: (message) => `${name(message)} removed ${message.msg}`,
  e2e: () => 'Encrypted message',
};

const name = (message) => message.alias || message.u.username;

/** A date as REST (text) or DDP (`{$date}`) writes it, in milliseconds. */
const moment = (date) => date.$date ?? Date.parse(date);

/** While the bot works on an answer, its last line says what it is doing, after an ellipsis. */
const working = (text) => text.split('\n').at(-1).startsWith('…');

function clock(milliseconds) {
  const date = new Date(milliseconds);
  const today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString([], { hour: '2-digit', minute: '2-digit', ...(today ? {} : { day: 'numeric', month: 'short' }) });
}

/** Among the others in `parent`, by time. */
function place(article, parent) {
  const later = [...parent.children].find((other) => Number(other.dataset.at) > Number(article.dataset.at));
  parent.insertBefore(article, later ?? null);
}

/** Buttons that can be pressed: others are not drawn by the real client either (facts/rocketchat.md §4.5). */
const pressable = (action) => action.type === 'button' && action.text && (action.url || action.msg_in_chat_window);

function button(action, press) {
  const element = document.createElement(action.url ? 'a' : 'button');
  element.className = 'button';
  element.textContent = action.text;
  if (!action.url) {
    element.type = 'button';
    element.addEventListener('click', () => press(action.msg ?? ''));
  } else if (/^https?:/i.test(action.url)) {
    Object.assign(element, { href: action.url, target: '_blank', rel: 'noopener noreferrer' });
  }
  return element;
}

function attached({ title, text, fields = [], actions = [] }, press) {
  const element = document.createElement('div');
  element.className = 'attachment';
  for (const words of [title, text]) if (words) element.append(render(words));
  for (const field of fields) element.append(render(`*${field.title}*\n${field.value}`));
  element.append(...actions.filter(pressable).map((action) => button(action, press)));
  return element;
}

export class Messages {
  #log;
  #announce;
  #press;
  #known = new Map();

  /** `log` is the element they stand in; `announce(text)` reads something out; `press(text, tmid)` is what a button
      says, in the thread in which it stands. */
  constructor(log, announce, press) {
    this.#log = log;
    this.#announce = announce;
    this.#press = press;
  }

  get empty() { return this.#known.size === 0; }

  /** The id of the latest message, by the time at which it was sent. */
  get last() {
    return [...this.#known].reduce((last, next) => (last && last[1].ts > next[1].ts ? last : next), null)?.[0];
  }

  /** A message that is new, or has changed. What is older than what is shown is left out. */
  put(message) {
    const known = this.#known.get(message._id);
    const version = moment(message._updatedAt ?? message.ts);
    if (known && known.version >= version) return;
    const article = known?.article ?? this.#article(message);
    const text = message.t ? (SYSTEM[message.t]?.(message) ?? message.msg) : message.msg;
    const changed = known && known.text !== text;
    this.#known.set(message._id, { article, version, text, ts: moment(message.ts), tmid: message.tmid, busy: working(text) });
    // A log reads out what is added. Of an answer that grows only its end is of interest: it is read out below.
    if (changed || working(text)) article.setAttribute('aria-live', 'off');
    if (working(text)) article.setAttribute('aria-busy', 'true');
    else article.removeAttribute('aria-busy');
    article.querySelector('.edited').hidden = !message.editedAt;
    article.querySelector('.also').hidden = !message.tshow;
    if (!known || changed) article.querySelector('.body').replaceChildren(render(text));
    this.#showReactions(article, message.reactions ?? {});
    const attachments = (message.attachments ?? []).map((one) => attached(one, (words) => this.#press(words, message.tmid)));
    article.querySelector(':scope > .attachments').replaceChildren(...attachments);
    if (!known) this.#insert(article, message);
    if (working(text) && !known?.busy) this.#announce(`${name(message)} is working …`);
    else if (changed && !working(text)) this.#announce(`${name(message)}: ${article.querySelector('.body').innerText}`);
  }

  /** What one person alone is told, and nobody keeps. */
  whisper(message) {
    const article = this.#article({ ...message, ts: message.ts ?? { $date: Date.now() } });
    article.classList.add('whisper');
    article.querySelector('.edited').textContent = 'only you can see this';
    article.querySelector('.edited').hidden = false;
    article.querySelector('.body').append(render(message.msg));
    this.#log.append(article);
  }

  remove(id) {
    this.#known.get(id)?.article.remove();
    this.#known.delete(id);
  }

  /** The ids of what is shown. */
  get shown() { return new Set(this.#known.keys()); }

  /** Takes away what was shown `before` the server was asked for so many and is not in its `answer`, as far back as that
      reaches: to the beginning, if they are fewer. */
  keepOnly(answer, count, before) {
    const kept = new Set(answer.map((message) => message._id));
    const oldest = answer.length < count ? -Infinity : Math.min(...answer.map((message) => moment(message.ts)));
    for (const id of before) if (!kept.has(id) && this.#known.get(id)?.ts >= oldest) this.remove(id);
  }

  #article(message) {
    const article = document.createElement('article');
    article.className = message.t ? 'message system' : 'message';
    if (message._id) article.id = `message-${message._id}`;
    article.dataset.author = message.u.username;
    article.dataset.at = moment(message.ts);
    const head = document.createElement('p');
    head.className = 'head';
    const author = document.createElement('strong');
    author.textContent = name(message);
    const time = document.createElement('time');
    time.dateTime = new Date(moment(message.ts)).toISOString();
    time.textContent = clock(moment(message.ts));
    const edited = document.createElement('span');
    edited.className = 'edited';
    edited.textContent = 'edited';
    edited.hidden = true;
    // The real client shows such an answer in the room as well; here the whole thread is shown there.
    const also = document.createElement('span');
    also.className = 'also';
    also.textContent = 'also sent to the room';
    also.hidden = true;
    head.append(author, ' ', time, ' ', edited, ' ', also);
    const body = document.createElement('div');
    body.className = 'body';
    const reactions = document.createElement('p');
    reactions.className = 'reactions';
    reactions.hidden = true;
    const attachments = document.createElement('div');
    attachments.className = 'attachments';
    article.append(head, body, attachments, reactions);
    article.setAttribute('aria-label', `${name(message)}, ${time.textContent}`);
    return article;
  }

  #showReactions(article, reactions) {
    const element = article.querySelector(':scope > .reactions');
    element.textContent = Object.entries(reactions).map(([emoji, { usernames }]) => `${emoji} ${usernames.join(', ')}`).join('  ');
    element.hidden = !element.textContent;
  }

  /** In its place: history and stream may come in any order, an answer before what it answers. */
  #insert(article, message) {
    const head = this.#known.get(message.tmid)?.article;
    place(article, head ? this.#thread(head) : this.#log);
    for (const answer of this.#known.values()) if (answer.tmid === message._id) place(answer.article, this.#thread(article));
  }

  #thread(head) {
    let thread = head.querySelector(':scope > .thread');
    if (!thread) {
      thread = document.createElement('div');
      thread.className = 'thread';
      thread.setAttribute('role', 'group');
      thread.setAttribute('aria-label', 'Answers');
      head.append(thread);
    }
    return thread;
  }
}
