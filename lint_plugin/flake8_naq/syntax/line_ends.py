"""Line ends: a text is read with `\\n` alone, and written again with the line ends that its lines had."""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher

_ENDS = re.compile(r"\r\n|\r|\n")


def split_line_ends(source: str) -> tuple[str, list[str]]:
    """Return the text with `\\n` at the end of each line, and the line ends that it had."""
    return _ENDS.sub("\n", source), _ENDS.findall(source)


def with_line_ends(before: str, after: str, ends: list[str]) -> str:
    """Return `after` with the `ends` that its lines had in `before`; new lines get the one that is used most."""
    kinds = Counter(ends)
    if set(kinds) <= {"\n"}:
        return after
    usual = kinds.most_common(1)[0][0]
    if len(kinds) == 1:
        return after.replace("\n", usual)
    old, new = before.split("\n"), after.split("\n")
    result = [usual] * (len(new) - 1)
    for first, start, length in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        for step in range(length):
            if first + step < len(ends) and start + step < len(result):
                result[start + step] = ends[first + step]
    return "".join(line + end for line, end in zip(new, [*result, ""], strict=True))
