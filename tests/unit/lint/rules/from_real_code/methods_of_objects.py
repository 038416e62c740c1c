"""What a method does with its arguments counts where the class of its object is known."""

import nats


class Migrations:
    async def upgrade(self, nc):
        await nc.publish("upgrade", b"1")

    async def finish(self, nc):
        await nc.close()

    async def keep(self, nc):
        self.nc = nc

    async def connect(self, url):
        return await nats.connect(url)

    @staticmethod
    async def downgrade(nc):
        await nc.publish("downgrade", b"1")


class Step:
    async def run(self, nc):
        raise NotImplementedError

    async def undo(self, nc):
        await nc.publish("undo", b"1")


class Closing(Step):
    async def run(self, nc):
        await nc.close()

    async def undo(self, nc):
        await nc.close()


async def of_a_parameter(url, migrations: Migrations):
    nc = await nats.connect(url)  # expect: NAQ103
    await migrations.upgrade(nc)


async def of_what_is_made(url):
    migrations = Migrations()
    nc = await nats.connect(url)  # expect: NAQ103
    await migrations.upgrade(nc)


async def made_on_the_line(url):
    nc = await nats.connect(url)  # expect: NAQ103
    await Migrations().upgrade(nc)


async def by_a_static_method(url, migrations: Migrations):
    nc = await nats.connect(url)  # expect: NAQ103
    await migrations.downgrade(nc)


async def makes_it(migrations: Migrations, url):
    nc = await migrations.connect(url)  # expect: NAQ103
    await nc.flush()


async def closed(url, migrations: Migrations):
    nc = await nats.connect(url)  # expect: NAQ101
    await migrations.finish(nc)


# Silent: the method keeps it, or another may be meant.
async def kept(url):
    nc = await nats.connect(url)
    await Migrations().keep(nc)


async def a_method_that_others_write(url, step: Step):
    nc = await nats.connect(url)
    await step.run(nc)


async def a_method_that_another_class_has(url, step: Step):
    nc = await nats.connect(url)
    await step.undo(nc)


async def set_again(url, migrations: Migrations, other):
    if other:
        migrations = other
    nc = await nats.connect(url)
    await migrations.upgrade(nc)


async def of_no_known_class(url, migrations):
    nc = await nats.connect(url)
    await migrations.upgrade(nc)
