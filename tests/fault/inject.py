"""Commands whose Nth call fails: python3 inject.py BUILD INJECT.so

Each command runs again and again, each time with another call made to fail
(inject.c), until it has no more of them or the time for its kind is over; the
first sixty calls each, then a choice that SEED makes. Speaks TAP.

FAULT_SECONDS=25 is how long all takes together.

Held against each run: what ends by a signal has said why in the library's
words (cmark and GLib do not survive a lack of memory, nothing else may die);
exit code 0 means that all is done; any other has a sentence; and the store is
whole, and holds what it held or what was asked for, never a part.
"""
import filecmp
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

build, library = (os.path.abspath(a) for a in sys.argv[1:3])
budget = float(os.environ.get("FAULT_SECONDS", "25"))
chance = random.Random(int(os.environ.get("SEED", "1")))
work = tempfile.mkdtemp(prefix="capsule-inject-")
os.chdir(work)

PAGE = """---
title: {title}
date: 2026-11-{day:02}
---

Words with *emphasis*, `code`, a [link](/index.md) and a note[^1].

| a | b |
| - | - |
| 1 | [2](https://example.org/) |

- one
- two

[^1]: The note.
"""


def put(path, text):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


# In UTC: for want of memory the C library takes any zone for that one, and
# says nothing.
def set_up():
    put("pages/index.md", "# Front\n\n[All](a.md) [b](news/b.md)\n")
    put("pages/a.md", PAGE.format(title="A", day=1))
    put("pages/news/b.md", PAGE.format(title="B", day=2))
    put("pages/2026/index.md", """---
title: Edition
event: {start: 2026-04-03T09:00, timezone: Etc/UTC, place: Here}
talks: [{title: T, speaker: S}]
---

See [b](../news/b.md).
""")
    put("pages/picture.png", "no picture")
    for name in "people", "more":
        put(name + ".csv", "address\n" + "".join(
            f"{name}{i}@example.org\n" for i in range(40)))
    put("capsule.yaml", f"""host: localhost
pages: {work}/pages
state: {work}/state
mail:
  from: "A conference <announce@example.org>"
  relay: maildir:{work}/mails
  sessions: 1
""")
    run(["announce", "subscribers", "add", "first@example.org"])
    run(["announce", "subscribers", "import", "people.csv"])
    shutil.copytree("state", "before")


def run(command, kind=None, n=0, text=None, time="20:00"):
    env = dict(os.environ, CAPSULE_NOW=f"2026-11-20T{time}:00Z")
    if kind:
        env.update(LD_PRELOAD=library, INJECT=f"{kind}:{n}",
                   INJECT_MARK=work + "/mark")
    try:
        return subprocess.run([f"{build}/{command[0]}"] + command[1:],
                              env=env, input=text, capture_output=True,
                              timeout=40, errors="replace")
    except subprocess.TimeoutExpired as e:
        return subprocess.CompletedProcess(
            command, "hangs", "", (e.stderr or b"").decode(errors="replace"))


def subscribers():
    db = sqlite3.connect("state/announce.db")
    if db.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
        return "damaged"
    if db.execute("PRAGMA foreign_key_check").fetchone():
        return "damaged keys"
    out = run(["announce", "subscribers", "list"])
    return out.stdout if out.returncode == 0 else "unreadable: " + out.stderr


def fresh_state():
    for folder in "state", "mails", "out":
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree("before", "state")


# Each check returns what is wrong, or nothing. `good` is the run without a
# fault; it is called for that first, to remember what good is.

def same_output(r, good):
    if r.returncode == 0 and r.stdout != good.stdout:
        return "exit code 0, and not all was printed"


def same_words(r, good):
    if r.returncode == 0 and r.stderr != good.stderr:
        return "exit code 0, and not all was said"


def holds(a, b):
    """All lines, that is: for want of memory links may stand twice."""
    with open(a) as f, open(b) as g:
        return set(f) <= set(g)


def same_files(a, b):
    c = filecmp.dircmp(a, b)
    return not (c.left_only or c.right_only) and all(
        holds(f"{a}/{d}", f"{b}/{d}") for d in c.diff_files) and all(
        same_files(f"{a}/{d}", f"{b}/{d}") for d in c.common_dirs)


def same_tree(r, good):
    if good is r:
        shutil.rmtree("good", ignore_errors=True)
        os.rename("out", "good")
    elif (r.returncode == 0 and "left out: " not in r.stderr and
          not same_files("good", "out")):
        return "exit code 0, and not all was written"


def whole(r, good):
    now = subscribers()
    if good is r:
        whole.after = now
        return
    if now not in (whole.before, whole.after):
        return "the store holds a part: " + now[:300]
    if r.returncode == 0 and now != whole.after:
        return "exit code 0, and nothing was done"


