#!/bin/sh
# What programs read of a site, read by programs: Atom by xmllint and Python,
# calendars by icalendar, /news by a client that subscribes; and what comes by
# itself when its time has come.
. tests/e2e/lib.sh

mkdir -p "$work/pages/news" "$work/pages/2030" "$work/pages/2031"
page() { # file front-matter-and-body, escapes undone
	printf %b "$2" >"$work/pages/$1"
}
page index.md '# Tracing\n\nWelcome & hello <to> all.\n'
page news/first.md '---\ntitle: "Tickets & <shirts>"\ndate: 2029-11-02\n
categories: [Shirts, "Große Städte"]\n---\n\nAsk "us" & <them>.\n'
page news/second.md '---\ntitle: 2030 begins\ndate: 2029-12-24\n
updated: 2029-12-26T10:00+02:00\ncategories: Shirts\n---\n\nSoon.\n'
page news/soon.md '---\ntitle: It is here\ndate: 2030-01-01T00:00:02Z\n
categories: Later\n---\n\nCountdownword.\n'
page news/draft.md '---\ntitle: Secretword\ndate: 2029-12-25\ndraft: true\n
categories: Hidden\n---\n\nSecretword.\n'
page 2030/index.md '---\ntitle: Conference 30\nevent:
  start: 2030-04-03T09:00\n  end: 2030-04-03T17:30
  timezone: America/Los_Angeles
  place: "A hall, with a comma; and a semicolon in San Francisco, on a street of a long name"
  summary: Zwölf Vorträge über Ablaufverfolgung, die länger sind als eine Zeile von fünfundsiebzig Bytes\n---\n\nCome.\n'
page 2031/index.md '---\ntitle: Conference 31\nevent:\n  start: 2031-03-30T01:30
  end: 2031-03-30T04:30\n  timezone: Europe/Berlin\n---\n\nThe clocks change.\n'
page 2030/day.md '---\ntitle: The day after\nevent:\n  start: 2030-04-04\n---\n\nA walk.\n'
page 2030/over.md '---\ntitle: New Year\nevent:\n  start: 2029-12-31T23:00Z
  end: 2030-01-01T00:00:03Z\n---\n\nGone soon.\n'

CAPSULE_NOW=2030-01-01T00:00:00Z
export CAPSULE_NOW
start_capsule <<YAML
host: localhost
title: Tracing & <friends>
pages: $work/pages
limits: {requests_per_second: 0}
YAML

# Before anything else: what waits is nowhere, then it is there.
get /news/soon.gmi
waits=$header
get /
front=$(cat "$work/body")
like "$waits" '^51 ' "a page dated in the future is not there"
like "$front" 'New Year' "an event that goes on is on the front page"
came() {
	get /news/soon.gmi
	case $header in 20*) return 0 ;; esac
	return 1
}
until_true came
like "$header" '^20 ' "it appears by itself when its time has come"
get /news
like "$(cat "$work/body")" '^=> /news/soon.gmi 2030-01-01 - It is here$' \
    "and stands in the news"
is_over() {
	get /
	! grep -q 'New Year' "$work/body"
}
until_true is_over
unlike "$(cat "$work/body")" 'New Year' "what is over leaves the front page"
like "$(cat "$work/body")" 'Conference 30' "what is to come stays"

# Drafts are nowhere.
get '/search?secretword'
unlike "$(cat "$work/body")" '^=> /news/draft' "search finds no draft"
get '/search?countdownword'
like "$(cat "$work/body")" '^=> /news/soon.gmi' "but what has appeared"
for path in / /news /atom.xml /category/Shirts.xml; do
	get $path
	unlike "$(cat "$work/body")" 'Secretword' "no draft in $path"
done
for path in /news/draft.gmi /category/Hidden; do
	get $path
	like "$header" '^51 ' "51 for $path"
done

# A page to subscribe to, as the companion specification has it: links whose
# labels begin with a date, newest first.
get /news
is "$(sed -n 's/^=> [^ ]* \([0-9-]*\) - .*/\1/p' "$work/body" | tr '\n' ' ')" \
    "2030-01-01 2029-12-24 2029-11-02 " "the news are dated, newest first"
like "$(cat "$work/body")" '^=> /news/second.gmi 2029-12-24 - \W*2030 begins' \
    "a title that begins with digits is no part of the date"

# Atom, RFC 4287.
cat >"$work/atom.py" <<'PYTHON'
import re
import sys
import xml.etree.ElementTree as tree
A = '{http://www.w3.org/2005/Atom}'
TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$')
feed = tree.parse(sys.argv[1]).getroot()
base = sys.argv[2]
assert feed.tag == A + 'feed'
seen = set()
for node in [feed] + feed.findall(A + 'entry'):
    for name in 'id', 'title', 'updated':
        found = node.findall(A + name)
        assert len(found) == 1 and found[0].text, (name, node.tag)
    assert TIME.match(node.find(A + 'updated').text)
    ident = node.find(A + 'id').text
    assert ident not in seen and ident.startswith(base), ident
    seen.add(ident)
    kinds = [(l.get('rel'), l.get('type')) for l in node.findall(A + 'link')]
    assert len(kinds) == len(set(kinds))
    assert any(rel == 'alternate' for rel, _ in kinds)
