#!/usr/bin/env python3
"""Follows every item of a Gopher server on loopback, from the root, and holds
each menu against RFC 1436 and what clients need: four fields on every line,
CRLF, the last ".", known types, no control character, no display text over 67
columns. Every item on this server must answer, and not with an error.

    gopher_lint.py PORT     one line a fault; last "N menus, M items, K faults"
"""
import socket
import sys
import unicodedata

PORT = int(sys.argv[1])
TYPES = "0179Ighi3"
faults = 0


def fault(selector, what):
    global faults
    faults += 1
    print(f"{selector!r}: {what}")


def fetch(selector):
    with socket.create_connection(("127.0.0.1", PORT), 10) as s:
        s.sendall(selector.encode() + b"\r\n")
        data = b""
        while piece := s.recv(65536):
            data += piece
    return data


def width(text):
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


def lint_line(selector, line):
    """The item (type, selector) when it leads to this server."""
    fields = line[1:].split("\t")
    if len(fields) != 4:
        fault(selector, f"{len(fields) - 1} tabs in {line!r}")
        return None
    if line[0] not in TYPES:
        fault(selector, f"type {line[0]!r} in {line!r}")
    if any(ord(c) < 32 or ord(c) == 127 for f in fields for c in f):
        fault(selector, f"a control character in {line!r}")
    if width(fields[0]) > 67:
        fault(selector, f"{width(fields[0])} columns in {line!r}")
    if line[0] in "i3" or fields[1].startswith("URL:"):
        return None
    if not fields[3].isdigit():
        fault(selector, f"port {fields[3]!r} in {line!r}")
        return None
    return (line[0], fields[1]) if int(fields[3]) == PORT else None


def lint_menu(selector, data):
    if not data.endswith(b"\r\n.\r\n"):
        fault(selector, f"does not end with a lone dot: {data[-20:]!r}")
    if b"\n" in data.replace(b"\r\n", b""):
        fault(selector, "a line does not end with CRLF")
    lines = data.decode().split("\r\n")[:-2]
    return [i for i in (lint_line(selector, l) for l in lines if l) if i]


def main():
    todo, seen, menus = [("1", "")], {("1", "")}, 0
    while todo:
        kind, selector = todo.pop()
        if kind == "7":
            selector += "\tconference"
        data = fetch(selector)
        if not data:
            fault(selector, "no answer")
        elif data.startswith(b"3") and b"\t" in data.split(b"\r\n")[0]:
            fault(selector, f"an error: {data[:80]!r}")
        elif kind in "17":
            menus += 1
            for item in lint_menu(selector, data):
                if item not in seen:
                    seen.add(item)
                    todo.append(item)
        elif kind == "0":
            try:
                data.decode()
            except UnicodeDecodeError:
                fault(selector, "a text that is not UTF-8")
            if data.endswith(b"\n.\r\n"):
                fault(selector, "a text ends with a dot of its own")
    print(f"{menus} menus, {len(seen)} items, {faults} faults")
    return faults > 0


sys.exit(main())
