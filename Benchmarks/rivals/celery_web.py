"""Submits to Celery and tells how the task is, as an API of asynchronous reports would."""
import fastapi

from celery_app import app as queue
from celery_app import noop

app = fastapi.FastAPI()


@app.post("/submit")
def submit():
    return {"asyncProcessStatus": {"uuid": noop.delay().id, "status": "PENDING"}}


@app.get("/status/{uuid}")
def status(uuid: str):
    return {"asyncProcessStatus": {"uuid": uuid, "status": queue.AsyncResult(uuid).state}}
