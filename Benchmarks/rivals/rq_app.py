"""RQ with Redis: the task does nothing. REDIS is the port."""
import os

import redis
import rq

connection = redis.Redis(port=int(os.environ.get("REDIS", "6379")))
queue = rq.Queue(connection=connection)


def noop():
    return 1
