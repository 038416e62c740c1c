# settings: {"resource": [{"name": "session", "acquire": ["app.replaced.Database.session"], "release-methods": ["close"], "entering": "impossible"}]}
"""Silent: a class of the file has another method by the declared name."""


class Database:
    def session(self):
        return self.pool.take()

    def count(self):
        return self.session().run("count")


class Double(Database):
    def session(self):
        return None
