"""The same program in other clothes: comments, long strings, tabs, odd indentation, CRLF, other names, other layouts.

Every change keeps what the program does. Each program is drawn a few of them, from its seed.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from random import Random

from lint.fixer.truth.execution import FACTORY
from lint.truth.fake import SUBJECT

Change = Callable[[str, Random], str]


def dressed(source: str, random: Random) -> str:
    """The program in up to five other clothes; one in four stays as it is."""
    if random.random() < 0.25:
        return source
    chosen = [change for change, chance in _CHANGES if random.random() < chance]
    for change in chosen:
        source = change(source, random)
    compile(source, "dressed", "exec", dont_inherit=True)
    return source


# --- whole lines, while each line is still one statement or one head


def other_name(source: str, random: Random) -> str:
    """The connection is called something else, which a manager's own names may be, too."""
    name = random.choice(("conn", "client", "größe", "connection", "kv", "self_nc"))
    return source if re.search(rf"\b{name}\b", source) else re.sub(r"(?<![.\w])nc\b", name, source)


def in_factory(source: str, _random: Random) -> str:
    """A function inside a function."""
    start = re.search(rf"(?m)^(?:async )?def {SUBJECT}\(", source)
    if start is None or any(word in source for word in ("class Service", "global ", "@")):
        return source
    body = "".join(f"    {line}" if line.strip() else line for line in source[start.start() :].splitlines(keepends=True))
    return f"{source[: start.start()]}def {FACTORY}():\n{body}\n    return {SUBJECT}\n"


def other_indentation(source: str, random: Random) -> str:
    """Tabs, two spaces, eight, or another width for each block."""
    unit = random.choice(("\t", "  ", "   ", "        ", "", " "))
    stack, lines = [(0, "")], []
    for line in source.splitlines():
        depth = len(line) - len(line.lstrip())
        if line.strip():
            while stack[-1][0] > depth:
                stack.pop()
            if depth > stack[-1][0]:
                step = unit or random.choice(("  ", "    ", "   ", "      "))
                stack.append((depth, stack[-1][1] + step))
        lines.append(stack[-1][1] + line.lstrip() if line.strip() else "")
    return "\n".join(lines) + "\n"


_HEAD = re.compile(r"^(\s*)(?:try|finally|else|except[^:]*|if [^:]*):$")
_SIMPLE = re.compile(r"^\s*(?:await|return|raise|pass|log\.|step|\w+ = |\w+\.close|continue|break)")


def on_one_line(source: str, random: Random) -> str:
    """`finally: await nc.close()`, here and there."""
    lines = source.splitlines()
    at = 0
    while at < len(lines) - 1:
        head = _HEAD.match(lines[at])
        inner = _indentation(lines[at + 1])
        alone = at + 2 >= len(lines) or len(_indentation(lines[at + 2])) < len(inner) or not lines[at + 2].strip()
        if head and alone and _SIMPLE.match(lines[at + 1]) and random.random() < 0.5:
            lines[at] += " " + lines.pop(at + 1).strip()
        at += 1
    return "\n".join(lines) + "\n"


_ACQUIRES = re.compile(r"(?m)^(?P<margin>[ \t]*)(?P<name>\w+) = (?P<value>(?:await )?[\w.]*(?:connect|get_nats_connection|open)\((?P<arguments>.*)\))$")


def other_acquisition(source: str, random: Random) -> str:
    """The acquisition over several lines, in parentheses, beside another statement."""
    forms: tuple[Callable[[re.Match[str]], str], ...] = (
        lambda m: f"{m['margin']}{m['name']} = (\n{m['margin']}      {m['value']}\n{m['margin']})",
        lambda m: f"{m['margin']}{m['name']} = \\\n{m['margin']}  {m['value']}",
        lambda m: f"{m['margin']}{m['name']} = {m['value']}; note('é😀')",
        lambda m: f"{m['margin']}note('é😀'); {m['name']} = {m['value']}",
        lambda m: f"{m['margin']}{m['name']} = ({m['value']})",
        _over_lines,
        _with_option,
    )
    return _with_note(_ACQUIRES.sub(random.choice(forms), source))


def _over_lines(match: re.Match[str]) -> str:
    if not match["arguments"] or "(" in match["arguments"]:
        return match[0]
    margin, value = match["margin"], match["value"].removesuffix(f"({match['arguments']})")
    return f"{margin}{match['name']} = {value}(\n{margin}    {match['arguments']},  # wohin, é\n{margin}  )"


def _with_option(match: re.Match[str]) -> str:
    if not match["arguments"] or "open" in match["value"] or "get_nats" in match["value"] or "(" in match["arguments"]:
        return match[0]
    value = match["value"].removesuffix(f"({match['arguments']})")
    return f"{match['margin']}{match['name']} = {value}({match['arguments']}, name='ünïcode 😀', connect_timeout=3)"


# --- beside statements, wherever one is alone on its lines


def with_notes(source: str, random: Random) -> str:
    """Statements of several lines, among them strings whose lines must stay where they are."""
    return _with_note(_inserted(source, random, 0.15, _NOTES))


