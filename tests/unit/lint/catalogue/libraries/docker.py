"""What docker opens by a call."""

import docker
from docker import client


def never_closed(where):
    it = docker.from_env()  # expect: NAQ103@10 client 'it' is never closed; use 'with contextlib.closing(docker.from_env()) as it' (import contextlib)
    it.containers.list()


def stays_open_on_an_error(where):
    it = docker.from_env()  # expect: NAQ102@10 client 'it' stays open if line +1 raises; use 'with contextlib.closing(docker.from_env()) as it' (import contextlib)
    it.containers.list()
    it.close()


def by_hand(where):
    it = docker.from_env()  # expect: NAQ101@10 client 'it' is closed by hand; use 'with contextlib.closing(docker.from_env()) as it' (import contextlib)
    try:
        it.containers.list()
    finally:
        it.close()


def by_the_name_of_its_module(where):
    it = client.APIClient(base_url=where)  # expect: NAQ103
    it.containers()


def by_the_name_before_version_2(where):
    it = docker.Client(base_url=where)  # expect: NAQ103@10 client 'it' is never closed; use 'with docker.Client(base_url=where) as it'
    it.containers()
