"""Submits to RQ and tells how the task is, as an API of asynchronous reports would."""
import fastapi
import rq.job

from rq_app import connection, noop, queue

app = fastapi.FastAPI()


@app.post("/submit")
def submit():
    return {"asyncProcessStatus": {"uuid": queue.enqueue(noop).id, "status": "PENDING"}}


@app.get("/status/{uuid}")
def status(uuid: str):
    state = rq.job.Job.fetch(uuid, connection=connection).get_status()
    return {"asyncProcessStatus": {"uuid": uuid, "status": "SUCCESS" if state == "finished" else "PENDING"}}
