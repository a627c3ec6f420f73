// What the vendor's own parser of messages makes of a text, in its newest versions, and what of it nobody meant.
import { parse as parse03135 } from 'message-parser-0.31.35';
import { parse as parse03136 } from 'message-parser-0.31.36';
import { parse as parse0320 } from 'message-parser-0.32.0';

const VERSIONS = { '0.31.35': parse03135, '0.31.36': parse03136, '0.32.0': parse0320 };

// What server and web client hand over as long as nobody changes HexColorPreview_Enabled, Katex_Enabled and its two
// syntaxes, and Message_CustomDomain_AutoLink (facts/rocketchat.md §7).
const OPTIONS = { colors: true, emoticons: true, customDomains: [], katex: { dollarSyntax: false, parenthesisSyntax: true } };

// Text itself, and code, which is how the bot shows whatever somebody may copy.
const TEXT = new Set(['PARAGRAPH', 'PLAIN_TEXT', 'LINE_BREAK', 'INLINE_CODE', 'CODE', 'CODE_LINE']);
// The signs that a step begins with.
const MARKS = new Set(['✓', '✗']);

/** What the newest version makes of a text. */
export const newest = (text) => parse0320(text, OPTIONS);

/** By version: the tree of a text. Nobody asks the parser about an empty one, which it refuses. */
export function parsed(text) {
  return Object.fromEntries(Object.entries(VERSIONS).map(([version, parse]) => [version, text ? parse(text, OPTIONS) : []]));
}

/** What any version draws otherwise than as it stands there, and was not meant; empty for a good answer. */
export function accidents(text) {
  const found = Object.values(parsed(text)).flatMap((tree) => [...tree].flatMap((node) => [...made(node)]));
  return [...new Set(found.filter((node) => !meant(node, text)).map(({ type, said }) => `${type} of ${said}`))];
}

/** The node and everything in it, each with what it says. What a link is called is part of the link. */
function* made(node) {
  yield { ...node, said: saidBy(node) };
  if (node.type === 'LINK') return;
  for (const child of [node.value].flat()) if (child?.type) yield* made(child);
}

function saidBy({ value, unicode }) {
  const said = value?.src?.value ?? value?.value ?? unicode ?? value;
  return typeof said === 'string' ? said : JSON.stringify(said ?? null);
}

function meant(node, text) {
  const { type, said } = node;
  if (TEXT.has(type)) return true;
  if (type === 'EMOJI' || type === 'BIG_EMOJI') return MARKS.has(type === 'EMOJI' ? said : node.value[0].unicode);
  // A link that people are meant to follow is written as one.
  if (type === 'LINK') return /^https?:/.test(said) && text.includes(`](${said})`);
  // The steps of a plan, from the first on.
  if (type === 'ORDERED_LIST') return node.value.every(({ number }, index) => number === index + 1);
  if (type === 'LIST_ITEM') return 'number' in node;
  // Of one person, such as whoever asked: it begins a line.
  if (type === 'MENTION_USER') return !['all', 'here'].includes(said) && `\n${text}`.includes(`\n@${said}`);
  return false;
}
