"""The import of one large document, and what a component costs as documents grow and people and advisories have more to say."""
import json
import os
import shutil
import sqlite3

import advisories
import sbom
from measure import ROUNDS, WAYBILL, WORK, Server, alternate, call, run, say, waybill

SIZES = [int(size) for size in os.environ.get("IMPORT_SIZES", "1000 17000 300000").split()]
ADVISORIES = int(os.environ.get("ADVISORIES", "300000"))
# What is said of names: the last one needs a machine whose states are too many to keep.
NAMES = ["*-kit-1*", "org.harbor.*:*", "/fast-.*-[0-9]*7/", "/([a-z]+-?)+[0-9]+/", "/.*a.{60}/"]


def imports(table):
    large(table)
    growing(table)


def large(table):
    count = 50_000
    path = WORK / "import.json"
    if not path.exists():
        sbom.write(path, count, seed=7)
    empty, data = WORK / "import-empty", WORK / "import-data"
    shutil.rmtree(empty, ignore_errors=True)
    token = waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=empty)["orgToken"]

    def ours():
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(empty, data)
        return run(WAYBILL, "import", "sbom", path, "--org", token, "--product", "P", "--data", data, "--json")

    costs = alternate({
        "waybill import": ours,
        "json.load": lambda: run("python3", "-c", "import json,sys; json.load(open(sys.argv[1]))", path),
    })
    own, bare = costs["waybill import"], costs["json.load"]
    size = path.stat().st_size / 2**20
    table.add(
        f"import of {count:,} components ({size:.0f} MiB), CPU", f"{own.cpu:.2f} s", f"json.load {bare.cpu:.2f} s",
        own.cpu / bare.cpu, 6, least=False)
    table.add("import, wall", f"{own.wall:.2f} s", f"json.load {bare.wall:.2f} s", own.wall / bare.wall, None)
    table.add("import, peak memory", f"{own.peak:.0f} MiB", f"json.load {bare.peak:.0f} MiB", own.peak / bare.peak, None)
    shutil.rmtree(data, ignore_errors=True)


# What is there before the measured import. Each takes the data directory, the keys and the document of the same components.

def nothing(data, keys, document):
    pass


def policies(data, keys, document):
    with Server(data) as server:
        for number, pattern in enumerate(NAMES):
            policy = {"name": f"named {number}", "filter": {"type": "RESOURCE_NAME", "pattern": pattern}, "action": {"type": "ALERT"}}
            answer = call(server, "addOrganizationPolicy", orgToken=keys["orgToken"], userKey=keys["userKey"], policy=policy)
            assert "policy" in answer, answer


def rules(data, keys, document):
    with Server(data) as server:
        for pattern in NAMES:
            answer = call(server, "waybillAddInHouseRule", orgToken=keys["orgToken"], userKey=keys["userKey"],
                          rule={"type": "LIBRARY_COORDINATES" if ":" in pattern else "NAME", "pattern": pattern})
            assert "id" in answer, answer


def overrides(data, keys, document):
    """A tenth of the libraries have licences that a person chose, and others describe them anew."""
    waybill("import", "sbom", document, "--org", keys["orgToken"], "--product", "Before", data=data)
    with sqlite3.connect(data / "waybill.sqlite") as base:
        base.execute("""INSERT INTO license_override (organization, number, library_uuid, licenses, originals, at)
            SELECT organization, id, uuid, 'MIT', licenses, 1 FROM library WHERE id % 10 = 0""")
        base.execute("UPDATE library_license SET reference_type = 'Assigned by user' WHERE library % 10 = 0")


def advised(data, keys, document):
    """One of twenty components has an advisory; the rest of the advisories are about others."""
    path = WORK / "import-advisories.jsonl"
    with open(path, "w") as file:
        components = json.load(open(document))["components"][::20]
        for number, component in enumerate(components):
            file.write(json.dumps(advisories.advisory(number, *advisories.package(component))) + "\n")
        for number in range(len(components), ADVISORIES):
            file.write(json.dumps(advisories.advisory(number, "npm", f"unheard-of-{number}")) + "\n")
    waybill("import", "advisories", path, data=data)


def growing(table):
    """What each component costs, less what an import of one component takes."""
    one, before, document = (WORK / f"growing-{name}.json" for name in ("one", "before", "measured"))
    sbom.write(one, 1, seed=3, first=10**9)
    first = {}
    for size in SIZES:
        # The same packages, said by somebody else: all rows are new.
        sbom.write(before, size, seed=11)
        text = before.read_text().replace('"type":"library"', '"type":"library","publisher":"Somebody else"')
        document.write_text(text)
        for said in (nothing, policies, rules, overrides, advised):
            prepared, data = WORK / "growing-prepared", WORK / "growing-data"
            shutil.rmtree(prepared, ignore_errors=True)
            keys = waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=prepared)
            said(prepared, keys, before)

            def cost(path):
                shutil.rmtree(data, ignore_errors=True)
                shutil.copytree(prepared, data)
                return run(WAYBILL, "import", "sbom", path, "--org", keys["orgToken"], "--product", "P", "--data", data, "--json").cpu

            rounds = ROUNDS if size < 100_000 else 1
            costs = [(cost(document) - cost(one)) / size * 1e6 for _ in range(rounds)]
            figure = sorted(costs)[len(costs) // 2]
            reference = first.setdefault(said.__name__, figure)
            table.add(
                f"import with {said.__name__}, {size:,} components", f"{figure:.0f} µs of CPU each",
                f"{SIZES[0]:,} components {reference:.0f} µs", figure / reference, None if size == SIZES[0] else 1.5, least=False)
    shutil.rmtree(WORK / "growing-prepared", ignore_errors=True)
    shutil.rmtree(WORK / "growing-data", ignore_errors=True)
