#!/bin/sh
# `announce preview`: the very message, taken apart by Python's email package
# (tests/e2e/message.py says what it holds), its signature verified by dkimpy.
# Pages of the capsule's own, and one with all that a message can carry.
. tests/e2e/lib.sh

CAPSULE_NOW=2026-11-21T10:00:00Z
export CAPSULE_NOW
pages=$work/pages
mkdir -p "$pages"
cp -r content/pages/. "$pages"
cat >"$work/capsule.yaml" <<END
host: capsule.example.org
title: dtrace.conf
pages: pages
state: state
gopher: {listen: "127.0.0.1:7070"}
mail:
  from: "dtrace.conf <announce@example.org>"
  dkim: {selector: s2026, key: dkim.key}
  lists:
    announce: {title: "Conference announcements"}
    stream: {title: "Grüße & mehr"}
END
announce() {
	"$ANNOUNCE" -c "$work/capsule.yaml" "$@"
}
announce dkim-key >"$work/dns" 2>"$work/said"
is "$?" 0 "a key is made where the configuration has it"
unlike "$(cat "$work/said")" 'capsule\.yaml' \
    "and there is nothing to be put into it"

# All of it: other letters, an image that is shown twice, one that is
# elsewhere, an event, flowed text that begins oddly, long words.
printf '\211PNG\r\n\032\n%s' "$(seq 2000)" >"$pages/2012/größe (1).png"
cat >"$pages/news/all.md" <<'END'
---
title: "Grüße aus Köln: wir feiern, =?utf-8?q?wirklich?=, und zwar am 3. April, mit 日本語"
date: 2026-11-20
lang: de
event: {start: 2027-04-03T09:00, end: 2027-04-03T17:00, timezone: Europe/Berlin, place: "Köln, Dom; links"}
talks: [{title: Ein Vortrag, speaker: Ann, video: "https://example.org/video"}]
---

Liebe Leute, dieser Absatz ist länger als eine Zeile und muss daher umbrochen werden, wobei die nächste Zeile nichts verlieren darf. Und From steht auch einmal da, ebenso > und = und . dazu.

> Ein Zitat, das länger als eine Zeile ist und beim Umbrechen in jeder Zeile sein Zeichen behalten muss, auch hier.

From hier an wird es [schön](../2012/index.md) und [weit weg](https://example.org/a?b=c&d=e%20f).

.

![Eine *große* Größe](<../2012/größe (1).png>) und noch einmal: ![dieselbe](<../2012/größe (1).png>)

![fern](https://example.org/far.png)

https://example.org/a/very/long/address/that/does/not/fit/into/one/line/of/seventy/two/columns/at/all/really

    code stays   as it is 
END

for page in "$pages"/news/*.md "$pages"/2024/index.md "$pages"/index.md; do
	name=${page#"$pages"/}
	file=$work/$(printf '%s' "$name" | tr / _).eml
	announce preview "$page" >"$file" 2>"$work/said"
	is "$?" 0 "$name is composed"
	is "$(python3 tests/e2e/message.py "$file" "$page" 2>&1)" "" \
	    "$name: its message is sound and has every link"
	is "$(/usr/bin/python3 tests/e2e/dkim_verify.py "$work/dns" "$file" \
	    2>&1)" "" "$name: its signature verifies"
done

announce preview news/all.md >"$work/again" 2>"$work/said"
# Date and signature are of the moment.
for of in again news_all.md.eml; do
	sed '1,/^\r*$/d' "$work/$of" >"$work/$of.body"
done
cmp -s "$work/again.body" "$work/news_all.md.eml.body"
is "$?" 0 "the same page gives the same bytes, however it is named"

all=$(python3 tests/e2e/message.py --show "$work/again" 2>&1)
like "$all" '^type multipart/mixed$' "an event's message is mixed"
like "$all" '^ type multipart/alternative$' "of text and HTML"
like "$all" '^  type text/plain format=flowed delsp=no$' "text first"
like "$all" '^  type multipart/related$' "HTML with its image"
like "$all" '^   type image/png inline größe \(1\).png$' "once, by its name"
like "$all" '^ type text/calendar attachment event.ics$' "and the calendar"
like "$all" '^subject Grüße aus Köln: wir feiern, =\?utf-8\?q\?wirklich\?=, und zwar am 3. April, mit 日本語$' \
    "the subject is what was written"
like "$all" '^language de$' "the language is the page's"
like "$all" '^method PUBLISH$' "the calendar is published"

announce preview news/all.md --attach-images >"$work/attached"
attached=$(python3 tests/e2e/message.py --show "$work/attached" 2>&1)
unlike "$attached" 'multipart/related' "attached images are not shown"
like "$attached" '^ type image/png attachment größe \(1\).png$' \
    "and stand beside the text"

# Whose it is.
announce subscribers add ann@example.net --list stream 2>/dev/null
announce preview news/2024-recordings.md --to ann@example.net \
    --list stream >"$work/ann" 2>"$work/said"
is "$?" 0 "a subscriber's"
like "$(cat "$work/ann")" '^To: ann@example.net' "is to them"
token=$(announce subscribers show ann@example.net |
    sed -n 's/.*"token": *"\([a-z2-7]*\)".*/\1/p')
unlike "$(cat "$work/ann")" 'specimen' "with a token of their own $token"
like "$(python3 tests/e2e/message.py --show "$work/ann")" \
    '^list Grüße & mehr <stream.capsule.example.org>$' "of that list"
announce preview news/2024-recordings.md --to nobody@example.net \
    >"$work/nobody" 2>"$work/said"
like "$(cat "$work/said")" 'no subscriber' "nobody's is said to be so"
like "$(cat "$work/nobody")" '/leave/specimen' "with a token of nobody's"

# What is not published yet is for the organizer's eyes.
printf '%s\n' --- 'draft: true' --- '# Draft' >"$pages/news/draft.md"
printf '%s\n' --- 'date: 2027-01-01' --- '# Later' >"$pages/news/later.md"
like "$(announce preview news/draft.md 2>"$work/said")" '^Subject: Draft' \
    "a draft is shown"
like "$(cat "$work/said")" '^news/draft\.md is a draft' "and said to be one"
like "$(announce preview news/later.md 2>"$work/said")" '^Subject: Later' \
    "so is what waits for its date"
like "$(cat "$work/said")" '^news/later\.md .*date is to come' "and that it does"
said=$(announce send news/draft.md --test ann@example.net 2>&1 >/dev/null)
is "$?" 1 "a draft is not sent"
like "$said" 'is a draft' "and why"

# What is not sound is not composed.
printf '%s\n' '# Broken' '' '[x](nowhere.md)' >"$pages/news/broken.md"
said=$(announce preview news/broken.md 2>&1 >/dev/null)
is "$?" 1 "a link that leads nowhere is refused"
like "$said" 'news/broken\.md:3: ' "with file and line"
announce preview 2>/dev/null
is "$?" 2 "no page is misuse"
announce preview news/all.md --list none >/dev/null 2>&1
is "$?" 1 "a list that is none"
chmod 644 "$work/dkim.key"
said=$(announce preview news/all.md 2>&1 >/dev/null)
like "$said" 'chmod 600' "a key that others read signs nothing"

finish
