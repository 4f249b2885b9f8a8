#!/usr/bin/env python3
"""A simulation of the queue: clients, workers that die, a database that restarts, a node that is cut off.

usage: Benchmarks/simulate.py [SECONDS]    SECONDS: what `make test-cluster` took here; the prediction is told beside it

What the jobs of that test cost is measured first: each report alone on PostgreSQL, in seconds of all processors together. The
simulation knows nothing else of the machine but their number. docs/scale.md says what it is good for.
"""
import heapq
import json
import os
import pathlib
import random
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

from cluster import Cluster
from measure import WAYBILL, WORK, run, say, waybill
from queue_jobs import url

CLIENTS, EACH, NODES, SLOTS = 20, 25, 3, 2
LEASE, HEARTBEAT, POLL = 15.0, 5.0, 0.05
# The kinds of `ClusterTests`, in its order.
KINDS = [
    ("ProjectInventoryReport", "xlsx", {}), ("ProductInventoryReport", "json", {}), ("OrgInventoryReport", "csv", {}),
    ("ProjectSBOMReport", "json", {"standard": "cyclonedx", "version": "1.5"}), ("ProjectInventoryReport", "pdf", {}),
    ("ProductLibraryLocationReport", "xml", {}), ("ProjectLicensesReport", "xlsx", {}),
    ("ProductSBOMReport", "tv", {"standard": "spdx", "version": "2.3"}), ("OrgLicensesReport", "json", {}),
    ("ProjectInventoryReport", "xml", {}),
]


def busy():
    """Seconds that all processors have worked so far."""
    user, nice, system, _, _, irq, soft = map(int, open("/proc/stat").readline().split()[1:8])
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


def demands():
    """Processor seconds of each kind for each project."""
    with Cluster() as base:
        data, where = WORK / "simulate", ["--database", url(base)]
        shutil.rmtree(data, ignore_errors=True)
        made = waybill("init", "--organization", "Bench", "--email", "bench@example.org", *where, data=data)
        places = []
        # As in the test: fifty projects of one to five thousand libraries, so that the organization is as large.
        for number in range(50):
            path = WORK / "simulate.json"
            path.write_text(document((number % 5 + 1) * 1000, number))
            places += waybill("import", "sbom", path, "--org", made["orgToken"], "--product", f"s{number}", "--project", f"p{number}", *where,
                              data=data)["projects"]
        base.psql("VACUUM ANALYZE")
        found = {}
        for number, (kind, form, fields) in enumerate(KINDS):
            for project, place in enumerate(places[:5]):
                if kind.startswith("Org") and project:
                    found[number, project] = found[number, 0]
                    continue
                scope = (place["projectToken"] if kind.startswith("Project") else
                         place["productToken"] if kind.startswith("Product") else made["orgToken"])
                before = busy()
                run(WAYBILL, "report", kind, "--scope", scope, "--format", form, "--filter", json.dumps(fields), "--output", WORK / "s.zip",
                    "--data", data, *where)
                found[number, project] = busy() - before
            say(f"{kind} as {form}: {found[number, 4]:.2f} s")
        return found


def document(count, version):
    """What the test imports."""
    parts = [{"type": "library", "bom-ref": f"r{n}", "name": f"part-{n}", "version": f"{version}.{n}", "purl": f"pkg:npm/part-{n}@{version}.{n}",
              "licenses": [{"license": {"id": "MIT"}}], "hashes": [{"alg": "SHA-1", "content": f"{n:040x}"}]} for n in range(count)]
    return json.dumps({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": parts,
        "metadata": {"component": {"type": "application", "bom-ref": "root", "name": "cart"}},
        "dependencies": [{"ref": f"r{n}", "dependsOn": [f"r{n + 1}"]} for n in range(count - 1)]})


class Job:
    def __init__(self, client, work):
        self.client, self.work, self.left, self.attempts, self.node = client, work, work, 0, None
        # When it was last heard of, while nobody works on it though it is leased.
        self.orphaned = None


def work(found, number):
    """Of a job by its number: the test's kinds and projects in turn. What is asked of the organization again is there already."""
    kind = number % len(KINDS)
    if KINDS[kind][0].startswith("Org") and number >= len(KINDS):
        return 0.01
    return found[kind, number // 10 % 5]


def simulate(found, cores, failures, seed=1):
    """Seconds until every client has all its reports, and how many jobs took more than one attempt."""
    chance = random.Random(seed)
    queue, running, orphans = [], [], []
    now, done, again = 0.0, 0, 0
    number = [0] * CLIENTS
    wakes = [(0.0, client) for client in range(CLIENTS)]
    heapq.heapify(wakes)
    cut, down = (2.0, 27.0) if failures else (None, None), None
    next_kill, kills = (2.0 if failures else float("inf")), 0
    while done < CLIENTS * EACH and now < 3600:
        step = 0.01
        now += step
        while wakes and wakes[0][0] <= now:
            client = heapq.heappop(wakes)[1]
            place = client * EACH + number[client]
            queue.append(Job(client, work(found, place)))
        is_cut = cut[0] is not None and cut[0] <= now < cut[1]
        if next_kill <= now:
            victim = kills % (2 if kills < 10 else 3)
            for job in [j for j in running if j.node == victim]:
                running.remove(job)
                # The lease lasts from the last heartbeat on.
                job.orphaned = now - chance.random() * HEARTBEAT
                orphans.append(job)
            if kills == 5:
                down = now + 2
            kills, next_kill = kills + 1, now + 2.5
        if down and now < down:
            continue
        for job in [j for j in orphans if now - j.orphaned >= LEASE]:
            orphans.remove(job)
            job.left, job.node = job.work, None
            again += job.attempts == 1
            queue.insert(0, job)
        if is_cut:
            for job in [j for j in running if j.node == 2]:
                running.remove(job)
                job.orphaned = now
                orphans.append(job)
        for node in range(NODES):
            if node == 2 and is_cut:
                continue
            while queue and sum(job.node == node for job in running) < SLOTS:
                job = queue.pop(0)
                job.node, job.attempts = node, job.attempts + 1
                running.append(job)
        # What runs shares the processors; a report uses little more than one at a time.
        speed = min(1.0, cores / max(1, len(running)))
        for job in list(running):
            job.left -= speed * step
            if job.left <= 0:
                running.remove(job)
                done += 1
                number[job.client] += 1
                if number[job.client] < EACH:
                    heapq.heappush(wakes, (now + POLL, job.client))
    return now, again, kills


if __name__ == "__main__":
    cost = demands()
    cores = len(os.sched_getaffinity(0))
    total = sum(work(cost, n) for n in range(CLIENTS * EACH))
    print(f"{CLIENTS * EACH} jobs need {total:.0f} processor seconds; {cores} processors")
    for failures in (False, True):
        runs = [simulate(cost, cores, failures, seed) for seed in range(5)]
        times = sorted(r[0] for r in runs)
        print(f"{'with' if failures else 'without'} failures: {times[2]:.0f} s ({times[0]:.0f} to {times[-1]:.0f}), "
              f"{sorted(r[1] for r in runs)[2]} jobs more than once, {runs[0][2]} kills")
    if len(sys.argv) > 1:
        print(f"measured: {float(sys.argv[1]):.0f} s")
