# settings: {"resource": [{"name": "file", "acquire": ["open"], "release-methods": ["close"], "manager": "with open({args}) as {name}"}]}
"""A test and its opposite are one question."""

import sys


def copy(path, convert):
    if path == "-":
        source = sys.stdin
    else:
        source = open(path)  # expect: NAQ101@18 file 'source' is closed by hand; it is opened on some ways only, so use 'stack.enter_context(open(path))' in the block of an 'ExitStack'
    try:
        convert(source)
    finally:
        if path != "-":
            source.close()


def copy_unless(path, known, convert):
    if path not in known:
        source = open(path)  # expect: NAQ101@18 file 'source' is closed by hand; it is opened on some ways only, so use 'stack.enter_context(open(path))' in the block of an 'ExitStack'
    else:
        source = known[path]
    try:
        convert(source)
    finally:
        if path in known:
            pass
        else:
            source.close()


def another_question(path, convert):
    source = sys.stdin
    if path != "-":
        source = open(path)  # expect: NAQ102@18 file 'source' stays open if line +2 raises; use 'with open(path) as source'
    try:
        convert(source)
    finally:
        if path != "":
            source.close()
