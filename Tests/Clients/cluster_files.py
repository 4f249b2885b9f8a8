#!/usr/bin/env python3
"""Checks the files that start clusters: cluster_files.py BINARY

The kustomization lists every manifest; containers are unprivileged, with a read-only root and probes; every WAYBILL_* setting is a flag
of the program. kubernetes-validate checks the manifests against Kubernetes' own schemas beside this."""
import pathlib
import re
import subprocess
import sys

import yaml

PACKAGING = pathlib.Path(__file__).parents[2] / "packaging"
FOLDER = PACKAGING / "kubernetes"


def documents():
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.name != "kustomization.yaml":
            for document in yaml.safe_load_all(path.read_text()):
                yield path.name, document


def template(document):
    spec = document["spec"]
    return (spec["jobTemplate"]["spec"] if document["kind"] == "CronJob" else spec)["template"]["spec"]


def check_pods():
    pods = [(name, document) for name, document in documents() if document["kind"] in ("Deployment", "CronJob")]
    assert len(pods) == 3, pods
    for name, document in pods:
        pod = template(document)
        assert pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"], name
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"], name
            assert context["capabilities"]["drop"] == ["ALL"] and container["resources"]["limits"]["memory"], name
            if document["kind"] == "Deployment":
                assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys(), name


def check_settings(binary):
    words = [["serve"], ["worker"], ["update"]]
    helps = "".join(subprocess.run([binary, *each, "--help"], check=True, capture_output=True, text=True).stdout for each in words)
    known = {"WAYBILL_" + flag.upper().replace("-", "_") for flag in re.findall(r"^  --([a-z0-9-]+)", helps, re.MULTILINE)}
    texts = [path.read_text() for path in [*FOLDER.glob("*.yaml"), PACKAGING / "compose.yaml"]]
    used = set(re.findall(r"\bWAYBILL_[A-Z0-9_]+", "\n".join(texts)))
    assert used and used <= known, f"no flag has the name of {used - known}"


def main():
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    there = sorted(path.name for path in FOLDER.glob("*.yaml") if path.name != "kustomization.yaml")
    assert sorted(listed) == there, f"listed {sorted(listed)}, there {there}"
    check_pods()
    compose = yaml.safe_load((PACKAGING / "compose.yaml").read_text())
    services = compose["services"]
    nodes = {name: each for name, each in services.items() if each["image"].startswith("waybill")}
    assert len(nodes) == 4 and all(each["read_only"] and "healthcheck" in each for each in nodes.values())
    assert all(name in services for each in services.values() for name in each.get("depends_on", {}))
    check_settings(sys.argv[1])
    print(f"{len(there)} manifests and {len(services)} services hold")


main()
