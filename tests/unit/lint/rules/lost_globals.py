"""A global that the function which has opened what it holds sets to None, or opens again on the next turn of a loop."""

import nats

_nc = None
_closed = None
_by_another = None
_far = None
_told = None
_loop = None
_outer = None
_used = None
_handled = None
_taken = None
_reset = None


async def connect():
    global _nc
    try:
        _nc = await nats.connect("u")  # expect: NAQ102@21 connection '_nc' stays open when line +4 rebinds it; close it before
        await _nc.flush()
    except OSError as error:
        print(error)
        _nc = None


async def close():
    if _nc is not None:
        await _nc.close()


async def connect_and_close():
    global _closed
    try:
        _closed = await nats.connect("u")
        await _closed.flush()
    except OSError:
        if _closed is not None:
            await _closed.close()
        _closed = None


# Silent: another function, which it calls, closes it.
async def connect_with_help():
    global _by_another, _far
    try:
        _by_another = _far = await nats.connect("u")
        await _by_another.flush()
    except OSError:
        await shut()
        _by_another = _far = None


async def shut():
    await shut_by_another()


async def shut_by_another():
    if _by_another is not None:
        await _by_another.close()


# Silent: it is told that the connection has ended.
async def connect_until_told(ended):
    global _told
    try:
        _told = await nats.connect("u", closed_cb=ended)
        await _told.flush()
    except OSError:
        _told = None


async def connect_on_each_turn(urls):
    global _loop
    for url in urls:
        _loop = await nats.connect(url)  # expect: NAQ102@23 connection '_loop' stays open when line +0 rebinds it; close it before


def of_an_outer_function(run):
    _outer = None

    async def start():
        nonlocal _outer
        try:
            _outer = await nats.connect("u")
            await _outer.flush()
        except OSError:
            _outer = None

    async def stop():
        if _outer is not None:
            await _outer.close()

    run(start, stop)


async def connect_and_set_up():
    global _used
    try:
        _used = await nats.connect("u")  # expect: NAQ102@23 connection '_used' stays open when line +3 rebinds it; close it before
        await set_up()
    except Exception:
        _used = None


async def set_up():
    try:
        await subscribe()
    except ValueError:
        raise


async def subscribe():
    if _used is None:
        return
    await _used.subscribe("jobs", cb=print)


# Silent: what the function uses it for handles its own errors.
async def connect_and_try():
    global _handled
    try:
        _handled = await nats.connect("u")
        await set_up_if_possible()
    except Exception:
        _handled = None


async def set_up_if_possible():
    try:
        await _handled.subscribe("jobs", cb=print)
    except Exception as error:
        print(error)


# Silent: the function gives it to other code, or sets it itself.
async def connect_and_give(others):
    global _taken
    try:
        _taken = await nats.connect("u")
        await give(others)
    except Exception:
        _taken = None


async def give(others):
    await _taken.flush()
    others.append(_taken)


async def connect_and_reset():
    global _reset
    try:
        _reset = await nats.connect("u")
        await reset()
    except Exception:
        _reset = None


async def reset():
    global _reset
    await _reset.flush()
    _reset = None
