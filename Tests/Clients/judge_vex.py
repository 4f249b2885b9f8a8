#!/usr/bin/env python3
"""Judges documents of statements (VEX) by other people's libraries (validators.txt). Arguments: a folder with documents, each named
DIALECT@VERSION.ENDING, as StatementJudgeTests writes them. Prints what is wrong; exits 1 when something is, or when nothing was judged.
"""
import contextlib
import io
import json
import logging
import os
import pathlib
import sys
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
from csaf.csaf.v20._validator import validate_file
from csaf_lib.verification.verifier import Verifier
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from cyclonedx.validation.xml import XmlValidator
from lib4vex.parser import VEXParser


def read(path, dialect, wanted):
    """What lib4vex reads: the dialect, and as many statements as there are."""
    parser = VEXParser(dialect)
    with contextlib.redirect_stdout(io.StringIO()):
        parser.parse(path)
    found = len(parser.get_vulnerabilities())
    return [] if found >= wanted else [f"lib4vex reads {found} statements of {wanted}"]


def csaf(path):
    report = validate_file(pathlib.Path(path), preset="basic")
    problems = [f"csaf {result.id}: {error.message} at {error.instance_path}" for result in report.results
                if result.group in ("mandatory", "schema", "profile") for error in result.errors]
    judged = [result.group for result in report.results if not result.skipped]
    if "schema" not in judged or judged.count("mandatory") < 20:
        problems.append(f"csaf ran {len(judged)} tests only")
    document = json.load(open(path, encoding="utf-8"))
    if document["document"]["category"] != "csaf_vex":
        return problems
    checked = Verifier(document).run_all()
    if checked.total_tests < 20:
        problems.append(f"csaf-lib ran {checked.total_tests} tests only")
    return problems + [f"csaf-lib {r.test_id}: {r.message}" for r in checked.results if r.failed]


def cyclonedx(path, version):
    judge = XmlValidator if path.endswith(".xml") else JsonStrictValidator
    with open(path, encoding="utf-8") as file:
        error = judge(SchemaVersion.from_version(version)).validate_str(file.read())
    return [] if error is None else [str(error)]


def judge(path, dialect, version):
    if dialect.startswith("cyclonedx"):
        problems = cyclonedx(path, version)
        if path.endswith(".json"):
            problems += read(path, "cyclonedx", len(json.load(open(path)).get("vulnerabilities", [])))
        return problems
    document = json.load(open(path, encoding="utf-8"))
    if dialect.startswith("csaf"):
        return csaf(path) if "vulnerabilities" not in document else csaf(path) + read(path, "csaf", len(document.get("vulnerabilities", [])))
    return read(path, "openvex", len(document["statements"]))


def main():
    folder, judged, wrong = sys.argv[1], 0, 0
    for name in sorted(os.listdir(folder)):
        dialect, version = name.rsplit(".", 1)[0].split("@")
        try:
            problems = judge(os.path.join(folder, name), dialect, version)
        except Exception as error:  # A judge that dies of a document has judged it.
            problems = [f"{type(error).__name__}: {error}"]
        judged += 1
        wrong += bool(problems)
        for problem in problems:
            print(f"{name}: {problem}")
    print(f"{judged} judged, {wrong} wrong")
    sys.exit(1 if wrong or not judged else 0)


if __name__ == "__main__":
    main()
