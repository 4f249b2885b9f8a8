"""Celery with Redis: the task does nothing. REDIS is the port."""
import os

import celery

redis = f"redis://127.0.0.1:{os.environ.get('REDIS', '6379')}/0"
app = celery.Celery("noop", broker=redis, backend=redis)
app.conf.update(worker_prefetch_multiplier=16, task_track_started=False, broker_connection_retry_on_startup=True)


@app.task
def noop():
    return 1
