"""Imports SBOMs, asks for each in every standard, version and syntax, and has a third party judge every answer.

    sbom_matrix.py WAYBILL JUDGE FOLDER [--every N] [--most N]

JUDGE is `validate-report` (a Python program, loaded into this process, whose interpreter has what it needs); FOLDER holds SBOMs
of any kind. --every N takes each Nth; --most N leaves out SBOMs of more than N libraries (spdx-tools takes minutes for
thousands). Prints what the judge refused and a table; exits with 1 when there is any.
"""
import argparse
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile

from server import Server

OUTPUTS = [
    *(("SPDX", version, syntax) for version in ("2.2", "2.3") for syntax in ("json", "xml", "yaml", "tv", "xlsx")),
    ("SPDX", "3.0", "json"),
    *(("CycloneDX", version, syntax) for version in ("1.4", "1.5", "1.6") for syntax in ("json", "xml")),
]


def judge(task):
    path, standard, version, syntax, script = task
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(io.StringIO()):
        try:
            if version == "3.0":
                refused = graph(path)
            else:
                refused = newest(path, syntax) if version == "1.6" else strict(script, path, standard, version, syntax)
        except BaseException as error:
            refused = f"the judge failed: {error!r}"
    if not refused:
        return ""
    lines = said.getvalue().splitlines()
    return next((line for line in lines if line.startswith("ERROR")), refused if isinstance(refused, str) else "refused")


def strict(script, path, standard, version, syntax):
    if "judge" not in sys.modules:
        loader = importlib.machinery.SourceFileLoader("judge", script)
        module = importlib.util.module_from_spec(importlib.util.spec_from_loader("judge", loader))
        sys.modules["judge"] = module
        loader.exec_module(module)
    module = sys.modules["judge"]
    module.errors.clear()
    module.warns.clear()
    kind = ("spdx-" if standard == "SPDX" else "cyclonedx-") + syntax
    sys.argv = [script, "--kind", kind, "--spec", version, "--need-zip", path]
    if syntax == "xlsx":
        # The judge takes a ZIP for a bare workbook when the names in it happen not to be compressed.
        with zipfile.ZipFile(path) as archive:
            bare = archive.extract(archive.namelist()[0], path + ".d")
        sys.argv = [script, "--kind", kind, "--spec", version, bare]
    return module.main()


def newest(path, syntax):
    """The judge knows CycloneDX up to 1.5; for 1.6 its library is asked."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator
    from cyclonedx.validation.xml import XmlValidator

    with zipfile.ZipFile(path) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    error = (JsonStrictValidator if syntax == "json" else XmlValidator)(SchemaVersion.V1_6).validate_str(text)
    return f"ERROR {error}"[:300] if error else ""


def graph(path):
    """For SPDX 3 the bindings made of its model: types, words, counts, patterns; and whether all that is named is there."""
    from spdx_python_model.bindings import v3_0_1 as spdx

    found = spdx.SHACLObjectSet()
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as file:
        spdx.JSONLDDeserializer().read(file, found)
    missing = sorted(found.link() or [])
    spdx.JSONLDSerializer().write(found, io.BytesIO())
    return f"ERROR nothing has the name {missing[0]}" if missing else ""


class Client:
    def __init__(self, server):
        self.server = server

    def call(self, request_type, **fields):
        body = json.dumps({"requestType": request_type, "userKey": self.server.key, **fields}).encode()
        request = urllib.request.Request(self.server.url + "/api/v1.4", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=600) as answer:
            data = answer.read()
            return json.loads(data) if "json" in answer.headers["Content-Type"] else data

    def submit(self, project, standard, version, syntax):
        filters = {"standard": standard, "version": version, "format": syntax, "maxDepthLevel": 99}
        answer = self.call("generateProjectReportAsync", projectToken=project, reportType="ProjectSBOMReport", filter=filters)
        if "asyncProcessStatus" not in answer:
            sys.exit(f"{standard} {version} {syntax}: {answer}")
        return answer["asyncProcessStatus"]["uuid"]

    def fetch(self, uuid):
        while True:
            state = self.call("getAsyncProcessStatus", orgToken=self.server.org, uuid=uuid)["asyncProcessStatus"]
            if state["status"] == "SUCCESS":
                return self.call("downloadAsyncReport", orgToken=self.server.org, reportStatusUUID=uuid), ""
            if state["status"] == "FAILED":
                return None, f"FAILED: {state.get('errorMessage')}"
            time.sleep(0.02)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("waybill")
    parser.add_argument("judge")
    parser.add_argument("folder")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--most", type=int, default=400)
    asked = parser.parse_args()
    endings = (".json", ".xml", ".spdx", ".tag", ".yaml", ".yml", ".xls", ".xlsx", ".rdf", ".gz")
    files = sorted(p for p in pathlib.Path(asked.folder).rglob("*") if p.is_file() and p.name.endswith(endings))
    server = Server(asked.waybill)
    client = Client(server)
    refused, wrong, valid, large = [], [], {}, 0
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, multiprocessing.Pool(os.cpu_count(), maxtasksperchild=200) as pool:
        pending = []
        for number, path in enumerate(files[:: asked.every]):
            arguments = ["import", "sbom", str(path), "--org", server.org, "--product", "M", "--project", f"p{number}", "--json"]
            done = subprocess.run([server.program, *arguments, "--data", server.data], capture_output=True, text=True)
            if done.returncode:
                refused.append(f"{path.name}: {done.stderr.strip()[-200:]}")
                continue
            made = json.loads(done.stdout)["projects"][0]
            if made["libraries"] > asked.most:
                large += 1
                continue
            uuids = [(client.submit(made["projectToken"], *output), output) for output in OUTPUTS]
            for uuid, output in uuids:
                data, why = client.fetch(uuid)
                label = f"{path.name} as {' '.join(output)}"
                if data is None:
                    wrong.append(f"{label}: {why}")
                    continue
                file = os.path.join(folder, uuid + ".zip")
                with open(file, "wb") as out:
                    out.write(data)
                pending.append((label, output, pool.apply_async(judge, ((file, *output, asked.judge),))))
            if number % 20 == 19:
                print(f"{number + 1} of {len(files[:: asked.every])} SBOMs", file=sys.stderr)
        for label, output, answer in pending:
            said = answer.get()
            if said:
                wrong.append(f"{label}: {said}")
            else:
                valid[output] = valid.get(output, 0) + 1
    server.stop()
    for line in [f"not read  {line}" for line in refused] + [f"not valid {line}" for line in wrong]:
        print(line)
    for output in OUTPUTS:
        print(f"{valid.get(output, 0):5} valid {' '.join(output)}")
    print(f"{sum(valid.values())} valid, {len(wrong)} not, {len(refused)} SBOMs not read, {large} left out as too large, "
          f"{time.monotonic() - begin:.0f} s")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
