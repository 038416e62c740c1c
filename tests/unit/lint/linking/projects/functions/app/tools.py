"""Mentions no library: what its functions do with a connection follows from their bodies."""

import tenacity

REGISTER = []


async def work(nc):
    await nc.publish("orders", b"1")


@tenacity.retry(stop=tenacity.stop_after_attempt(5))
async def work_with_retries(nc):
    await nc.publish("orders", b"1")


@tenacity.retry
async def keep_with_retries(nc):
    REGISTER.append(nc)


@REGISTER.append
async def work_and_more(nc):
    await nc.publish("orders", b"1")


def keep(nc):
    REGISTER.append(nc)


async def close(conn):
    await conn.close()


async def close_by_another(conn):
    await close(conn)


async def twice_defined(conn):
    await conn.publish("orders", b"1")


async def twice_defined(conn):
    REGISTER.append(conn)


def pick(conn):
    return conn.name


pick = REGISTER.append


class Holder:
    def __init__(self, conn):
        self.conn = conn


class Looker:
    def __init__(self, conn):
        print(conn.is_connected)


class Helpers:
    @staticmethod
    async def close(conn):
        await conn.close()

    @classmethod
    async def publish(cls, conn):
        await conn.publish("orders", b"1")
