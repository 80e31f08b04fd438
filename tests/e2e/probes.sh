#!/bin/sh
# The probes that the manual lists are in the program, with as many arguments,
# and no others.
. tests/e2e/lib.sh

# name arguments
cat >"$work/want" <<'LIST'
accept 4
handshake-done 3
handshake-start 1
limit 2
reload-done 2
reload-start 1
request-done 4
request-start 4
state 4
LIST
# readelf prints Provider, Name, Location and Arguments of each place, and a
# probe may stand in several.
readelf -n "$CAPSULE" 2>/dev/null | awk '
	$1 == "Provider:" { provider = $2 }
	$1 == "Name:" { name = $2; gsub("__", "-", name) }
	$1 == "Arguments:" && provider == "capsule" { print name, gsub("@", "") }
' | sort -u >"$work/got"
if [ ! -e /usr/include/sys/sdt.h ] && [ ! -s "$work/got" ]; then
	ok "built without <sys/sdt.h>: no probes # SKIP"
else
	is "$(cat "$work/got")" "$(cat "$work/want")" \
	    "the probes and the number of their arguments"
fi
sed -n 's/^\.It Cm \([a-z-]*\) Pq Ar \(.*\)/\1 \2/p' server/capsule.8 |
    awk '{ print $1, gsub(",", "") + 1 }' | grep -Fx -f "$work/want" |
    sort >"$work/told"
is "$(cat "$work/told")" "$(cat "$work/want")" "the manual explains each"

# The manual's one-liners, where there is somebody to read them.
awk '/^bpftrace -e/ { take = 1; sub(/^bpftrace -e ./, "") }
	take { end = sub(/\047$/, ""); print; if (end) take = 0 }' \
    server/capsule.8 | sed "s|/usr/bin/capsule|$PWD/$CAPSULE|" >"$work/bt"
if command -v bpftrace >/dev/null && [ "$(id -u)" -eq 0 ]; then
	said=$(bpftrace -d "$work/bt" 2>&1) && ok "bpftrace takes them" ||
	    not_ok "bpftrace takes them" "$said"
fi
is "$(grep -c '^usdt:' "$work/bt")" 3 "the manual's one-liners were found"
finish
