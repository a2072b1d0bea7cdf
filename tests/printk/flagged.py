#!/usr/bin/env python3
"""Every string of a kernel's source goes through `ktest splat` once, as if it had been printed.

usage: flagged.py KTEST LINUX-TREE|linux-source.tar.xz

Prints what was flagged, with the file it is from, for a person to look at: each line must be a report of the
kernel's, not a driver's chatter. Not a test of CTest's: only a reader can tell whether it passed.
"""
import os
import re
import subprocess
import sys
import tarfile

LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
ADJACENT = re.compile(r'"\s*\\?\s*"')
CONVERSION = re.compile(r"%[-+ #0]*[\d*]*(?:\.[\d*]+)?(?:hh|h|ll|l|z|j|t|L)?(p[A-Za-z0-9]*|[a-zA-Z%])")
ESCAPES = {"n": "\n", "t": "\t", "0": ""}
NOT_THE_KERNEL = ("tools", "scripts", "Documentation", "usr", "samples")


def sources(where):
    def wanted(path):
        return path.endswith((".c", ".h", ".S")) and path.split("/")[0] not in NOT_THE_KERNEL

    if os.path.isdir(where):
        for directory, _, names in os.walk(where):
            for name in names:
                path = os.path.join(directory, name)
                inside = os.path.relpath(path, where)
                if wanted(inside) and os.path.isfile(path):
                    yield inside, open(path, errors="replace").read()
        return
    with tarfile.open(where) as archive:
        for member in archive:
            inside = member.name.split("/", 1)[-1]
            if member.isfile() and wanted(inside):
                yield inside, archive.extractfile(member).read().decode(errors="replace")


def printed(literal):
    text = re.sub(r"\\(.)", lambda m: ESCAPES.get(m.group(1), m.group(1)), literal)

    def value(conversion):
        kind = conversion.group(1)
        return {"s": "name", "c": "c", "x": "1f", "X": "1F", "%": "%"}.get(
            kind, "func+0x1/0x2" if kind[0] == "p" else "12")

    return CONVERSION.sub(value, text)


def main():
    ktest, tree = sys.argv[1:]
    lines = {}
    for path, text in sources(tree):
        for literal in LITERAL.findall(ADJACENT.sub("", text)):
            for line in printed(literal).split("\n"):
                if len(line) > 4:
                    lines.setdefault(line, path)
    # Each is said by another task, so that none is taken for a part of another's report.
    log = "".join(f"[{100 + i // 1000:5}.{i % 1000:06}][T{i}] {line}\n" for i, line in enumerate(lines))
    found = subprocess.run([ktest, "splat", "-"], input=log.encode(), stdout=subprocess.PIPE, check=False)
    texts = list(lines)
    flagged = sorted({int(line.split(":")[1]) - 1 for line in found.stdout.decode().splitlines()})
    for index in flagged:
        print(f"{lines[texts[index]]}: {texts[index]}")
    print(f"{len(flagged)} of {len(texts)} strings are flagged")


main()
