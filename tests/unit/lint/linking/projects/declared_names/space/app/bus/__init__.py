from .client import Bus, open_bus
from .client import Other
