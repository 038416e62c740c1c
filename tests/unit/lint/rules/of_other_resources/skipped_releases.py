# settings: {"catalogues": ["sockets", "processes", "files", "files:descriptor"], "select": ["NAQ112"]}
"""A use of the attribute may fail, and a block around that and the release takes the error: the release is skipped."""

import contextlib
import os
import socket
import subprocess


class Link:
    def open(self):
        self.sock = socket.socket()

    def in_a_try(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
            self.sock.close()  # expect: NAQ112
        except OSError:
            pass
        self.sock = None

    def handler_sets_none(self):
        try:
            if self.polite:
                self.sock.sendall(b"bye")
            self.sock.close()  # expect: NAQ112
        except (OSError, ValueError) as error:
            print(error)
            self.sock = None

    def set_to_none_in_the_end(self):
        try:
            self.sock.sendall(b"bye")
            self.sock.close()  # expect: NAQ112
        except Exception:
            return
        finally:
            self.sock = None

    # Silent: it is closed in any case, or by another method.
    def in_a_finally(self):
        with contextlib.suppress(OSError):
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            finally:
                self.sock.close()

    def each_for_itself(self):
        try:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)
            self.sock.close()
        except OSError:
            pass

    def again_in_the_handler(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
            self.sock.close()
        except OSError:
            self.sock.close()

    def again_behind(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
            self.sock.close()
        except OSError:
            pass
        self.sock.close()

    def by_the_handler(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
            self.sock.close()
        except OSError:
            self.kill()

    def by_a_method_behind(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
            self.sock.close()
        except OSError:
            pass
        self.kill()

    def kill(self):
        self.sock.close()

    def raised_again(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
            self.sock.close()
        except OSError:
            print("not closed")
            raise

    def nothing_before(self):
        try:
            print("closing")
            self.sock.close()
        except OSError:
            pass

    def it_may_not_be_there(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
            self.sock.close()
        except AttributeError:
            pass


class Lock:
    def acquire(self, path):
        self.fd = os.open(path, os.O_RDWR)

    def release(self):
        with contextlib.suppress(OSError):
            os.lockf(self.fd, os.F_ULOCK, 0)
            os.close(self.fd)  # expect: NAQ112

    def release_if_there(self):
        with contextlib.suppress(AttributeError):
            os.lockf(self.fd, os.F_ULOCK, 0)
            os.close(self.fd)

    def release_behind(self):
        with contextlib.suppress(OSError):
            os.lockf(self.fd, os.F_ULOCK, 0)
        os.close(self.fd)


class Program:
    def start(self):
        self.process = subprocess.Popen(["sleep", "9"], stdin=subprocess.PIPE)

    def stop(self):
        try:
            print(self.process.poll())
            self.process.kill()
        except Exception as error:
            print(error)

    def ask_and_stop(self):
        try:
            self.process.send_signal(2)
            self.process.kill()  # expect: NAQ112
        except OSError as error:
            print(error)
