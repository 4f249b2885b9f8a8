"""The database of many occurrences, and reports of all of them."""
import json
import multiprocessing
import os
import pathlib
import shutil
import sqlite3
import time

import sbom
from measure import HERE, ROUNDS, WAYBILL, WORK, Server, alternate, call, compiled, run, say, venv, waybill

PROJECTS = int(os.environ.get("PROJECTS", "20"))
ROWS = int(os.environ.get("ROWS_PER_PROJECT", "50000"))


def generate(job):
    path, number = job
    sbom.write(path, ROWS, seed=number, first=number * ROWS)


def dataset():
    """The data directory of PROJECTS x ROWS occurrences, imported once and kept; and its keys."""
    data = WORK / f"inventory-{PROJECTS}x{ROWS}"
    keys = data / "keys.json"
    if keys.exists():
        return data, json.loads(keys.read_text())
    shutil.rmtree(data, ignore_errors=True)
    files = WORK / "sboms"
    files.mkdir(parents=True, exist_ok=True)
    jobs = [(files / f"service-{number}.json", number) for number in range(PROJECTS)]
    say(f"writing {PROJECTS} documents of {ROWS} components")
    with multiprocessing.Pool(2) as pool:
        pool.map(generate, [j for j in jobs if not j[0].exists()])
    made = waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=data)
    say("importing them")
    begun = time.monotonic()
    waybill("import", "sbom", *[j[0] for j in jobs], "--org", made["orgToken"], "--product", "Services", data=data)
    say(f"imported in {time.monotonic() - begun:.0f} s")
    made["rows"] = PROJECTS * ROWS
    keys.write_text(json.dumps(made))
    shutil.rmtree(files)
    return data, made


def tenfold(data, keys):
    """A copy of the data in which ten times as many projects show the same scans' rows."""
    large = WORK / f"{data.name}-tenfold"
    if (large / "keys.json").exists():
        return large
    shutil.rmtree(large, ignore_errors=True)
    shutil.copytree(data, large)
    (large / "keys.json").unlink()
    say("copying the occurrences nine times")
    with sqlite3.connect(large / "waybill.sqlite") as base:
        for number in range(1, 10):
            shift = number * 1_000_000
            base.execute(
                """INSERT INTO project (id, organization, product, token, name, created_at, updated_at, revision, scan)
                SELECT id + ?1, organization, product, printf('%064x', id + ?1), name || '-' || ?2, created_at,
                    updated_at, revision, scan + ?1 FROM project WHERE id < 1000000""", (shift, number))
            base.execute(
                """INSERT INTO scan (id, organization, project, state, created_at, document, libraries)
                SELECT id + ?1, organization, project + ?1, state, created_at, document, libraries
                FROM scan WHERE id < 1000000""", (shift,))
            base.execute(
                """INSERT INTO occurrence (scan, position, library, direct, depth, count)
                SELECT scan + ?1, position, library, direct, depth, count FROM occurrence
                WHERE scan < 1000000 ORDER BY scan, position""", (shift,))
            base.commit()
    (large / "keys.json").write_text(json.dumps({**keys, "rows": keys["rows"] * 10}))
    return large


def server_peak(data, keys, form):
    """MiB of a server that made the report for a client."""
    with Server(data) as server:
        who = {"userKey": keys["userKey"], "orgToken": keys["orgToken"]}
        answer = call(
            server, "generateOrganizationReportAsync", reportType="OrgInventoryReport", format=form, **who)
        uuid = answer["asyncProcessStatus"]["uuid"]
        while True:
            status = call(server, "getAsyncProcessStatus", uuid=uuid, **who)["asyncProcessStatus"]["status"]
            if status == "SUCCESS":
                return server.peak()
            if status == "FAILED":
                raise SystemExit("the report failed")
            time.sleep(0.2)


def forget_reports(data):
    """Removes what servers kept of reports, so that the next is made anew."""
    with sqlite3.connect(data / "waybill.sqlite") as base:
        base.execute("DELETE FROM job")
        base.execute("DELETE FROM artifact")
    shutil.rmtree(data / "artifacts", ignore_errors=True)


