"""Global names that a function gives a new connection while it works with the old one."""

import requests

SESSION = requests.Session()
CLOSED = requests.Session()
GIVEN = requests.Session()
TESTED = requests.Session()
UNUSED = requests.Session()
HERE = requests.Session()
TURNS = requests.Session()


def used_and_replaced(url):
    global SESSION
    try:
        return SESSION.get(url)
    except OSError:
        print("again")
    headers = SESSION.headers
    SESSION = requests.Session()  # expect: NAQ102@15 session 'SESSION' of line -16 stays open when line +0 rebinds it; close it before
    SESSION.headers = headers


def used_and_replaced_on_each_turn(url):
    global TURNS
    for _ in range(2):
        TURNS.get(url)
        TURNS = requests.Session()  # expect: NAQ102@17 session 'TURNS' stays open when line +0 rebinds it; close it before


def closed_and_replaced(url):
    global CLOSED
    answer = CLOSED.get(url)
    CLOSED.close()
    CLOSED = requests.Session()
    return answer


# Silent: what gets it may close it.
def given_and_replaced(url, send):
    global GIVEN
    GIVEN.get(url)
    send(GIVEN)
    GIVEN = requests.Session()


# Silent: it is asked for.
def replaced_if_it_is_missing(url):
    global TESTED
    TESTED.get(url)
    if TESTED is None:
        TESTED = requests.Session()


# Silent: nothing tells that the old one is open.
def replaced_without_a_use():
    global UNUSED
    UNUSED = requests.Session()
    UNUSED.get("u")


# Silent: the name is a variable of the function.
def of_the_function(url):
    HERE = requests.Session()
    with HERE:
        HERE.get(url)
