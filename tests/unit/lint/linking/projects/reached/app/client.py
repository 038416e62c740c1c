"""Keeps an object whose connection others close."""

from app.http import Http, Shared


class Client:
    def __init__(self):
        self._http = Http()
        self.one = Shared()
