// A message as elements. No text ever becomes HTML: they are made one by one, of the tree that Rocket.Chat's parser makes.
import { parse } from './parser.js';

const MARKS = { '✓': 'good', '✗': 'bad', '•': 'remark', '…': 'working' };
const EMPHASIS = { BOLD: 'strong', ITALIC: 'em', STRIKE: 's' };

function make(name, ...children) {
  const element = document.createElement(name);
  element.append(...children);
  return element;
}

function classed(name, ...children) {
  const element = make('span', ...children);
  element.className = name;
  return element;
}

function link({ src, label }) {
  const element = make('a', ...inline([label].flat()));
  // What a message leads to is a page, a mailbox or a telephone, never a script.
  if (/^(https?:|mailto:|tel:|\/\/)/i.test(src.value)) element.href = src.value;
  element.target = '_blank';
  element.rel = 'noopener noreferrer';
  return element;
}

function piece(node) {
  const { type, value, unicode } = node;
  if (type === 'PLAIN_TEXT') return value;
  if (type === 'INLINE_CODE') return make('code', value.value);
  if (type in EMPHASIS) return make(EMPHASIS[type], ...inline(value));
  if (type === 'LINK' || type === 'IMAGE') return link(value);
  if (type === 'MENTION_USER') return classed('mention', `@${value.value}`);
  if (type === 'MENTION_CHANNEL') return classed('mention', `#${value.value}`);
  if (type === 'EMOJI') return classed('emoji', unicode ?? (value.value === node.shortCode || !node.shortCode ? `:${value.value}:` : value.value));
  return Array.isArray(value) ? classed('other', ...inline(value)) : classed('other', value?.value ?? JSON.stringify(value));
}

const inline = (nodes) => nodes.map(piece).filter((part) => part !== '');

/** A line. The sign that a step begins with stands apart, so that what follows is aligned where it wraps; what it took
    stays in one piece. */
function line(nodes) {
  const parts = inline(nodes);
  const [first = ''] = parts;
  const begins = typeof first === 'string' ? first : first.className === 'emoji' ? `${first.textContent}${parts[1]?.[0] ?? ''}` : '';
  const kind = begins[1] === ' ' && MARKS[begins[0]];
  if (kind) parts.splice(0, 1, make('span', begins[0]), ...(typeof first === 'string' ? [first.slice(1)] : []));
  const last = parts.at(-1);
  const found = typeof last === 'string' && /^(.*)( {3})(\d+\.\d s)$/.exec(last);
  if (found) parts.splice(-1, 1, found[1], found[2], classed('took', found[3]));
  const element = make('div', ...parts);
  element.className = kind ? `line step ${kind}` : 'line';
  if (!element.textContent) element.append(make('br'));
  return element;
}

function items(name, rows) {
  const element = make(name, ...rows.map(({ value }) => make('li', ...inline(value))));
  if (name === 'ol') element.start = rows[0].number;
  return element;
}

function block(node) {
  const { type, value } = node;
  if (type === 'CODE') return make('pre', make('code', value.map((row) => row.value.value).join('\n')));
  if (type === 'QUOTE') return make('blockquote', ...value.map((paragraph) => line(paragraph.value)));
  if (type === 'ORDERED_LIST') return items('ol', value);
  if (type === 'UNORDERED_LIST') return items('ul', value);
  if (type === 'TASKS') return items('ul', value);
  return line(Array.isArray(value) ? value : value ? [node] : []);
}

/** The text of a message as nodes. */
export function render(text) {
  const nodes = document.createDocumentFragment();
  nodes.append(...(text ? parse(text) : []).map(block));
  return nodes;
}
