#!/bin/sh
# The commands as an administrator and a script meet them: help, misuse, exit
# codes, what goes to standard output and what to standard error.
OUT=$(cd "${OUT:-build}" && pwd)
. tests/e2e/lib.sh

run() { # argument... : sets out, err, code
	timeout -k 1 20 "$CAPSULE" "$@" >"$work/out" 2>"$work/err" </dev/null
	code=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
}

render() { # argument... : the same, from standard input
	"$CAPSULE" render "$@" >"$work/out" 2>"$work/err"
	code=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
}

# Help and misuse.
run -h
is "$code" 0 "-h is no misuse"
for command in build cert check render serve status; do
	like "$out" "^  $command( |\$)" "-h lists $command"
done
listed=$(printf '%s\n' "$out" | sed -n 's/^  \([a-z][a-z]*\).*/\1/p')
is "$listed" "$(printf '%s\n' "$listed" | sort)" "-h lists in order"
for command in build cert check render serve status; do
	run "$command" -h
	is "$code" 0 "$command -h is no misuse"
	like "$out" "^usage: capsule .*$command" "$command -h says how"
done
run -V
like "$out" '^capsule [0-9]' "-V says the version"

misuse() { # expected-message argument...
	wanted=$1
	shift
	run "$@"
	is "$code" 2 "misuse exits 2: capsule $*"
	is "$out" "" "and says nothing to programs"
	like "$err" "^capsule: .*$wanted" "and what is wrong"
}
misuse 'command is missing'
misuse 'did you mean "serve"' sevre
misuse 'did you mean "render"' rendre
misuse 'capsule -h lists' frobnicate
misuse '"--frob"' --frob
misuse '"extra"' check extra
misuse '"extra"' serve extra
misuse 'folder' build
misuse '"two"' build one two
misuse '"frob"' cert frob
misuse '"--xml"' status --xml
misuse 'gemtext, gopher' render --as pdf
misuse '--as takes' render --as
misuse 'second' render one two
misuse '-c takes' serve -c

# render: a filter.
printf '# Hello\n\nA [link](https://example.org/).\n' >"$work/a.md"
render <"$work/a.md"
is "$code" 0 "render reads standard input"
like "$out" '^# Hello' "and writes gemtext"
like "$out" '^=> https://example.org/' "with its links"
run render "$work/a.md"
like "$out" '^=> https://example.org/' "render reads a file"
printf '[r](sub/page.md)\n' >"$work/r.md"
run render "$work/r.md"
like "$out" '^=> sub/page.md' "links stay as they are written"
printf -- '---\ntitle: From the front\n---\ntext\n' >"$work/f.md"
run render "$work/f.md"
like "$out" 'From the front' "front matter is read"
unlike "$out" '^title:' "and is no text"
for format in gemtext gopher gophertext text html; do
	render --as "$format" <"$work/a.md"
	is "$code" 0 "render --as $format"
	like "$out" 'Hello' "render --as $format has the text"
done
render --as html <"$work/a.md"
like "$out" '<h1>Hello' "HTML is HTML"
printf -- '---\ntilte: x\n---\n' >"$work/bad.md"
run render "$work/bad.md"
is "$code" 1 "front matter that is wrong fails"
like "$err" "bad.md:2: .*\"tilte\".*\"title\"" "with file, line and nearest key"
run render "$work/none.md"
is "$code" 1 "a file that is not there fails"
like "$err" 'none.md' "and is named"
"$CAPSULE" render "$work/a.md" >/dev/full 2>"$work/err"
is $? 1 "a full disk is a failure"
"$CAPSULE" render "$work/a.md" >&- 2>"$work/err"
is $? 1 "and so is no output at all"

# The configuration.
cd "$work" || exit 1
run check
is "$code" 1 "without a configuration check fails"
mkdir -p site/pages/2012
cat >site/capsule.yaml <<'END'
host: capsule.example.org
pages: pages
gemini: {listen: "127.0.0.1:0"}
END
printf '# Front\n\n[2012](2012/)\n' >site/pages/index.md
printf '# 2012\n\nText.\n' >site/pages/2012/index.md
run check -c site/capsule.yaml
is "$code" 0 "a good tree has no fault"
is "$out" "" "and nothing is printed for programs"
run -c site/capsule.yaml check
is "$code" 0 "-c may stand before the command"
cd site || exit 1
run check
is "$code" 0 "./capsule.yaml is found"
cd ..
printf 'host: a.example\nstate: s\ntitel: x\n' >bad.yaml
for command in serve cert build:dir status; do
	# shellcheck disable=SC2046
	run -c bad.yaml $(echo "$command" | tr : ' ')
	is "$code" 1 "a bad configuration stops ${command%:*}"
	like "$err" '^capsule: bad.yaml:3: .*"titel".*"title"' \
	    "with file, line and nearest key"
done
run check -c bad.yaml
like "$out" '^bad.yaml:3: ' "check prints it as a fault"
is "$code" 1 "and fails"

