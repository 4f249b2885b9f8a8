"""SBOMs read and written, beside the libraries for Python; and how many advisories are decided about in a second."""
import json
import os
import shutil
import zipfile

import advisories
import sbom
from measure import HERE, WAYBILL, WORK, alternate, run, say, venv, waybill

COMPONENTS = int(os.environ.get("COMPONENTS", "50000"))
OUTPUTS = [
    ("spdx", "2.3", "json"), ("spdx", "2.3", "xml"), ("spdx", "2.3", "yaml"), ("spdx", "2.3", "tv"), ("spdx", "2.3", "xlsx"),
    ("cyclonedx", "1.5", "json"), ("cyclonedx", "1.5", "xml"),
]


def boms(table):
    python = venv("cyclonedx-python-lib[json-validation,xml-validation]", "spdx-tools")
    data, out = WORK / "boms", WORK / "out"
    out.mkdir(exist_ok=True)
    shutil.rmtree(data, ignore_errors=True)
    made = waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=data)
    path = WORK / f"boms-{COMPONENTS}.json"
    sbom.write(path, COMPONENTS, seed=7)
    told = waybill("import", "sbom", path, "--org", made["orgToken"], "--product", "P", data=data)
    project = told["projects"][0]["projectToken"]

    def ours(standard, version, form):
        wanted = {"standard": standard, "version": version, "maxDepthLevel": str(COMPONENTS)}
        return run(WAYBILL, "report", "ProjectSBOMReport", "--scope", project, "--format", form, "--filter", json.dumps(wanted), "--output", out / "bom.zip", "--data", data)

    def rival(library, source, target=None):
        cost = run(python, HERE / "rivals" / "bom.py", library, source, *([target] if target else []))
        say(f"{library} {target.suffix if target else 'reads'}: {cost.wall:.1f} s")
        return cost

    written = {}
    for output in OUTPUTS:
        costs = [ours(*output) for _ in range(3)]
        written[output] = sorted(costs, key=lambda cost: cost.wall)[1]
        if output == ("spdx", "2.3", "json"):
            with zipfile.ZipFile(out / "bom.zip") as archive:
                spdx = WORK / "boms.spdx.json"
                spdx.write_bytes(archive.read(archive.namelist()[0]))
    number = 0
    for source, library in ((path, "cyclonedx"), (spdx, "spdx")):
        number += 1
        own = sorted((run(WAYBILL, "import", "sbom", source, "--org", made["orgToken"], "--product", f"read {number} {n}", "--data", data)
                      for n in range(3)), key=lambda cost: cost.wall)[1]
        theirs = rival(library, source)
        table.add(f"{COMPONENTS:,} components read, into the database", f"{COMPONENTS / own.wall:,.0f}/s", f"{library}, into memory "
                  f"{COMPONENTS / theirs.wall:,.0f}/s", theirs.wall / own.wall, 20)
    for standard, version, form in OUTPUTS:
        own = written[standard, version, form]
        if form == "xlsx":
            # None of the libraries writes it.
            table.add(f"{standard} {version} {form}, {COMPONENTS:,} components, {own.peak:.0f} MiB", f"{own.wall:.2f} s", "", own.wall, None, unit=" s")
            continue
        suffix = "spdx" if form == "tv" else form
        best = rival("cyclonedx" if standard == "cyclonedx" else "spdx", path if standard == "cyclonedx" else spdx,
                     out / (f"bom.{suffix}" if suffix == "spdx" else f"bom.{standard}.{suffix}"))
        table.add(f"{standard} {version} {form}, {COMPONENTS:,} components, {own.peak:.0f} MiB", f"{own.wall:.2f} s",
                  f"Python {best.wall:.1f} s", best.wall / own.wall, 30)
    shutil.rmtree(data)


def matching(table):
    """Decisions about 2,000 libraries with fifty advisories each, none of which affects them."""
    count, each = 2000, 50
    path = WORK / "matching.json"
    sbom.write(path, count, seed=5, first=0)
    keys = {}
    for name in ("with", "without"):
        data = WORK / f"matching-{name}"
        shutil.rmtree(data, ignore_errors=True)
        keys[name] = (data, waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=data)["orgToken"])
    with open(WORK / "matching.jsonl", "w") as file:
        for number, component in enumerate(json.load(open(path))["components"]):
            for other in range(each):
                made = advisories.advisory(number * each + other, *advisories.package(component))
                made["affected"][0]["ranges"][0]["events"] = [{"introduced": f"1{other:02d}.0.0"}, {"fixed": f"1{other:02d}.1.0"}]
                file.write(json.dumps(made) + "\n")
    say(f"importing {count * each:,} advisories")
    waybill("import", "advisories", WORK / "matching.jsonl", data=keys["with"][0])
    fresh = {name: 0 for name in keys}

    def into(name):
        data, token = keys[name]
        copy = WORK / "matching-run"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(data, copy)
        fresh[name] += 1
        return run(WAYBILL, "import", "sbom", path, "--org", token, "--product", "P", "--project", f"{fresh[name]}", "--data", copy)

    costs = alternate({name: (lambda name=name: into(name)) for name in keys})
    seconds = costs["with"].cpu - costs["without"].cpu
    rate = count * each / max(seconds, 0.001)
    table.add(f"decisions, {count:,} libraries × {each} advisories", f"{rate:,.0f}/s of CPU", "", rate / 100_000, 1)
    for data, _ in keys.values():
        shutil.rmtree(data)
