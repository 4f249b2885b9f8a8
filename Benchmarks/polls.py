"""Submissions, status polls and whole jobs over HTTP."""
import json
import os
import re
import shutil
import statistics
import subprocess
import time
import urllib.request

import sbom
from cluster import Cluster
from measure import HERE, ROUNDS, WORK, Server, Service, call, compiled, free_port, run, say, venv, wait_for, waybill

SECONDS = 5
PROJECTS = 400


def small_data():
    """An organization of many projects of one library each."""
    data = WORK / "small"
    keys = data / "keys.json"
    if not keys.exists():
        shutil.rmtree(data, ignore_errors=True)
        files = WORK / "small-sboms"
        files.mkdir(parents=True, exist_ok=True)
        for number in range(PROJECTS):
            sbom.write(files / f"{number}.json", 1, seed=number, first=number)
        made = waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=data)
        told = waybill(
            "import", "sbom", *sorted(files.iterdir()), "--org", made["orgToken"], "--product", "P", data=data)
        made["projects"] = [p["projectToken"] for p in told["projects"]]
        keys.write_text(json.dumps(made))
        shutil.rmtree(files)
    fresh = WORK / "small-run"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(data, fresh)
    return fresh, json.loads(keys.read_text())


def wrk(port, body, connections=32, seconds=SECONDS):
    """Answered requests a second; others than 200 are an error."""
    (WORK / "body.json").write_text(json.dumps(body))
    told = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(HERE / "post.lua"),
         f"http://127.0.0.1:{port}/api/v1.4"],
        capture_output=True, text=True, check=True, env={**os.environ, "BODY": str(WORK / "body.json")}).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        raise SystemExit(told)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", told).group(1))


class Nginx(Service):
    """nginx that answers every request with the same bytes."""

    def __init__(self, answer):
        self.port = free_port()
        home = WORK / "nginx"
        home.mkdir(parents=True, exist_ok=True)
        text = answer.decode().replace("\\", "\\\\").replace("'", "\\'").replace("$", "")
        (home / "nginx.conf").write_text(f"""
daemon off; worker_processes 2; pid {home}/pid; error_log {home}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off; keepalive_requests 100000000; default_type application/json;
    client_body_temp_path {home}/a; proxy_temp_path {home}/b; fastcgi_temp_path {home}/c; uwsgi_temp_path {home}/d;
    scgi_temp_path {home}/e;
    server {{ listen 127.0.0.1:{self.port}; location / {{ return 200 '{text}'; }} }}
}}
""")
        super().__init__("/usr/sbin/nginx", "-p", home, "-c", home / "nginx.conf")
        wait_for(self.port)


def rates(table):
    data, keys = small_data()
    who = {"userKey": keys["userKey"], "orgToken": keys["orgToken"]}
    submission = {
        "requestType": "generateOrganizationReportAsync", "reportType": "OrgInventoryReport", "format": "json", **who}
    with Server(data) as server:
        told = call(
            server, "generateOrganizationReportAsync", reportType="OrgInventoryReport", format="json", **who)
        uuid = told["asyncProcessStatus"]["uuid"]
        poll = {"requestType": "getAsyncProcessStatus", "uuid": uuid, **who}
        while True:
            answer = call(server, "getAsyncProcessStatus", uuid=uuid, **who)
            if answer["asyncProcessStatus"]["status"] == "SUCCESS":
                break
            time.sleep(0.05)
        with Nginx(json.dumps(answer).encode()) as nginx:
            ours, theirs, ratios, cpu = [], [], [], []
            for number in range(ROUNDS):
                before = server.cpu()
                ours.append(wrk(server.port, poll))
                cpu.append((server.cpu() - before) / (ours[-1] * SECONDS) * 1e6)
                theirs.append(wrk(nginx.port, poll))
                ratios.append(ours[-1] / theirs[-1])
                say(f"polls {number + 1}/{ROUNDS}: {ours[-1]:.0f} and nginx {theirs[-1]:.0f}, {cpu[-1]:.1f} µs CPU each")
        table.add(
            "status polls", f"{statistics.median(ours):,.0f}/s ({statistics.median(cpu):.0f} µs CPU)",
            f"nginx, fixed body {statistics.median(theirs):,.0f}/s", statistics.median(ratios), 0.5)
        with Nginx(json.dumps(answer).encode()) as nginx:
            # As many connections as wait for a flush together.
            floor = wrk(nginx.port, submission, connections=64)
    data, keys = small_data()
    # Nobody works: what is measured is the durable answer.
    with Server(data, "--workers", "0") as server:
        made = wrk(server.port, {**submission, "orgToken": keys["orgToken"], "userKey": keys["userKey"]}, 64, 3)
        say(f"submissions: {made:.0f}/s")
        table.add("durable submissions", f"{made:,.0f}/s", f"nginx, fixed body {floor:,.0f}/s", made / floor, None)


