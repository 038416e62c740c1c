"""Calls of libraries that are taken not to raise: between the acquisition and the `try`, or before the close."""

import smtplib
from contextlib import asynccontextmanager

import aiohttp
import psycopg2
from alembic import context
from faststream import ContextRepo
from flask import current_app, jsonify
from kubernetes import watch
from sqlalchemy import create_engine


def migrate(url, metadata):
    engine = create_engine(url)
    connection = engine.connect()  # expect: NAQ101@18 connection 'connection' is closed by hand; use 'with engine.connect() as connection'
    context.configure(connection=connection, target_metadata=metadata, **current_app.extensions["migrate"].configure_args)
    try:
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.close()


def migrate_with(url, settings):
    engine = create_engine(url)
    connection = engine.connect()  # expect: NAQ102@18 connection 'connection' stays open if line +1 raises; use 'with engine.connect() as connection'
    context.configure(connection=connection, **settings["migrate"])
    try:
        context.run_migrations()
    finally:
        connection.close()


class Rows:
    def __init__(self, dsn):
        self._connection = psycopg2.connect(dsn)
        self._connection.set_isolation_level(0)
        self._cursor = self._connection.cursor()

    def close(self):
        self._connection.close()


async def follow(handle):
    session = aiohttp.ClientSession()  # expect: NAQ101@15 session 'session' is closed by hand; use 'async with aiohttp.ClientSession() as session'
    events = watch.Watch()
    try:
        for event in events.stream(handle):
            await session.post("/events", json=event)
    finally:
        await session.close()


def send(host, message):
    server = smtplib.SMTP(host)  # expect: NAQ101@14 mail server 'server' is closed by hand; use 'with smtplib.SMTP(host) as server'
    try:
        server.send_message(message)
        server.quit()
        return jsonify({"sent": True})
    except Exception as error:
        answer = jsonify({"error": str(error)})
        server.quit()
        return answer


@asynccontextmanager
async def lifespan(context: ContextRepo):
    session = aiohttp.ClientSession()  # expect: NAQ102@15 session 'session' stays open if the code that line +2 yields to raises or stops; use 'async with aiohttp.ClientSession() as session'
    context.set_global("session", session)
    yield
    await session.close()
