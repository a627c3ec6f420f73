// The part of Rocket.Chat's markup that the bot uses (facts/rocketchat.md §7): bold, code, lists. All the rest is text, and
// no text ever becomes HTML: elements are made one by one.
const INLINE = /`([^`\n]+)`|(?<![\w*])(\*{1,2})(?=[^\s*])([^*\n]*[^\s*])\2(?![\w*])/g;
const FENCE = '```';
const ITEM = /^(?:[-*]|(\d+)\.) +(.*)$/;
const MARKS = { '✓': 'good', '✗': 'bad', '•': 'remark', '…': 'working' };

function make(name, ...children) {
  const element = document.createElement(name);
  element.append(...children);
  return element;
}

function inline(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    parts.push(text.slice(from, found.index));
    parts.push(found[1] !== undefined ? make('code', found[1]) : make('strong', ...inline(found[3])));
    from = found.index + found[0].length;
  }
  parts.push(text.slice(from));
  return parts.filter((part) => part !== '');
}

/** A line. The sign that a step begins with stands apart, so that what follows is aligned where it wraps; what it took
    stays in one piece. */
function line(text) {
  const kind = text[1] === ' ' && MARKS[text[0]];
  const [, said, gap, took] = /^(.*?)(?:( {3})(\d+\.\d s))?$/.exec(text);
  const element = make('div', ...(kind ? [make('span', said[0]), ...inline(said.slice(1))] : inline(said)));
  element.className = kind ? `line step ${kind}` : 'line';
  if (took) {
    element.append(gap, make('span', took));
    element.lastChild.className = 'took';
  }
  if (!text) element.append(make('br'));
  return element;
}

function list(rows) {
  const numbered = ITEM.exec(rows[0])[1];
  const element = make(numbered ? 'ol' : 'ul', ...rows.map((row) => make('li', ...inline(ITEM.exec(row)[2]))));
  if (numbered) element.start = Number(numbered);
  return element;
}

/** The text of a message as nodes. */
export function render(text) {
  const nodes = document.createDocumentFragment();
  const rows = text.split('\n');
  while (rows.length) {
    const row = rows.shift();
    const fenced = row.startsWith(FENCE) ? rows.indexOf(FENCE) : -1;
    if (fenced >= 0) {
      nodes.append(make('pre', make('code', rows.splice(0, fenced).join('\n'))));
      rows.shift();
    } else if (ITEM.test(row)) {
      const numbered = ITEM.exec(row)[1] !== undefined;
      const end = rows.findIndex((next) => (ITEM.exec(next) ?? [null])[0] === null || (ITEM.exec(next)[1] !== undefined) !== numbered);
      nodes.append(list([row, ...rows.splice(0, end < 0 ? rows.length : end)]));
    } else nodes.append(line(row));
  }
  return nodes;
}
