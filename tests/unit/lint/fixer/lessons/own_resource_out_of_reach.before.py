# settings: {"resource": [{"name": "file", "acquire": ["open", "pathlib.Path.open"], "release-methods": ["close"], "manager": "with open({args}) as {name}"}, {"name": "session", "acquire": ["app.db.connect"], "release-methods": ["close"], "manager": "with app.db.session({args}) as {name}"}]}
"""The manager that the setting names is not reached under that name here."""

from app import db


def under_another_name():
    session = db.connect("x")  # left: 'app.db.session' is not imported under that name here; write 'with app.db.session({args}) as {name}'
    session.work()
    session.close()
