#!/bin/sh
# Several sites of one server, each with its name, aliases, pages, language and
# certificate; addresses that moved; search as visitors type it; what is said
# where nothing stands.
. tests/e2e/lib.sh

mkdir -p "$work/one/old" "$work/two"
printf '# One\n\n[The talk](talk.md)\n' >"$work/one/index.md"
printf -- '---\ntitle: The talk
aliases: [/2011/talk.html, /cgi-bin/talk, "/Gr%%C3%%BC%%C3%%9Fe"]
permalink: /talks/probes/\n---\n\nUSDT probes in the Köln café, explained.\n' \
    >"$work/one/talk.md"
printf '# Résumé of probes\n\nA static tracepoint. Straße, 東京の会議.\n' \
    >"$work/one/resume.md"
printf '# Another\n\nNothing static here, but a point to trace.\n' \
    >"$work/one/other.md"
printf '# Zwei\n\nHier ist alles anders: Zweiwort.\n' >"$work/two/index.md"

start_capsule <<YAML
title: Both
limits: {requests_per_second: 0}
sites:
- host: one.test
  aliases: [uno.test]
  pages: $work/one
  favicon: "🥕"
  security: mailto:security@one.test
- host: two.test
  title: Zwei
  lang: de
  pages: $work/two
YAML

ask() { # SNI (- for none) host path
	if [ "$1" = - ]; then
		raw "gemini://$2:$gemini$3\\r\\n"
	else
		raw -s "$1" "gemini://$2:$gemini$3\\r\\n"
	fi
}
first_line() {
	head -n 1 "$work/body"
}

ask one.test one.test /
is "$(first_line)" "# One" "the first site by its name"
ask uno.test uno.test /
is "$(first_line)" "# One" "and by another name of it"
ask two.test two.test /
is "$(first_line)" "# Zwei" "the second site by its name"
is "$header" "20 text/gemini; charset=utf-8; lang=de" "in its language"
ask one.test two.test /
like "$header" '^53 ' "53 where SNI and URI name different sites"
ask two.test one.test /
like "$header" '^53 ' "the other way round too"
ask - one.test /
is "$(first_line)" "# One" "no SNI is the first site"
ask - three.test /
like "$header" '^53 ' "53 for a site that is not ours"
ask one.test one.test /favicon.txt
is "$(cat "$work/body")" "🥕" "a favicon of its own"
ask two.test two.test /favicon.txt
like "$header" '^51 ' "and none of its own"
ask one.test one.test /.well-known/security.txt
like "$(cat "$work/body")" '^Contact: mailto:security@one.test' \
    "whom to tell of a security problem"
like "$(cat "$work/body")" '^Expires: 20..-.*Z' "until when"
ask two.test two.test '/search?probes'
unlike "$(cat "$work/body")" 'talks/probes' "search keeps to its site"
ask two.test two.test '/search?zweiwort'
like "$(cat "$work/body")" '^=> / ' "and finds what is there"

name_of() { # SNI
	openssl s_client -connect "127.0.0.1:$gemini" -servername "$1" \
	    </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName
}
like "$(name_of one.test)" 'DNS:one.test, DNS:uno.test' \
    "a certificate made out to the first"
like "$(name_of two.test)" 'DNS:two.test' "and one to the second"
unlike "$(name_of two.test)" 'one.test' "which names no other"

# Addresses that moved.
for path in /talk.gmi /talk /talk.md /2011/talk.html /cgi-bin/talk \
    /Gr%C3%BC%C3%9Fe /gr%C3%BC%C3%9Fe/../talk; do
	ask one.test one.test "$path"
	is "$header" "31 /talks/probes/" "$path has moved for good"
done
ask one.test one.test /talks/probes/
like "$(cat "$work/body")" 'USDT probes' "to the page"
is "$(curl -sS --max-time 10 "gopher://127.0.0.1:$gopher/1/2011/talk.html" |
    grep -c 'USDT probes')" 1 "Gopher shows it at its old place"

# What people type into a search.
found() { # query (percent-encoded) pattern name
	ask one.test one.test "/search?$1"
	like "$(cat "$work/body")" "$2" "$3"
}
ask one.test one.test /search
like "$header" '^10 .+' "a search asks for words"
found usdt '^=> /talks/probes/ The talk' "a word of the text"
found USDT '^=> /talks/probes/' "whatever its case"
found 'prob%2A' '^=> /resume.gmi ' "a prefix"
found 'explai' '^=> /talks/probes/' "the word that is still being typed"
found 'koln' '^=> /talks/probes/' "without the umlaut"
found 'CAF%C3%89' '^=> /talks/probes/' "with another accent"
found 'resume' '^=> /resume.gmi ' "an accent in a title"
found '%E4%BC%9A%E8%AD%B0' '^=> /resume.gmi ' \
    "a word of a script without spaces"
found '%22static%20tracepoint%22' '^=> /resume.gmi ' "a phrase"
ask one.test one.test '/search?%22point%20static%22'
unlike "$(cat "$work/body")" '^=> /(resume|other)' "its words in their order"
ask one.test one.test '/search?probes'
like "$(grep '^=> /[rt]' "$work/body" | head -n 1)" '^=> /resume.gmi' \
    "a title counts more than a text"
like "$(cat "$work/body")" 'USDT probes in' "with a line of context each"
for query in '%22' '%22%22%22' 'probes%22' 'AND' 'NEAR%28' 'probes%20OR' \
    '%2A' '-' '%28' 'title%3A' 'probes%5E2' '%00' '%27%3B--' '%25' '+' \
    '%7Bbody%7D%20:%20x' "$(printf '%0900d' 0)"; do
	ask one.test one.test "/search?$query"
	like "$header" '^(20|10|59) ' "$(printf %.20s "$query") is no error"
done
ask one.test one.test '/search?probes%22%28'
like "$(cat "$work/body")" '^=> /resume.gmi' \
    "a query that does not parse is searched as its words"
ask one.test one.test '/search?zzyzx'
like "$(cat "$work/body")" '[a-z]{4}' "nothing found says so"
like "$(cat "$work/body")" '^=> /search' "and offers another search"

# What is not there.
ask one.test one.test /resum.gmi
like "$header" '^51 .*/resume\.gmi' "51 names the nearest page"
like "$header" '^51 .*search' "and the search"
ask one.test one.test /nothing/like/it
like "$header" '^51 .*search' "where none is near, only that"
is "$(printf '%s' "$header" | wc -l)" 0 "on one line"

ask one.test one.test /
like "$header" '^20 ' "still alive"
finish
