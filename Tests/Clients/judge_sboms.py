#!/usr/bin/env python3
"""Judges bills of materials by other people's libraries (validators.txt). Arguments: a folder with documents, each named
KIND@VERSION.ENDING, as WriterValidationTests writes them. Prints what is wrong; exits 1 when something is.
"""
import os
import sys
import warnings

warnings.simplefilter("ignore")
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from cyclonedx.validation.xml import XmlValidator
from spdx_python_model.bindings import v3_0_1 as spdx3
from spdx_tools.spdx.parser.error import SPDXParsingError
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document


def cyclonedx(path, kind, version):
    judge = JsonStrictValidator if kind.endswith("json") else XmlValidator
    with open(path, encoding="utf-8") as file:
        error = judge(SchemaVersion.from_version(version)).validate_str(file.read())
    return [] if error is None else [error]


def spdx(path, version):
    try:
        document = parse_file(path)
    except SPDXParsingError as error:
        return error.get_messages()
    return [problem.validation_message for problem in validate_full_spdx_document(document, f"SPDX-{version}")]


def spdx_graph(path):
    """Types, words, counts and patterns of the SPDX 3 model, and whether all that is named is there."""
    graph = spdx3.SHACLObjectSet()
    with open(path, "rb") as file:
        spdx3.JSONLDDeserializer().read(file, graph)
    missing = sorted(graph.link() or [])
    with open(os.devnull, "wb") as file:
        spdx3.JSONLDSerializer().write(graph, file)
    return [f"{name} is named and is not there" for name in missing]


def main():
    folder, judged, wrong = sys.argv[1], 0, 0
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        kind, version = name.rsplit(".", 1)[0].split("@")
        try:
            if kind.startswith("cyclonedx"):
                problems = cyclonedx(path, kind, version)
            elif version.startswith("3"):
                problems = spdx_graph(path)
            else:
                problems = spdx(path, version)
        except Exception as error:  # A judge that dies of a document has judged it.
            problems = [f"{type(error).__name__}: {error}"]
        judged += 1
        wrong += bool(problems)
        for problem in problems[:5]:
            print(f"{name}: {str(problem)[:500]}")
    print(judged, "judged,", wrong, "wrong")
    sys.exit(1 if wrong else 0)


main()
