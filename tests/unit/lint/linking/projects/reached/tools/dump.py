"""A program that has nothing to do with the application."""


async def dump(box):
    await box.tooled.close()
