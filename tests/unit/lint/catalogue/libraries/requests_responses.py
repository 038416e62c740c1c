# settings: {"catalogues": ["requests:response"]}
"""Responses of requests that are not read at once."""

import requests


def read_at_once(url):
    return requests.get(url).text


def never_closed(url):
    response = requests.get(url, stream=True)  # expect: NAQ103@16 response 'response' is never closed; use 'with requests.get(url, stream=True) as response'
    return response.status_code


def in_a_block(url, path):
    with requests.get(url, stream=True) as response:
        return response.raw.read()
