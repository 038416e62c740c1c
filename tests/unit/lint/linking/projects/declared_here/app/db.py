# settings: {"resource": [{"name": "session", "acquire": ["app.db.Database.session", "app.db.connect", "app.db.Link", "app.other.opened"], "release-methods": ["close"], "entering": "impossible"}]}
"""Functions, methods and classes that the settings declare, in the module that defines them."""


class Link:
    def __init__(self, url):
        self.url = url

    def close(self):
        self.url = None


def connect(url):
    return url.link()


def opened(url):
    return url.link()


class Database:
    def __init__(self, pool):
        self.pool = pool

    def session(self):
        return self.pool.take()

    def count(self):
        session = self.session()  # expect: NAQ103@19 session 'session' is never closed; use 'with contextlib.closing(self.session()) as session' (import contextlib)
        return session.run("count")

    def first(self):
        session = self.session()  # expect: NAQ102@19 session 'session' stays open if line +1 raises; use 'with contextlib.closing(self.session()) as session' (import contextlib)
        found = session.run("first")
        session.close()
        return found


class Archive(Database):
    def last(self):
        return self.session().run("last")  # expect: NAQ103@16 session is never closed; use 'with contextlib.closing(self.session()) as s' (import contextlib)

    def newest(self):
        return super().session().run("newest")  # expect: NAQ103@16 session is never closed; use 'with contextlib.closing(super().session()) as s' (import contextlib)


def ask(database: Database):
    return database.session().run("ask")  # expect: NAQ103@12 session is never closed; use 'with contextlib.closing(database.session()) as s' (import contextlib)


def linked(url):
    return Link(url).url  # expect: NAQ103@12 session is never closed; use 'with contextlib.closing(Link(url)) as s' (import contextlib)


def connected(url):
    link = connect(url)  # expect: NAQ103@12 session 'link' is never closed; use 'with contextlib.closing(connect(url)) as link' (import contextlib)
    return link.url


def of_another_module(url):
    link = opened(url)
    return link.url
