"""Gives classes of another module to others, by other names."""

from app.base import *
from app.base import Database as Store
from app.base import Pooled


class Local(Plain):
    kind = "local"
