"""NAQ304 unknown-nats-call.

## What it does

Reports, on an object whose kind the flow knows, a method or keyword that nats-py does not have, and a `str` literal where
bytes are needed.

## Why is this bad?

The call raises `AttributeError` or `TypeError` when it is reached, which is often in an error path that no test reaches.

## Example

```python
import nats


async def send(url: str) -> None:
    async with await nats.connect(url) as nc:
        await nc.publish("orders", "one")
```

## Use instead

```python
import nats


async def send(url: str) -> None:
    async with await nats.connect(url) as nc:
        await nc.publish("orders", b"one")
```

## Known problems

The kind of an attribute (`self.js`) is not followed.

## Options

There are none.

## Fix safety

Safe where there is one right answer: another keyword, none for those that went with nats-py 2.0 (`loop`, `io_loop`,
`is_async`), bytes for text. The call could not work as it stood. A method that does not exist is reported and not
rewritten.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from flake8_naq.catalogue.model import Function, Kind, Method
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import FixSafety
from flake8_naq.rules.base import Fix, Report, Rule
from flake8_naq.syntax.spelling import nearest

_LIKENESS = 0.75  # below it a name is not suggested: a fix would write it


class NoMethod(NamedTuple):
    """A method that the object does not have, and the one that was meant, empty where it is not known."""

    call: ast.Call
    kind: str
    method: str
    instead: str

    @property
    def message(self) -> str:
        return f"a {self.kind} has no method '{self.method}'{_use(self.instead)}"


class NoKeyword(NamedTuple):
    """A keyword that the function does not take, and the one that was meant, empty where it is not known."""

    call: ast.Call
    argument: ast.keyword
    called: str
    keyword: str
    instead: str

    @property
    def message(self) -> str:
        return f"'{self.called}' takes no keyword '{self.keyword}'{_use(self.instead)}"


class NoText(NamedTuple):
    """Text for a parameter that takes bytes, and the bytes as source text."""

    value: ast.expr
    called: str
    parameter: str
    instead: str

    @property
    def message(self) -> str:
        return f"'{self.called}' takes bytes for '{self.parameter}', not str; use {self.instead}"


def _use(instead: str) -> str:
    return f"; use '{instead}'" if instead else ""


def check(facts: ModuleFacts) -> Iterator[Report]:
    for function in facts.functions:
        for summary in function.summaries:
            for node, name in summary.method_kinds.items():
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    yield from _method_call(node, node.func.attr, facts.catalogue.kinds[name])
            for call in summary.acquired if summary.origin.factory is None else ():
                called = function.names.of(call.func)
                known = facts.catalogue.functions.get(called) if called is not None else None
                if known is not None:
                    yield from _keywords(call, known)
                elif isinstance(call.func, ast.Attribute) and summary.origin.resource.kind in facts.catalogue.kinds:
                    kind = facts.catalogue.kinds[summary.origin.resource.kind]
                    if call.func.attr in kind.methods:
                        yield from _method_call(call, call.func.attr, kind)


def _method_call(call: ast.Call, attribute: str, kind: Kind) -> Iterator[Report]:
    method = kind.methods.get(attribute)
    if method is None:
        invented = attribute in kind.instead or (kind.settled and attribute not in kind.properties)
        if invented and not attribute.startswith("_"):
            no_method = NoMethod(call, kind.name, attribute, _instead(attribute, kind.instead, kind.methods))
            yield Report(call, no_method.message, subject=no_method)
        return
    yield from _method_keywords(call, attribute, kind, method)
    yield from _text_arguments(call, attribute, method)


def _method_keywords(call: ast.Call, attribute: str, kind: Kind, method: Method) -> Iterator[Report]:
    if method.any_keyword:
        return
    for keyword in call.keywords:
        if keyword.arg is not None and keyword.arg not in method.params and kind.settled:
            table = {wrong: real for wrong, real in kind.keywords_instead.items() if real in method.params}
            no_keyword = NoKeyword(call, keyword, attribute, keyword.arg, _instead(keyword.arg, table, method.params))
            yield Report(keyword.value, no_keyword.message, subject=no_keyword)


def _keywords(call: ast.Call, function: Function) -> Iterator[Report]:
    for keyword in call.keywords:
        if keyword.arg is not None and keyword.arg not in function.keywords and function.settled:
            instead = _instead(keyword.arg, function.keywords_instead, function.keywords)
            no_keyword = NoKeyword(call, keyword, function.name, keyword.arg, instead)
            yield Report(keyword.value, no_keyword.message, subject=no_keyword)


def _text_arguments(call: ast.Call, attribute: str, method: Method) -> Iterator[Report]:
    given = dict(zip(method.params, call.args, strict=False))
    given.update({keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None})
    for name in sorted(method.text_refused & given.keys()):
        value = given[name]
        if isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str)):
            if any(isinstance(argument, ast.Starred) for argument in call.args):
                continue
            no_text = NoText(value, attribute, name, _encoded(value))
            yield Report(value, no_text.message, subject=no_text)


def _encoded(value: ast.expr) -> str:
    text = ast.unparse(value)
    if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.isascii():
        return f"b{text}"
    return f"{text}.encode()"


def _instead(name: str, table: Mapping[str, str], known: Iterable[str]) -> str:
    """The name that was meant, by the catalogue's table or by its spelling; empty where it is not known."""
    return table[name] if name in table else nearest(name, known, _LIKENESS) or ""


RULE = Rule(
    "NAQ304",
    "unknown-nats-call",
    "A method, keyword or argument type that nats-py does not have.",
    check,
    fix=Fix("fix_naq304.called_right", FixSafety.SAFE),
)
