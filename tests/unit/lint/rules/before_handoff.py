"""What fails between the acquisition and the hand-off loses the resource: other code gets it only where nothing fails."""
import asyncio
import logging
import socket
import threading

import nats
import paramiko
from nats.aio.client import Client

logger = logging.getLogger(__name__)


async def returned(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises, before it is handed on; close it in an 'except BaseException' that raises again
    js = nc.jetstream()
    await js.add_stream(name="jobs", subjects=["jobs.>"])
    return nc


async def wrapped(url, Bus):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    await nc.flush()
    return Bus(nc)


async def wrapped_with_a_name(url, Bus):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    await nc.flush()
    bus = Bus(nc)
    return bus, bus.start()


async def after_another_wait(url, load):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    settings = await load()
    return nc, settings


async def one_error_is_expected(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises, before it is handed on; close it in an 'except BaseException' that raises again
    try:
        await nc.jetstream().add_stream(name="jobs")
    except ValueError:
        logger.info("there is such a stream")
    return nc


class Kept:
    async def start(self, url):
        nc = Client()
        await nc.connect(url)  # expect: NAQ102@15 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
        await nc.subscribe("a", cb=print)
        self.nc = nc

    async def stop(self):
        await self.nc.close()


# Silent: it is closed where that fails.
async def with_care(url):
    nc = await nats.connect(url)
    try:
        await nc.jetstream().add_stream(name="jobs")
    except BaseException:
        await nc.close()
        raise
    return nc


# Silent: a handler that closes it says what is expected to fail there.
async def with_care_for_one_error(url):
    nc = await nats.connect(url)
    try:
        await nc.jetstream().add_stream(name="jobs")
    except nats.errors.Error:
        await nc.close()
        raise
    return nc


async def behind_the_care_for_one_error(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +6 raises, before it is handed on; close it in an 'except BaseException' that raises again
    try:
        await nc.jetstream().add_stream(name="jobs")
    except nats.errors.Error:
        await nc.close()
        raise
    await nc.flush()
    return nc


async def not_closed_by_that_handler(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises, before it is handed on; close it in an 'except BaseException' that raises again
    try:
        await nc.jetstream().add_stream(name="jobs")
    except nats.errors.Error:
        logger.info("there is such a stream")
    try:
        url.load()
    except ValueError:
        await nc.close()
        raise
    return nc


# Silent: only a cancellation, a missing attribute or a call that does not wait is in between.
async def nothing_that_fails(url, settings, count):
    nc = await nats.connect(url)
    await asyncio.sleep(1)
    name = settings.name
    count(name)
    return nc


# Silent: the callable may have kept it by then.
async def kept_by_then(url, register):
    nc = await nats.connect(url)
    register(nc)
    await nc.flush()
    return nc


# Silent: the wait is for the lock, which the block gives back.
async def under_a_lock(self, url, traced):
    async with self.lock:
        nc = await nats.connect(url)
        self.nc = traced(nc)


class Maker:
    def __init__(self, nc):
        self.nc = nc


# Silent: the cleanup fails, and it is the cleanup that would close it.
async def cleanup_fails(url, sink):
    nc = maker = None
    try:
        nc = await nats.connect(url)
        maker = Maker(nc)
        await maker.run()
    finally:
        if maker is not None:
            await maker.stop()
        else:
            await sink.stop()
            if nc is not None:
                await nc.close()


# Silent: a report is made of it, which need not have it.
async def reported(url, load):
    nc = await nats.connect(url)
    await nc.flush()
    report = load(nc)
    return report


async def the_first_call_that_may_fail_is_no_operation(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises, before it is handed on; close it in an 'except BaseException' that raises again
    name = find_name(url)
    await nc.publish(name, b"1")
    return nc


# A handler that goes on without it.
async def another_error(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +4 raises, before it is handed on; close it in an 'except BaseException' that raises again
    try:
        await nc.flush()
    except Exception as error:
        raise RuntimeError(url) from error
    return nc


async def none_on_an_error(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +4 returns, before it is handed on; close it in an 'except BaseException' that raises again
    try:
        await nc.flush()
    except BaseException:
        return None
    return nc


async def nothing_on_an_error(url):
    try:
        nc = await nats.connect(url)  # expect: NAQ102@20 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
        await nc.flush()
        return nc
    except BaseException:
        logger.exception("there is no server")


async def the_next_one_on_an_error(urls):
    for url in urls:
        try:
            nc = await nats.connect(url)  # expect: NAQ102@24 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
            await nc.flush()
            return nc
        except BaseException:
            logger.exception("there is no server")


# Silent: the error is not that of an operation of the connection, or the handler closes it.
async def another_kind_of_error(url, text):
    nc = await nats.connect(url)
    try:
        number = int(text)
    except BaseException:
        return None
    return nc, number


async def closed_in_the_handler(url):
    nc = await nats.connect(url)
    try:
        await nc.flush()
    except BaseException:
        await nc.close()
        return None
    return nc


# Silent: it is returned nevertheless.
async def returned_on_an_error(url):
    nc = await nats.connect(url)
    try:
        await nc.flush()
    except BaseException:
        return nc
    return nc


# Silent: only what the handler does to tell of it may fail.
async def told(url):
    nc = await nats.connect(url)
    try:
        await nc.flush()
    except BaseException as error:
        url.tell(error)
    return nc


# Silent: the error is handled, and something else is wrong.
async def refused_afterwards(url, wanted):
    nc = await nats.connect(url)
    try:
        await nc.flush()
    except BaseException as error:
        url.tell(error)
    if not wanted:
        return None
    return nc


# An object that gets it lives on: it is started, or put into a list.
async def started(url, Bus):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    await nc.flush()
    bus = Bus(nc)
    bus.start()


async def put_into_a_list(url, Bus, buses):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    await nc.flush()
    bus = Bus(nc)
    buses.append(bus)


# Silent: the function may be done with the object, which may be done with the connection.
async def only_asked(url, Bus, names):
    nc = await nats.connect(url)
    await nc.flush()
    bus = Bus(nc)
    bus.report()
    names.append(url)


# What the arguments call may fail first; the operation is what the handler is for.
async def with_another_call(url, text):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +4 returns, before it is handed on; close it in an 'except BaseException' that raises again
    try:
        await nc.publish("orders", text.encode())
    except BaseException:
        return None
    return nc


# A handler acquires it, and an operation fails there.
async def made_where_there_is_none(url, key, known):
    try:
        nc = known[key]
    except KeyError:
        nc = await nats.connect(url)  # expect: NAQ102@20 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
        await nc.flush()
        known[key] = nc
    return nc


# Silent: what fails in a handler may be part of the cleanup.
async def told_by_the_connection(url):
    nc = await nats.connect(url)
    try:
        url.load()
    except ValueError as error:
        await nc.publish("errors", error)
    return nc


# All parts of what is returned have their value before any of them leaves.
def in_a_tuple_with_its_view(host):
    client = paramiko.SSHClient()
    client.connect(host)  # expect: NAQ102@5 SSH client 'client' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    return client, client.open_sftp()


# It is the function that closes it, whatever gets it on the way.
async def used_and_stored_and_closed(url, app, Store):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    await Store(nc).create()
    app.state.nc = nc
    try:
        await app.run()
    finally:
        await nc.close()


# Silent: no code of the function closes it, so the store may.
async def used_and_stored(url, app, Store):
    nc = await nats.connect(url)
    await Store(nc).create()
    app.state.nc = nc


# The object has it once its base does.
class Receiver(threading.Thread):
    def __init__(self, address, Base):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # expect: NAQ102@16 socket 'sock' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
        sock.bind(address)
        super().__init__(args=(sock,))


async def put_into_a_queue(url, Bus, buses):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    await nc.flush()
    bus = Bus(nc)
    buses.put_nowait(bus)


# New objects alone get it, and none of them exists where it is lost.
async def given_to_an_object(url, serve, Storage):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    states = await nc.jetstream().key_value("states")
    await serve(Storage(nc, states))


# Silent: the object has it by then, or a function may close it.
async def the_object_has_it_by_then(url, serve, Storage):
    nc = await nats.connect(url)
    states = await serve(Storage(nc))
    await nc.flush()
    return states


async def a_function_gets_it_as_well(url, serve, Storage):
    nc = await nats.connect(url)
    states = await nc.jetstream().key_value("states")
    await serve(Storage(nc, states))
    await serve(nc)


async def a_function_may_close_it(url, serve, load):
    nc = await nats.connect(url)
    states = await nc.jetstream().key_value("states")
    await serve(load(nc, states))


async def goes_on_without_the_object(url, serve, Storage, stop):
    nc = await nats.connect(url)
    try:
        serve(Storage(nc, int(url)))
    except ValueError:
        logger.info("there is no storage")
    await nc.flush()


class Tried:
    """Another call may fail before the operation on the connection; the message names the operation."""

    async def with_a_last_word(self, url):
        try:
            nc = await nats.connect(url)  # expect: NAQ102@24 connection 'nc' stays open if line +2 raises, before it is handed on; close it in an 'except BaseException' that raises again
            wanted = self.wanted(url)
            await nc.flush()
            self.nc = nc
        finally:
            print(wanted)

    async def raised_again(self, url):
        try:
            nc = await nats.connect(url)  # expect: NAQ102@24 connection 'nc' stays open if line +3 raises, before it is handed on; close it in an 'except BaseException' that raises again
            async with self.lock:
                self.wanted(url)
                await nc.flush()
            self.nc = nc
        except BaseException:
            raise

    async def other_errors_in_words_of_its_own(self, url):
        try:
            nc = await nats.connect(url)  # expect: NAQ102@24 connection 'nc' stays open if line +6 raises, before it is handed on; close it in an 'except BaseException' that raises again
            self.wanted(url)
            await nc.flush()
            self.nc = nc
        except Exception as error:
            print(error)
            raise RuntimeError(url) from error

    # Silent: a handler closes it.
    async def closed(self, url):
        nc = None
        try:
            nc = await nats.connect(url)
            self.wanted(url)
            await nc.flush()
            self.nc = nc
        except BaseException:
            if nc is not None:
                await nc.close()
            raise

    async def stop(self):
        await self.nc.close()
