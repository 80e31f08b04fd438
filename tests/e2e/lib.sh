# shellcheck shell=sh disable=SC2034
# What every end-to-end script begins with: `. tests/e2e/lib.sh`. TAP on
# standard output, a work folder that is removed, programs that are ended, and
# waiting for readiness, never for time. Scripts end with `finish`.
set -u
OUT=${OUT:-build}
CAPSULE=$OUT/capsule
ANNOUNCE=$OUT/announce
GMI=$OUT/tests/e2e/gmi
work=$(mktemp -d "${TMPDIR:-/tmp}/capsule-e2e-XXXXXX")
tests=0
failures=0
pids=

end_all() {
	# shellcheck disable=SC2086
	[ -z "$pids" ] || kill $pids 2>/dev/null
	wait 2>/dev/null
	rm -rf "$work"
}
trap end_all EXIT
trap 'exit 1' INT TERM

ok() { # name
	tests=$((tests + 1))
	echo "ok $tests - $1"
}

not_ok() { # name [what was seen]
	tests=$((tests + 1))
	failures=$((failures + 1))
	echo "not ok $tests - $1"
	[ $# -lt 2 ] || printf '%s\n' "$2" | head -n 12 | sed 's/^/#   /'
}

is() { # got want name
	if [ "$1" = "$2" ]; then
		ok "$3"
	else
		not_ok "$3" "got: $1
want: $2"
	fi
}

like() { # text extended-regular-expression name
	if printf '%s\n' "$1" | grep -Eq -- "$2"; then
		ok "$3"
	else
		not_ok "$3" "no match for $2 in:
$1"
	fi
}

unlike() { # text extended-regular-expression name
	if printf '%s\n' "$1" | grep -Eq -- "$2"; then
		not_ok "$3" "unwanted $2 in:
$1"
	else
		ok "$3"
	fi
}

finish() {
	echo "1..$tests"
	[ "$failures" -eq 0 ] || exit 1
	exit 0
}

# Waits until a command succeeds, for at most 20 seconds.
until_true() {
	for _ in $(seq 400); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	return 1
}

in_file() { # pattern file
	grep -Eq -- "$1" "$2"
}

# Starts the server on free ports with the configuration on standard input,
# to which addresses to listen on are added; sets gemini, gopher (ports) and
# capsule (process id).
start_capsule() {
	{
		cat
		echo "state: $work/state"
		echo 'gemini: {listen: "127.0.0.1:0"}'
		echo 'gopher: {listen: "127.0.0.1:0"}'
	} >"$work/capsule.yaml"
	serve_capsule
}

serve_capsule() {
	: >"$work/ready"
	"$CAPSULE" serve -c "$work/capsule.yaml" >"$work/ready" 2>>"$work/log" &
	capsule=$!
	pids="$pids $capsule"
	if ! until_true in_file '^ready gopher' "$work/ready"; then
		not_ok "the server is ready" "$(cat "$work/log")"
		finish
	fi
	gemini=$(sed -n 's/^ready gemini .*://p' "$work/ready" | head -n 1)
	gopher=$(sed -n 's/^ready gopher .*://p' "$work/ready" | head -n 1)
}

# One request with gmi's options; the reply's header in $header, its body in
# the file body, how it ended in $how.
raw() { # [options] request (escapes undone, CRLF not added)
	for request; do :; done
	n=$#
	while [ "$n" -gt 1 ]; do
		set -- "$@" "$1"
		shift
		n=$((n - 1))
	done
	shift
	"$GMI" "$@" 127.0.0.1 "$gemini" "$request" >"$work/reply" 2>"$work/how"
	header=$(head -n 1 "$work/reply" | tr -d '\r')
	tail -n +2 "$work/reply" >"$work/body"
	how=$(cat "$work/how")
}

get() { # path, by a well-behaved client
	raw -s localhost "gemini://localhost:$gemini$1\\r\\n"
}

# A Gopher request; the reply in the file body.
gopher() { # selector
	curl -sS --max-time 10 "gopher://127.0.0.1:$gopher/1$1" \
	    >"$work/body" 2>"$work/how"
}
