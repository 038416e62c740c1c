"""The keys of a resource, of a catalogue file, and of what users say about calls: form and meaning of each.

One table: the loader checks a declaration against it, the JSON schema is made of it, and a test holds the page
`docs/resources.md` against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

_NAME: Final = r"(?!await\b)[^\W\d]\w*"
_DOTTED: Final = rf"{_NAME}(\.{_NAME})*"
_AWAIT: Final = r"(await )?"
_LITERAL: Final = r"True|False|None|-?\d+|'[^'\"\\]*'|\"[^'\"\\]*\""


class Form(NamedTuple):
    """What the value of a key looks like.

    `words` say that in an error message. A text, or each item of a list, matches `pattern` or is one of `choices`;
    `items` are then the words for an item.
    """

    kind: type
    words: str
    pattern: str = ""
    items: str = ""
    choices: tuple[str, ...] = ()
    item: type = str

    def problem(self, value: object) -> tuple[str, object] | None:
        """Return the words for what was expected, with the value or the item that is something else."""
        if type(value) is not self.kind:
            return self.words, value
        if isinstance(value, list):
            wrong = (item for item in value if not self._fits(item))
            return next(((self.items, item) for item in wrong), None)
        return (self.items or self.words, value) if isinstance(value, str) and not self._fits(value) else None

    def _fits(self, value: object) -> bool:
        if type(value) is not self.item:
            return False
        if isinstance(value, int):
            return value >= 0
        if self.choices:
            return value in self.choices
        return not self.pattern or re.fullmatch(self.pattern, str(value)) is not None

    def schema(self) -> dict[str, Any]:
        """Return the form as a JSON schema."""
        if self.kind is bool:
            return {"type": "boolean"}
        one = self._item_schema()
        return {"type": "array", "items": one} if self.kind is list else one

    def _item_schema(self) -> dict[str, Any]:
        if self.item is int:
            return {"type": "integer", "minimum": 0}
        if self.choices:
            return {"enum": list(self.choices)}
        return {"type": "string", "pattern": f"^({self.pattern})$"} if self.pattern else {"type": "string"}


class Key(NamedTuple):
    """One key: its name, the form of its value, and what it means."""

    name: str
    form: Form
    meaning: str
    required: bool = False
    older: bool = False  # another key says the same more exactly


_LIST: Final = "a list of strings"
TEXT: Final = Form(str, "a string")
NOUN: Final = Form(str, "a string", r"\S(.*\S)?", "a noun such as 'session'")
FLAG: Final = Form(bool, "true or false")
NAMES: Final = Form(list, _LIST, _DOTTED, "names like 'package.function'")
CALLS: Final = Form(list, _LIST, _AWAIT + _DOTTED, "names like 'package.function' or 'await package.function'")
METHODS: Final = Form(list, _LIST, _AWAIT + _NAME, "methods like 'close' or 'await close'")
ENDS: Final = Form(list, _LIST, rf"{_AWAIT}{_NAME}(\(\))?", "methods like 'wait', 'await wait' or 'read()'")
MEMBERS: Final = Form(list, _LIST, _NAME, "names like 'closed'")
LOOPS: Final = Form(list, _LIST, rf"{_NAME}(\(\))?", "methods like 'poll' or 'iter_content()'")
PARTS: Final = Form(
    list,
    _LIST,
    rf"{_AWAIT}({_NAME}|\[\])(\.({_NAME}|\[\]))*",
    "methods like 'cursor' or 'await channel', '[]' for a subscript, 'channel.queue' for a part of a part",
)
POSITIONS: Final = Form(list, "a list of positions such as [1]", items="a position such as 1", item=int)
ARGUMENTS: Final = Form(
    list,
    _LIST,
    rf"({_NAME}|\d+)(=({_LITERAL}|\.{_NAME})|!={_NAME})?",
    "an argument such as 'host', '0', 'stream=True', 'pool=.NullPool' or 'bind!=engine'",
)
PASSED: Final = Form(
    list,
    _LIST,
    rf"\.?{_DOTTED}(\(({_NAME}|\d+)\))?",
    "a call such as 'package.function', 'package.function(argument)', '.method' or '.attribute.method'",
)
MAKERS: Final = Form(
    list, _LIST, rf"{_DOTTED}(\({_NAME}\))?", "a call such as 'package.function' or 'package.function(argument)'"
)
ACQUIRED_BY: Final = Form(list, _LIST, items="'call', 'await' or 'enter'", choices=("call", "await", "enter"))
ENTERING: Final = Form(
    str, "a string", items="'closes', 'keeps-open' or 'impossible'", choices=("closes", "keeps-open", "impossible")
)
SINCE: Final = Form(str, "a string", r"[a-z][a-z0-9-]* \d+(\.\d+)+", "a library and a version such as 'aiokafka 0.6.0'")
LIFETIME: Final = Form(str, "a string", items="'block' or 'process'", choices=("block", "process"))

RESOURCE_KEYS: Final = (
    Key("name", NOUN, "The noun that messages use.", required=True),
    Key(
        "acquire",
        NAMES,
        "The calls that open the resource. `package.Class.method` is a method of an object whose class is known.",
    ),
    Key(
        "objects-from",
        NAMES,
        "The functions that return an object of the class whose method `acquire` names, awaited or not.",
    ),
    Key(
        "acquired-by",
        ACQUIRED_BY,
        "What opens it: the `call` alone, an `await` of the call, or to `enter` the call in a `with`.",
    ),
    Key(
        "makers",
        MAKERS,
        "Calls that return a function which opens the resource: `sessionmaker()`. Of `package.function(argument)`, the "
        "argument names the class that is opened instead.",
    ),
    Key("construct", NAMES, "Calls that make the object, which is not open before one of `acquire-methods` is called."),
    Key("acquire-methods", METHODS, "The methods that open an object that was constructed before."),
    Key("opens-if", ARGUMENTS, "The call opens the resource only if it has one of these arguments."),
    Key("opens-unless", ARGUMENTS, "The call opens no resource if it has one of these arguments."),
    Key(
        "opens-with-options",
        FLAG,
        "`true`: a call with `**options` opens it, since the arguments of `opens-unless` are rare among these.",
    ),
    Key("outlives-if", ARGUMENTS, "The call opens what may stay open for good if it has one of these arguments."),
    Key(
        "outlives-by",
        MEMBERS,
        "Attributes by which other code can end it later. Where the code passes one on, it may stay open for good.",
    ),
    Key("items", POSITIONS, "The call gives a tuple, and the resource is the item at each of these positions."),
    Key("release-methods", METHODS, "The methods that release it. The first is the one that messages name."),
    Key("release-functions", CALLS, "The functions that release their argument, as `os.close(fd)` does."),
    Key(
        "give-back-methods",
        METHODS,
        "Methods of another object that release their argument, as `await pool.release(connection)` does.",
    ),
    Key(
        "final-uses",
        ENDS,
        "Methods whose use ends the life of the resource, so that nothing is left to close: `wait` of a process. "
        "`read()` means a call without arguments.",
    ),
    Key(
        "final-loops",
        LOOPS,
        "Methods that end the life of the resource where a `while` calls them: `poll` of a process. `__iter__` means a "
        "loop over the resource itself, which reads all of it, `iter_content()` a loop over what that method returns.",
    ),
    Key("chained-methods", MEMBERS, "Methods that return the resource itself: `execution_options` of a connection."),
    Key("give-up-methods", METHODS, "Methods after which another owner has to close what the object held: `detach`."),
    Key("release-again", MEMBERS, "The release methods that may follow another release."),
    Key(
        "after-release",
        PARTS,
        "Methods and attributes that may be used after the release: `await wait_closed`. "
        "`cursor.fetchall` is the method of a part that `views` names.",
    ),
    Key("closed-tests", MEMBERS, "The attributes, or methods without arguments, that are true when it is closed."),
    Key("open-tests", MEMBERS, "The attributes, or methods without arguments, that are true while it is open."),
    Key(
        "none-while-open",
        MEMBERS,
        "The attributes, or methods without arguments, that are None while it is open, and give its result after that.",
    ),
    Key(
        "entering",
        ENTERING,
        "What a `with` block of the resource does at its end: it `closes` it, it `keeps-open`, or it is `impossible`.",
    ),
    Key(
        "entering-opens",
        FLAG,
        "`true`: to enter the object opens it, as its `acquire-methods` do. A fix enters it in their place.",
    ),
    Key(
        "block-does",
        TEXT,
        "For `keeps-open`: what the block does instead, as messages say it: `commits`. For `closes`: that the block "
        "ends it in another way than the release methods do, as the remedy says too, so that it may be released "
        "inside: `waits`.",
    ),
    Key(
        "block-since",
        SINCE,
        "The library, as lists of requirements name it, and its version from which a block can enter the resource. "
        "Where the list nearest to a file allows an older one, no fix writes a block. `python 3.2`: Python itself.",
    ),
    Key(
        "block-value",
        FLAG,
        "`true`: the name after `as` stands for a plain value, such as the path of a temporary directory.",
    ),
    Key(
        "enters-call-only",
        FLAG,
        "`true`: a block enters the acquiring call, and not what an `await` of the call gives: `aiosqlite.connect`.",
    ),
    Key(
        "manager",
        TEXT,
        "The `with` line that messages suggest. `{call}` is the acquiring call as it is written, `{args}` its "
        "arguments, `{name}` the name that it is bound to. Empty: there is none, and `try`/`finally` is right.",
    ),
    Key(
        "types",
        NAMES,
        "The names of its class. Calls of its methods, such as `pool.acquire()`, are found by them.",
    ),
    Key("views", PARTS, "The methods that make objects which are dead once the resource is closed: cursors, channels."),
    Key(
        "live-results",
        PARTS,
        "More methods whose result is dead, or not read yet, once the resource is closed: rows, queries, containers. "
        "No fix closes the resource behind a function that hands one of these out, and no message advises a block "
        "there.",
    ),
    Key(
        "lifetime",
        LIFETIME,
        "`process`: it may live as long as the process: nothing closes it at module level, and a view that is kept "
        "keeps it.",
    ),
    Key("reusable", FLAG, "`false`: a loop has to open one on each turn, as with files, so NAQ203 says nothing."),
    Key("serves", FLAG, "`true`: others use it while it is open, as with a server, so NAQ202 says nothing."),
    Key(
        "closed-with-owner",
        FLAG,
        "`true`: closing the object whose method opens it closes it, too. Where a function opens that object, only the "
        "object has to be closed.",
    ),
    Key(
        "closes-alone",
        FLAG,
        "`true`: its close concerns nothing else, as with files. A fix may then close two of these in the opposite "
        "order.",
    ),
    Key(
        "close-fails",
        FLAG,
        "`false`: its close raises nothing, as with a connection of sqlite3. A fix may then close it in front of a "
        "handler of an exception.",
    ),
    Key("default", FLAG, "`false`: in a shipped catalogue, known and not reported until a project asks for it."),
    Key("kind", TEXT, "The kind of object in the tables of methods that the package ships; a user needs none."),
    Key(
        "asynchronous",
        FLAG,
        "Older form of `acquired-by` and of the `await` before methods: all of them are coroutines, or none is.",
        older=True,
    ),
    Key(
        "context-manager",
        FLAG,
        "Older form of `entering`: `false` means that a `with` block does not close it.",
        older=True,
    ),
)
CALL_KEYS: Final = (
    Key("borrows", PASSED, "Calls that use their arguments and leave them to the caller: `zipfile.ZipFile`."),
    Key("takes-over", PASSED, "Calls that own an argument from then on: `aiohttp.ClientSession(connector)`."),
)
LIBRARY_KEYS: Final = (
    Key("library", TEXT, "The library's name, as readers know it.", required=True),
    Key("imports", NAMES, "The modules whose import switches the catalogue on in a file. Empty: each file counts."),
    Key("version", TEXT, "The version whose source the facts were read from."),
    Key("default", FLAG, "`false`: the catalogue is on only where a project asks for it."),
    *CALL_KEYS,
)


def by_name(keys: tuple[Key, ...]) -> Mapping[str, Key]:
    """Return the keys by their names."""
    return {key.name: key for key in keys}


def schema() -> dict[str, Any]:
    """Return the JSON schema of `[tool.flake8-naq]` as far as it declares resources, and of catalogue files."""
    resource = _object(RESOURCE_KEYS)
    resources = {"type": "array", "items": {"$ref": "#/$defs/resource"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Resources of flake8-naq",
        "$defs": {"resource": resource},
        "type": "object",
        "properties": {"resource": resources, **dict(_properties(LIBRARY_KEYS))},
    }


def _object(keys: tuple[Key, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(_properties(keys)),
        "required": [key.name for key in keys if key.required],
        "additionalProperties": False,
    }


def _properties(keys: tuple[Key, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    for key in keys:
        deprecated = {"deprecated": True} if key.older else {}
        yield key.name, {**key.form.schema(), "description": key.meaning, **deprecated}
