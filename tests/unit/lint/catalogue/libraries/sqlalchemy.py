"""Sessions and connections of SQLAlchemy; engines live as long as the program."""

import sqlalchemy
from sqlalchemy.orm import Session

ENGINE = sqlalchemy.create_engine("sqlite://")


def never_closed(engine: sqlalchemy.Engine):
    connection = engine.connect()  # expect: NAQ103@18 connection 'connection' is never closed; use 'with engine.connect() as connection'
    return connection.execute(sqlalchemy.text("select 1")).scalar()


def in_a_block(engine: sqlalchemy.Engine):
    with engine.connect() as connection:
        return connection.execute(sqlalchemy.text("select 1")).scalar()


def session_that_stays_open_on_an_error(engine):
    session = Session(engine)  # expect: NAQ102@15 session 'session' stays open if line +1 raises; use 'with Session(engine) as session'
    session.execute(sqlalchemy.text("select 1"))
    session.close()


def session_in_a_block(engine):
    with Session(engine) as session:
        session.execute(sqlalchemy.text("select 1"))


def session_on_a_connection_of_other_code(operations):
    # A migration: the connection is not the session's, and closing the session would not close it.
    session = Session(bind=operations.get_bind())
    session.execute(sqlalchemy.text("select 1"))
    session.commit()


def engine_of_a_configuration(settings, context):
    engine = sqlalchemy.engine_from_config(settings, prefix="sqlalchemy.")
    connection = engine.connect()  # expect: NAQ102@18 connection 'connection' stays open if line +1 raises; use 'with engine.connect() as connection'
    context.configure(connection=connection)
    connection.close()
