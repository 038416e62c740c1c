"""SSH clients of paramiko, which connect() opens."""

import paramiko


def never_closed(host):
    client = paramiko.SSHClient()
    client.connect(host)  # expect: NAQ103@5 SSH client 'client' is never closed; use 'with paramiko.SSHClient() as client'
    client.exec_command("ls")


def stays_open_on_an_error(host):
    client = paramiko.SSHClient()
    client.connect(host)  # expect: NAQ102@5 SSH client 'client' stays open if line +1 raises; use 'with paramiko.SSHClient() as client'
    client.exec_command("ls")
    client.close()


def not_open_before_connect():
    client = paramiko.SSHClient()
    client.load_system_host_keys()


def in_a_block(host):
    with paramiko.SSHClient() as client:
        client.connect(host)
        client.exec_command("ls")


def closed_where_it_is_active(where):
    transport = paramiko.Transport(where)  # expect: NAQ101@17
    try:
        transport.auth_none("a")
    finally:
        if transport.is_active():
            transport.close()


# Silent: settings of a transport cannot fail.
def with_settings(address):
    transport = paramiko.Transport(address)
    transport.set_keepalive(30)
    transport.use_compression(compress=True)
    return transport