assert any(l.get('rel') == 'self' for l in feed.findall(A + 'link'))
assert feed.find(A + 'author').find(A + 'name').text == 'Tracing & <friends>'
newest = max(e.find(A + 'updated').text for e in feed.findall(A + 'entry'))
assert feed.find(A + 'updated').text == newest
for e in feed.findall(A + 'entry'):
    assert e.find(A + 'published').text <= e.find(A + 'updated').text
    print(e.find(A + 'id').text[len(base):], e.find(A + 'title').text,
          e.find(A + 'updated').text, sep='|')
PYTHON
atom() { # path
	get "$1"
	cp "$work/body" "$work/feed.xml"
	like "$header" "^20 application/atom\\+xml" "$1 has its type"
	xmllint --noout --nonet "$work/feed.xml" 2>"$work/how"
	is $? 0 "$1 is XML"
	entries=$(python3 "$work/atom.py" "$work/feed.xml" \
	    "gemini://localhost:$gemini" 2>&1)
}
atom /atom.xml
is "$entries" '/news/soon.gmi|It is here|2030-01-01T00:00:02Z
/news/second.gmi|2030 begins|2029-12-26T08:00:00Z
/news/first.gmi|Tickets & <shirts>|2029-11-02T00:00:00Z' \
    "its entries, newest first, escaped and with their updates"
before=$(cat "$work/feed.xml")
atom /category/Shirts.xml
is "$entries" '/news/second.gmi|2030 begins|2029-12-26T08:00:00Z
/news/first.gmi|Tickets & <shirts>|2029-11-02T00:00:00Z' "a category's feed"
atom /category/Gro%C3%9Fe%20St%C3%A4dte.xml
is "$entries" '/news/first.gmi|Tickets & <shirts>|2029-11-02T00:00:00Z' \
    "that of a name with umlauts and a space"
get /category/Gro%C3%9Fe%20St%C3%A4dte
like "$(cat "$work/body")" '^=> /news/first.gmi 2029-11-02 - ' \
    "and its page to subscribe to"

# Calendars, RFC 5545.
cat >"$work/ics.py" <<'PYTHON'
import datetime
import sys
import icalendar
raw = open(sys.argv[1], 'rb').read()
assert raw.endswith(b'\r\n') and b'\n' not in raw.replace(b'\r\n', b'')
assert all(len(line) <= 75 for line in raw.split(b'\r\n'))
cal = icalendar.Calendar.from_ical(raw)
assert cal['VERSION'] == '2.0' and cal['PRODID']
(event,) = cal.walk('VEVENT')
assert event['UID'] and event['DTSTAMP'] and not event.errors


def instant(name):
    at = event[name].dt
    if isinstance(at, datetime.datetime):
        assert at.tzinfo
        return at.astimezone(datetime.timezone.utc).strftime('%Y%m%dT%H%MZ')
    return at.strftime('%Y%m%d')


print(instant('DTSTART'), instant('DTEND'), event['SUMMARY'], event['UID'],
      sep='|')
print(event.get('LOCATION', ''))
PYTHON
calendar() { # path
	get "$1"
	tail -n +2 "$work/reply" >"$work/event.ics"
	like "$header" '^20 text/calendar' "$1 has its type"
	event=$(/usr/bin/python3 "$work/ics.py" "$work/event.ics" 2>&1)
}
calendar /2030/event.ics
like "$event" '^20300403T1600Z\|20300404T0030Z\|Conference 30\|.*localhost' \
    "a day in California is at the right instants"
like "$event" 'A hall, with a comma; and a semicolon' "text is escaped"
uid=$(printf '%s' "$event" | head -n 1)
calendar /2031/event.ics
like "$event" '^20310330T0030Z\|20310330T0230Z\|' \
    "three hours on the clock are two where summer time begins"
calendar /2030/day.ics
like "$event" '^20300404\|20300405\|The day after' "a whole day ends with it"
get /2030/
like "$(cat "$work/body")" '^=> /2030/event.ics ' "the page leads to it"
like "$(cat "$work/body")" 'April.* 2030.*09:00.*17:30' "and says when, in words"

# What is built anew keeps its names.
page news/third.md '---\ntitle: Third\ndate: 2030-01-01\n---\n\nMore.\n'
kill -HUP "$capsule"
third() {
	get /atom.xml
	grep -q 'Third' "$work/body"
}
until_true third
get /atom.xml
is "$(grep -v 'third\|Third' "$work/body" | grep '<id>')" \
    "$(printf '%s\n' "$before" | grep '<id>')" "ids stay, a reload adds one"
calendar /2030/event.ics
is "$(printf '%s' "$event" | head -n 1)" "$uid" "UIDs stay"

for path in /robots.txt /caps.txt; do
	get "$path"
	like "$header" '^20 text/plain' "$path is there"
done
get /history
is "$(grep -c '^## ' "$work/body")" 4 "the history has each event"
finish
