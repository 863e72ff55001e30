#!/usr/bin/env python3
"""sbom.py STATIC ARCH PROGRAM: prints the bill of materials of a release program, CycloneDX 1.6 JSON.

STATIC   the folder of pipeline/static_deps.sh; ARCH x86_64 or arm64
PROGRAM  the program, with its symbols beside it in PROGRAM.debug

A library is listed because symbols of it are in the program, not because it was there. Its version is
the header's, its hashes are those of the archive that was linked and of the source that it was built
from. Nothing of the time or place goes in: the same program gives the same bytes.
"""
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import uuid

# name, the symbol that shows it, archives, header, pattern of its version, source, licence (SPDX)
LIBRARIES = [
    ("openssl", "OPENSSL_init_crypto", ["libcrypto.a", "libssl.a"], "openssl/opensslv.h",
     r'OPENSSL_VERSION_STR "([\d.]+)"', "openssl_*.orig.tar.gz", "Apache-2.0"),
    ("curl", "curl_easy_init", ["libcurl.a"], "curl/curlver.h",
     r'LIBCURL_VERSION "([\d.]+)"', "curl_*.orig.tar.gz", "curl"),
    ("cjson", "cJSON_Delete", ["libcjson.a"], "cjson/cJSON.h",
     r"CJSON_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", "cjson_*.orig.tar.gz", "MIT"),
    ("sqlite", "sqlite3_open_v2", ["libsqlite3.a"], "sqlite3.h",
     r'SQLITE_VERSION\s+"([\d.]+)"', "**/sqlite3.c", "blessing"),
    ("mimalloc", "mi_malloc", ["libmimalloc.a"], "mimalloc.h",
     r"MI_MALLOC_VERSION (\d+)", "mimalloc_*.orig.tar.*", "MIT"),
    ("nghttp2", "nghttp2_session_server_new2", ["libnghttp2.a"], "nghttp2/nghttp2ver.h",
     r'NGHTTP2_VERSION "([\d.]+)"', "nghttp2_*.orig.tar.gz", "MIT"),
    ("pcre2", "pcre2_compile_8", ["libpcre2-8.a"], "pcre2.h",
     r"#define PCRE2_(?:MAJOR|MINOR) +(\d+)", "pcre2_*.orig.tar.gz", "BSD-3-Clause"),
]
CHART_JS = pathlib.Path("/usr/share/javascript/chart.js/chart.min.js")


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hashes(path):
    return [{"alg": "SHA-256", "content": digest(path)}]


def component(name, version, licence, files, **more):
    return {
        "type": "library",
        "bom-ref": f"{name}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:generic/{name}@{version}",
        "licenses": [{"license": {"id": licence}}],
        "components": [{"type": "file", "name": f.name, "hashes": hashes(f)} for f in files],
        **more,
    }


def version_of(header, pattern):
    found = re.findall(pattern, header.read_text(errors="replace"))
    if not found:
        sys.exit(f"sbom: {header} does not say its version")
    version = ".".join(found)
    # mimalloc writes 2.0.9 as 209.
    return ".".join(version) if re.fullmatch(r"\d{3}", version) else version


def library(static, arch, row):
    name, _, archives, header, pattern, source, licence = row
    version = version_of(static / arch / "include" / header, pattern)
    sources = sorted((static / "src").glob(source))
    if not sources:
        sys.exit(f"sbom: the source of {name} is not in {static}/src")
    reference = {"type": "source-distribution", "url": sources[0].name, "hashes": hashes(sources[0])}
    return component(name, version, licence, [static / arch / "lib" / a for a in archives],
                     externalReferences=[reference])


def symbols_of(debug):
    out = subprocess.run(["nm", "--defined-only", "--format=just-symbols", debug],
                         check=True, capture_output=True, text=True).stdout
    return set(out.split())


def zig_version(static):
    script = pathlib.Path(__file__).with_name("static_deps.sh").read_text()
    return re.search(r"^zig_version=([\d.]+)", script, re.M).group(1)


def main(static, arch, program):
    static, program = pathlib.Path(static), pathlib.Path(program)
    symbols = symbols_of(f"{program}.debug")
    parts = [library(static, arch, row) for row in LIBRARIES if row[1] in symbols]
    parts.append({"type": "library", "bom-ref": "musl", "name": "musl", "version": "as in zig " + zig_version(static),
                  "licenses": [{"license": {"id": "MIT"}}]})
    if symbols & {"www_files", "dashboard_files"}:
        version = re.search(rb"Chart\.js v([\d.]+)", CHART_JS.read_bytes()[:200]).group(1).decode()
        parts.append(component("chart.js", version, "MIT", [CHART_JS]))
    text = pathlib.Path("runtime/core/version.h").read_text()
    version = re.search(r'DUET_VERSION "([\d.]+)"', text).group(1)
    print(json.dumps({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, digest(program)).urn,
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "duet", "name": f"duet {program.name}",
                                   "version": version, "hashes": hashes(program),
                                   "properties": [{"name": "arch", "value": arch}]}},
        "components": parts,
        "dependencies": [{"ref": "duet", "dependsOn": [p["bom-ref"] for p in parts]}],
    }, indent=2))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