def jobs(table):
    """From the submission until the client has seen SUCCESS, 16 clients."""
    client = compiled(HERE / "rivals" / "poll.c", "-lpthread")
    rivals = HERE / "rivals"
    python = venv("celery[redis]", "fastapi", "uvicorn", "procrastinate", "rq")
    programs = python.parent
    requests = WORK / "requests.txt"

    def measure(port, lines, status, seconds=SECONDS):
        requests.write_text("".join(line + "\n" for line in lines))
        return float(run(client, "127.0.0.1", port, 16, 5, seconds, requests, status).output)

    def ours(data, keys, *flags):
        """Rates of jobs that make a report of one row each, and of jobs that find it made already: these do nothing."""
        # Each request differs from all others: nothing is answered from what was made before.
        lines = [
            "POST /api/v1.4 " + json.dumps({
                "requestType": "generateProjectReportAsync", "reportType": kind, "format": form,
                "userKey": keys["userKey"], "projectToken": project})
            for form in ("json", "csv", "xml", "xlsx") for kind in ("ProjectInventoryReport", "ProjectLicensesReport")
            for project in keys["projects"]]
        status = "POST /api/v1.4 " + json.dumps({
            "requestType": "getAsyncProcessStatus", "userKey": keys["userKey"], "orgToken": keys["orgToken"],
            "uuid": "@"})
        with Server(data, *flags) as server:
            rates = []
            for wanted in (lines, lines[:1] * 100_000):
                before = server.cpu()
                rates.append(measure(server.port, wanted, status))
                say(f"waybill: {rates[-1]:.0f} jobs/s, CPU {(server.cpu() - before) / SECONDS:.2f} of a second each second")
            return rates

    def on_postgresql():
        from queue_jobs import filled, url
        with Cluster() as base:
            data, where = WORK / "jobs-postgresql", ["--database", url(base)]
            shutil.rmtree(data, ignore_errors=True)
            return ours(data, filled(data, where, PROJECTS, 1), *where)

    def web(module, env):
        port = free_port()
        service = Service(
            programs / "uvicorn", f"{module}:app", "--port", port, "--workers", 2, "--log-level", "error", "--no-access-log",
            env=env, cwd=rivals)
        wait_for(port)
        return port, service

    lines = ["POST /submit -"] * 100_000

    def celery():
        redis = free_port()
        env = {"REDIS": str(redis)}
        with Service("redis-server", "--port", redis, "--bind", "127.0.0.1", "--save", "", "--dir", WORK):
            wait_for(redis)
            with Service(programs / "celery", "-A", "celery_app", "worker", "-c", "2", "-l", "error", env=env, cwd=rivals):
                port, service = web("celery_web", env)
                with service:
                    time.sleep(4)
                    return measure(port, lines, "GET /status/@ -")

    def rq():
        redis = free_port()
        env = {"REDIS": str(redis), "PYTHONPATH": str(rivals)}
        worker = [programs / "rq", "worker", "--url", f"redis://127.0.0.1:{redis}", "--quiet", "--worker-class", "rq.worker.SimpleWorker"]
        with Service("redis-server", "--port", redis, "--bind", "127.0.0.1", "--save", "", "--dir", WORK):
            wait_for(redis)
            with Service(*worker, env=env, cwd=rivals), Service(*worker, env=env, cwd=rivals):
                port, service = web("rq_web", env)
                with service:
                    time.sleep(4)
                    return measure(port, lines, "GET /status/@ -")

    def procrastinate():
        with Cluster() as base:
            words = [programs / "procrastinate", "--app", "procrastinate_app.app"]
            env = base.env | {"PYTHONPATH": str(rivals)}
            subprocess.run([*map(str, words), "schema", "--apply"], env={**os.environ, **env}, check=True, capture_output=True)
            with Service(*words, "worker", "--concurrency", "16", env=env, cwd=rivals):
                port, service = web("procrastinate_web", env)
                with service:
                    time.sleep(3)
                    return measure(port, lines, "GET /status/@ -")

    contenders = {
        "waybill": lambda: ours(*small_data()), "waybill on PostgreSQL": on_postgresql, "Celery, Redis": celery, "RQ, Redis": rq,
        "procrastinate": procrastinate,
    }
    rates = {}
    for number in range(ROUNDS):
        for name, body in contenders.items():
            told = body()
            for kind, rate in zip((name, name + ": no-op"), told if isinstance(told, list) else [told]):
                rates.setdefault(kind, []).append(rate)
                say(f"{kind} {number + 1}/{ROUNDS}: {rate:.0f} jobs/s")
    middle = {name: statistics.median(found) for name, found in rates.items()}
    others = [name for name in middle if not name.startswith("waybill")]
    better = max(others, key=middle.get)
    for own, goal in (
            ("waybill: no-op", 10), ("waybill on PostgreSQL: no-op", 5), ("waybill", None), ("waybill on PostgreSQL", None)):
        for name in others:
            table.add(
                f"{own if goal else own + ':'} jobs{'' if goal else ' of one row'}, 16 clients", f"{middle[own]:,.0f}/s", f"{name} {middle[name]:,.0f}/s",
                middle[own] / middle[name], goal if name == better else None)
