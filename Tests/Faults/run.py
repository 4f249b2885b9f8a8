#!/usr/bin/env python3
"""Fails each write, fsync, rename, open and query of a program in turn, once and for ever, and looks at what is left.

    run.py WAYBILL [--most 500] [--only import,report,…] [--engines sqlite,postgresql] [--kinds write,…] [--seconds 1700]

For each operation the calls on files below its folder are counted first (faults.c); then the operation is run on a copy of the same
data for each of them, or for `--most` of them spread out, with that call failing. On PostgreSQL the connection is cut before each
statement, and before each answer. Where the seconds do not suffice, those that are tried are spread out. What hangs is killed. Then it is done again
without a fault, as after a restart, and has to succeed; and the data have to be what the operation makes of them without a fault:

- the database passes SQLite's check of its integrity (on SQLite), and every project shows a whole scan;
- projects, libraries in them and alerts are the same, and so is what a report says;
- each artifact has its row and each row its artifact; nothing is left that no sweeper knows;
- what a server accepted is in.
"""

import argparse
import base64
import collections
import concurrent.futures
import csv
import io
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent / "Data"
sys.dont_write_bytecode = True
sys.path.insert(0, str(DATA))
from make_fixture import POSTGRESQL, Cluster  # noqa: E402

# Writes that say that they were done and were not: `--kinds lie` has to fail, or nobody looks.
LIES = "lie"
# Seconds after which a command is killed: those that wait for room on the disk would wait for ever.
PATIENCE = 8

BOM = json.dumps({
    "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
    "metadata": {"component": {"type": "application", "name": "Faulty", "bom-ref": "r"}},
    "components": [
        {"type": "library", "bom-ref": f"l{n}", "name": f"lib{n}", "version": "1", "purl": f"pkg:npm/lib{n}@1",
         "licenses": [{"license": {"id": "MIT"}}]} for n in range(40)],
    "dependencies": [{"ref": "r", "dependsOn": [f"l{n}" for n in range(40)]}],
    "vulnerabilities": [{"id": "CVE-2099-1", "affects": [{"ref": "l1"}]}],
})


class Wrong(Exception):
    """What a fault left is not what it may leave."""


class Bench:
    def __init__(self, waybill, folder):
        self.waybill = waybill
        self.folder = folder
        self.library = str(folder / "faults.so")
        subprocess.run(
            ["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-o", self.library, str(HERE / "faults.c"),
             "-ldl"], check=True)
        # How the commands under a fault ended.
        self.endings = collections.Counter()
        self.newest = self.unpack(max(DATA.glob("schema-*"), key=lambda path: int(path.name[7:])))
        self.oldest = self.unpack(min(DATA.glob("schema-*"), key=lambda path: int(path.name[7:])))
        (folder / "bom.json").write_text(BOM)

    def unpack(self, fixture):
        place = self.folder / fixture.name
        place.mkdir()
        subprocess.run(["tar", "-xzf", str(fixture / "data.tar.gz"), "-C", str(place)], check=True)
        facts = json.loads((fixture / "fixture.json").read_text())
        return place / "data", facts, fixture

    def environment(self, under, fault=None, counts=None):
        variables = {key: value for key, value in os.environ.items() if not key.startswith("WAYBILL_")}
        if under is not None:
            variables |= {"LD_PRELOAD": self.library, "WAYBILL_FAULT_UNDER": str(under)}
        if fault:
            variables["WAYBILL_FAULT"] = fault
        if counts:
            variables["WAYBILL_FAULT_COUNTS"] = str(counts)
        return variables

    def run(self, words, environment, patience=PATIENCE):
        """Runs a command; None stands for one that had to be killed."""
        try:
            return subprocess.run(
                [self.waybill, *map(str, words)], env=environment, capture_output=True, text=True, timeout=patience)
        except subprocess.TimeoutExpired:
            return None

    def must(self, words):
        ending = self.run(words, self.environment(None), patience=60)
        if ending is None or ending.returncode != 0:
            raise Wrong(f"without a fault: {' '.join(map(str, words[:2]))}: {ending and ending.stderr[-400:]}")
        return ending


