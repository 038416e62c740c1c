# settings: {"resource": [{"name": "file", "acquire": ["open", "pathlib.Path.open"], "release-methods": ["close"], "manager": "with open({args}) as {name}"}, {"name": "descriptor", "acquire": ["tempfile.mkstemp"], "items": [0], "release-functions": ["os.close"], "entering": "impossible"}]}
"""A synchronous resource that the user declared: nothing here is known to the linter but these settings."""

import contextlib
import fcntl
import os
import pathlib
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path

PATH = "a.txt"
HELD = {}


def by_hand():
    f = open(PATH)  # expect: NAQ101@9 file 'f' is closed by hand; use 'with open(PATH) as f'
    try:
        return f.read()
    finally:
        f.close()


def straight():
    f = open(PATH)  # expect: NAQ102@9 file 'f' stays open if line +1 raises; use 'with open(PATH) as f'
    text = f.read()
    f.close()
    return text


def never():
    f = open(PATH)  # expect: NAQ103@9 file 'f' is never closed; use 'with open(PATH) as f'
    return f.read()


def thrown_away():
    open(PATH)  # expect: NAQ103@5


def chained():
    return open(PATH).read()  # expect: NAQ103@12


def keyword_arguments():
    out = open(PATH, "w", encoding="utf-8")  # expect: NAQ102@11 file 'out' stays open if line +1 raises; use 'with open(PATH, "w", encoding="utf-8") as out'
    out.write("a")
    out.close()


def method_of_a_path():
    f = Path(PATH).open()  # expect: NAQ103@9
    return f.read()


def dotted_method():
    f = pathlib.Path(PATH).open("w")  # expect: NAQ103@9
    f.write("a")


def method_of_a_local_path():
    path = Path(PATH)
    f = path.open()  # expect: NAQ103@9
    return f.readline()


def specific_handler(key):
    f = open(PATH)  # expect: NAQ102@9 file 'f' stays open if line +2 raises; use 'with open(PATH) as f'
    try:
        int(f.read())
    except ValueError:
        print(key)
    f.close()


def every_handler():
    f = open(PATH)  # expect: NAQ101@9
    try:
        f.read()
    except BaseException:
        f.close()
        raise
    f.close()


def except_exception():
    # Only an await can be cancelled, so here Exception is every exception that counts.
    f = open(PATH)  # expect: NAQ101@9
    try:
        f.read()
    except Exception:
        f.close()
        raise
    f.close()


def else_and_finally():
    f = open(PATH)  # expect: NAQ101@9
    try:
        text = f.read()
    except OSError:
        text = ""
    else:
        print(len(text))
    finally:
        f.close()
    return text


def one_branch(flag):
    f = open(PATH)  # expect: NAQ102@9
    if flag:
        f.close()


def both_branches(flag):
    f = open(PATH)  # expect: NAQ101@9
    if flag:
        f.close()
    else:
        f.close()


def loop_leaves_early(names):
    for name in names:
        f = open(name)  # expect: NAQ102@13
        if name:
            continue
        f.close()


def second_open_fails():
    source = open(PATH)  # expect: NAQ102@14 file 'source' stays open if line +1 raises; use 'with open(PATH) as source'
    target = open(PATH + ".bak", "w")  # expect: NAQ101@14
    try:
        target.write(source.read())
    finally:
        try:
            source.close()
        finally:
            target.close()


def after_an_endless_loop():
    f = open(PATH)  # expect: NAQ103@9
    while True:
        f.readline()
    f.close()


def in_a_match(kind):
    f = open(PATH)  # expect: NAQ102@9
    match kind:
        case "keep":
            pass
        case _:
            f.close()


def walrus():
    if f := open(PATH):  # expect: NAQ103@13
        print(f.name)


def class_as_namespace_not_closed():
    f = open(PATH)  # expect: NAQ103@9
    first, second = f.readline(), f.readline()
    return first + second


def own_helper():
    f = open(PATH)  # expect: NAQ101@9
    try:
        borrow(f)
    finally:
        shut(f)


def borrow(handle):
    return handle.read()


def shut(handle):
    handle.close()


# Silent from here on.
def managed():
    with open(PATH) as f:
        return f.read()


def managed_on_a_later_line():
    f = open(PATH)
    with f:
        return f.read()


def managed_by_closing():
    # A file has the close that contextlib.closing calls.
    with closing(open(PATH)) as f:
        return f.read()


def managed_by_the_stack(names):
    with ExitStack() as stack:
        return [stack.enter_context(open(name)).read() for name in names]


def callback_of_the_stack():
    with ExitStack() as stack:
        f = open(PATH)
        stack.callback(f.close)
        return f.read()


def ternary(path):
    with open(path) if path else contextlib.nullcontext() as f:
        return f.read() if f else ""


def opened_and_closed_at_once():
    open(PATH, "w").close()


def returned():
    return open(PATH)


# NAQ102, as what comes before the hand-off may fail.
def returned_by_name():
    f = open(PATH)  # expect: NAQ102@9 file 'f' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    f.seek(0)
    return f


def wrapped_and_returned(wrapper):
    # A callable whose body is elsewhere keeps what it is given.
    return wrapper(open(PATH))


def stored(name):
    HELD[name] = open(name)


def generator():
    f = open(PATH)
    try:
        yield f
    finally:
        f.close()


def another_module_has_an_open():
    # os.open gives a number, and is not the open that was declared.
    descriptor = os.open(PATH, os.O_RDONLY)
    return os.read(descriptor, 10)


def only_written_and_returned_from():
    # What works with a descriptor leaves it open.
    descriptor, name = tempfile.mkstemp()  # expect: NAQ103@24 descriptor 'descriptor' is never closed; call 'os.close(descriptor)' in a 'finally'
    os.write(descriptor, b"a")
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return name


def parameter_of_that_name(open):
    # The parameter hides the builtin.
    f = open(PATH)
    return f.read()


class Log:
    def __init__(self):
        self.file = open(PATH, "a")

    def close(self):
        self.file.close()


class Forgets:
    def __init__(self):
        self.file = open(PATH, "a")  # expect: NAQ108@21

    def write(self, text):
        self.file.write(text)


def closed_twice():
    f = open(PATH)  # expect: NAQ101@9
    f.close()
    f.close()  # expect: NAQ107


def read_after_close():
    with open(PATH) as f:
        pass
    return f.read()  # expect: NAQ105


def closed_asked_after_close():
    with open(PATH) as f:
        f.read()
    return f.closed
