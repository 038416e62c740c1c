"""Functions that get an object of an owner class; the module mentions neither the class nor a library."""


async def work(bus):
    await bus.publish(b"1")


async def shut(bus):
    await bus.close()


def keep(bus):
    KEPT.append(bus)
