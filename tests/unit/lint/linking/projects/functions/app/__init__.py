"""Re-exports a factory of one of its modules."""

from app.clients import get_client as get_client
from .stars import *
