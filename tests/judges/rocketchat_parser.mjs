// The vendor's own parser of messages, @rocket.chat/message-parser, under orders.
import { accidents, parsed } from './rocketchat_accidents.mjs';
import { obey } from './rocketchat_orders.mjs';

await obey({
  /** Of each text, by version of the parser: its tree. */
  parsed: (texts) => texts.map(parsed),
  /** Of each text: what is drawn otherwise than it stands there, and was not meant. */
  accidents: (texts) => texts.map(accidents),
});