class SQLite:
    """Data with their database in a file of the folder."""

    kinds = ["open", "write", "sync", "rename", "query"]
    patience = PATIENCE
    # Of the time, beside the other engine: a copy of its data is made at once.
    share = 2

    def __init__(self, bench):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def copy(self, place, fixture, is_read=False):
        shutil.copytree(fixture[0], place / "data")

    def empty(self, place):
        """Makes room for data that are put back."""

    def where(self, place, folder="data"):
        return ["--data", str(place / folder)]

    def rows(self, place, sql, folder="data"):
        connection = sqlite3.connect(f"file:{place / folder / 'waybill.sqlite'}?mode=ro", uri=True, timeout=20)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def change(self, place, sql):
        connection = sqlite3.connect(place / "data" / "waybill.sqlite")
        connection.execute(sql)
        connection.commit()
        connection.close()

    def check(self, place, folder):
        check = self.rows(place, "PRAGMA integrity_check", folder)
        if check != [("ok",)]:
            raise Wrong(f"integrity: {check[:3]}")

    def drop(self, place):
        pass


class PostgreSQL:
    """Data with their database on a server of their own; that of each place is a copy of the fixture's."""

    kinds = ["statement", "answer"]
    # A command waits for a database that is away; here it comes back only when the command is over.
    patience = PATIENCE / 2
    share = 1

    def __init__(self, bench):
        self.bench = bench
        self.readers = set()

    def __enter__(self):
        self.cluster = Cluster().__enter__()
        for name, fixture in (("newest", self.bench.newest), ("oldest", self.bench.oldest)):
            self.tool("createdb", name)
            dump = subprocess.run(["gzip", "-dc", str(fixture[2] / "postgresql.sql.gz")], check=True, capture_output=True).stdout
            self.tool("psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", name, given=dump)
        return self

    def __exit__(self, *_):
        self.cluster.__exit__()

    def tool(self, name, *words, given=b""):
        done = subprocess.run([f"{POSTGRESQL}/{name}", *self.cluster.place, *words], input=given, capture_output=True, cwd="/")
        if done.returncode:
            raise Wrong(f"{name} {' '.join(words)[:200]}: {done.stderr.decode()[-400:]}")
        return done.stdout.decode()

    def name(self, place):
        return "newest" if place in self.readers else place.name

    def copy(self, place, fixture, is_read=False):
        shutil.copytree(fixture[0], place / "data", ignore=shutil.ignore_patterns("waybill.sqlite*"))
        if is_read:
            # A copy takes longer than what reads.
            return self.readers.add(place)
        self.tool("createdb", "-T", "newest" if fixture is self.bench.newest else "oldest", self.name(place))

    def empty(self, place):
        self.tool("createdb", self.name(place))

    def where(self, place):
        url = f"postgresql:///{self.name(place)}?host={self.cluster.folder}&user=waybill"
        return ["--data", str(place / "data"), "--database", url]

    def rows(self, place, sql, folder="data"):
        text = self.tool("psql", "-d", self.name(place), "-c", f"COPY ({sql}) TO STDOUT WITH (FORMAT csv)")
        return [tuple(row) for row in csv.reader(io.StringIO(text))]

    def change(self, place, sql):
        self.tool("psql", "-q", "-d", self.name(place), "-c", sql)

    def check(self, place, folder):
        """PostgreSQL looks at what it reads."""

    def drop(self, place):
        if place not in self.readers:
            self.tool("dropdb", "--if-exists", "--force", self.name(place))


ENGINES = {"sqlite": SQLite, "postgresql": PostgreSQL}


def facts_of(engine, place, folder="data"):
    """What the data say, without numbers of rows, names that are random, and times."""
    engine.check(place, folder)
    broken = engine.rows(
        place, "SELECT p.name FROM project p LEFT JOIN scan s ON s.id = p.scan AND s.project = p.id"
        " WHERE p.scan > 0 AND (s.id IS NULL OR s.state <> 'CURRENT')", folder)
    if broken:
        raise Wrong(f"projects show scans that are not whole: {broken}")
    libraries = engine.rows(
        place, "SELECT d.name, p.name, l.filename FROM project p JOIN product d ON d.id = p.product"
        " JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library ORDER BY 1, 2, 3", folder)
    alerts = engine.rows(
        place, "SELECT p.name, a.type, a.subject, a.state, a.library_uuid <> '' FROM alert a JOIN project p ON p.id = a.project"
        " ORDER BY 1, 2, 3, 4", folder)
    return {"libraries": libraries, "alerts": alerts}


