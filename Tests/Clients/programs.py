"""Programs of Mend's users (PyPI) against Waybill over TLS, with a certificate of a private authority."""
import json
import os
import subprocess
import sys
import urllib.request
import ssl

from server import Server

# Each program has an environment of its own, named after its package: they need different versions of the same things.
server, environments = Server(sys.argv[1], tls=True), sys.argv[2]
project = server.project["projectToken"]
failed = []


def call(request, **fields):
    body = json.dumps({"requestType": request, "userKey": server.key, "orgToken": server.org, **fields}).encode()
    context = ssl.create_default_context(cafile=server.authority)
    asked = urllib.request.Request(server.url + "/api/v1.4", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, context=context, timeout=60) as answer:
        return json.load(answer)


def program(package, name, *arguments, holds, module=False):
    """Runs a program in a folder of its own; `holds` is given its exit code, what it printed and the folder."""
    folder = os.path.join(server.folder, name)
    os.makedirs(folder, exist_ok=True)
    place = os.path.join(os.path.abspath(environments), package, "bin")
    command = [os.path.join(place, "python"), "-m", name] if module else [os.path.join(place, name)]
    done = subprocess.run(
        [*command, *arguments], cwd=folder, capture_output=True, text=True, timeout=300,
        env={**os.environ, "REQUESTS_CA_BUNDLE": server.authority})
    text = done.stdout + done.stderr
    try:
        good = holds(done.returncode, text, folder)
    except Exception as error:
        good, text = False, f"{text}\n{type(error).__name__} {error}"
    if not good:
        failed.append(f"{name} {' '.join(arguments[-4:])}: exit code {done.returncode}\n{text[-1500:]}")


def files(folder):
    return [os.path.join(place, name) for place, _, names in os.walk(folder) for name in names]


for kind in ("SPDX", "CDX"):
    program(
        "mend-sbom-export-cli", "sbom_export_cli", "--userKey", server.key, "--apiKey", server.org, "--url", server.url, "--out", "out",
        "--type", kind,
        holds=lambda code, text, folder: code == 0 and "ERROR" not in text
        and len([f for f in files(folder) if f.endswith(".json")]) >= 2)

alert = call("getProjectAlertsByType", projectToken=project, alertType="SECURITY_VULNERABILITY")["alerts"][0]["alertUuid"]
call("ignoreAlerts", alertUuids=[alert], comments="not reachable")
program(
    "mend-ignore-alerts", "ignore_alerts", "--userKey", server.key, "--apiKey", server.org, "--url", server.url, "--projectToken", project,
    "--mode", "create", "--yaml", "ignored.yaml",
    holds=lambda code, text, folder: code == 0 and "CVE-2026-0001" in "".join(open(f).read() for f in files(folder)))

program(
    "mend-sca-cleanup-tool", "mend_sca_cleanup_tool", "-u", server.key, "-k", server.org, "-a", server.url, "-m",
    "FilterProjectsByLastCreatedCopies", "-r", "1", "-o", "out", "-y", "False",
    holds=lambda code, text, folder: code == 0 and "Exception" not in text and len(files(folder)) > 0)
left = call("getOrganizationProjectVitals")["projectVitals"]
if len(left) != 1:
    failed.append(f"mend_sca_cleanup_tool: {len(left)} projects are left, 1 was to stay")

# An upload to /agent, after asking for each library: by what the inventory report calls it.
document = call("getProjectSpdxReport", projectToken=left[0]["token"], format="JSON")
path = os.path.join(server.folder, "document.json")
with open(path, "w") as out:
    json.dump(document, out)
program(
    "mend-import-sbom", "mend_import_sbom.import_sbom", "--userKey", server.key, "--apiKey", server.org, "--url", server.url, "--sbom",
    path, "--scope", "Shop//Imported", module=True,
    holds=lambda code, text, folder: code == 0 and "Upload successful" in text)
made = [vital["token"] for vital in call("getOrganizationProjectVitals")["projectVitals"] if vital["name"] == "Imported"]
if not made or not call("getProjectInventory", projectToken=made[0])["libraries"]:
    failed.append(f"mend_import_sbom: the project {made} holds nothing")

server.stop()
for text in failed:
    print("FAILED", text)
print(f"programs: {len(failed)} failed")
sys.exit(bool(failed))
