"""A function that opens an object of an owner class before it returns the object."""

import socket


class Link:
    def open(self, address):
        self.socket = socket.create_connection(address)

    def close(self):
        self.socket.close()


def opened(address):
    link = Link()
    link.open(address)
    return link


def never_closed(address):
    link = opened(address)  # expect: NAQ114@12 Link 'link' opens a socket (line -13) and is never closed; call 'link.close()' in a 'finally'
    link.socket.send(b"x")


# Silent: it opens nothing.
def unopened():
    link = Link()
    return link


def looked_at():
    link = unopened()
    print(link.socket)
