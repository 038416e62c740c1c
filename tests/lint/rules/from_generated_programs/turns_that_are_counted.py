"""What only happens on one more turn than a loop has, where its few turns are written down."""

import nats


# Silent: what the first turn opened is lost on the second, the last one, and from there every way ends in the ValueError.
async def handed_on_by_the_handler(url, nc, work):
    try:
        for _ in range(2):
            try:
                nc = await nats.connect(url)
            except BaseException:
                await work()
                return nc
        await nc.close()
        raise ValueError
    except ValueError:
        await work()
        raise


# The same where there may be a third turn, which hands on what the second one opened.
async def handed_on_later(urls, nc, work):
    try:
        for url in urls:
            try:
                nc = await nats.connect(url)  # expect: NAQ102@28
            except BaseException:
                await work()
                return nc
        await nc.close()
        raise ValueError
    except ValueError:
        await work()
        raise


# Silent: the turn that opens one hands it on.
async def handed_on_by_one_turn(url, work):
    for turn in (1, 2):
        if turn == 1:
            nc = await nats.connect(url)
            return nc
    await work()


# A loop that is left early is counted anew when it is entered again.
async def entered_again(url, ready):
    while ready():
        for _ in range(2):
            nc = await nats.connect(url)  # expect: NAQ102@24
            if ready():
                break
            await nc.close()
        await nc.close()


# Every one of the turns opens one.
async def opened_twice(url):
    for _ in range(2):
        nc = await nats.connect(url)  # expect: NAQ102@20
    await nc.close()
