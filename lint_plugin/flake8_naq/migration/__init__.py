"""From an older API to today's, the fixes of NAQ2xx and NAQ3xx.

By-hand functions, URLs and wide managers of the package that the catalogue names become its managers and its Config;
names and keywords that nats-py does not have become those that it has.
"""