def delivered(r, good):
    """To everybody: at once, or when it is taken up again without a fault."""
    if good is not r:
        problem = subscribers()
        if problem.startswith(("damaged", "unreadable")):
            return problem
    if r.returncode != 0:
        again = run(["announce", "resume", "1", "--failed"], time="20:20")
        if "no announcement" in again.stderr:
            again = run(SEND, time="20:20")
        if "wants --yes" in again.stderr or again.returncode != 0:
            status = run(["announce", "status", "1"]).stdout
            if "sent          41" not in status:
                return "not resumed: " + again.stderr + status
    names = []
    for box, _, files in os.walk("mails"):
        if not box.endswith("new"):
            continue
        for name in files:
            with open(f"{box}/{name}") as f:
                names += [w.split(":", 1)[1].strip(" <>\r\n") for w in f
                          if w.startswith("To:")]
    if len(set(names)) != 41:
        return f"{len(set(names))} of 41 have it"
    if len(names) > 43:
        return f"{len(names)} messages for 41"


SEND = ["announce", "send", "pages/news/b.md", "--yes"]
MARKDOWN = PAGE.format(title="Rendered", day=3)
SHARES = [  # share of the time, command, input, check, state needed
    (1, ["capsule", "render"], MARKDOWN, same_output, False),
    (1, ["capsule", "render", "--as", "html"], MARKDOWN, same_output, False),
    (2, ["capsule", "check"], None, same_words, False),
    (2, ["capsule", "build", "out"], None, same_tree, False),
    (1, ["announce", "preview", "pages/a.md"], None, same_output, True),
    (2, ["announce", "subscribers", "add", "new@example.org"], None, whole,
     True),
    (2, ["announce", "subscribers", "import", "more.csv"], None, whole,
     True),
    (1, ["announce", "subscribers", "erase", "first@example.org", "--yes"],
     None, whole, True),
    (4, SEND, None, delivered, True),
]
KINDS = {"memory": 6, "write": 2, "sync": 1, "open": 2, "stat": 1,
         "rename": 1, "truncate": 1, "map": 1, "socket": 1, "process": 1,
         "random": 1}
ABORTS = ("memory ran out while Markdown was read", "GLib-ERROR",
          "GLib (gthread")


def wrong(r, good, check):
    said = r.stderr.strip()
    if r.returncode == "hangs":
        return "does not end"
    if r.returncode < 0:
        if r.returncode in (-signal.SIGABRT, -signal.SIGTRAP) and any(
                a in said for a in ABORTS):
            counts["aborts"] += 1
            return None
        return f"signal {-r.returncode}"
    if r.returncode != 0 and not said:
        return f"exit code {r.returncode} without a word"
    return check(r, good)


def counting(n):
    """Each of the first sixty, then farther and farther apart."""
    while True:
        n += 1 if n < 60 else chance.randint(1, max(1, n // 10))
        yield n


def try_kind(command, text, check, has_state, good, kind, until):
    for n in counting(0):
        if time.monotonic() > until:
            return None
        if has_state:
            fresh_state()
        shutil.rmtree("out", ignore_errors=True)
        if os.path.exists("mark"):
            os.unlink("mark")
        r = run(command, kind, n, text)
        if not os.path.exists("mark"):
            return None
        counts["faults"] += 1
        counts["refused"] += r.returncode != 0
        problem = wrong(r, good, check)
        if problem:
            return (f"{kind}:{n}: {problem}\nexit code {r.returncode}\n"
                    f"{r.stderr[-600:]}")
    return None


def main():
    failures = tests = 0
    set_up()
    for share, command, text, check, has_state in SHARES:
        fresh_state()
        if check is whole:
            whole.before = subscribers()
        good = run(command, text=text)
        assert good.returncode == 0 or check is same_words, good.stderr
        problem = check(good, good)
        assert not problem, problem
        mine = budget * share / sum(s[0] for s in SHARES)
        for kind, part in KINDS.items():
            until = time.monotonic() + mine * part / sum(KINDS.values())
            problem = try_kind(command, text, check, has_state, good, kind,
                               until)
            tests += 1
            name = f"{' '.join(command)}: {kind}"
            print(f"ok {tests} - {name}" if not problem
                  else f"not ok {tests} - {name}")
            if problem:
                failures += 1
                print("".join(f"#   {w}\n" for w in problem.split("\n")),
                      end="")
            sys.stdout.flush()
    print(f"# {counts['faults']} faults; {counts['refused']} runs failed, "
          f"{counts['aborts']} of them because a library aborted")
    tests += 1
    failures += counts["faults"] == 0
    print(f"{'ok' if counts['faults'] else 'not ok'} {tests} - calls failed")
    print(f"1..{tests}")
    return failures > 0


counts = {"faults": 0, "refused": 0, "aborts": 0}
try:
    code = main()
finally:
    os.chdir("/")
    shutil.rmtree(work, ignore_errors=True)
sys.exit(code)
