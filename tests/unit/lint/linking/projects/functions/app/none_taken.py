"""Functions that close what they are given."""


async def shut(connection):
    await connection.close()


async def shut_if_any(connection):
    if connection is not None:
        await connection.close()
