"""An object of a library comes from a function or a variable of another module."""

from sqlalchemy import text

from app import db
from app.db import either, engine, get_annotated, get_engine, get_later, get_once, get_some, second, third


def by_function():
    connection = get_engine().connect()  # expect: NAQ103@18 connection 'connection' is never closed; use 'with get_engine().connect() as connection'
    connection.execute(text("select 1"))


def by_name():
    made = get_once()
    connection = made.connect()  # expect: NAQ101@18 connection 'connection' is closed by hand; use 'with made.connect() as connection'
    try:
        connection.execute(text("select 1"))
    finally:
        connection.close()


def by_annotation():
    connection = get_annotated().connect()  # expect: NAQ103@18 connection 'connection' is never closed; use 'with get_annotated().connect() as connection'
    connection.execute(text("select 1"))


def by_variable():
    connection = engine.connect()  # expect: NAQ103@18 connection 'connection' is never closed; use 'with engine.connect() as connection'
    connection.execute(text("select 1"))


def by_a_chain_of_variables():
    connection = second.connect()  # expect: NAQ103
    connection.execute(text("select 1"))


def by_a_chain_that_is_too_long():
    third.connect().execute(text("select 1"))


def by_module():
    connection = db.get_lazily().connect()  # expect: NAQ103@18 connection 'connection' is never closed; use 'with db.get_lazily().connect() as connection'
    connection.execute(text("select 1"))


def by_one_of_two_names():
    connection = db.get_paired().connect()  # expect: NAQ103@18 connection 'connection' is never closed; use 'with db.get_paired().connect() as connection'
    connection.execute(text("select 1"))


def of_a_block():
    with db.engine.connect() as connection:
        connection.execute(text("select 1"))


async def by_coroutine():
    connection = (await get_later()).connect()  # expect: NAQ103@18 connection 'connection' is never closed; use 'with (await get_later()).connect() as connection'
    connection.execute(text("select 1"))


def of_another_class():
    get_some("bus").connect().execute(text("select 1"))
    get_later().connect().execute(text("select 1"))
    either.connect().execute(text("select 1"))
    db.get_unpacked().connect().execute(text("select 1"))
