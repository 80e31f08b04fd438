"""Verifies DKIM signatures with dkimpy, its DNS answered from records as
`announce dkim-key` prints them.

dkim_verify.py RECORDS MESSAGE...   the names of those that do not verify
"""
import re
import sys

import dkim


def records(path):
    found = {}
    with open(path, encoding="ascii") as file:
        for name, body in re.findall(r"^(\S+) IN TXT \(([^)]*)\)",
                                     file.read(), re.M):
            found[name.encode()] = "".join(
                re.findall(r'"([^"]*)"', body)).encode()
    return found


def main():
    found = records(sys.argv[1])
    for path in sys.argv[2:]:
        with open(path, "rb") as file:
            message = file.read()
        try:
            good = dkim.verify(message, dnsfunc=lambda name, timeout=5:
                               found.get(name))
        except dkim.DKIMException as why:
            good = False
            print(path, why)
        if not good:
            print(path)


main()
