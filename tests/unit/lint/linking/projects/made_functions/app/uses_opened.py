"""A session of a function that calls a function which a call makes."""

from app.db import opened


def never_closed(engine, statement):
    session = opened(engine)  # expect: NAQ103
    return session.execute(statement).scalar()
