# settings: {"catalogues": ["servers"]}
"""Servers of the standard library, which a project asks for."""

import socketserver
import threading
from http.server import HTTPServer
from xmlrpc.server import SimpleXMLRPCServer


def only_shut_down(handler):
    server = HTTPServer(("localhost", 0), handler)  # expect: NAQ103@14 server 'server' is never closed; use 'with HTTPServer(("localhost", 0), handler) as server'
    threading.Thread(target=server.serve_forever).start()
    server.shutdown()


def in_a_block(handler):
    with socketserver.TCPServer(("localhost", 0), handler) as server:
        server.serve_forever()


class Calls:
    def start(self, port):
        self.server = SimpleXMLRPCServer(("localhost", port))  # expect: NAQ108@23 server 'self.server' is closed by no method of class 'Calls'; add one that calls 'self.server.server_close()', or use a context manager
        self.server.serve_forever()

    def stop(self):
        self.server.shutdown()


class Closed:
    def start(self, port):
        self.server = SimpleXMLRPCServer(("localhost", port))
        self.server.serve_forever()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
