# settings: {"catalogues": ["processes"]}
"""An error that a script lets pass ends the program, and closes what it has open."""

import socket
import sqlite3
import subprocess
import sys

# Silent: closed where nothing fails.
server = socket.socket()
server.bind(("", 80))
server.listen()
client, address = server.accept()
client.sendall(b"x")
client.close()
server.close()

# It stays open for what comes behind the handler.
db = sqlite3.connect(sys.argv[1])  # expect: NAQ102
try:
    db.execute("select 1")
    db.close()
except sqlite3.Error:
    print("no rows")

# The program that is started goes on.
process = subprocess.Popen(sys.argv[2:])  # expect: NAQ102
print(int(sys.argv[1]))
process.kill()


def in_a_function(path):
    other = sqlite3.connect(path)  # expect: NAQ102
    other.execute("select 1")
    other.close()
