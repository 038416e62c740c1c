"""Sessions of functions that another module makes."""

from app import db
from app.db import AsyncLocal, Scoped, SessionLocal, opened
from app.given_on import Opened


def never_closed(statement):
    session = SessionLocal()  # expect: NAQ103
    return session.execute(statement).scalar()


def by_the_module(statement):
    session = db.SessionLocal()  # expect: NAQ102
    session.execute(statement)
    session.close()


def given_on(statement):
    session = Opened()  # expect: NAQ103
    return session.execute(statement).scalar()


def on_a_connection(connection, statement):
    session = SessionLocal(bind=connection)
    return session.execute(statement).scalar()


def in_a_block(statement):
    with SessionLocal() as session:
        return session.execute(statement).scalar()


def of_the_thread(statement):
    session = Scoped()
    return session.execute(statement).scalar()


async def in_an_async_function(statement):
    session = AsyncLocal()  # expect: NAQ103
    return await session.scalar(statement)


async def in_an_async_block(statement):
    async with AsyncLocal() as session:
        return await session.scalar(statement)


def by_a_function_with_another_argument(engine, statement):
    session = opened(bind=engine)  # expect: NAQ103
    return session.execute(statement).scalar()
