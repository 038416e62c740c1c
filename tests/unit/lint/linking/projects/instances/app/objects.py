"""Objects of a class of this file or of another, whose attributes have objects of a library."""

from sqlalchemy import create_engine, text

from app.databases import Database, Engines, found, shared


class Local:
    def __init__(self):
        self.engine = create_engine("sqlite://")


local = Local()
either = Local()


def change():
    global either
    either = Database()


class Service:
    def __init__(self, db: Database, later: "Local | None" = None, other=None):
        self.db = db
        self.made = Local()
        self.later = later
        self.other = other
        self.mixed = Local()

    def mix(self, db: Database):
        self.mixed = db

    def of_a_parameter(self):
        connection = self.db.engine.connect()  # expect: NAQ103@22 connection 'connection' is never closed; use 'with self.db.engine.connect() as connection'
        connection.execute(text("select 1"))

    def of_a_call(self):
        connection = self.made.engine.connect()  # expect: NAQ103
        connection.execute(text("select 1"))

    def of_an_annotation(self):
        connection = self.later.engine.connect()  # expect: NAQ103
        connection.execute(text("select 1"))

    def not_known(self):
        self.other.engine.connect().execute(text("select 1"))
        self.mixed.engine.connect().execute(text("select 1"))
        self.nowhere.engine.connect().execute(text("select 1"))


def of_a_parameter(db: Database):
    connection = db.engine.connect()  # expect: NAQ103
    connection.execute(text("select 1"))


def of_a_name():
    db = Database()
    connection = db.engine.connect()  # expect: NAQ103
    connection.execute(text("select 1"))


def of_a_global():
    connection = local.engine.connect()  # expect: NAQ103
    connection.execute(text("select 1"))


def of_another_file():
    connection = shared.engine.connect()  # expect: NAQ103
    connection.execute(text("select 1"))


class Derived(Database):
    def of_a_base(self):
        connection = self.engine.connect()  # expect: NAQ103
        connection.execute(text("select 1"))


# Silent: the name may have an object of another class, or the attribute something else.
def not_certain(db: Database, every):
    either.engine.connect().execute(text("select 1"))
    found.engine.connect().execute(text("select 1"))
    db.other.connect().execute(text("select 1"))
    for db in every:
        db.engine.connect().execute(text("select 1"))


def bound_again(db: Database):
    with db as db:
        db.engine.connect().execute(text("select 1"))


def of_a_loop(every):
    for one in every:
        one.engine.connect().execute(text("select 1"))


def of_a_class_method():
    engine = Engines.get()
    connection = engine.connect()  # expect: NAQ103
    connection.execute(text("select 1"))


def of_a_static_method():
    connection = Engines.opened().connect()  # expect: NAQ103
    connection.execute(text("select 1"))


def of_a_class_method_that_gives_something_else():
    Engines.other().connect().execute(text("select 1"))
    Engines.missing().connect().execute(text("select 1"))
    Engines.get.more().connect().execute(text("select 1"))
