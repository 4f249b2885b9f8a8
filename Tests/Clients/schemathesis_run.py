"""Has schemathesis try everything that the served OpenAPI description promises against a server of the test's own.

    schemathesis_run.py WAYBILL SCHEMATHESIS [SECONDS]

Three runs: Mend's API and `/agent` as described; the other paths; and Mend's API once more with keys and tokens that exist, so that
the calls do their work. Exits with 1 when it finds something. Of its checks two are left out for Mend's paths:
`negative_data_rejection`, as Mend answers errors with HTTP 200 and clients rely on it, and everywhere
`positive_data_acceptance`, as tokens and uuids that exist cannot be guessed.
"""
import json
import os
import pathlib
import subprocess
import sys
import urllib.request

from server import Server

MEND = "^/(api/v1.4|agent)$"


def with_real_tokens(server):
    """The description, with the server's own tokens in the place of patterns, and without calls that delete."""
    with urllib.request.urlopen(server.url + "/api/openapi.json") as answer:
        description = json.load(answer)
    known = {"userKey": server.key, "orgToken": server.org, "globalOrgToken": server.org,
             "productToken": server.project["productToken"], "projectToken": server.project["projectToken"]}
    schemas = description["components"]["schemas"]
    for schema in schemas.values():
        for name, value in schema.get("properties", {}).items():
            if name in known:
                schema["properties"][name] = {"const": known[name]}
        if "requestType" in schema.get("properties", {}):
            schema["required"] = sorted({*schema["required"], "userKey"})
    deleting = [name for name in schemas if name.startswith(("delete", "remove"))]
    schemas["Request"] = {"anyOf": [
        choice for choice in schemas["Request"]["anyOf"] if choice["$ref"].rsplit("/", 1)[1] not in deleting]}
    path = os.path.join(server.folder, "openapi.json")
    pathlib.Path(path).write_text(json.dumps(description))
    return path


def main():
    program, schemathesis = (os.path.abspath(path) for path in sys.argv[1:3])
    seconds = sys.argv[3] if len(sys.argv) > 3 else "60"
    server = Server(program, flags=["--rate-limit", "0", "--refusal-limit", "0"])
    served = server.url + "/api/openapi.json"
    common = ["--max-time", seconds, "--seed", "1", "--no-color", "--continue-on-failure", "--warnings", "off",
              "--suppress-health-check", "all"]
    key = ["-H", f"X-Api-Key: {server.key}", "-H", f"Authorization: Bearer {server.key}"]
    lenient = ["--exclude-checks", "negative_data_rejection,positive_data_acceptance"]
    runs = [
        [served, "--include-path-regex", MEND, *lenient, *key],
        [served, "--exclude-path-regex", MEND, "--exclude-checks", "positive_data_acceptance", *key],
        [with_real_tokens(server), "--url", server.url, "--include-path", "/api/v1.4", *lenient],
    ]
    failed = False
    for run in runs:
        done = subprocess.run([schemathesis, "run", *run, *common], env={**os.environ, "PYTHONUTF8": "1"}, cwd=server.folder)
        failed |= done.returncode != 0
    log = pathlib.Path(server.folder, "log").read_text()
    faults = [line for line in log.splitlines() if '"level":"error"' in line]
    print(f"{len(faults)} errors in the server's log", *faults[:20], sep="\n")
    server.stop()
    sys.exit(failed or bool(faults))


if __name__ == "__main__":
    main()
