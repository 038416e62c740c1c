"""Lines that disappear: their comments stay once, and a nested block that would be empty gets a `pass`."""

from __future__ import annotations

import pytest

from lint.fixer.fixing import NATS_IMPORT, assert_only_unsafe, fixed, reasons

HEAD = f"{NATS_IMPORT}async def f(url, xs):\n"
ACQUIRED = "    nc = await nats.connect(url)\n"
ENTERED = "    async with await nats.connect(url):\n"


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("    xs()\n    await nc.close()  # one\n", "        xs()\n        # one\n"),
        (
            "    if xs:\n        # two\n        await nc.close()\n    else:\n        await nc.close()\n",
            "        if xs:\n            # two\n            pass\n",
        ),
        (
            "    if xs:\n        await nc.close()  # one\n    else:\n        await nc.close()\n",
            "        if xs:\n            pass  # one\n",
        ),
        (
            "    try:\n        xs()\n    finally:  # one\n        # two\n        await nc.close()  # three\n        # four\n",
            "        xs()\n        # one\n        # two\n        # three\n        # four\n",
        ),
        (
            "    try:\n        xs()\n    except ValueError:\n        await nc.close()\n        raise\n    await nc.close()\n",
            "        xs()\n",
        ),
    ],
)
def test_what_stays(body: str, after: str) -> None:
    assert fixed(f"{HEAD}{ACQUIRED}{body}", unsafe=True) == f"{HEAD}{ENTERED}{after}"


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("    xs()\n\n    # Close the connection.\n    await nc.close()\n", "        xs()\n"),
        ("    xs()\n\n    # Close the connection. \t\n    await nc.close()\n", "        xs()\n"),
        ("    xs()\n    await nc.close()  # always clean up\n", "        xs()\n"),
        (
            "    try:\n        xs()\n        # not yet\n    # make sure it closes\n    finally:\n        await nc.close()\n",
            "        xs()\n        # not yet\n",
        ),
        (
            "    # of xs\n    xs()\n    # Disconnect from\n    # the server\n    if nc:\n        await nc.close()\n",
            "        # of xs\n        xs()\n",
        ),
        (
            "    try:\n        xs()\n    finally:\n        xs()\n        # Shut down\n        await nc.close()\n",
            "        try:\n            xs()\n        finally:\n            xs()\n",
        ),
    ],
)
def test_a_comment_that_says_only_that_it_is_closed_goes_with_the_close(body: str, after: str) -> None:
    assert fixed(f"{HEAD}{ACQUIRED}{body}") == f"{HEAD}{ENTERED}{after}"


@pytest.mark.parametrize(
    "comment", ["see #12", "the server forgets it", "Clean up: see #12", "close it\n    # after #12"]
)
def test_a_comment_above_the_close_that_says_more_makes_the_fix_unsafe(comment: str) -> None:
    assert_only_unsafe(
        f"{HEAD}{ACQUIRED}    xs()\n    # {comment}\n    await nc.close()\n",
        f"the comment '# {comment.partition(chr(10))[0]}' would move away from its statement",
    )


def branch(begin: str) -> str:
    return f"    if xs():\n{begin}        return True\n    xs()\n"


def test_a_comment_at_the_beginning_of_a_branch_stays_with_the_branch() -> None:
    comment = "        # It is there\n        # already\n"
    source = f"{HEAD}{ACQUIRED}{branch(f'{comment}        await nc.close(){chr(10)}')}    await nc.close()\n"
    after = branch(comment).removesuffix("\n").replace("\n    ", "\n        ")
    assert fixed(source) == f"{HEAD}{ENTERED}    {after}\n"


@pytest.mark.parametrize(
    "body",
    [
        branch("        # It is there, so close\n        await nc.close()\n"),
        branch("        # see nc.flush\n        await nc.close()\n"),
        branch("        # It is there\n        await nc.close()\n\n"),
        branch("        xs()\n        # It is there\n        await nc.close()\n"),
        branch("        await nc.close()  # It is there\n"),
        "    try:\n        xs()\n    finally:\n        # It is there\n        await nc.close()\n        xs = 1\n",
    ],
)
def test_a_comment_of_the_close_in_a_branch_makes_the_fix_unsafe(body: str) -> None:
    source = f"{HEAD}{ACQUIRED}{body}    await nc.close()\n"
    assert fixed(source) == source


def test_a_comment_that_is_separate_from_the_close_stays() -> None:
    source = f"{HEAD}{ACQUIRED}    xs()\n    # done\n\n    await nc.close()\n"
    assert fixed(source) == f"{HEAD}{ENTERED}        xs()\n        # done\n"


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("    xs()\n\n    await nc.close()\n", "        xs()\n"),
        ("    xs()\n\n    await nc.close()", "        xs()"),
        ("    xs()\n\n    await nc.close()\n    return 1\n", "        xs()\n\n    return 1\n"),
        ("    xs()\n\n    await nc.close()\n\n    return 1\n", "        xs()\n\n    return 1\n"),
        ("    xs()\n    await nc.close()\n\n    return 1\n", "        xs()\n\n    return 1\n"),
    ],
)
def test_blank_lines_around_the_close(body: str, after: str) -> None:
    assert fixed(f"{HEAD}{ACQUIRED}{body}") == f"{HEAD}{ENTERED}{after}"


def test_comments_in_an_acquisition_come_above_it() -> None:
    before = "    nc = await nats.connect(  # one\n        url,  # two\n    )\n    xs()\n    await nc.close()\n"
    after = "    async with await nats.connect(  # one\n        url,  # two\n    ):\n        xs()\n"
    assert fixed(f"{HEAD}{before}", unsafe=True) == f"{HEAD}{after}"


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("    xs(); await nc.close()\n", "        xs()\n"),
        ("    xs()\n    await nc.close(); xs()\n", "        xs()\n    xs()\n"),
        ("    try: xs()\n    finally: await nc.close()\n", "        xs()\n"),
    ],
)
def test_statements_that_share_a_line_get_their_own(body: str, after: str) -> None:
    assert fixed(f"{HEAD}{ACQUIRED}{body}") == f"{HEAD}{ENTERED}{after}"


def test_statements_that_share_a_line_under_noqa_stay() -> None:
    source = f"{HEAD}{ACQUIRED}    xs(); await nc.close()  # noqa: E702\n"
    assert fixed(source, unsafe=True) == source
    assert reasons(source, unsafe=True) == ["several statements share line 6"]


def test_no_blank_line_stays_above_the_clause_that_follows() -> None:
    head, clause = f"{HEAD}    try:\n", "    finally:\n        xs()\n"
    after = fixed(f"{head}    {ACQUIRED}        xs(1)\n\n        await nc.close()\n{clause}")
    assert after == f"{head}    {ENTERED}            xs(1)\n{clause}"
