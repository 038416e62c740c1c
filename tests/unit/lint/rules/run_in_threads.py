# settings: {"catalogues": ["sqlite3", "sockets"]}
"""Functions that get a connection in another thread."""

import asyncio
import socket
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

from elsewhere import unknown


def work(connection, table="orders"):
    connection.execute(f"SELECT * FROM {table}")


def close(connection):
    connection.execute("SELECT 1")
    connection.close()


kept = []


def keep(connection, table):
    kept.append(connection)


async def waited_for():
    connection = sqlite3.connect("db")  # expect: NAQ103@18 connection 'connection' is never closed; use 'with contextlib.closing(sqlite3.connect("db")) as connection' (import contextlib)
    await asyncio.to_thread(work, connection)


async def by_keyword():
    connection = sqlite3.connect("db")  # expect: NAQ103@18 connection 'connection' is never closed; use 'with contextlib.closing(sqlite3.connect("db")) as connection' (import contextlib)
    await asyncio.to_thread(work, table="orders", connection=connection)


async def in_an_executor(executor):
    connection = sqlite3.connect("db")  # expect: NAQ103@18 connection 'connection' is never closed; use 'with contextlib.closing(sqlite3.connect("db")) as connection' (import contextlib)
    await asyncio.get_running_loop().run_in_executor(executor, work, connection, "orders")


def in_a_thread():
    connection = sqlite3.connect("db")  # expect: NAQ103@18 connection 'connection' is never closed: the task of line +1 only uses it; close it where that ends
    threading.Thread(target=work, args=(connection,), daemon=True).start()


def in_a_thread_by_position():
    connection = sqlite3.connect("db")  # expect: NAQ103@18 connection 'connection' is never closed: the task of line +1 only uses it; close it where that ends
    threading.Thread(None, work, "worker", (connection, "orders")).start()


def submitted(executor: ThreadPoolExecutor):
    connection = sqlite3.connect("db")  # expect: NAQ103@18 connection 'connection' is never closed: the task of line +1 only uses it; close it where that ends
    executor.submit(work, connection, table="orders")


class Server:
    def serve(self):
        with socket.socket() as server:
            while True:
                client, address = server.accept()  # expect: NAQ103@35 socket 'client' is never closed: the task of line +1 only uses it; close it where that ends
                threading.Thread(target=self.answer, args=(client, address)).start()

    def serve_and_close(self):
        with socket.socket() as server:
            while True:
                client, address = server.accept()
                threading.Thread(target=self.answer_and_close, args=(client, address)).start()

    def answer(self, client, address):
        client.sendall(str(address).encode())

    def answer_and_close(self, client, address):
        client.sendall(str(address).encode())
        client.close()


async def used_and_closed():
    connection = sqlite3.connect("db")  # expect: NAQ102@18 connection 'connection' stays open if line +1 raises; use 'with contextlib.closing(sqlite3.connect("db")) as connection' (import contextlib)
    await asyncio.to_thread(work, connection)
    connection.close()


# Silent: the function closes it or keeps it, or is not known.
async def closed_in_a_thread():
    connection = sqlite3.connect("db")
    await asyncio.to_thread(close, connection)


async def kept_in_a_thread():
    connection = sqlite3.connect("db")
    await asyncio.to_thread(keep, connection, "orders")


async def not_known():
    connection = sqlite3.connect("db")
    await asyncio.to_thread(unknown, connection)


async def with_more_arguments(more):
    connection = sqlite3.connect("db")
    await asyncio.to_thread(work, *more, connection)


async def is_the_executor():
    connection = sqlite3.connect("db")
    await asyncio.get_running_loop().run_in_executor(connection, work, None)


def closed_in_its_thread():
    connection = sqlite3.connect("db")
    threading.Thread(target=close, args=(connection,)).start()


def of_a_thread_that_is_not_known():
    connection = sqlite3.connect("db")
    threading.Thread(target=unknown, args=(connection,)).start()


def in_a_list(arguments):
    connection = sqlite3.connect("db")
    threading.Thread(target=work, args=[connection, *arguments]).start()


def also_kept():
    connection = sqlite3.connect("db")
    threading.Thread(target=work, args=(connection,)).start()
    kept.append(connection)


def submitted_to_be_closed(executor):
    connection = sqlite3.connect("db")
    executor.submit(close, connection)


def submitted_itself(form):
    connection = sqlite3.connect("db")
    form.submit(connection)
