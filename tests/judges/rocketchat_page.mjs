// The parser of the sandbox's pages beside the vendor's newest, under orders.
import { parse } from '../../sandbox/rocketchat/web/files/parser.js';
import { parsed } from './rocketchat_accidents.mjs';
import { obey } from './rocketchat_orders.mjs';

/** What a tree says and how, without what differs and is not seen: which emoji a sign stands for. */
function shown(node) {
  if (Array.isArray(node)) return node.map(shown);
  const { type, value } = node;
  if (type === 'EMOJI') return [type, node.unicode ?? value.value];
  if (type === 'LINK') return [type, value.src.value, [value.label].flat().map(shown)];
  if (type === 'LINE_BREAK') return [type];
  return [type, Array.isArray(value) || value?.type ? shown(value) : value];
}

await obey({
  /** Of each text: the two trees, the vendor's first. */
  both: (texts) => texts.map((text) => [shown(parsed(text)['0.32.0']), shown(text ? parse(text) : [])]),
});
