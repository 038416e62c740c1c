"""What cassandra opens by a call."""

import cassandra.cluster


def never_closed(where):
    it = cassandra.cluster.Cluster([where])  # expect: NAQ103@10 cluster 'it' is never closed; use 'with cassandra.cluster.Cluster([where]) as it'
    it.connect()


def stays_open_on_an_error(where):
    it = cassandra.cluster.Cluster([where])  # expect: NAQ102@10 cluster 'it' stays open if line +1 raises; use 'with cassandra.cluster.Cluster([where]) as it'
    it.connect()
    it.shutdown()


def by_hand(where):
    it = cassandra.cluster.Cluster([where])  # expect: NAQ101@10 cluster 'it' is closed by hand; use 'with cassandra.cluster.Cluster([where]) as it'
    try:
        it.connect()
    finally:
        it.shutdown()


def in_a_block(where):
    with cassandra.cluster.Cluster([where]) as it:
        it.connect()
