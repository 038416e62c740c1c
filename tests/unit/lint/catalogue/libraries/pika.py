"""Connections of pika."""

import pika


def never_closed(params):
    connection = pika.BlockingConnection(params)  # expect: NAQ103@18 connection 'connection' is never closed; use 'with pika.BlockingConnection(params) as connection'
    connection.channel().queue_declare("jobs")


def stays_open_on_an_error(params):
    connection = pika.BlockingConnection(params)  # expect: NAQ102@18 connection 'connection' stays open if line +1 raises; use 'with pika.BlockingConnection(params) as connection'
    channel = connection.channel()
    channel.basic_publish("", "jobs", b"1")
    connection.close()


def by_hand(params):
    connection = pika.BlockingConnection(params)  # expect: NAQ101@18 connection 'connection' is closed by hand; use 'with pika.BlockingConnection(params) as connection'
    try:
        connection.channel().queue_declare("jobs")
    finally:
        if connection.is_open:
            connection.close()


def in_a_block(params):
    with pika.BlockingConnection(params) as connection:
        connection.channel().queue_declare("jobs")
