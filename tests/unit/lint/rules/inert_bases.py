"""Classes that derive from a class of a library: of some it is known that they close nothing."""
import abc
import logging
import socket
import sqlite3

import aiohttp
import asyncpg
import discord
import streamz
import taskiq
import torch.utils.data
from aiogram.fsm.storage.base import BaseStorage
from aiohttp import web
from disnake.ext import commands
from gnuradio import gr
from livekit import rtc
from nextcord.ext import commands as nextcord_commands
from traitlets import config


# A base of a library that surely closes nothing.
class Rows(torch.utils.data.Dataset):
    def __init__(self, path):
        self.database = sqlite3.connect(path)  # expect: NAQ108

    def __len__(self):
        return self.database.execute("select count(*) from rows").fetchone()[0]


class Moderation(discord.ui.View):
    def __init__(self):
        super().__init__()
        self.session = aiohttp.ClientSession()  # expect: NAQ108

    async def ask(self, url):
        async with self.session.get(url) as response:
            return await response.text()


# Silent: a base that closes the stream it has.
class Log(logging.FileHandler):
    def _open(self):
        self.stream = socket.create_connection(("host", 80))
        return self.stream


class Results(taskiq.AsyncResultBackend[str]):
    async def startup(self):
        self.pool = await asyncpg.create_pool("a")  # expect: NAQ108

    async def shutdown(self):
        async with self.pool.acquire() as connection:
            await connection.execute("select 1")


class Jokes(commands.Cog):
    def __init__(self):
        self.jokes = aiohttp.ClientSession()  # expect: NAQ108


class Numbers(streamz.Source):
    async def run(self):
        self.numbers = aiohttp.ClientSession()  # expect: NAQ108
        while not self.stopped:
            self.emit(1)


class Store(config.LoggingConfigurable):
    def open(self):
        self.store = sqlite3.connect("a.db")  # expect: NAQ108


class Speech(abc.ABC, rtc.EventEmitter[str]):
    def __init__(self):
        self.speech = aiohttp.ClientSession()  # expect: NAQ108


class Posts(nextcord_commands.Cog):
    def __init__(self):
        self.posts = aiohttp.ClientSession()  # expect: NAQ108


class Pages(web.Application):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.pages = aiohttp.ClientSession()  # expect: NAQ108


class States(BaseStorage):
    def __init__(self, url):
        self.states = sqlite3.connect(url)  # expect: NAQ108

    async def get_state(self, key):
        return self.states.execute("select state from states where key = ?", (key,)).fetchone()


class Block(gr.sync_block):
    def __init__(self, path):
        gr.sync_block.__init__(self, name="block", in_sig=[], out_sig=None)
        self.samples = sqlite3.connect(path)  # expect: NAQ108

    def work(self, inputs, outputs):
        self.samples.execute("insert into samples values (?)", (len(inputs),))
        return len(inputs)
