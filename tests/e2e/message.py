"""Takes an announcement's message apart, independently of what made it.

message.py MESSAGE PAGE      prints what is wrong with it: defects, long lines,
                             links of the page that are missing from a part
message.py --show MESSAGE    prints what is in it
"""
import email
import email.policy
import html.parser
import re
import sys


def parse(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


class Html(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.images, self.open, self.words = set(), set(), [], ""

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "a":
            self.links.add(attrs["href"])
        if tag == "img":
            self.images.add(attrs["src"])
            self.words += attrs["alt"]
        if tag not in ("br", "hr", "img", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            print("HTML: </%s> closes nothing" % tag)

    def handle_data(self, data):
        self.words += data


def unflow(text):
    """RFC 3676, section 4.2, without DelSp: paragraphs of any length."""
    lines, depth = [], None
    for line in text.split("\n"):
        marks = len(line) - len(line.lstrip(">"))
        line = line[marks:]
        line = line[1:] if line.startswith(" ") else line
        if depth == marks and lines[-1].endswith(" ") and lines[-1] != "-- ":
            lines[-1] += line
        else:
            lines.append(line)
        depth = marks
    return lines


def check_bytes(raw):
    for number, line in enumerate(raw.split(b"\r\n"), 1):
        if len(line) > 200 or (len(line) > 78 and b"mailto:" not in line
                               and b"boundary" not in line
                               and b"name*=" not in line
                               and b"Message-ID" not in line):
            print("line %d has %d bytes" % (number, len(line)))
        if b"\r" in line or b"\n" in line:
            print("line %d has a CR or LF by itself" % number)
        if re.search(rb"[^\x20-\x7e\t]", line):
            print("line %d is not ASCII" % number)
    if not raw.endswith(b"\r\n"):
        print("the last line has no end")


def check_fields(message):
    once = ("From To Date Message-ID Subject List-Id List-Unsubscribe "
            "List-Post List-Archive List-Help Auto-Submitted Precedence "
            "MIME-Version Content-Type DKIM-Signature").split()
    for name in once:
        if len(message.get_all(name, [])) != 1:
            print(name, "is not there once")
    if "Return-Path" in message or "Received" in message:
        print("has a field that is not ours to write")
    leave = message["List-Unsubscribe"]
    if not re.fullmatch(
            r"<mailto:announce\+leave-([a-z0-9]{26})@example\.org"
            r"\?subject=leave>, "
            r"<gemini://capsule\.example\.org/leave/\1>", leave):
        print("List-Unsubscribe:", leave)
    if not re.fullmatch(r"<[a-z0-9]{26}\.[0-9a-f]{32}@example\.org>",
                        message["Message-ID"]):
        print("Message-ID:", message["Message-ID"])


def check_defects(message):
    for part in message.walk():
        for defect in part.defects:
            print(part.get_content_type(), repr(defect))
        for name, value in part.items():
            for defect in value.defects:
                print(name, repr(defect))
        if not part.is_multipart():
            part.get_content()


def part_of(message, kind):
    parts = [p for p in message.walk() if p.get_content_type() == kind]
    if len(parts) != 1:
        print(len(parts), "parts of", kind)
    return parts[0].get_content().replace("\r\n", "\n")


def check_links(message, page):
    text = part_of(message, "text/plain")
    if re.search(r"[^\S ]", text.replace("\n", "")):
        print("text: white space that is no space")
    for line in text.split("\n"):
        if len(line) > 72 and "://" not in line and not line.startswith("  "):
            print("text: a line of %d: %s" % (len(line), line))
    lines = unflow(text)
    seen = Html()
    seen.feed(part_of(message, "text/html"))
    seen.close()
    if seen.open:
        print("HTML: left open", seen.open)
    with open(page, encoding="utf-8") as file:
        source = file.read()
    for target in re.findall(r"(?<!\\)\]\(([^)<>\s]+)\)", source):
        if not target.startswith("http"):
            continue
        if not any(target in line for line in lines):
            print("text: without", target)
        if target not in seen.links:
            print("HTML: without", target)
    inside = set(re.findall(r"gemini://capsule\.example\.org[^\s>]*", text))
    for link in seen.links:
        if link.startswith("/") or ".md" in link:
            print("HTML: a relative link", link)
        if link.startswith("gemini:") and link not in inside:
            print("text: without", link)
    for link in inside - seen.links:
        print("HTML: without", link)
    for word in ("subscribed", "To leave", "/leave/", "announce+leave-",
                 "gopher://capsule.example.org:7070/"):
        if word not in text or word not in seen.words:
            print("the footer is without", word)
    ids = {"cid:" + p["Content-Id"].strip("<>") for p in message.walk()
           if p["Content-Id"]}
    if ids != seen.images:
        print("images", ids, "are shown as", seen.images)
    check_paragraphs(lines, source)


def check_paragraphs(lines, source):
    """Text without any markup comes back whole, however it was broken."""
    body = source.split("---\n", 2)[2] if source.startswith("---") else source
    for paragraph in body.split("\n\n"):
        plain = " ".join(paragraph.removeprefix("> ").split())
        if re.search(r"[\[\]!*_`#<\\|~]|^- |://|    ", paragraph) or not plain:
            continue
        if not any(plain in line for line in lines):
            print("text: without the paragraph", plain)


def show(part, depth=0):
    words = ["type", part.get_content_type()]
    for name in ("format", "delsp"):
        if part.get_param(name):
            words.append("%s=%s" % (name, part.get_param(name)))
    if part.get_content_disposition():
        words += [part.get_content_disposition(), part.get_filename()]
    print(" " * depth + " ".join(words))
    if part.get_param("method"):
        print("method", part.get_param("method"))
    if part.is_multipart():
        for inner in part.iter_parts():
            show(inner, depth + 1)


def main():
    if sys.argv[1] == "--show":
        with open(sys.argv[2], "rb") as file:
            message = parse(file.read())
        print("subject", message["Subject"])
        print("list", message["List-Id"])
        print("language", message["Content-Language"])
        show(message)
        return
    with open(sys.argv[1], "rb") as file:
        raw = file.read()
    message = parse(raw)
    check_bytes(raw)
    check_fields(message)
    check_defects(message)
    check_links(message, sys.argv[2])


main()