def look_at_files(engine, place):
    """Each artifact has its row, each row its artifact; nothing lies where nobody sweeps."""
    data = place / "data"
    rows = {name for name, in engine.rows(place, "SELECT uuid FROM artifact")}
    jobs = {uuid: state for uuid, state in engine.rows(place, "SELECT uuid, state FROM job")}
    scans = engine.rows(place, "SELECT state, count(*) FROM scan WHERE state <> 'CURRENT' GROUP BY 1")
    files = {path.name[:-4] for path in (data / "artifacts").rglob("*.zip")}
    if rows != files:
        raise Wrong(f"artifacts without a row: {files - rows}; rows without an artifact: {rows - files}")
    if scans:
        raise Wrong(f"scans that nobody shows: {scans}")
    for path in (data / "spool").iterdir():
        if jobs.get(path.name[:36]) == "SUCCESS":
            raise Wrong(f"an upload that is in lies there still: {path.name}")
    left = [path.name for path in (data / "incoming").iterdir()]
    if left:
        raise Wrong(f"left in the folder of requests: {left}")


class Operation:
    """What is done under a fault. `prepare` makes its folder, `act` does it, `finish` does it again and looks."""

    def __init__(self, bench, engine):
        self.bench = bench
        self.engine = engine

    # Whether it only reads the database.
    is_read = False

    def prepare(self, place):
        self.engine.copy(place, self.bench.newest, self.is_read)

    def act(self, place, environment):
        begun = time.time()
        is_counted = "WAYBILL_FAULT_COUNTS" in environment
        ending = self.bench.run(self.words(place), environment, 60 if is_counted else self.patience)
        if is_counted:
            self.patience = max(self.engine.patience, 4 * (time.time() - begun))
        self.bench.endings["killed" if ending is None else "done" if ending.returncode == 0 else "failed"] += 1

    def again(self, place):
        self.bench.must(self.words(place))

    def finish(self, place):
        self.again(place)
        return facts_of(self.engine, place)


class Import(Operation):
    def words(self, place):
        token = self.bench.newest[1]["tokens"]["organization"]
        return ["import", "sbom", self.bench.folder / "bom.json", "--org", token, "--product", "Shop", "--project",
                "Faulty", *self.engine.where(place), "--json"]


class Report(Operation):
    is_read = True

    def words(self, place):
        token = self.bench.newest[1]["tokens"]["organization"]
        return ["report", "OrgInventoryReport", "--scope", token, "--format", "json", "--output", place / "out.zip",
                *self.engine.where(place), "--json"]

    def finish(self, place):
        # Whole, and what it would be without the fault, or not there at all.
        first = self.read(place) if (place / "out.zip").exists() else None
        self.again(place)
        report = self.read(place)
        return {"report": report, "the first": first or report}

    @staticmethod
    def read(place):
        with zipfile.ZipFile(place / "out.zip") as archive:
            if archive.testzip():
                raise Wrong("a report that is not whole has its name")
            return [archive.read(name).decode() for name in archive.namelist()]


class Backup(Operation):
    is_read = True

    def words(self, place):
        return ["backup", place / "backup", "--with-artifacts", *self.engine.where(place)]

    def finish(self, place):
        if not (place / "backup").exists():
            self.again(place)
        # Whatever has the name is whole. A backup is of no engine, and a file is the quickest place for it.
        files = SQLite(self.bench)
        self.bench.must(["restore", place / "backup", *files.where(place, "restored")])
        left = [path.name for path in (place / "data" / "spool").iterdir() if path.name.startswith(".backup")]
        if left:
            # The next backup removes them.
            self.bench.must(["backup", place / "another", *self.engine.where(place)])
            left = [path.name for path in (place / "data" / "spool").iterdir() if path.name.startswith(".backup")]
        parts = [path.name for path in place.iterdir() if ".part-" in path.name]
        if left or parts and not (place / "another").exists():
            self.bench.must(["backup", place / "third", *self.engine.where(place)])
            parts = [path.name for path in place.iterdir() if ".part-" in path.name]
        if left or parts:
            raise Wrong(f"left by a dead backup: {left + parts}")
        return facts_of(files, place, "restored")


class Restore(Operation):
    def prepare(self, place):
        # A backup is of no engine.
        self.kept = self.bench.folder / "kept-backup"
        if not self.kept.exists():
            self.bench.must(["backup", self.kept, "--with-artifacts", "--data", self.bench.newest[0]])
        self.engine.empty(place)

    def words(self, place):
        return ["restore", self.kept, *self.engine.where(place)]

    def again(self, place):
        ending = self.bench.run(self.words(place), self.bench.environment(None), patience=60)
        # The first one may have done all of it before it failed.
        if ending is None or ending.returncode != 0 and "not empty" not in ending.stderr:
            raise Wrong(f"restoring again: {ending and ending.stderr[-400:]}")


class Migrate(Operation):
    def prepare(self, place):
        self.engine.copy(place, self.bench.oldest)

    def words(self, place):
        return ["user", "list", "--org", self.bench.oldest[1]["tokens"]["organization"], *self.engine.where(place)]


