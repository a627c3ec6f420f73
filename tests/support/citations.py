"""Citations of the facts: what a file cites, and whether the facts have it. Pure.

    facts/rocketchat.md §2.5        a section; the file may be left out where only one can be meant
    §5.1–5.3                        two sections, and what is between them
    §8 no. 13; §8, step 2           an item of a numbered list in that section
    §3.6 "Only if" and "New user"   what a line of that section begins with

Standards have sections of their own (`RFC 9126 §2.2`) and are left alone. What looks like a citation in another form,
which would be read in part or not at all, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

_NUMBER = r"\d+(?:\.\d+)*[a-z]?"
_GAP = r"(?:[ ]|[ ]?\n[ \t]*(?:\#|//|\*)?[ \t]*)"
"""A blank, or the end of a line of a docstring or a comment."""
_TITLE = r"\"[^\"§]+\""

_SIGNS = re.compile(
    rf"""
      (?:RFC{_GAP}\d+|OpenID{_GAP}Connect{_GAP}[A-Z]\w+){_GAP}§[\d.]+(?:(?:,|{_GAP}and){_GAP}§[\d.]+)*
    | facts/(?P<file>[\w-]+\.\w+)
    | \b(?P<stem>rocketchat|encvoy-id)(?=[ ]§)
    | §(?P<first>{_NUMBER})(?:–(?P<last>{_NUMBER}))?
      (?:{_GAP}no\.{_GAP}(?P<item>\d+)|,{_GAP}step{_GAP}(?P<step>\d+))?
      (?P<titles>,?{_GAP}{_TITLE}(?:(?:,|{_GAP}and){_GAP}{_TITLE})*)?
      (?:[ ](?P<loose>[A-Z][a-z]+))?
    """,
    re.VERBOSE,
)
_ODD = re.compile(
    rf"""
      (?P<blank>§[ ]\d[\d.]*)
    | (?P<hyphen>§{_NUMBER}-\d[\d.]*)
    | (?P<dot>§{_NUMBER},?{_GAP}no{_GAP}\d+)
    | (?P<word>(?<!RFC[ ]\d\d\d\d[ ])\b[Ss]ections?{_GAP}\d[\d.]*)
    """,
    re.VERBOSE,
)
_RIGHT = {"blank": "§2.5", "hyphen": "§2.4–2.6", "dot": "§8 no. 13", "word": "§2.5"}
_HEADING = re.compile(rf"^\#{{2,3}}[ ](?P<number>{_NUMBER})\.?[ ]", re.VERBOSE)
_PARAGRAPH = re.compile(rf"^[ ]?(?P<number>{_NUMBER})[ ]", re.VERBOSE)
_ITEM = re.compile(r"^ ?(\d+)\. ")
_MARKUP = re.compile(r"^[\s#*|-]*(?:\d+\. )?[*`\"]*")


@dataclass(frozen=True)
class Sheet:
    """A file of facts: the text of each section, parts included, by its number."""

    sections: Mapping[str, str]

    def missing(self, number: str, item: str | None = None, title: str | None = None) -> bool:
        """Whether it has no such section, or that has no such item, or no line that begins with `title`."""
        text = self.sections.get(number)
        if text is None:
            return True
        lines = text.splitlines()
        if item is not None and not any(found[1] == item for line in lines if (found := _ITEM.match(line))):
            return True
        return title is not None and not any(_MARKUP.sub("", line).startswith(title) for line in lines)


@dataclass(frozen=True)
class Complaint:
    """One citation without a target."""

    line: int
    why: str


def sheet(text: str) -> Sheet:
    """Sections are headings with a number (`### 2.5 …`), and paragraphs that begin with one (`4.1 …`)."""
    lines = text.splitlines()
    found: list[tuple[str, int]] = []
    around = ""
    for at, line in enumerate(lines):
        if heading := _HEADING.match(line):
            around = heading["number"].partition(".")[0]
            found.append((heading["number"], at))
        elif (paragraph := _PARAGRAPH.match(line)) and paragraph["number"].startswith(f"{around}."):
            found.append((paragraph["number"], at))
    sections: dict[str, str] = {}
    for place, (number, at) in enumerate(found):
        if number in sections:
            raise ValueError(f"two sections are §{number}")
        after = (other for other, _ in found[place + 1 :] if not other.startswith(f"{number}."))
        end = dict(found).get(next(after, ""), len(lines))
        sections[number] = "\n".join(lines[at:end])
    return Sheet(sections)


def complaints(
    text: str, sheets: Mapping[str, Sheet], own: str | None = None, others: Collection[str] = ()
) -> Iterator[Complaint]:
    """What is wrong with the citations in `text`. `sheets` by file name; `own` is the one that `text` itself is, if it
    is one; `others` are files of facts without sections."""
    for odd in _ODD.finditer(text):
        right = _RIGHT[odd.lastgroup or ""]
        yield Complaint(text.count("\n", 0, odd.start()) + 1, f"{odd[0]}: write it as in {right}")
    signs = list(_SIGNS.finditer(text))
    named = {name for sign in signs if (name := _name(sign))}
    only = own or (next(iter(named)) if len(named) == 1 else None)
    near: re.Match[str] | None = None
    for sign in signs:
        line = text.count("\n", 0, sign.start()) + 1
        if name := _name(sign):
            near = sign
            if name not in sheets and name not in others:
                yield Complaint(line, f"there is no facts/{name}")
        elif sign["first"]:
            close = near is not None and _together(text[near.end() : sign.start()])
            meant = _name(near) if near is not None and close else only
            if meant is None:
                yield Complaint(line, f"§{sign['first']} of which file?")
            elif meant in sheets:
                yield from (Complaint(line, why) for why in _missing(sign, meant, sheets[meant]))


def _name(sign: re.Match[str]) -> str | None:
    return sign["file"] or (f"{sign['stem']}.md" if sign["stem"] else None)


def _together(between: str) -> bool:
    """Whether a name and a number stand in one paragraph of one text."""
    return not re.search(r"\n\s*\n|\"\"\"|\";|\",\n", between)


def _missing(sign: re.Match[str], file: str, facts: Sheet) -> Iterator[str]:
    for number in filter(None, (sign["first"], sign["last"])):
        if facts.missing(number):
            yield f"facts/{file} has no §{number}"
            return
    first, item = sign["first"], sign["item"] or sign["step"]
    if item and facts.missing(first, item=item):
        yield f"facts/{file} §{first} has no item {item}"
    for title in re.findall(_TITLE, sign["titles"] or ""):
        plain = re.sub(_GAP, " ", title.strip('"'))
        if facts.missing(first, title=plain):
            yield f'facts/{file} §{first} has no line that begins with "{plain}"'
    if sign["loose"] and not sign["titles"]:
        yield f"§{first} {sign['loose']}: the beginning of a line is cited in quotation marks"
