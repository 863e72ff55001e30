#!/usr/bin/env python3
"""set_architecture.py ARCH: reads an image as `docker save` writes it and prints it for `docker load`
with ARCH (arm64) as its architecture.

The classic builder writes the building machine's architecture into an image that begins FROM scratch,
whatever --platform says. Only the image's configuration changes, and so its id; the layers stay.
"""
import hashlib
import io
import json
import sys
import tarfile


def main(arch):
    source = tarfile.open(fileobj=sys.stdin.buffer, mode="r|")
    files = {m.name: source.extractfile(m).read() for m in source if m.isfile()}
    manifest = json.loads(files.pop("manifest.json"))
    for image in manifest:
        config = json.loads(files.pop(image["Config"]))
        config["architecture"] = arch
        config.pop("variant", None)
        text = json.dumps(config, separators=(",", ":"), sort_keys=True).encode()
        image["Config"] = hashlib.sha256(text).hexdigest() + ".json"
        files[image["Config"]] = text
    # What is left of other formats' lists names the old configuration.
    for name in ("repositories", "index.json", "oci-layout"):
        files.pop(name, None)
    files["manifest.json"] = json.dumps(manifest).encode()
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as target:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size = len(files[name])
            target.addfile(entry, io.BytesIO(files[name]))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
