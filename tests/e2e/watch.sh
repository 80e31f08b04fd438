#!/bin/sh
# `watch: true`: the site follows its files by itself. One that does not build
# leaves the running one in place, and the log names file and line.
. tests/e2e/lib.sh

mkdir -p "$work/pages/2012"
printf '# Home\n\nFirst words.\n' >"$work/pages/index.md"
printf '# Gone soon\n' >"$work/pages/2012/old.md"
start_capsule <<YAML
host: localhost
pages: $work/pages
watch: true
limits: {requests_per_second: 0}
YAML

shows() { # path pattern of header and body
	get "$1"
	grep -Eq -- "$2" "$work/reply"
}
becomes() { # path pattern name
	until_true shows "$1" "$2"
	like "$(cat "$work/reply")" "$2" "$3"
}

printf '# Home\n\nSecond words.\n' >"$work/pages/index.md"
becomes / 'Second words' "a page that changes"
printf '# New\n' >"$work/pages/2012/new.md"
becomes /2012/new.gmi '^# New' "a page that is added"
becomes /2012/ 'new.gmi New' "stands in the listing"
mv "$work/pages/2012/old.md" "$work/elsewhere.md"
becomes /2012/old.gmi '^51 ' "a page that is taken away"
mkdir "$work/pages/2016"
printf '# Sixteen\n' >"$work/pages/2016/index.md"
becomes /2016/ '^# Sixteen' "a folder that is added"
printf '# Sixteen and more\n' >"$work/pages/2016/.index.md.swp"
printf '# Changed in it\n' >"$work/pages/2016/index.md"
becomes /2016/ '^# Changed in it' "and changes afterwards"

# As editors save: a new file in the place of the old one.
printf '# Saved over\n' >"$work/saved"
mv "$work/saved" "$work/pages/2012/new.md"
becomes /2012/new.gmi '^# Saved over' "a page that is replaced"

lines() {
	grep -c . "$work/log"
}
printf -- '---\ntitle: Fine\ndate: tomorrow\n---\n' >"$work/pages/2012/new.md"
until_true in_file '2012/new\.md:3: ' "$work/log"
like "$(cat "$work/log")" '2012/new\.md:3: .*date' \
    "a page that breaks is named with its line"
get /2012/new.gmi
like "$(cat "$work/body")" '^# Saved over' "and the running site stays"
get /
like "$header" '^20 ' "all of it"
printf '# Mended\n' >"$work/pages/2012/new.md"
becomes /2012/new.gmi '^# Mended' "until it is mended"

# A hundred changes at once are one or a few reloads, and nobody waits.
before=$(lines)
for n in $(seq 100); do
	printf '# Page %s\n' "$n" >"$work/pages/2012/p$n.md"
done
becomes /2012/p100.gmi '^# Page 100' "a hundred pages at once"
becomes /2012/p1.gmi '^# Page 1$' "the first of them too"
reloads=$(tail -n "+$((before + 1))" "$work/log" | grep -c 'generation [0-9]* serves')
if [ "$reloads" -le 10 ]; then
	ok "in a few reloads"
else
	not_ok "in a few reloads" "$reloads of them"
fi

# SIGHUP while requests are in flight: none is lost.
(
	for _ in 1 2 3 4 5; do
		kill -HUP "$capsule"
		sleep 0.1
	done
) &
hups=$!
lost=0
for _ in $(seq 60); do
	get /2012/p7.gmi
	grep -q '^# Page 7' "$work/body" || lost=$((lost + 1))
done
wait $hups
is "$lost" 0 "no request is lost while the site is reloaded five times"
get /
like "$header" '^20 ' "still alive"
finish