class Serve(Operation):
    """A server that takes an upload and makes a report; what it accepted is in after a restart."""

    def prepare(self, place):
        self.engine.copy(place, self.bench.newest)
        (place / "accepted").mkdir()

    def start(self, place, environment, patience):
        server = subprocess.Popen(
            [self.bench.waybill, "serve", "--listen", "127.0.0.1:0", *self.engine.where(place), "--workers", "1", "--grace", "2"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        timer = threading.Timer(patience, server.kill)
        timer.start()
        line = server.stdout.readline()
        timer.cancel()
        if not line.startswith("listening on "):
            server.kill()
            server.wait()
            return server, None
        return server, line.split()[-1].strip()

    def call(self, url, fields, patience=5):
        request = urllib.request.Request(f"{url}/api/v1.4", json.dumps(fields).encode())
        with urllib.request.urlopen(request, timeout=patience) as answer:
            return json.load(answer)

    def upload(self, url, key):
        body = json.dumps({"projectName": "Faulty", "autoCreate": True,
                           "bom": base64.b64encode(BOM.encode()).decode()}).encode()
        request = urllib.request.Request(
            f"{url}/api/v1/bom", body, {"X-Api-Key": key, "Content-Type": "application/json"}, method="PUT")
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)["token"]

    def act(self, place, environment):
        facts = self.bench.newest[1]
        key, org = facts["administratorKey"], facts["tokens"]["organization"]
        server, url = self.start(place, environment, PATIENCE)
        if url is None:
            self.bench.endings["failed"] += 1
            return
        accepted = []
        try:
            end = time.time() + PATIENCE
            try:
                accepted.append(self.upload(url, key))
            except OSError:
                pass
            try:
                answer = self.call(url, {"requestType": "generateOrganizationReportAsync", "userKey": key, "orgToken": org,
                                         "reportType": "OrgInventoryReport", "format": "json"})
                if "asyncProcessStatus" in answer:
                    accepted.append(answer["asyncProcessStatus"]["uuid"])
            except OSError:
                pass
            while accepted and time.time() < end and server.poll() is None:
                try:
                    states = [self.state(url, key, org, uuid) for uuid in accepted]
                except OSError:
                    states = [None]
                if all(state in ("SUCCESS", "FAILED") for state in states):
                    break
                time.sleep(0.1)
        finally:
            for uuid in accepted:
                (place / "accepted" / uuid).touch()
            self.bench.endings[f"{len(accepted)} of 2 accepted"] += 1
            server.send_signal(signal.SIGTERM if environment.get("WAYBILL_FAULT_COUNTS") else signal.SIGKILL)
            server.wait()

    def state(self, url, key, org, uuid):
        answer = self.call(url, {"requestType": "getAsyncProcessStatus", "userKey": key, "orgToken": org, "uuid": uuid})
        return answer.get("asyncProcessStatus", {}).get("status")

    def finish(self, place):
        facts = self.bench.newest[1]
        key, org = facts["administratorKey"], facts["tokens"]["organization"]
        server, url = self.start(place, self.bench.environment(None), 60)
        if url is None:
            raise Wrong("the server does not start after the fault")
        try:
            if not any((place / "accepted").iterdir()):
                (place / "accepted" / self.upload(url, key)).touch()
            for uuid in [path.name for path in (place / "accepted").iterdir()] + [facts["waitingUpload"]]:
                end = time.time() + 60
                while (state := self.state(url, key, org, uuid)) != "SUCCESS":
                    if state == "FAILED" or time.time() > end:
                        raise Wrong(f"accepted and {state}: {uuid}")
                    time.sleep(0.1)
            # What the fault left is swept soon after the start.
            end = time.time() + 15
            while True:
                try:
                    look_at_files(self.engine, place)
                    break
                except Wrong:
                    if time.time() > end:
                        raise
                    time.sleep(0.5)
        finally:
            server.terminate()
            server.wait()
        found = facts_of(self.engine, place)
        # An upload that was refused under the fault was not sent again.
        sent = [row for row in found["libraries"] if row[1] == "Faulty"]
        if sent and len(sent) != 40:
            raise Wrong(f"{len(sent)} of 40 libraries")
        for part in found.values():
            part[:] = [row for row in part if "Faulty" not in row]
        return found


class Sweep(Serve):
    """A server that removes at its start what is over and what the dead left."""

    def prepare(self, place):
        super().prepare(place)
        self.engine.change(place, "UPDATE artifact SET expires_at = 1")
        stray = place / "data" / "artifacts" / "ab" / "abababab-0000-4000-8000-000000000000-1.zip"
        stray.parent.mkdir(exist_ok=True)
        stray.write_bytes(b"PK")
        for name in ("upload-1-x.part", "abababab.report.scratch"):
            (place / "data" / "incoming" / name).write_bytes(b"x")

    def act(self, place, environment):
        server, url = self.start(place, environment, PATIENCE)
        self.bench.endings["failed" if url is None else "started"] += 1
        if url is not None:
            time.sleep(1)
        server.send_signal(signal.SIGTERM if environment.get("WAYBILL_FAULT_COUNTS") else signal.SIGKILL)
        server.wait()

    def finish(self, place):
        found = super().finish(place)
        if (left := self.engine.rows(place, "SELECT uuid FROM artifact")) or list((place / "data" / "artifacts").rglob("*.zip")):
            raise Wrong(f"what is over is there still: {left}")
        return found


OPERATIONS = {"import": Import, "report": Report, "backup": Backup, "restore": Restore, "migrate": Migrate, "serve": Serve, "sweep": Sweep}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("waybill")
    parser.add_argument("--most", type=int, default=500)
    parser.add_argument("--only", default=",".join(OPERATIONS))
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--kinds")
    parser.add_argument("--modes", default="once,ever")
    parser.add_argument("--seconds", type=float, default=1700)
    arguments = parser.parse_args()
    end = time.time() + arguments.seconds
    failures = []
    todo = [(engine, name) for engine in arguments.engines.split(",") for name in arguments.only.split(",")]
    with tempfile.TemporaryDirectory(prefix="waybill-faults-") as folder:
        bench = Bench(os.path.abspath(arguments.waybill), pathlib.Path(folder))
        for word in arguments.engines.split(","):
            with ENGINES[word](bench) as engine:
                for name in [name for other, name in todo if other == word]:
                    # Each has its share of the time that is left.
                    left = sum(ENGINES[other].share for other, _ in todo[todo.index((word, name)):])
                    share = time.time() + (end - time.time()) * engine.share / left
                    kinds = arguments.kinds.split(",") if arguments.kinds else engine.kinds
                    run(bench, f"{word}-{name}", OPERATIONS[name](bench, engine), kinds, arguments, share, failures)
    for failure in failures[:50]:
        print(f"FAILED {failure}")
    print(f"{len(failures)} faults left what they may not leave")
    sys.exit(1 if failures else 0)


def attempt(bench, name, operation, fault, expected):
    """None when all is well after a fault."""
    place = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=bench.folder))
    try:
        operation.prepare(place)
        operation.act(place, bench.environment(place, fault))
        found = operation.finish(place)
        if expected is not None and found != expected:
            parts = [f"{key}: {len(found[key])} for {len(expected[key])}" for key in expected if found[key] != expected[key]]
            return f"{name} {fault}: other data: {parts}"
        return None
    except (Wrong, OSError, sqlite3.Error, zipfile.BadZipFile) as error:
        return f"{name} {fault}: {error!r}"
    finally:
        operation.engine.drop(place)
        shutil.rmtree(place, ignore_errors=True)


