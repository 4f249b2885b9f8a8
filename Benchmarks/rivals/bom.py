"""Reads an SBOM with a Python library, and writes it again. usage: bom.py LIBRARY FILE [OUTPUT]"""
import json
import sys

library, path, *output = sys.argv[1:]
if library == "cyclonedx":
    from cyclonedx.model.bom import Bom
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion

    bom = Bom.from_json(json.load(open(path)))
    if output:
        form = OutputFormat.XML if output[0].endswith("xml") else OutputFormat.JSON
        with open(output[0], "w") as file:
            file.write(make_outputter(bom, form, SchemaVersion.V1_5).output_as_string())
else:
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.writer.write_anything import write_file

    document = parse_file(path)
    if output:
        write_file(document, output[0], validate=False)
