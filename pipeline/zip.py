#!/usr/bin/env python3
"""zip.py PROGRAM ZIP: a Lambda zip with one file, `bootstrap`, mode 0755, and no time in it: the same
program gives the same zip."""

import sys
import zipfile

program, output = sys.argv[1:]
entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
entry.create_system = 3  # Unix: the mode counts
entry.external_attr = 0o100755 << 16
with zipfile.ZipFile(output, "w") as archive, open(program, "rb") as file:
    archive.writestr(entry, file.read(), zipfile.ZIP_DEFLATED, 9)
