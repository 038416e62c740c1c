# settings: {"catalogues": ["http"]}
"""HTTP clients of the standard library, which a project asks for."""

import http.client
import json
import urllib.request


def read_to_its_end(url):
    return urllib.request.urlopen(url).read()


def not_read(url):
    return urllib.request.urlopen(url).status  # expect: NAQ103@12 response is never closed; use 'with urllib.request.urlopen(url) as r'


def in_a_block(url):
    with urllib.request.urlopen(url) as response:
        return json.load(response)


def opened_by_a_request(host):
    connection = http.client.HTTPConnection(host)
    connection.request("GET", "/")  # expect: NAQ103@5 connection 'connection' is never closed; use 'with contextlib.closing(http.client.HTTPConnection(host)) as connection' (import contextlib)
    return connection.getresponse().status


def not_opened(host):
    connection = http.client.HTTPConnection(host)
    return connection.host


# Silent: a loop reads it to its end.
def each_line(url):
    for line in urllib.request.urlopen(url):
        print(line)


def all_lines(url):
    response = urllib.request.urlopen(url)
    return [line.strip() for line in response]


def first_line(url):
    for line in urllib.request.urlopen(url):  # expect: NAQ103
        return line


def each_line_of_another(url, other):
    response = urllib.request.urlopen(url)  # expect: NAQ103
    for line in other:
        print(line, response.status)


def each_line_before_the_close(url):
    response = urllib.request.urlopen(url)  # expect: NAQ102
    for line in response:
        print(line.decode())
    response.close()


def each_line_and_closed_on_some_ways(url, again):
    response = urllib.request.urlopen(url)
    for line in response:
        print(line)
    if again:
        response.close()
