#!/bin/sh
# `capsule build`: the conference's own site as plain files, the same from run
# to run, and whole: behind each link inside it there is a file. And `capsule
# check`, which finds what is doubtful about pages.
. tests/e2e/lib.sh

config() { # pages
	cat >"$work/capsule.yaml" <<YAML
host: capsule.example.org
title: dtrace.conf
pages: $1
state: $work/state
gopher: {listen: "127.0.0.1:70"}
YAML
}
CAPSULE_NOW=2026-01-01T00:00:00Z
export CAPSULE_NOW

config "$PWD/content/pages"
"$CAPSULE" build -c "$work/capsule.yaml" "$work/a" >"$work/out" 2>&1
is $? 0 "the conference's own site is built"
"$CAPSULE" build -c "$work/capsule.yaml" "$work/b" >/dev/null 2>&1
diff -r "$work/a" "$work/b" >"$work/diff"
is $? 0 "a second run makes the same bytes"
touch "$work/a/gemini/index.gmi"
"$CAPSULE" build -c "$work/capsule.yaml" "$work/a" >/dev/null 2>&1
diff -r "$work/a" "$work/b" >"$work/diff"
is $? 0 "also over what is there"
for file in gemini/index.gmi gemini/2012/index.gmi gemini/history/index.gmi \
    gemini/news/index.gmi gemini/atom.xml gemini/robots.txt gopher/gophermap \
    gopher/2012/gophermap gopher/2012/index.txt gopher/history/gophermap; do
	if [ -s "$work/a/$file" ]; then
		ok "$file"
	else
		not_ok "$file" "$(find "$work/a" -type f | head -n 40)"
	fi
done

# Each link of each page, as a server of files answers it.
cat >"$work/links.py" <<'PYTHON'
import os
import sys
import urllib.parse
root = sys.argv[1]
count = 0


def is_there(tree, path, index):
    path = os.path.join(root, tree, urllib.parse.unquote(path).lstrip('/'))
    return os.path.isfile(path) or os.path.isfile(os.path.join(path, index))


def gemini(name, text):
    fenced = False
    base = 'https://host/' + name
    for line in text.split('\n'):
        fenced ^= line.startswith('```')
        if fenced or not line.startswith('=>'):
            continue
        target = urllib.parse.urlsplit(
            urllib.parse.urljoin(base, line[2:].split()[0]))
        if target.netloc == 'host' and target.scheme == 'https':
            yield target.path, is_there('gemini', target.path, 'index.gmi')


def gopher(name, text):
    for line in text.split('\n')[:-1]:
        kind, *fields = line[:1], *line[1:].split('\t')
        assert len(fields) == 4, (name, line)
        if kind not in 'i3h' and fields[2] == 'capsule.example.org':
            yield fields[1], is_there('gopher', fields[1], 'gophermap')


for tree, wanted, links in (('gemini', '.gmi', gemini),
                            ('gopher', 'gophermap', gopher)):
    for folder, _, files in os.walk(os.path.join(root, tree)):
        for file in files:
            if not file.endswith(wanted):
                continue
            path = os.path.join(folder, file)
            with open(path, encoding='utf-8', newline='') as f:
                for target, found in links(
                        os.path.relpath(path, os.path.join(root, tree)),
                        f.read()):
                    count += 1
                    if not found:
                        print(path, 'leads to', target)
print('some' if count > 50 else 'few', 'links')
PYTHON
is "$(python3 "$work/links.py" "$work/a" 2>&1)" "some links" \
    "each link inside leads to a file"

# Two sites, one folder each; what is no longer there goes.
mkdir -p "$work/one" "$work/two"
printf '# One\n' >"$work/one/index.md"
printf '# Soon gone\n' >"$work/one/gone.md"
printf '# Two\n' >"$work/two/index.md"
cat >"$work/two.yaml" <<YAML
state: $work/state
sites:
- {host: one.test, pages: $work/one}
- {host: two.test, pages: $work/two}
YAML
"$CAPSULE" build -c "$work/two.yaml" "$work/c" >/dev/null 2>&1
is "$(head -n 1 "$work/c/one.test/gemini/index.gmi" \
    "$work/c/two.test/gemini/index.gmi" | grep '^#' | tr '\n' ' ')" \
    "# One # Two " "several sites, a folder each"
if [ -e "$work/c/one.test/gemini/gone.gmi" ]; then
	rm "$work/one/gone.md"
	"$CAPSULE" build -c "$work/two.yaml" "$work/c" >/dev/null 2>&1
fi
is "$(find "$work/c" -name 'gone*')" "" "a page that is gone goes"
mkdir "$work/mine"
echo precious >"$work/mine/file"
"$CAPSULE" build -c "$work/two.yaml" "$work/mine" >/dev/null 2>"$work/err"
is $? 1 "a folder with other files is refused"
is "$(cat "$work/mine/file")" "precious" "and left alone"

# What check finds.
mkdir -p "$work/odd/2012/images"
cat >"$work/odd/index.md" <<'MD'
# Odd

![](2012/images/a.png) and [nothing](nowhere.md), [2012](2012/index.md).
MD
cat >"$work/odd/orphan.md" <<'MD'
---
title: Nobody leads here
date: 2013-05-01
updated: 2012-05-01
---
Words.
MD
cat >"$work/odd/2012/index.md" <<'MD'
---
title: Odd 2012
event:
  start: 2012-04-03
talks:
  - title: With a video
    video: https://example.org/video
  - title: Without anything
    speaker: Somebody
---
Words.
MD
printf x >"$work/odd/2012/images/a.png"
config "$work/odd"
"$CAPSULE" check -c "$work/capsule.yaml" >"$work/out" 2>&1
is $? 1 "what is doubtful is told by the exit code"
finds() { # pattern name
	like "$(cat "$work/out")" "$1" "$2"
}
finds 'odd/index\.md:3: warning: .*alternative text' \
    "check finds an image without words, and its line"
finds 'odd/index\.md:3: warning: .*nowhere\.md. leads nowhere' \
    "a link that leads nowhere"
finds 'odd/orphan\.md: warning: no other page links' "a page nobody leads to"
finds 'odd/orphan\.md:4: warning: .*updated.* before .*date' \
    "dates that disagree, and their line"
finds '2012/index\.md:8: warning: .*Without anything.* neither' \
    "a talk without a link, and its line"
unlike "$(cat "$work/out")" 'With a video' "but not one that has it"

cat >"$work/odd/orphan.md" <<'MD'
---
title: Wants what others have
aliases:
  - /free
  - /2012/
---
MD
cat >"$work/odd/2012/end.md" <<'MD'
---
event:
  start: 2012-04-03
  end: 2012-04-02
---
MD
"$CAPSULE" check -c "$work/capsule.yaml" >"$work/out" 2>&1
is $? 1 "and what would make the site wrong"
finds 'odd/orphan\.md:5: .*/2012/.*2012/index\.md' \
    "an alias that is another's address, and its line"
finds '2012/end\.md:4: .*end.* before .*start' \
    "an event that ends before it begins"
finish
