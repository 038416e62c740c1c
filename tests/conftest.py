"""For all tests: a property is judged by what holds, not by how long a busy machine takes for an example."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
