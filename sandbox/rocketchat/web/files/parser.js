// What Rocket.Chat's parser makes of a message, as the same tree, as far as a room of the sandbox needs it: links, mentions,
// emoji, emphasis, code, lists, quotes (facts/rocketchat.md §7). What else there is stays text. The vendor's own parser
// judges it (tests/judges/test_rocketchat_page.py).

const HOST_CHAR = '[^\\s.,!%~*"\':;()=$@&+#?\\\\/|<>`\\[\\]]';
const HOST = `(?:localhost|(?!_)${HOST_CHAR}+(?:\\.${HOST_CHAR}+)+)`;
const MAILBOX = '[\\p{L}\\p{N}][\\p{L}\\p{N}!#$%&\'*+/=?^_`{|}~-]*';
const NAME = '[-_.\\p{L}\\p{N}]+';

const token = (source) => new RegExp(source, 'uy');
const ESCAPED = token('\\\\([*_~`#.])');
const SPACE = token('[ \\t]+');
const CODE = token('`([^`\\n]+)`');
const LEADS = `(?:[A-Za-z0-9+-]{1,32}:|${HOST})`;
const TITLED = token(`\\[((?:[^\\]\\n]|\\](?!\\())+)\\]\\((${LEADS}(?:[^\\s()]|\\([^\\s()]*\\))*)\\)`);
const PIPED = token(`<(${LEADS}[^\\s<>|]*)\\|([^<>|\\n]+)>`);
const MAIL = token(`(?:mailto:)?(${MAILBOX}(?:\\.${MAILBOX})*@${HOST})`);
const ADDRESS = token(`(?:[A-Za-z0-9+-]{1,32}://(?:[^\\s@/]+@)?)?${HOST}(?::\\d+)?(?:(?![.,!%~*"':;()=]*(?:\\s|$)).)*`);
const USER = token(`@+(${NAME}(?:[:@]${NAME})?)`);
const CHANNEL = token(`#(${NAME})`);
const NOT_CALLED = token('[\\p{L}\\p{N}](?:[@#]+[\\p{L}\\p{N}]+)+');
const SHORT_CODE = token(':([0-9a-zA-Z_+.-]+):');
const SYMBOL = token('\\p{RI}{2}|(?:[\\u2300-\\u23ff\\u2600-\\u27bf]|[\\u{1f300}-\\u{1f5ff}\\u{1f600}-\\u{1f64f}\\u{1f680}-\\u{1f6fa}\\u{1f900}-\\u{1f9ff}])[\\ufe00-\\ufe0f]?');
const EMOTICON = token('</?3|>\\.<|O_O|D:|\\(y\\)|[>\']?[:;=][-^\']?[)(\\]\\[DPOX$#@*/\\\\L]|[0O][:;=][-^]?[)3]|:-?b|[B8]-?\\)|[B8]-D|[X#%]-?\\)|X-P');
const WORD = token('[^*_~`:\\n<\\[\\]! \\t()\\\\|]+');

const inside = (sign) => `((?:\`[^\`\\n]+\`|\`(?![^\`\\n]+\`)|[^${sign}\`\\n])+)`;
const EMPHASIS = [
  [null, token('[A-Za-z0-9]+__?')],
  [null, token(`__${inside('_')}__[A-Za-z0-9]+|_${inside('_')}_[A-Za-z]+`)],
  ['ITALIC', token(`__${inside('_')}__|_${inside('_')}_`)],
  ['BOLD', token(`\\*\\*${inside('*')}\\*\\*|\\*${inside('*')}\\*`)],
  ['STRIKE', token(`~~${inside('~')}~~|~${inside('~')}~`)],
];

const COUNTRIES = 'ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw';
const OTHERS = 'app biz blog chat cloud com company dev edu email gov host info int live mil name net online org page shop site store team tech website wiki xyz zip';
// Of the names that end the address of a server, those of countries and the usual ones.
const KNOWN = new Set(`${COUNTRIES} ${OTHERS}`.split(' '));

const plain = (value) => ({ type: 'PLAIN_TEXT', value });
const link = (src, label) => ({ type: 'LINK', value: { src: plain(src), label: [plain(label)] } });