def run(bench, name, operation, kinds, arguments, end, failures):
    place = bench.folder / f"{name}-counted"
    place.mkdir()
    operation.prepare(place)
    counts = bench.folder / f"{name}-counts"
    operation.act(place, bench.environment(place, counts=counts))
    numbers = dict((line.split()[0], int(line.split()[1])) for line in counts.read_text().splitlines())
    expected = operation.finish(place)
    operation.engine.drop(place)
    faults = []
    for kind in kinds:
        count = numbers["write" if kind == LIES else kind]
        wanted = min(count, arguments.most)
        chosen = sorted({1 + n * count // wanted for n in range(wanted)}) if wanted else []
        faults += [f"{kind}:{number}:{mode}" for number in chosen for mode in arguments.modes.split(",")]
    # What there is no time for is spread out, too; the same in each run.
    random.Random(1).shuffle(faults)
    begun, outcomes = time.time(), collections.Counter()
    bench.endings.clear()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        def one(fault):
            return "skipped" if time.time() > end else attempt(bench, name, operation, fault, expected)
        for outcome in pool.map(one, faults):
            outcomes["skipped" if outcome == "skipped" else "good" if outcome is None else "bad"] += 1
            if outcome not in (None, "skipped"):
                failures.append(outcome)
    numbers = {kind: numbers["write" if kind == LIES else kind] for kind in kinds}
    print(
        f"{name}: {numbers}, {len(faults)} faults: {dict(outcomes)}; under them: {dict(bench.endings)};"
        f" {time.time() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