_NOTES = (
    'note("""first\n   second\n\tthird é\n""")',
    "note('''\n''', 'x')",
    'note(f"""{1 + 1}\n  {\'a\'}  \n""")',
    "note(\n      'a',\n  'é',\n)",
    "note('a' \\\n    'b')",
    'text = """\nfinally:\n    await nc.close()\n"""; note(text)',
    "note([1,\n2,\n   3])",
    'note("""a # no comment""")',
)


def with_comments(source: str, random: Random) -> str:
    """Comments on separate lines, at the statement's margin, at none, or deeper, and at the ends of lines."""
    numbers = iter(range(1000))
    source = _at_line_ends(source, random, (f"  # end {number} é" for number in numbers))
    marks = tuple(f"{margin}# line {number} 😀" for number, margin in enumerate(("", "", "", "      ", "\0"), 1))
    return _inserted(source, random, 0.2, marks)


def with_docstring(source: str, _random: Random) -> str:
    found = _function(source)
    if found is None:
        return source
    first = found.body[0]
    lines = source.splitlines()
    if first.lineno == found.lineno or not _alone(lines, first):
        return source
    margin = _indentation(lines[first.lineno - 1])
    lines.insert(first.lineno - 1, f'{margin}"""What it does, é.\n\n  odd   \n{margin}"""')
    return "\n".join(lines) + "\n"


def decorated(source: str, random: Random) -> str:
    found = _function(source)
    if found is None or found.decorator_list:
        return source
    lines = source.splitlines()
    margin = _indentation(lines[found.lineno - 1])
    form = random.choice(("@traced('é')", "@traced(\n{m}    1,  # one\n{m})", "# above\n{m}@traced()\n{m}# between\n{m}@traced(2)"))
    lines.insert(found.lineno - 1, margin + form.replace("{m}", margin))
    return _with_note("\n".join(lines) + "\n", "traced")


def with_taken_names(source: str, random: Random) -> str:
    """The manager's own names mean something else to the module, and the function uses that."""
    name = random.choice(("conn", "js", "kv"))
    found = _function(source)
    if found is None or re.search(rf"\b{name}\b", source):
        return source
    changed = _with_note(_inserted(source, random, 0.25, (f"note({name})",)))
    return changed.replace("URL = 'where'\n", f"URL = 'where'\n{name} = 'of the module'\n", 1)


def with_blank_lines(source: str, random: Random) -> str:
    return _inserted(source, random, 0.2, ("", "\0   ", "\0"))


def crlf(source: str, _random: Random) -> str:
    return source.replace("\n", "\r\n")


def unfinished(source: str, _random: Random) -> str:
    """No line end at the end."""
    return source.rstrip("\r\n")


_CHANGES: tuple[tuple[Change, float], ...] = (
    (other_name, 0.25),
    (in_factory, 0.15),
    (other_indentation, 0.25),
    (on_one_line, 0.2),
    (other_acquisition, 0.25),
    (with_taken_names, 0.15),
    (with_docstring, 0.15),
    (decorated, 0.15),
    (with_notes, 0.3),
    (with_comments, 0.4),
    (with_blank_lines, 0.15),
    (crlf, 0.12),
    (unfinished, 0.08),
)

# --- how


def _inserted(source: str, random: Random, chance: float, texts: tuple[str, ...]) -> str:
    """One of *texts* before some statements of the function under test, at their margin; `\\0` stands for no margin."""
    found = _function(source)
    if found is None:
        return source
    lines = source.splitlines()
    places = {node.lineno for node in ast.walk(found) if isinstance(node, ast.stmt) and node is not found and _alone(lines, node)}
    for line in sorted(places, reverse=True):
        if random.random() < chance:
            text = random.choice(texts)
            margin = _indentation(lines[line - 1])
            lines.insert(line - 1, text.replace("\0", "") if not text or "\0" in text else margin + text)
    return "\n".join(lines) + "\n"


def _alone(lines: list[str], node: ast.stmt) -> bool:
    """Whether nothing else is before it on its first line, and no decorator above."""
    before = lines[node.lineno - 1].encode()[: node.col_offset].strip()
    return not before and not getattr(node, "decorator_list", None)


def _at_line_ends(source: str, random: Random, comments: Iterator[str]) -> str:
    lines = source.splitlines()
    found = _function(source)
    if found is None:
        return source
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        row = token.start[0] - 1
        if token.type == tokenize.NEWLINE and token.start[0] >= found.lineno and random.random() < 0.25:
            lines[row] += "" if "#" in lines[row] else next(comments)
    return "\n".join(lines) + "\n"


def _function(source: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == SUBJECT:
            return node
    return None


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _with_note(source: str, name: str = "note") -> str:
    """The name imported, where it is used."""
    if not re.search(rf"\b{name}\(", source) or re.search(rf"(?m)^from app import .*\b{name}\b", source):
        return source
    line = re.search(r"(?m)^from app import .*$", source)
    if line is None:
        return f"from app import {name}\n{source}"
    return source.replace(line[0], f"{line[0]}, {name}", 1)
