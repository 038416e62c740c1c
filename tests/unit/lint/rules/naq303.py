"""Exceptions that nats-py does not have."""

import nats
import nats.errors
import nats.js.errors
from nats import errors


async def invented(js):
    try:
        await js.stream_info("a")
    except nats.errors.StreamNotFound:  # expect: NAQ303@12 'nats.errors.StreamNotFound' does not exist, and naming it raises AttributeError; use 'nats.js.errors.NotFoundError'
        print("none")
    except (nats.js.errors.ConsumerNotFoundError, errors.APIError):  # expect: NAQ303@13 'nats.js.errors.ConsumerNotFoundError' does not exist, and naming it raises AttributeError; use 'nats.js.errors.NotFoundError' | NAQ303@51 'nats.errors.APIError' does not exist, and naming it raises AttributeError; use 'nats.js.errors.APIError'
        print("other")
    except nats.errors.KeyValueError:  # expect: NAQ303@12 'nats.errors.KeyValueError' does not exist, and naming it raises AttributeError; use 'nats.js.errors.KeyValueError'
        print("a name of nats-py, not of nats-key-value")


# Silent: real ones, and other people's.
async def real(js, other):
    try:
        await js.stream_info("a")
    except nats.js.errors.NotFoundError:
        print("none")
    except (errors.TimeoutError, nats.errors.ConnectionClosedError, other.errors.StreamNotFound):
        print("other")
