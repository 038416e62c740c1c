"""NAQ304 unknown-nats-call.

## What it does

Reports, on an object whose kind the flow knows, a method or keyword that nats-py does not have, more arguments than it
takes, and a `str` where bytes are needed: a literal, what is made with one, or what `json.dumps` returns, also by a name that
is bound once. A nested function is followed for the names that the function around it binds once, a method for the
attributes of `self` that the file sets to objects of one kind, and a parameter by its annotation; a dictionary that is
unpacked (`connect(**options)`) is followed for the keys that are written in the file.

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

Keywords and methods that went with nats-py 2.0, such as `loop` and `auto_unsubscribe`, are reported where the client is
surely not older: where the list of requirements that is nearest to the file names `nats-py`, or where the file itself names
what came with 2.0, such as `nats.connect`, `nats.errors` or `jetstream`. They are not reported where that list names
`asyncio-nats-client`, which is nats-py before that version, or `asyncio-nats-streaming`. Where no list in the file's folder or above
it names a client, those in the working folder count, and the `requirements.txt` of each folder in it.

## Options

There are none.

## Fix safety

Safe where there is one right answer: another keyword, none for those that went with nats-py 2.0 (`loop`, `io_loop`,
`is_async`), bytes for text. The call could not work as it stood. A method that does not exist is reported and not
rewritten.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from typing import NamedTuple

from flake8_naq.catalogue.model import Function, Kind, Method
from flake8_naq.dataflow.observations import Event
from flake8_naq.facts.known_kinds import nested_calls
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import FixSafety
from flake8_naq.rules.base import Fix, Report, Rule
from flake8_naq.rules.known_texts import is_text
from flake8_naq.rules.lifetime import with_article
from flake8_naq.rules.newer_client import has_newer_client
from flake8_naq.syntax.names import Scope
from flake8_naq.syntax.nodes import dotted
from flake8_naq.syntax.spelling import nearest
from flake8_naq.syntax.walk import walk_scope

_LIKENESS = 0.75  # below it a name is not suggested: a fix would write it


class NoMethod(NamedTuple):
    """A method that the object does not have, and the one that was meant, empty where it is not known."""

    call: ast.Call
    kind: str
    method: str
    instead: str

    @property
    def message(self) -> str:
        return f"{with_article(self.kind)} has no method '{self.method}'{_use(self.instead)}"


class NoKeyword(NamedTuple):
    """A keyword that the function does not take, and the one that was meant, empty where it is not known.

    `gone`: nats-py has taken it before 2.0, and nothing replaces it.
    """

    call: ast.Call
    argument: ast.keyword
    called: str
    keyword: str
    instead: str
    gone: bool

    @property
    def message(self) -> str:
        since = " since nats-py 2.0; remove it" if self.gone else ""
        return f"'{self.called}' takes no keyword '{self.keyword}'{since}{_use(self.instead)}"


class NoText(NamedTuple):
    """Text for a parameter that takes bytes, and what to write instead, as messages show it."""

    value: ast.expr
    called: str
    parameter: str
    instead: str

    @property
    def message(self) -> str:
        return f"'{self.called}' takes bytes for '{self.parameter}', not str; use {self.instead}"


def _use(instead: str) -> str:
    return f"; use '{instead}'" if instead else ""


class NoOption(NamedTuple):
    """A key of a dictionary that is unpacked into keywords, which the function does not take; `gone` as for a keyword."""

    value: ast.expr
    called: str
    keyword: str
    instead: str
    gone: bool

    @property
    def message(self) -> str:
        return f"'{self.called}' takes no keyword '{self.keyword}'{_use(self.instead)}"


class Surplus(NamedTuple):
    """The first argument that is too much; `most`: how many the function takes."""

    value: ast.expr
    called: str
    most: int
    given: int

    @property
    def message(self) -> str:
        takes = f"takes {self.most} argument{'s' if self.most > 1 else ''} at most" if self.most else "takes no arguments"
        return f"'{self.called}' {takes}, and is given {self.given}"


def check(facts: ModuleFacts) -> Iterator[Report]:
    for report in _reports(facts):
        if not _is_of_older_client(facts, report.subject) or facts.once(has_newer_client):
            yield report


def _is_of_older_client(facts: ModuleFacts, problem: object) -> bool:
    """Return whether versions before nats-py 2.0 have what is called."""
    older = facts.catalogue.older_names
    match problem:
        case NoMethod(kind=kind, method=method):
            return f"{kind}.{method}" in older
        case NoKeyword(called=called, keyword=keyword, gone=gone) | NoOption(called=called, keyword=keyword, gone=gone):
            return gone or f"{called}.{keyword}" in older
        case Surplus(called=called):
            return any(one.startswith(f"{called}.") for one in older)
    return False


def _reports(facts: ModuleFacts) -> Iterator[Report]:
    followed: set[ast.AST] = set()
    for function in facts.functions:
        for summary in function.summaries:
            followed.update(summary.details(Event.METHOD_CALLED))
            for node, name in summary.details(Event.METHOD_CALLED).items():
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    yield from _method_call(facts, node, facts.catalogue.kinds[name], function.scope)
            for call in summary.acquired if summary.origin.factory is None else ():
                followed.add(call)
                called = function.names.of(call.func)
                known = facts.catalogue.functions.get(called) if called is not None else None
                if known is not None:
                    yield from _function_call(facts, call, known, function.scope)
                elif isinstance(call.func, ast.Attribute) and summary.origin.resource.kind in facts.catalogue.kinds:
                    kind = facts.catalogue.kinds[summary.origin.resource.kind]
                    if call.func.attr in kind.methods:
                        yield from _method_call(facts, call, kind, function.scope)
    yield from _captured(facts, followed)


def _captured(facts: ModuleFacts, followed: set[ast.AST]) -> Iterator[Report]:
    """Calls on what other functions have acquired: a function around this one, or a method that sets an attribute."""
    if not facts.known_kinds.may_have_kinds:
        return
    acquiring = {function.scope for function in facts.functions}
    for scope in facts.scopes.values():
        if scope.parent is None or not _may_know_a_kind(facts, scope, acquiring):
            continue
        for call in nested_calls(scope) if not isinstance(scope.node, ast.ClassDef) else ():
            if call not in followed:
                kind = facts.catalogue.kinds.get(facts.known_kinds.kind_of_receiver(call, scope))
                if kind is not None:
                    yield from _method_call(facts, call, kind, scope)


def _may_know_a_kind(facts: ModuleFacts, scope: Scope, acquiring: Set[Scope]) -> bool:
    """Return whether something in a function can have a kind that is known: to look at its calls takes much longer."""
    kinds = facts.known_kinds
    if kinds.has_kinds_of_attributes:
        return True
    return any(one in acquiring or kinds.has_kind_of_parameter(one) for one in (scope, *scope.around))


def _is_asked_for_more(call: ast.Call, scope: Scope) -> bool:
    """Return whether the function asks for the class of the object, or for its attributes: it may have more methods."""
    receiver = dotted(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    for node in walk_scope(scope.node) if receiver else ():
        match node:
            case ast.Call(func=ast.Name(id="isinstance" | "hasattr" | "type"), args=[asked, *_]) | ast.Match(subject=asked):
                if dotted(asked) == receiver:
                    return True
    return False


def _method_call(facts: ModuleFacts, call: ast.Call, kind: Kind, scope: Scope) -> Iterator[Report]:
    attribute = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    method = kind.methods.get(attribute)
    if method is None:
        invented = attribute in kind.instead or (kind.settled and attribute not in kind.properties)
        if invented and not attribute.startswith("_") and not _is_asked_for_more(call, scope):
            no_method = NoMethod(call, kind.name, attribute, _instead(attribute, kind.instead, kind.methods))
            yield Report(call, no_method.message, subject=no_method)
        return
    if kind.settled:
        if call.keywords and not method.any_keyword:
            table = {wrong: real for wrong, real in kind.keywords_instead.items() if not real or real in method.params}
            yield from _keywords(facts, call, _Keywords(attribute, method.params, table), scope)
        yield from _surplus(call, attribute, len(method.params))
    for name, value in _given_for_bytes(call, method):
        if is_text(facts, value, scope):
            no_text = NoText(value, attribute, name, _encoded(value))
            yield Report(value, no_text.message, subject=no_text)


class _Keywords(NamedTuple):
    """The keywords that a function takes, and those that people write: with the right one, empty where there is none."""

    called: str
    known: Collection[str]
    instead: Mapping[str, str]

    def is_gone(self, keyword: str) -> bool:
        """Return whether versions before 2.0 take the keyword, and nothing replaces it."""
        return self.instead.get(keyword) == ""


def _function_call(facts: ModuleFacts, call: ast.Call, function: Function, scope: Scope) -> Iterator[Report]:
    if function.settled:
        keywords = _Keywords(function.name, function.keywords, function.keywords_instead)
        yield from _keywords(facts, call, keywords, scope)
        yield from _surplus(call, function.name, function.positional)


def _keywords(facts: ModuleFacts, call: ast.Call, takes: _Keywords, scope: Scope) -> Iterator[Report]:
    for keyword in call.keywords:
        if keyword.arg is None:
            for key in facts.known_values.keys_of(keyword.value, scope):
                if key.name not in takes.known:
                    instead = _instead(key.name, takes.instead, takes.known)
                    option = NoOption(key.node, takes.called, key.name, instead, takes.is_gone(key.name))
                    yield Report(key.node, option.message, subject=option)
        elif keyword.arg not in takes.known:
            instead = _instead(keyword.arg, takes.instead, takes.known)
            no_keyword = NoKeyword(call, keyword, takes.called, keyword.arg, instead, takes.is_gone(keyword.arg))
            yield Report(keyword.value, no_keyword.message, subject=no_keyword)


def _surplus(call: ast.Call, called: str, most: int) -> Iterator[Report]:
    """More positional arguments than the function has parameters, keyword-only parameters counted."""
    if len(call.args) > most and not any(isinstance(argument, ast.Starred) for argument in call.args):
        surplus = Surplus(call.args[most], called, most, len(call.args))
        yield Report(surplus.value, surplus.message, subject=surplus)


def _given_for_bytes(call: ast.Call, method: Method) -> Iterator[tuple[str, ast.expr]]:
    """Yield the parameters that take bytes and no text, each with what the call gives for it."""
    if not method.text_refused or any(isinstance(argument, ast.Starred) for argument in call.args):
        return
    given = dict(zip(method.params, call.args, strict=False))
    given.update({keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None})
    for name in sorted(method.text_refused & given.keys()):
        yield name, given[name]


def _encoded(value: ast.expr) -> str:
    if isinstance(value, ast.Call):
        return f"{ast.unparse(value.func)}(...).encode()"
    text = ast.unparse(value)
    if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.isascii():
        return f"b{text}"
    return f"({text}).encode()" if isinstance(value, ast.BinOp) else f"{text}.encode()"


def _instead(name: str, table: Mapping[str, str], known: Iterable[str]) -> str:
    """The name that was meant, by the catalogue's table or by its spelling; empty where it is not known."""
    return table[name] if name in table else nearest(name, known, _LIKENESS) or ""


RULE = Rule(
    "NAQ304",
    "unknown-nats-call",
    "A method, keyword or argument type that nats-py does not have.",
    check,
    fix=Fix("migration.fix_naq304.called_right", FixSafety.SAFE),
)
