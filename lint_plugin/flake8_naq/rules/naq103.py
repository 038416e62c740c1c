"""NAQ103 never-closed.

## What it does

Reports a connection that no path releases and that is not handed off, or whose result is thrown away.

## Why is this bad?

In a long process each call leaves a connection behind: a socket and three tasks, which survive the garbage collector,
reconnect after a restart of the server, and go on running callbacks. A process that ends by `sys.exit()` or by stopping its
loop loses what was published and not flushed.

## Example

```python
import nats


async def send(url: str) -> None:
    nc = await nats.connect(url)
    await nc.publish("orders", b"1")
```

## Use instead

```python
import nats


async def send(url: str) -> None:
    async with await nats.connect(url) as nc:
        await nc.publish("orders", b"1")
```

## Known problems

A view that is returned (`return nc.jetstream()`) does not hand the connection off: the view cannot close it. The message says
to return or keep the connection, too. The same is true of the stub of a gRPC channel and of the socket of a ZeroMQ context.
A function that always returns a new connection (`async def connect(): return await nats.connect(url)`) makes one for its
caller, if it can be no other function: a decorator, a second definition or an override ends that. The function may be in
another module of the project, which is looked for beside the file: below the folder of its top package, the folder with
`pyproject.toml`, `setup.py`, `setup.cfg` or `.git`, and `src` in that. A function of an installed package makes none.

A function that opens a file on some ways, and on the others returns standard input or output or a buffer of `io`, makes a
file unless an argument of the call may decide otherwise. The caller is silent where it closes what it gets on any of its
ways.

A function that calls what it is given and returns what that returns makes what that makes: `await retry(connect, url)`,
`asyncio.to_thread(sqlite3.connect, path)`. It may be a function of the project, whose result goes nowhere else. So does a
class of the project that derives from a client's class (`class Api(httpx.Client)`) and leaves its closing to the caller.

A function makes connections, too, if it always returns new ones in a list, a set or a dictionary which it fills
(`return [await nats.connect(url) for url in urls]`), or in an object of a class of the project that only keeps what it is
given: a dataclass, a named tuple, or a class whose only method is an `__init__` that assigns its parameters. The caller
has to close the items or the field. The caller is silent where it does more than to read and close them: where it passes
the container or an item on, stores, returns or unpacks it, tests it, gives an item another name, or uses it in a nested
function. One loop that closes items, or one field that is closed, counts as closing all of them. A function that returns a
list of such a kind as an item of a tuple makes nothing.

A task that is given the connection and does not close it only uses it, and nothing else can close it where the function gave
it to tasks or threads alone (`Thread(target=work, args=(nc,))`). The same is true of a list or dictionary that the function
makes, fills, and only reads, itself or by functions of the file.

It is also true of an object of the project to which the function gives the connection (`store = Store(nc)`), where the
object stays in the function, or in a context manager that yields the object. The class may be in another module. It has to be
certain that nothing of it closes the connection: the constructor, its own or that of a base, only keeps what it is given, and
the methods only call methods of that which close nothing, or make further objects of this kind. A function that returns the new
object counts as the class, and an object around that one, `Orders(Store(nc))`, likewise only keeps it. An object that the
function returns counts where the connection has a private name there (`self._nc`) by which no module of the project closes it.
Objects of a few libraries surely close nothing, such as a `GitHubAPI` of gidgethub: what they get is reported wherever they go.
A class that closes only what its objects have made themselves (`if self._owns_client:`) closes nothing that they are given.
A function of the same file that gives the connection to such objects, `await run_forever(nc)`, only uses it, too, if these
stay there.

A lambda that opens a file for one call (`lambda: open(path).read()`) is reported where it is written.

A name of an outer function that a nested function sets (`nonlocal nc`) belongs to the outer one, which has to close what the
name holds. The same is true of a global of a module that is run as a program (`if __name__ == "__main__":`), and of a global
of any module that a context manager opens, such as the lifespan of an application.

A second name of an opener (`connect = nats.connect`) means the same as the first, but in files that mention mocks or patches.
So does the only name of a lambda or of `partial(nats.connect, url)`, which the file itself calls.

A connection that a module opens as it is imported is silent if functions of the module use it, or if nothing in the module
does: it is there for the whole process, or for other modules. Of 20 such connections of sqlite3 that were read in public
code, 13 were of these kinds. The other 7 were in scripts, which run from top to bottom.

What a script opens and leaves open ends with its process, so it is silent where a name holds it, no loop opens it again, and
no event loop is needed to close it. A script is the code below `if __name__ == "__main__":`, and a module that uses all functions
and classes which it defines.

## Options

`scripts = true` under `[tool.flake8-naq]` reports scripts, too.

A resource declared under `[[tool.flake8-naq.resource]]` is judged in the same way.

## Fix safety

Unsafe: the connection is closed at the end of its block, where it was not closed before. There is no fix where the name is
used after the block, where a view of it is kept or returned, or where a callback waits for messages and the function does
not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.dataflow.verdict import Outcome
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.facts.nested_opening import nested_openings
from flake8_naq.model import FixSafety, State
from flake8_naq.rules.base import Fix, Report, Rule
from flake8_naq.rules.given_to_objects import given_to_objects
from flake8_naq.rules.kept_items import never_released_items
from flake8_naq.rules.lambda_values import opened_in_lambdas
from flake8_naq.rules.lent_to_tasks import lent_to_tasks
from flake8_naq.rules.lifetime import about, acquired, acquisition_of, described, several, with_outcome
from flake8_naq.rules.outer_names import never_closed_outer
from flake8_naq.syntax.names import Scope


def check(facts: ModuleFacts) -> Iterator[Report]:
    for function, verdict in with_outcome(facts, Outcome.NEVER_CLOSED):
        yield about(facts, function, verdict, "is never closed", None)
    yield from _opened_for_others(facts)
    yield from _lent_to_tasks(facts)
    yield from _given_to_objects(facts)
    for lost in opened_in_lambdas(facts):
        of = acquisition_of(facts, lost.resource, lost.call)
        yield Report(lost.call, f"{described(facts, of)} is opened by a lambda and never closed; close it in a function", of)
    for item in never_released_items(facts, of_classes=False):
        message = (
            f"{several(item.resource.name)} in '{item.container}' are never closed; "
            f"close each in a 'finally', as in '{item.resource.release_of(name='item')}'"
        )
        yield Report(item.call, message)


def _opened_for_others(facts: ModuleFacts) -> Iterator[Report]:
    """Report what a function opens for a name of a function around it, or of the module."""
    for function in facts.functions:
        for opening in nested_openings(facts, function):
            of = acquired(facts, opening.summary, opening.call)
            by = _opened_by(opening.owner, opening.manager, "it is made")
            yield Report(opening.call, f"{described(facts, of)} is opened by {by}", of)
    for outer in never_closed_outer(facts):
        of = acquired(facts, outer.verdict.summary, outer.verdict.call)
        by = _opened_by(outer.owner, outer.manager, "its name is made")
        yield Report(outer.verdict.call, f"{described(facts, of)} is opened by {by}", of)


def _lent_to_tasks(facts: ModuleFacts) -> Iterator[Report]:
    for verdict, run in (found for function in facts.functions for found in lent_to_tasks(facts, function)):
        of = acquired(facts, verdict.summary, verdict.call)
        task = f"the task of {facts.named_line(run.lineno)}"
        message = f"{described(facts, of)} is never closed: {task} only uses it; close it where that ends"
        yield Report(verdict.call, message, of)


def _given_to_objects(facts: ModuleFacts) -> Iterator[Report]:
    for given in given_to_objects(facts):
        says = f"is never closed: '{ast.unparse(given.site.func)}' of {facts.named_line(given.site.lineno)} only uses it"
        if given.stays:
            yield about(facts, given.function, given.verdict, says, None)._replace(subject=None)
        else:
            of = acquired(facts, given.verdict.summary, given.verdict.call)
            yield Report(given.verdict.call, f"{described(facts, of)} {says}; close it where that ends", of)


def _opened_by(owner: Scope, manager: str, place: str) -> str:
    """Which function opens it, and where to close it: what the function opens for `owner` is made at `place`."""
    if manager:
        return f"'{manager}' and never closed; close it in a 'finally' behind the 'yield'"
    by = "function" if isinstance(owner.node, ast.Module) else "nested function"
    return f"a {by} and never closed; close it where {place}"


RULE = Rule(
    "NAQ103",
    "never-closed",
    "A connection that is never closed and not handed to anybody.",
    check,
    state=State.NEVER_CLOSED,
    fix=Fix("fixer.fix_naq101_to_104.managed", FixSafety.UNSAFE),
)
