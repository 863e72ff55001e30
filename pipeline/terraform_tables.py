#!/usr/bin/env python3
"""terraform_tables.py FOLDER [--write]: the tables of inputs and outputs in FOLDER/README.md.

They stand between the lines "<!-- tables -->" and "<!-- end of tables -->" and are made from
variables.tf and outputs.tf of FOLDER. Without --write it says where they differ.
Exit status: 0 they are the same, or written; 1 they are not; 2 bad usage.
"""
import difflib
import pathlib
import re
import sys

BEGIN, END = "<!-- tables -->\n", "<!-- end of tables -->\n"


def blocks(text, kind):
    """Name and body of each block of this kind; terraform fmt puts its end at a line's begin."""
    return re.findall(rf'^{kind} "(\w+)" {{\n(.*?)^}}', text, re.M | re.S)


def argument(body, name):
    """An argument's expression in one line, or None; it ends where the next one of its depth begins."""
    found = re.search(rf"^  {name} += (.*?)(?=^  \w|^\n|\Z)", body, re.M | re.S)
    if not found:
        return None
    text = re.sub(r"\s+#.*", "", found.group(1))
    text = re.sub(r"(?<=[\w\])}\"])\n\s+(?=\w)", ", ", text)
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub(r",? ?([\]})])", r" \1", text).replace("( ", "(").replace(" )", ")").replace("[ ", "[").replace(" ]", "]").replace("{ }", "{}")


def cell(text):
    return text.replace("|", "\\|")


def tables(folder):
    lines = ["| input | type | default | meaning |", "|---|---|---|---|"]
    for name, body in blocks((folder / "variables.tf").read_text(), "variable"):
        default = argument(body, "default")
        kind, meaning = argument(body, "type"), argument(body, "description").strip('"')
        lines.append(f"| `{name}` | `{cell(kind)}` | {'none: must be given' if default is None else f'`{cell(default)}`'} | {cell(meaning)} |")
    lines += ["", "| output | meaning |", "|---|---|"]
    for name, body in blocks((folder / "outputs.tf").read_text(), "output"):
        lines.append("| `%s` | %s |" % (name, cell(argument(body, "description").strip('"'))))
    return "\n".join(lines) + "\n"


def main(arguments):
    if len(arguments) not in (1, 2) or arguments[1:] not in ([], ["--write"]):
        print(__doc__, file=sys.stderr)
        return 2
    folder = pathlib.Path(arguments[0])
    readme = folder / "README.md"
    text = readme.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        print(f"{readme}: needs the lines {BEGIN.strip()} and {END.strip()} once each")
        return 1
    head, rest = text.split(BEGIN)
    is_there, tail = rest.split(END)
    wanted = tables(folder)
    if arguments[1:]:
        readme.write_text(head + BEGIN + wanted + END + tail)
    elif is_there != wanted:
        print(f"{readme}: its tables are not those of variables.tf and outputs.tf: pipeline/terraform_tables.py {folder} --write")
        sys.stdout.writelines(difflib.unified_diff(is_there.splitlines(True), wanted.splitlines(True), "README.md", "wanted", n=0))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