function leadsSomewhere(address) {
  const [, scheme, host, port] = /^([^/]*:\/\/)?(?:[^/@]*@)?([^/:?#]*)(:[^/?#]*)?/u.exec(address);
  if (port && !/^:\d/.test(port)) return false;
  if (/^\d+(\.\d+){3}$/.test(host)) return host.split('.').every((part) => Number(part) < 256);
  if (host === 'localhost') return Boolean(scheme);
  return /^[A-Za-z0-9._\u0080-\u{10ffff}-]+$/u.test(host) && KNOWN.has(host.split('.').at(-1).toLowerCase());
}

function linked(address) {
  if (!leadsSomewhere(address)) return plain(address);
  return link(address.includes('://') ? address : `//${address}`, address);
}

/** The next piece of a line. In emphasis of a kind there is none of it, and no address. */
function piece(text, at, within) {
  const next = (pattern) => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  let found;
  const made = (node) => [node, at + found[0].length];
  if ((found = next(SPACE))) return made(plain(found[0]));
  if ((found = next(ESCAPED))) return made(plain(found[1]));
  if ((found = next(CODE))) return made({ type: 'INLINE_CODE', value: plain(found[1]) });
  if ((found = next(TITLED))) return made(link(found[2], found[1]));
  if ((found = next(PIPED))) return made(link(found[1], found[2]));
  if (!within.size) {
    if ((found = next(MAIL))) return made(leadsSomewhere(found[1]) ? link(`mailto:${found[1]}`, found[1]) : plain(found[1]));
    if ((found = next(ADDRESS))) return made(linked(found[0]));
  }
  for (const [type, pattern] of EMPHASIS) {
    if ((type && within.has(type)) || !(found = next(pattern))) continue;
    const content = found[1] ?? found[2];
    if (!type || !content.trim()) return made(plain(found[0]));
    return made({ type, value: inline(content, new Set([...within, type])) });
  }
  if (!within.size && (found = next(NOT_CALLED))) return made(plain(found[0]));
  if ((found = next(USER)) && !found[1].endsWith('__')) return made({ type: 'MENTION_USER', value: plain(found[1]) });
  if ((found = next(SHORT_CODE))) return made({ type: 'EMOJI', value: plain(found[1]), written: found[0] });
  if ((found = next(EMOTICON))) return made({ type: 'EMOJI', value: plain(found[0]), written: found[0] });
  if ((found = next(CHANNEL))) return made({ type: 'MENTION_CHANNEL', value: plain(found[1]) });
  if ((found = next(SYMBOL))) return made({ type: 'EMOJI', unicode: found[0] });
  found = next(WORD) ?? [String.fromCodePoint(text.codePointAt(at))];
  return made(plain(found[0]));
}

/** An emoji that is written in signs is one only where it stands apart. */
function apart(node, previous, next) {
  const touches = (other) => other && (other.type === 'EMOJI' || (other.type === 'PLAIN_TEXT' && other.value.trim()));
  return node.written && (touches(previous) || touches(next)) ? plain(node.written) : node;
}

function cut(text, within) {
  const pieces = [];
  for (let at = 0; at < text.length;) {
    const [node, end] = piece(text, at, within);
    pieces.push(node);
    at = end;
  }
  return pieces;
}

function inline(text, within = new Set()) {
  const pieces = cut(text, within);
  const joined = [];
  pieces.forEach((each, index) => {
    const node = apart(each, pieces[index - 1], pieces[index + 1]);
    if (node.type === 'PLAIN_TEXT' && joined.at(-1)?.type === 'PLAIN_TEXT') joined.push(plain(joined.pop().value + node.value));
    else joined.push(node);
  });
  return joined;
}

const paragraph = (row) => ({ type: 'PARAGRAPH', value: row ? inline(row) : [plain('')] });

/** Rows that are one block: what begins each of them, and what becomes of the match. */
const BLOCKS = [
  [/^>[ \t]*(.*)$/, (rows) => ({ type: 'QUOTE', value: rows.map(([, said]) => paragraph(said)) })],
  [/^(\d+)\.[ \t]+(.+)$/, (rows) => ({ type: 'ORDERED_LIST', value: rows.map(([, number, said]) => ({ type: 'LIST_ITEM', value: inline(said), number: Number(number) })) })],
  ...['-', '\\*'].map((sign) => [new RegExp(`^${sign}[ \\t]+(.+)$`), (rows) => ({ type: 'UNORDERED_LIST', value: rows.map(([, said]) => ({ type: 'LIST_ITEM', value: inline(said) })) })]),
];

function codeBlock(rows) {
  const opened = /^```([a-zA-Z0-9 _.-]*)$/.exec(rows[0]);
  const end = opened ? rows.findIndex((row, index) => index > 1 && row.startsWith('```')) : -1;
  if (end < 0) return null;
  const [, ...lines] = rows.splice(0, end);
  rows[0] = rows[0].slice(3);
  return { type: 'CODE', language: opened[1] || 'none', value: lines.map((line) => ({ type: 'CODE_LINE', value: plain(line) })) };
}

/** Up to three emoji and nothing else. */
function fewEmoji(text) {
  const pieces = text.length > 100 ? [] : cut(text.replace(/\s/g, ' '), new Set()).filter(({ type, value }) => type !== 'PLAIN_TEXT' || value.trim());
  return pieces.length > 0 && pieces.length <= 3 && pieces.every(({ type }) => type === 'EMOJI') ? pieces : null;
}

/** The tree of a text. */
export function parse(text) {
  const emoji = fewEmoji(text);
  if (emoji) return [{ type: 'BIG_EMOJI', value: emoji }];
  const blocks = [];
  const rows = text.split('\n');
  while (rows.length) {
    const code = codeBlock(rows);
    const [pattern, made] = BLOCKS.find(([begins]) => begins.test(rows[0] ?? '')) ?? [];
    if (code) blocks.push(code);
    else if (pattern) {
      const end = rows.findIndex((row) => !pattern.test(row));
      blocks.push(made(rows.splice(0, end < 0 ? rows.length : end).map((row) => pattern.exec(row))));
    } else if (!/\S/.test(rows[0])) {
      rows.shift();
      if (rows.length) blocks.push({ type: 'LINE_BREAK' });
    } else blocks.push(paragraph(rows.shift()));
  }
  return blocks;
}
