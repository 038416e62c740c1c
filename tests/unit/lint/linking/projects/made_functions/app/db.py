"""Makes the functions that open sessions."""

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import scoped_session, sessionmaker

SessionLocal = sessionmaker(bind=create_engine("sqlite://"))
AsyncLocal = async_sessionmaker(
    create_async_engine("sqlite+aiosqlite://"),
)
Scoped = scoped_session(SessionLocal)


def opened(bind):
    session = SessionLocal()
    session.info["bind"] = bind
    return session


def get_session():
    session = SessionLocal()
    try:
        yield session
    finally:
        session.close()
