"""Sessions of requests; responses are asked for, see requests_responses.py."""

import requests

SHARED = requests.Session()


def never_closed(urls):
    session = requests.Session()  # expect: NAQ103@15 session 'session' is never closed; use 'with requests.Session() as session'
    return [session.get(url).status_code for url in urls]


def in_a_block(urls):
    with requests.Session() as session:
        return [session.get(url).status_code for url in urls]


def shared(url):
    return SHARED.get(url)


def read_at_once(url):
    return requests.get(url).text


def not_read_at_once(url):
    response = requests.get(url, stream=True)
    return response.status_code


# Was a false alarm: an adapter is only put into a list.
def mounted(adapter):
    session = requests.Session()
    session.mount("https://", adapter)
    return session
