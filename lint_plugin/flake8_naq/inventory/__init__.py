"""The inventory: every connection of a code base, managed or not, and how far its migration has come."""
