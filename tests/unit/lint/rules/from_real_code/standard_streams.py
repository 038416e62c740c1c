# settings: {"resource": [{"name": "file", "acquire": ["open"], "release-methods": ["close"], "manager": "with open({args}) as {name}"}]}
"""What was opened here is not the object that other code keeps under an attribute."""

import sys

import nats


def copy(path, convert):
    source = open(path) if path else sys.stdin  # expect: NAQ101@14 file 'source' is closed by hand; it is opened on some ways only, so use 'stack.enter_context(open(path))' in the block of an 'ExitStack'
    try:
        convert(source)
    finally:
        if source != sys.stdin:
            source.close()


def write(path, text):
    if path == "-":
        sink = sys.stdout
    else:
        sink = open(path, "w")  # expect: NAQ101@16 file 'sink' is closed by hand; it is opened on some ways only, so use 'stack.enter_context(open(path, "w"))' in the block of an 'ExitStack'
    try:
        sink.write(text)
    finally:
        if sink is sys.stdout:
            sink.flush()
        else:
            sink.close()


def only_if_it_is_standard(path, convert):
    source = open(path)  # expect: NAQ103@14 file 'source' is never closed; use 'with open(path) as source'
    if source is sys.stdin:
        source.close()


def read_after(path):
    with open(path) as source:
        head = source.read(4)
    return head + source.read()  # expect: NAQ105@19 file 'source' is used by 'source.read' after its 'with' block has ended; move the use before the end


class Bus:
    async def send(self, url, data):
        nc = self.nc if url is None else await nats.connect(url)  # expect: NAQ101@48 connection 'nc' is closed by hand; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect(url))' in the block of an 'AsyncExitStack'
        try:
            await nc.publish("jobs", data)
        finally:
            if nc is not self.nc:
                await nc.close()
