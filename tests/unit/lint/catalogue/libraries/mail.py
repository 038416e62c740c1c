"""Mail and FTP clients of the standard library."""

import ftplib
import imaplib
import poplib
import smtplib


def stays_open_on_an_error(host, message):
    server = smtplib.SMTP(host, 587)  # expect: NAQ102@14 mail server 'server' stays open if line +1 raises; use 'with smtplib.SMTP(host, 587) as server'
    server.send_message(message)
    server.quit()


def in_a_block(host, message):
    with smtplib.SMTP(host) as server:
        server.send_message(message)


def not_open_without_a_host():
    server = smtplib.SMTP()
    server.set_debuglevel(1)


def open_from_connect_on(host, message):
    server = smtplib.SMTP()
    server.connect(host)  # expect: NAQ103@5 mail server 'server' is never closed; use 'with smtplib.SMTP() as server'
    server.send_message(message)


def the_mailbox_is_closed_and_the_connection_is_not(host):
    server = imaplib.IMAP4_SSL(host)  # expect: NAQ103@14 mailbox server 'server' is never closed; use 'with imaplib.IMAP4_SSL(host) as server'
    server.select()
    server.close()


def logged_out(host):
    with imaplib.IMAP4_SSL(host) as server:
        server.select()


def never_closed(host):
    ftp = ftplib.FTP(host)  # expect: NAQ103@11 FTP server 'ftp' is never closed; use 'with ftplib.FTP(host) as ftp'
    ftp.login()
    return ftp.nlst()


def no_block_exists(host):
    box = poplib.POP3(host)  # expect: NAQ101@11 mailbox server 'box' is closed by hand; use 'with contextlib.closing(poplib.POP3(host)) as box' (import contextlib)
    try:
        return box.stat()
    finally:
        box.quit()


# `connect()` returns a tuple, and opens again what the constructor has opened: one report is enough, and its block is right.
def connected_again(host, message):
    server = smtplib.SMTP("localhost")  # expect: NAQ102@14 mail server 'server' stays open if line +1 raises; use 'with smtplib.SMTP("localhost") as server'
    server.connect(host, 587)
    server.send_message(message)
    server.quit()


def connected_again_by_hand(host, message):
    server = smtplib.SMTP("localhost")  # expect: NAQ101@14 mail server 'server' is closed by hand; use 'with smtplib.SMTP("localhost") as server'
    try:
        server.connect(host, 587)
        server.send_message(message)
    finally:
        server.quit()


def connected_again_and_left(host, message):
    server = smtplib.SMTP("localhost")  # expect: NAQ101@14 mail server 'server' is closed by hand; use 'with smtplib.SMTP("localhost") as server'
    try:
        server.send_message(message)
    finally:
        server.quit()
    server.connect(host, 587)  # expect: NAQ102@5 mail server 'server' stays open if line +1 returns; use 'with smtplib.SMTP("localhost") as server'
    server.send_message(message)
