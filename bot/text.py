"""Makes text harmless for Rocket.Chat, and cuts text to fit into one message. Pure."""

from __future__ import annotations

import re
import unicodedata

SIZE_LIMIT = 5000
"""`Message_MaxAllowedSize`, counted as JavaScript counts: UTF-16 units (facts/rocketchat.md §6)."""

UNDERSCORE = "ˍ"
"""What `defuse` makes of an underscore."""
_ZERO_WIDTH_SPACE = "\u200b"
# Characters with a meaning in Rocket.Chat's markup (facts/rocketchat.md §7), and similar ones without a meaning.
_LOOK_ALIKES = str.maketrans(
    "@#`*_~|[]<>$\\",
    f"＠＃'∗{UNDERSCORE}∼¦［］‹›＄∖",
)
_GAP_ROOM = 40
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
"""Control, format (bidi marks, zero-width signs), private use, surrogates, unassigned."""
_BLANK = frozenset({"Zs", "Zl", "Zp"})
_LINK_DOT = re.compile(r"(?<=\w)\.(?=\w)")
_MENTION = re.compile(r"(?<!\S)[@#]")
_WORD_JOINER = "\u2060"
"""As invisible as the space. With it, Rocket.Chat no longer takes the name of a server for a link (facts/rocketchat.md
§7)."""
_BLOCK = re.compile(r"[-+] |\d+\. |-{3}")
"""The beginning of a list or a rule, at the beginning of a line."""
_EVERYBODY = re.compile(r"@(?=(?:all|here)\b)", re.IGNORECASE)
_EMOTICON = (
    r"[>'O0]?[:;=][-^']?[)(\]\[DPbLXO@$#*/\\.3Þ]|:'-?[()]|[BX8%#*]-?\)|[B8]-D|X-P"
    r"|</?3|D:|-_{1,3}-|O_O|>\.<|\(y\)|\*?\\[0O]/\*?"
)
_LIVE = re.compile(
    rf"""
      (?P<code> ```.*?``` | `[^`\n]+` )
    | (?P<link> \[[^\[\]\n]+\]\(https?://[^\s)]+\) )
    | (?P<address> (?<![a-z0-9+-]) [a-z][a-z0-9+-]{{0,31}}://[^\s`]*[^\s`.,;:!?)\]}}’”"'*]    # of something on a server
                 | (?<![\w.+-]) [\w.+-]+@[\w-]+(?:\.[\w-]+)+                                # of a mailbox
                 | localhost:\d+ )
    | (?P<product> \bRocket\.Chat\b (?![-.:/@]?\w) )
    | (?P<name> (?<![\w.-]) (?: (?:\d{{1,3}}\.){{3}}\d{{1,3}} (?![\w.])
                             | [\w-]++ (?:\.[\w-]+)* \.[^\W\d_]{{2,}} (?![\w-]) )
                (?::\d+)? (?:/[^\s`]*[\w/])? )
    | (?P<mention> (?<![\w@])@+(?=[\w.-])[\w.:-]* )
    | (?P<sign> \#(?=[\w.-]) | (?<!\w):(?=[\w+.-]+:) | \\(?=[\[(]) | \+(?=\(?\d)
              | (?<![^\s`*_~]) (?:{_EMOTICON}) (?=[\s*_~]|\Z) )
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
"""What Rocket.Chat's parser treats as more than text; and code, which it leaves alone."""


def defuse(text: str, limit: int = 80) -> str:
    """Foreign text for one line of an answer: no mention, link, code fence, markup, line break, control or bidi
    character, and at most `limit` characters. It stays readable; it is not meant to be copied."""
    # Normalised first: `＠` would be safe, but a fraction or a ligature could unfold into a sign after the table.
    readable = "".join(_visible(c) for c in unicodedata.normalize("NFC", text[: limit * 4]))
    line = " ".join(readable.split()).translate(_LOOK_ALIKES)
    if len(line) > limit or len(text) > limit * 4:
        line = line[: limit - 1].rstrip() + "…"
    if _BLOCK.match(line):
        line = _ZERO_WIDTH_SPACE + line
    return _LINK_DOT.sub(f".{_ZERO_WIDTH_SPACE}", line.replace("://", f":{_ZERO_WIDTH_SPACE}//"))


def quoted(text: str, limit: int = 80) -> str:
    """Foreign text as inline code, for words that somebody typed."""
    return f"`{defuse(text, limit) or ' '}`"


def code(text: str, limit: int = 300) -> str:
    """Foreign text as inline code that can be copied: an address, a setting's value. In code nothing is a link, but the
    server looks for mentions there too, at the beginning of each word."""
    shown = "".join(_visible(c) for c in unicodedata.normalize("NFC", text[: limit * 4])).replace("`", "'")
    if len(shown) > limit:
        shown = shown[: limit - 1] + "…"
    return f"`{_MENTION.sub(_harmless, shown) or ' '}`"


def has_invisible(text: str) -> bool:
    """Whether it holds invisible characters."""
    return any(unicodedata.category(c) in _INVISIBLE for c in text)


def blank_spaces(text: str) -> str:
    """Replaces every kind of space (no-break, thin, ideographic, tab) with a plain one."""
    return "".join(" " if c == "\t" or unicodedata.category(c) in _BLANK else c for c in text)


def quiet(text: str) -> str:
    """A whole answer without `@all` and `@here`."""
    return _EVERYBODY.sub(f"@{_ZERO_WIDTH_SPACE}", text)


def inert(text: str) -> str:
    """A message as it is sent: nobody is mentioned, and nothing becomes a link, an emoji, a formula or a colour by
    accident. Applying it twice changes nothing more.

    Left as they are: code; a link written as `[text](https://…)`; the mention of one person at the beginning of a line,
    such as the asker. An address, and what looks like one, is shown as code: there it can be copied, and Rocket.Chat
    fetches no preview (facts/rocketchat.md §7). Bold, lists and the like are left to the author of the answer.
    """
    return _LIVE.sub(_disarmed, text)


def size(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def fit(text: str, limit: int = SIZE_LIMIT) -> str:
    """Cuts lines out of the middle until the text fits as it is sent: the first lines say what it is about, the last
    ones how it ended."""
    if size(inert(text)) <= limit:
        return text
    lines = [_cut(line, limit // 4) for line in text.split("\n")]
    room = limit - _GAP_ROOM
    head = _fitting(lines, room // 3)
    tail = _fitting(lines[:head:-1], room - sum(size(inert(line)) + 1 for line in lines[:head]))
    left_out = len(lines) - head - tail
    return "\n".join([*lines[:head], f"… (lines left out: {left_out})", *lines[len(lines) - tail :]])


def _disarmed(live: re.Match[str]) -> str:
    found = live[0]
    match live.lastgroup:
        case "link":
            return found
        case "code":
            # Rocket.Chat looks for these in code too.
            return quiet(found)
        case "mention":
            begins = live.start() == 0 or live.string[live.start() - 1] == "\n"
            return found if begins and not _EVERYBODY.match(found) else _parted(found)
        case "product" | "sign":
            return _parted(found)
        case _:
            return f"`{found}`"


def _parted(found: str) -> str:
    """With a joiner after its first character, and after each dot that is followed by something."""
    sign = len(found) - len(found.lstrip("@")) or int(not found[0].isalpha() or "." not in found)
    return found[:sign] + (_WORD_JOINER if sign else "") + _LINK_DOT.sub(f".{_WORD_JOINER}", found[sign:])


def _fitting(lines: list[str], room: int) -> int:
    """How many of the first lines fit."""
    for count, line in enumerate(lines):
        room -= size(inert(line)) + 1
        if room < 0:
            return count
    return len(lines)


def _cut(line: str, limit: int) -> str:
    if size(line) <= limit:
        return line
    # A character has one or two units, so half the limit always fits.
    return line[: limit // 2].rstrip() + "…"


def _harmless(sign: re.Match[str]) -> str:
    return sign[0].translate(_LOOK_ALIKES)


def _visible(character: str) -> str:
    if character in "\t\n\r\v\f\x85" or unicodedata.category(character) in _BLANK:
        return " "
    return "" if unicodedata.category(character) in _INVISIBLE else character