# check: each fault, all at once.
cd site/pages || exit 1
printf -- '---\ntitle: [\n---\n' >yaml.md
printf -- '---\ntilte: x\n---\n' >key.md
printf -- '---\npermalink: /same\n---\nA\n' >one.md
printf -- '---\npermalink: /same\n---\nB\n' >two.md
printf 'Text.\n\n[gone](nowhere.md)\n' >link.md
mkfifo fifo
ln -s /etc/passwd leaves
cd ../..
run check -c site/capsule.yaml
is "$code" 1 "faults fail the check"
like "$err" '^capsule: [0-9]+ errors and [0-9]+ warnings' "and are counted"
like "$out" 'pages/yaml.md:[0-9]+: ' "front matter that does not parse"
like "$out" 'pages/key.md:2: .*"tilte"' "an unknown key, with its line"
like "$out" 'pages/(one|two).md:2: .*/same' "two pages at one address"
like "$out" 'pages/link.md:3: warning: .*nowhere' "a link that leads nowhere"
like "$out" 'pages/fifo: warning: ' "a FIFO"
like "$out" 'pages/leaves: warning: ' "a symbolic link that leaves the tree"
if [ "$(id -u)" -ne 0 ]; then
	chmod 000 site/pages/2012/index.md
	run check -c site/capsule.yaml
	like "$out" 'pages/2012/index.md: ' "a file that cannot be read"
	chmod 644 site/pages/2012/index.md
fi
run build -c site/capsule.yaml built
is "$code" 1 "build refuses a site with errors"
run serve -c site/capsule.yaml
is "$code" 1 "and so does serve"
like "$err" 'key.md:2: ' "and says which"
rm -f site/pages/yaml.md site/pages/key.md site/pages/two.md \
    site/pages/fifo site/pages/leaves site/pages/link.md site/pages/one.md

# build: twice the same.
run build -c site/capsule.yaml built
is "$code" 0 "build writes"
[ -f built/gemini/index.gmi ]
is $? 0 "the Gemini tree"
like "$(cat built/gemini/2012/index.gmi)" 'Text\.' "with its pages"
run build -c site/capsule.yaml again
is "$(diff -r built again 2>&1)" "" "the same pages give the same bytes"

# cert and status, beside a running server.
mkdir -p pages
printf '# Front\n' >pages/index.md
start_capsule <<END
host: localhost
pages: $work/pages
END
conf=$work/capsule.yaml
run cert show -c "$conf"
is "$code" 0 "cert shows what serve has made"
like "$out" '^names: .*localhost' "its names"
before=$out
key=$(printf '%s\n' "$out" | sed -n '/^key SHA/,$p')
run cert -c "$conf"
is "$out" "$before" "cert alone shows"
run cert -c "$conf" --json
printf '%s' "$out" | python3 -m json.tool >/dev/null 2>&1
is $? 0 "cert --json is JSON"
if [ -n "$(command -v openssl)" ]; then
	like "$before" "$(openssl x509 -noout -fingerprint -sha256 \
	    -in "$work/state/localhost.crt" | sed 's/.*=//')" \
	    "the fingerprint is openssl's"
fi
run cert renew -c "$conf"
is "$code" 0 "cert renews"
is "$(printf '%s\n' "$out" | sed -n '/^key SHA/,$p')" "$key" \
    "and keeps the key"
[ "$out" != "$before" ]
is $? 0 "with another certificate"
chmod 644 "$work/state/localhost.key"
run check -c "$conf"
like "$out" 'localhost.key: .*chmod 600' "check finds a key others can read"
is "$code" 1 "which is a fault"
chmod 600 "$work/state/localhost.key"

get / >/dev/null 2>&1
get /nowhere >/dev/null 2>&1
run status -c "$conf"
is "$code" 0 "status asks the server"
like "$out" '^generation +1$' "its generation"
run status --json -c "$conf"
printf '%s' "$out" | python3 -m json.tool >/dev/null 2>&1
is $? 0 "status --json is JSON"
like "$out" '"51":1' "replies by status"
run status --prometheus -c "$conf"
like "$out" '^capsule_requests_total\{protocol="gemini",status="20"\} 1$' \
    "Prometheus text"
is "$(printf '%s\n' "$out" | grep -c '^# TYPE')" \
    "$(printf '%s\n' "$out" | grep '^# TYPE' | sort -u | wc -l)" \
    "each metric is declared once"
is "$(stat -c %a "$work/state/status.sock")" 600 "the socket is its owner's"
run serve -c "$conf"
is "$code" 1 "a second server in the same state folder is refused"
kill "$capsule"
wait "$capsule" 2>/dev/null
run status -c "$conf"
is "$code" 1 "without a server status fails"
like "$err" 'no server runs' "and says so"

# Nothing of the server's stands where a standard stream was closed, or what is
# said to people would be written there.
"$CAPSULE" serve -c "$conf" <&- >&- 2>&- &
capsule=$!
pids="$pids $capsule"
is_ready() {
	"$CAPSULE" status -c "$conf" --json 2>/dev/null | grep -q '"done":1'
}
until_true is_ready
is "$(readlink "/proc/$capsule/fd/0" "/proc/$capsule/fd/1" \
    "/proc/$capsule/fd/2" | sort -u)" /dev/null "closed streams stay closed"
kill "$capsule"
wait "$capsule"
is $? 0 "and it serves without them"
[ ! -e "$work/state/status.sock" ]
is $? 0 "and the socket is gone"
finish
