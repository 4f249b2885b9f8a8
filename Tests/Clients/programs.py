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


def program(package, name, *arguments, holds, module=False, script=None):
    """Runs a program in a folder of its own, or a script with its package; `holds` is given its exit code, what it printed and
    the folder."""
    folder = os.path.join(server.folder, name)
    os.makedirs(folder, exist_ok=True)
    place = os.path.join(os.path.abspath(environments), package, "bin")
    command = [os.path.join(place, "python"), "-m", name] if module else [os.path.join(place, name)]
    if script:
        command = [os.path.join(place, "python"), "-c", script]
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

def spdx_has_texts(code, text, folder):
    """Each package has the texts of its licences, which the program looks for by the package's id."""
    found = [json.load(open(f)) for f in files(os.path.join(folder, "texts")) if f.endswith(".json")]
    return code == 0 and "ERROR" not in text and len(found) == 2 and all(
        sorted(it["licenseId"] for it in document["hasExtractedLicensingInfos"] if it["licenseId"].endswith((".jar", ".tgz")))
        == ["LicenseRef-left-pad-1.3.0.tgz", "LicenseRef-web-1.0.jar"]
        and "TERMS AND CONDITIONS" in json.dumps(document) and "Permission is hereby granted" in json.dumps(document)
        for document in found)


program(
    "mend-sbom-export-cli", "sbom_export_cli", "--userKey", server.key, "--apiKey", server.org, "--url", server.url, "--out", "texts",
    "--type", "SPDX", "--lictext", "true", holds=spdx_has_texts)

# Writes SPDX from licences, due diligence, the tree and the texts of the attribution, of which its pattern finds all but the last. It asks GitHub
# for the names of exceptions, which the script leaves out.
SBOM = """
import requests
from ws_sbom_generator.sbom_generator import main
get = requests.get
class Nothing:
    json = staticmethod(lambda: {"exceptions": []})
requests.get = lambda url, *more, **named: Nothing() if "github" in url else get(url, *more, **named)
main()
"""
program(
    "ws-sbom-generator", "ws-sbom-generator", "-u", server.key, "-k", server.org, "-a", server.url, "-s", project, "-t", "tv",
    "-lt", "true", "-o", "out", script=SBOM,
    holds=lambda code, text, folder: code == 0 and "Traceback" not in text
    and any("PackageName: left-pad" in (said := open(f).read()) and "Permission is hereby granted" in said for f in files(folder)))

alert = call("getProjectAlertsByType", projectToken=project, alertType="SECURITY_VULNERABILITY")["alerts"][0]["alertUuid"]
call("ignoreAlerts", alertUuids=[alert], comments="not reachable")
program(
    "mend-ignore-alerts", "ignore_alerts", "--userKey", server.key, "--apiKey", server.org, "--url", server.url, "--projectToken", project,
    "--mode", "create", "--yaml", "ignored.yaml",
    holds=lambda code, text, folder: code == 0 and "CVE-2026-0001" in "".join(open(f).read() for f in files(folder)))

# What is ignored in one project is ignored in another.
projects = {vital["name"]: vital["token"] for vital in call("getOrganizationProjectVitals")["projectVitals"]}
other = next(token for token in projects.values() if token != project)


def ignored(token):
    return len(call("getProjectIgnoredAlerts", projectToken=token)["alerts"])


program(
    "ws-ignore-alerts", "ws_ignore_alerts", "-u", server.url, "-k", server.key, "-o", server.org, "-b", project, "-t", other,
    holds=lambda code, text, folder: code == 0 and ignored(project) > 0 and ignored(other) == ignored(project))

# Policies of a template go to the projects that name it by a tag.
call("addProjectPolicy", projectToken=project, policy={
    "name": "No padding", "filter": {"type": "RESOURCE_NAME", "pattern": "*pad*"}, "action": {"type": "REJECT"}, "enabled": True})
call("saveProjectTag", projectToken=project, tagKey="Policy.Template.Source", tagValue="strict")
call("saveProjectTag", projectToken=other, tagKey="Policy.Template.Destination", tagValue="strict")
program(
    "ws-copy-policy", "ws_copy_policy", "-u", server.url, "-k", server.key, "-o", server.org, "-s", "project",
    holds=lambda code, text, folder: code == 0
    and [policy["name"] for policy in call("getProjectPolicies", projectToken=other)["policies"]] == ["No padding"])

# Reports of all projects, at once and as jobs. The program asks a public site for an agent when it starts, which it does not
# use for reports: the script leaves that out.
BULK = """
import ws_sdk.ws_utilities
ws_sdk.ws_utilities.init_ua = lambda path: None
from ws_bulk_report_generator.bulk_report_generator import main
main()
"""
for report in ("alerts", "inventory", "vulnerability", "due_diligence", "license_compatibility"):
    for mode in ("False", "True") if report in ("alerts", "inventory", "vulnerability") else ("False",):
        program(
            "ws-bulk-report-generator", f"bulk-{report}-{mode}", "-u", server.key, "-k", server.org, "-a", server.url, "-s",
            "project", "-r", report, "-c", mode, script=BULK,
            holds=lambda code, text, folder: code == 0 and "Traceback" not in text
            and sum(os.path.getsize(f) > 0 for f in files(folder) if "/reports/" in f) == len(projects))

# The plug-in of Python builds: asks about policies, then uploads.
PLUGIN = """
import sys
url, org, key = sys.argv[1:4]
sys.argv = ["plugin"]
from agent.client.WssServiceClient import WssServiceClient
from agent.api.dispatch.UpdateInventoryRequest import UpdateInventoryRequest
from agent.api.dispatch.CheckPoliciesRequest import CheckPoliciesRequest
from agent.api.model.AgentProjectInfo import AgentProjectInfo
from agent.api.model.Coordinates import Coordinates
from agent.api.model.DependencyInfo import DependencyInfo
client = WssServiceClient(url + "/agent")
found = [AgentProjectInfo(Coordinates(None, "plugged", "1.0"), [
    DependencyInfo(artifact_id="requests-2.19.0-py2.py3-none-any.whl", version_id="2.19.0", dependency_type="PYTHON", sha1="11" * 20),
    DependencyInfo(group_id="org.example", artifact_id="web", version_id="1.0", dependency_type="MAVEN")])]
print(vars(client.check_policies(CheckPoliciesRequest(org, key, "Plugins", "1", found, True))))
print(vars(client.update_inventory(UpdateInventoryRequest(org, key, "Plugins", "1", found))))
"""
program(
    "wss-plugin", "wss-plugin", server.url, server.org, server.key, script=PLUGIN,
    holds=lambda code, text, folder: code == 0 and "plugged" in text and "Plugins" in [
        product["productName"] for product in call("getAllProducts")["products"]])
for product in call("getAllProducts")["products"]:
    if product["productName"] == "Plugins":
        call("deleteProduct", productToken=product["productToken"])

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
