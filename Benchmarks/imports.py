"""The import of one large document."""
import shutil

import sbom
from measure import WAYBILL, WORK, alternate, run, say, waybill


def imports(table):
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
