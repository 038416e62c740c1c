# settings: {"catalogues": ["pipes"]}
"""Pipes to commands, which a project asks for."""

import os
from os import popen


def read_and_dropped(command):
    return os.popen(command).read()  # expect: NAQ103@12 pipe is never closed; use 'with os.popen(command) as p' (its block waits)


def each_line():
    for line in popen("ps"):  # expect: NAQ103@17
        print(line)


def stays_open_on_an_error(command, text):
    pipe = os.popen(command, "w")  # expect: NAQ102@12 pipe 'pipe' stays open if line +1 raises; use 'with os.popen(command, "w") as pipe' (its block waits)
    pipe.write(text)
    return pipe.close()


# Silent: closed, or given to the caller.
def in_a_block(command):
    with os.popen(command) as pipe:
        return pipe.read()


def given(command):
    return os.popen(command)


def read_by_the_caller(command):
    pipe = given(command)  # expect: NAQ103@12 pipe 'pipe' from 'given' (line -4) is never closed; use 'with given(command) as pipe' (its block waits)
    return pipe.readlines()
