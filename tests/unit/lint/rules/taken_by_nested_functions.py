# settings: {"catalogues": ["files"], "select": ["NAQ101", "NAQ102", "NAQ103", "NAQ111"]}
"""A nested function that closes a file has it from where it is defined; before that, the function has to close it."""

import atexit
import signal


def the_second_may_fail(command, start):
    out = open("out")  # expect: NAQ102@11 file 'out' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    err = open("err")  # expect: NAQ111@11 file 'err' stays open if line +4 raises, before it is handed on; close it in an 'except BaseException' that raises again
    try:
        process = start(command, out, err)
    except Exception:
        out.close()
        err.close()
        raise

    def close_both():
        out.close()
        err.close()

    return process, close_both


def one_way_does_not_come_there(path, later):
    file = open(path)  # expect: NAQ102@12 file 'file' stays open if line +7 raises, before it is handed on; close it in an 'except BaseException' that raises again
    if later:

        def close():
            file.close()

        return close
    text = file.read()
    file.close()
    return text


def a_retry_leaves_it(url, given, send):
    file = None
    if given:
        file = open(given)  # expect: NAQ111@16 file 'file' stays open if line +3 raises, before it is handed on; close it in an 'except BaseException' that raises again
    while True:
        try:
            answer = send(url, file.name if file else None)
        except TimeoutError:
            return None
        if file is not None:

            def close():
                file.close()

            answer.close = close
        return answer


# Silent: nothing can fail in between.
def closed_at_exit(path):
    file = open(path)

    def close():
        file.close()

    atexit.register(close)
    return file.read(), file.read()


# Silent: the function is defined when the file is opened.
def defined_before(path):
    file = None

    def close(*_):
        if file is not None:
            file.close()

    signal.signal(signal.SIGTERM, close)
    file = open(path)
    file.read()
    file.read()
    file.close()


# Silent: the next turn opens another file, which the function of this turn closes as well.
def defined_in_a_turn(paths, close_later):
    for path in paths:
        file = open(path)
        file.read()

        def close():
            file.close()

        close_later(close)


# Silent: other code may set the name.
def bound_by_the_function(path, on_end):
    file = open(path)
    file.read()

    def close():
        nonlocal file
        file.close()
        file = None

    on_end(close)


# Silent: the lambda has it from the start, wherever it is.
def taken_by_a_lambda(path, on_end):
    file = open(path)
    file.read()
    on_end(lambda: file.close())
