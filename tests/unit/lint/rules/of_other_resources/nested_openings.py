"""Clients that a nested function connects: plain methods, and coroutines."""

import smtplib

import aiokafka
import paramiko


def plain(host):
    client = paramiko.SSHClient()

    def begin():
        client.connect(host)  # expect: NAQ103@9 SSH client 'client' is opened by a nested function and never closed; close it where it is made

    begin()
    client.exec_command("ls")


def mail(host):
    server = smtplib.SMTP()

    def begin():
        server.connect(host)  # expect: NAQ103@9

    begin()
    server.sendmail("a", "b", "c")


async def coroutine(topic):
    producer = aiokafka.AIOKafkaProducer()

    async def begin():
        await producer.start()  # expect: NAQ103@15

    await begin()
    await producer.send(topic, b"")


# Silent: closed, entered, given away, or not opened.
def closed(host):
    client = paramiko.SSHClient()

    def begin():
        client.connect(host)

    begin()
    client.close()


def entered(host):
    client = paramiko.SSHClient()

    def begin():
        client.connect(host)

    with client:
        begin()


def given(host, register):
    client = paramiko.SSHClient()

    def begin():
        client.connect(host)

    register(client)
    begin()


async def only_made(topic):
    producer = aiokafka.AIOKafkaProducer()

    def begin():
        return producer.start()

    await begin()
    await producer.stop()
