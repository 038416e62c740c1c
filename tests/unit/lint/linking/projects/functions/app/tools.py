"""Mentions no library: what its functions do with a connection follows from their bodies."""

REGISTER = []


async def work(nc):
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
