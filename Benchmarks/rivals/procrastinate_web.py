"""Submits to procrastinate and tells how the job is, as an API of asynchronous reports would."""
import contextlib

import fastapi
import psycopg_pool

from procrastinate_app import app as queue
from procrastinate_app import noop

pool = psycopg_pool.AsyncConnectionPool("", min_size=2, max_size=8, open=False, kwargs={"autocommit": True})


@contextlib.asynccontextmanager
async def lifespan(_):
    async with queue.open_async(), pool:
        yield


app = fastapi.FastAPI(lifespan=lifespan)
WORDS = {"todo": "PENDING", "doing": "IN_PROGRESS", "succeeded": "SUCCESS"}


@app.post("/submit")
async def submit():
    return {"asyncProcessStatus": {"uuid": str(await noop.defer_async()), "status": "PENDING"}}


@app.get("/status/{number}")
async def status(number: int):
    async with pool.connection() as connection:
        found = await (await connection.execute("SELECT status FROM procrastinate_jobs WHERE id = %s", (number,))).fetchone()
    return {"asyncProcessStatus": {"uuid": str(number), "status": WORDS.get(found[0], "FAILED")}}
