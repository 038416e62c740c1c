"""The exception that was meant is one of the same package, in the same module where that has it."""

import nats
import nats.js.errors
import nats.key_value.errors


async def old(kv, work):
    try:
        await work()
    except nats.js.errors.BucketNotFound:  # expect: NAQ303@12 'nats.js.errors.BucketNotFound' does not exist, and naming it raises AttributeError; use 'nats.js.errors.BucketNotFoundError'
        pass
    except nats.js.errors.KeyNotFound:  # expect: NAQ303@12 'nats.js.errors.KeyNotFound' does not exist, and naming it raises AttributeError; use 'nats.js.errors.KeyNotFoundError'
        pass
    except nats.errors.BucketNotFoundErr:  # expect: NAQ303@12 'nats.errors.BucketNotFoundErr' does not exist, and naming it raises AttributeError; use 'nats.js.errors.BucketNotFoundError'
        pass
