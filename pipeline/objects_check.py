#!/usr/bin/env python3
"""objects_check.py FILE: every object in FILE is one that Kubernetes takes, by its own schema, strictly.

Objects of custom resources have no schema there: their kinds are listed here, and they must have a name
and a specification. Run by the Python that has kubernetes-validate (pipeline/tools.sh). Exit status: 0
all are well, 1 one is not; its kind, name and fault are printed.
"""
import sys

import kubernetes_validate
import yaml

KUBERNETES = "1.30"
CUSTOM = {"ServiceMonitor", "GitRepository", "HelmRelease"}


def fault_of(thing):
    if thing["kind"] in CUSTOM:
        return None if thing["metadata"].get("name") and thing.get("spec") else "no name or no spec"
    try:
        kubernetes_validate.validate(thing, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{'.'.join(str(p) for p in error.path)}: {error.message}"
    return None


def main(path):
    with open(path) as file:
        things = [thing for thing in yaml.safe_load_all(file) if thing]
    if not things:
        sys.exit(f"{path}: no object")
    faults = [(thing, fault_of(thing)) for thing in things]
    for thing, fault in faults:
        if fault:
            print(f"{thing['kind']} {thing['metadata'].get('name')}: {fault}")
    sys.exit(any(fault for _, fault in faults))


if __name__ == "__main__":
    main(sys.argv[1])