def reports(table):
    data, keys = dataset()
    python = venv("orjson", "XlsxWriter")
    base = data / "waybill.sqlite"
    sheet = compiled(HERE / "rivals" / "sheet.c", "-lxlsxwriter", "-lsqlite3")
    out = WORK / "out"
    out.mkdir(exist_ok=True)

    def ours(form):
        return run(
            WAYBILL, "report", "OrgInventoryReport", "--scope", keys["orgToken"], "--format", form, "--output",
            out / f"ours-{form}.zip", "--data", data, "--json")

    def rival(how):
        return run(python, HERE / "rivals" / "rows.py", base, how, out / f"{how}.zip")

    json_costs = alternate({
        "waybill json": lambda: ours("json"),
        "orjson": lambda: rival("orjson"),
        "json.dumps": lambda: rival("dumps"),
    })
    sheet_costs = alternate({
        "waybill xlsx": lambda: ours("xlsx"),
        "libxlsxwriter in C": lambda: run(sheet, base, out / "c.xlsx"),
    })
    sheet_costs |= alternate({"XlsxWriter": lambda: run(python, HERE / "rivals" / "rows.py", base, "xlsx", out / "x.xlsx")}, 1)

    size = lambda name: (out / name).stat().st_size / 2**20
    rows = f"{keys['rows']:,} rows"

    def compare(what, own, other, name, goal):
        table.add(
            f"{what}, {rows}", f"{own.wall:.2f} s", f"{name} {other.wall:.2f} s", other.wall / own.wall, goal)
        table.add(f"{what}, CPU", f"{own.cpu:.2f} s", f"{name} {other.cpu:.2f} s", other.cpu / own.cpu, None)

    own = json_costs["waybill json"]
    compare("JSON report", own, json_costs["json.dumps"], "json.dumps", 6)
    compare("JSON report", own, json_costs["orjson"], "orjson", 2)
    table.add(
        "JSON file", f"{size('ours-json.zip'):.1f} MiB", f"zipfile level 1 {size('orjson.zip'):.1f} MiB",
        size("ours-json.zip") / size("orjson.zip"), 1, least=False)
    own = sheet_costs["waybill xlsx"]
    compare("XLSX report", own, sheet_costs["XlsxWriter"], "XlsxWriter", 12)
    compare("XLSX report", own, sheet_costs["libxlsxwriter in C"], "C, libxlsxwriter", 2.5)
    table.add(
        "XLSX file", f"{size('ours-xlsx.zip'):.1f} MiB", f"C, libxlsxwriter {size('c.xlsx'):.1f} MiB",
        size("ours-xlsx.zip") / size("c.xlsx"), 1.05, least=False)
    for name, cost in {**json_costs, **sheet_costs}.items():
        say(f"peak memory of {name}: {cost.peak:.0f} MiB")
    for form in ("json", "xlsx"):
        forget_reports(data)
        others = json_costs if form == "json" else sheet_costs
        beside = ", ".join(f"{name} {cost.peak:.0f}" for name, cost in others.items() if "waybill" not in name)
        table.add(
            f"peak memory of the server, {form}", rows, beside, server_peak(data, keys, form), 96, least=False, unit=" MiB")


# Rivals of the part `floor` with the versions that the figures in docs/benchmarks.md were measured with.
FLOOR_PACKAGES = ("orjson==3.13.0", "isal==1.9.1", "pyarrow==26.0.1", "rustpy-xlsxwriter==0.8.0")


def floor(table):
    """CPU of tabular reports beside the same rows written in C, and beside the strongest rivals found."""
    data, keys = dataset()
    python = venv(*FLOOR_PACKAGES, name="floor-venv")
    base = data / "waybill.sqlite"
    bare = compiled(HERE / "rivals" / "floor.c", "-lisal", "-lsqlite3")
    sheet = compiled(HERE / "rivals" / "sheet.c", "-lxlsxwriter", "-lsqlite3")
    out = WORK / "out"
    out.mkdir(exist_ok=True)

    def ours(form):
        return run(
            WAYBILL, "report", "OrgInventoryReport", "--scope", keys["orgToken"], "--format", form, "--output", out / f"ours-{form}.zip",
            "--data", data, "--json")

    def rival(how, name):
        return run(python, HERE / "rivals" / "rows.py", base, how, out / name)

    costs = alternate({
        "waybill json": lambda: ours("json"),
        "C and ISA-L": lambda: run(bare, base, out / "floor.json.gz"),
        "orjson + igzip": lambda: rival("igzip", "igzip.json.gz"),
        "waybill csv": lambda: ours("csv"),
        "pyarrow CSV + igzip": lambda: rival("arrow", "arrow.csv.gz"),
        "waybill xlsx": lambda: ours("xlsx"),
        "rustpy-xlsxwriter": lambda: rival("rust", "rust.xlsx"),
        "libxlsxwriter in C": lambda: run(sheet, base, out / "c.xlsx"),
    })
    rows = f"{keys['rows']:,} rows"
    own, least = costs["waybill json"], costs["C and ISA-L"]
    table.add(
        f"JSON report beside the floor, {rows}, CPU", f"{own.cpu:.2f} s", f"C and ISA-L {least.cpu:.2f} s", own.cpu / least.cpu, 1.25,
        least=False)
    for form, name in (("json", "orjson + igzip"), ("csv", "pyarrow CSV + igzip"), ("xlsx", "rustpy-xlsxwriter"),
                       ("xlsx", "libxlsxwriter in C")):
        own, other = costs[f"waybill {form}"], costs[name]
        table.add(
            f"{form.upper()} report, {rows}, CPU", f"{own.cpu:.2f} s, {own.peak:.0f} MiB", f"{name} {other.cpu:.2f} s, {other.peak:.0f} MiB",
            other.cpu / own.cpu, 1)


def memory(table):
    """How much more ten times the rows take."""
    data, keys = dataset()
    large = tenfold(data, keys)
    for form in ("json", "xlsx"):
        forget_reports(data)
        forget_reports(large)
        small, big = server_peak(data, keys, form), server_peak(large, keys, form)
        table.add(
            f"memory for ten times the rows, {form}", f"{big:.0f} MiB", f"{small:.0f} MiB", big - small, 8, least=False,
            unit=" MiB")
