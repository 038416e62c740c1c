# settings: {"resource": [{"name": "file", "acquire": ["open", "pathlib.Path.open"], "release-methods": ["close"], "manager": "with open({args}) as {name}"}, {"name": "session", "acquire": ["app.db.connect"], "release-methods": ["close"], "manager": "with app.db.session({args}) as {name}"}]}
"""Resources of the user: the manager is the one that the setting names, where the file can write it."""

import app.db


def a_file_that_is_opened_in_a_try_is_entered_below_it(path):
    try:
        file = open(path, "rb")
    except OSError:
        return b""
    with file:
        data = file.read()
    return data


def a_manager_that_is_another_function_than_the_one_that_acquires():
    with app.db.session("x", timeout=3) as session:
        session.work()


def a_manager_that_cannot_be_entered_later():
    try:
        session = app.db.connect("x")  # left: its manager cannot be entered after line N
    except OSError:
        return
    session.work()
    session.close()
