from asyncpg import connect
