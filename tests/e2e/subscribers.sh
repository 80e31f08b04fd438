#!/bin/sh
# Who is on which list, as an organizer keeps it: by hand, by CSV, and
# forgotten again.
OUT=$(cd "${OUT:-build}" && pwd)
. tests/e2e/lib.sh
CAPSULE_NOW=2026-11-20T20:00:00Z
export CAPSULE_NOW

run() { # argument... : sets out, err, code
	timeout -k 1 60 "$ANNOUNCE" "$@" >"$work/out" 2>"$work/err" </dev/null
	code=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
}

cd "$work" || exit 1
cat >capsule.yaml <<'YAML'
host: capsule.example.org
state: state
mail:
  from: "Conference <announce@example.org>"
  lists:
    announce: {title: Announcements}
    stream: {title: The stream}
YAML

# Help and misuse.
run -h
like "$out" '^  subscribers COMMAND' "-h lists the commands"
run subscribers -h
is "$code" 0 "a command with commands has help"
for command in add erase export import list remove show; do
	like "$out" "^  $command( |\$)" "which lists $command"
	run subscribers "$command" -h
	like "$out" "^usage: announce \[-c FILE\] subscribers $command" \
	    "$command -h says how"
	run subscribers -h
done
listed=$(printf '%s\n' "$out" | sed -n 's/^  \([a-z][a-z]*\).*/\1/p')
is "$listed" "$(printf '%s\n' "$listed" | sort)" "in order"

misuse() { # expected-message argument...
	wanted=$1
	shift
	run "$@"
	is "$code" 2 "misuse exits 2: announce $*"
	like "$err" "^announce: .*$wanted" "and says what is wrong"
}
misuse 'announce -h lists'
misuse 'announce subscribers -h lists' subscribers
misuse 'did you mean "subscribers"' subscribes
misuse 'did you mean "erase"' subscribers erse
misuse 'an ADDRESS is missing' subscribers add
misuse '"b@example.org"' subscribers add a@example.org b@example.org
misuse '"--frob"' subscribers list --frob
misuse '--list takes' subscribers list --list
misuse '"--json"' subscribers export --json
misuse 'pending, active' subscribers list --state gone
misuse '--yes' subscribers erase a@example.org
[ ! -e state ]
is $? 0 "misuse makes no store"
printf 'host: a.example\n' >none.yaml
run -c none.yaml subscribers list
is "$code" 1 "without mail: it fails"
like "$err" 'none.yaml: has no "mail:"' "and says so"

# By hand.
run subscribers add Ada.Lovelace@Example.ORG
is "$code" 0 "an address is added: $err"
is "$(stat -c %a state state/announce.db)" "700
600" "the store is its owner's"
run subscribers add ada.lovelace@example.org
is "$code" 0 "once more is no fault"
like "$err" 'already on' "but said"
run subscribers add ada.lovelace@example.org --list stream \
    --consent "asked at the desk"
is "$code" 0 "a second list"
run subscribers add böb@bücher.example
is "$code" 1 "what we cannot mail to is refused"
run subscribers add bob@bücher.example
is "$code" 0 "a domain of other letters is not"
run subscribers add bob@example.org --list straem
is "$code" 1 "a list that is not there"
like "$err" 'capsule.yaml.*"stream"' "names the nearest"
run subscribers list
tab=$(printf '\t')
is "$out" "Ada.Lovelace@example.org${tab}announce${tab}active${tab}2026-11-20T20:00:00Z${tab}organizer
Ada.Lovelace@example.org${tab}stream${tab}active${tab}2026-11-20T20:00:00Z${tab}organizer
bob@xn--bcher-kva.example${tab}announce${tab}active${tab}2026-11-20T20:00:00Z${tab}organizer" \
    "a member a line"
run subscribers list --list stream --json
is "$(python3 -c 'import json, sys
for m in json.load(sys.stdin): print(m["address"], m["list"], m["consent"])' \
    <"$work/out")" \
    "Ada.Lovelace@example.org stream asked at the desk on 2026-11-20T20:00:00Z" \
    "--json is JSON, with the consent"
run subscribers list --state suspended --json
is "$(python3 -c 'import json, sys; print(json.load(sys.stdin))' \
    <"$work/out")" "[]" "nobody, as JSON"

run subscribers remove ada.lovelace@example.org --list announce
is "$code" 0 "taken off a list"
run subscribers list --state active
like "$out" 'stream' "another list stays"
unlike "$out" 'lovelace.*announce' "and that one is left"
run subscribers add ada.lovelace@example.org
is "$code" 1 "who has left is not put back"
like "$err" 'as left.*--consent' "unless something shows it"
run subscribers add ada.lovelace@example.org --consent "wrote
to us"
is "$code" 2 "a line of text"
run subscribers add ada.lovelace@example.org --consent "wrote to us"
is "$code" 0 "and then is"
run subscribers remove bob@xn--bcher-kva.example
is "$code" 0 "taken off all lists"
run subscribers remove nobody@example.org
is "$code" 1 "nobody cannot be"
like "$err" 'nobody@example.org: there is no such' "and is named"

# One person, and none.
run subscribers show ADA.lovelace@example.org
is "$(python3 -c 'import json, sys
d = json.load(sys.stdin)
print(d["address"], d["since"], [(m["list"], m["state"]) for m in d["lists"]],
      d["deliveries"], d["bounces"], "token" in d)' <"$work/out")" \
    "Ada.Lovelace@example.org 2026-11-20T20:00:00Z [('announce', 'active'), ('stream', 'active')] [] [] False" \
    "show is JSON"
run subscribers erase ada.lovelace@example.org --yes
is "$code" 0 "erased: $err"
run subscribers show ada.lovelace@example.org
like "$out" '"erased":"2026-11-20T20:00:00Z"' "of whom nothing is left but that"
is "$(grep -alFi lovelace state/*)" "" "not a byte of it in any file"
run subscribers add ada.lovelace@example.org --consent "no"
is "$code" 1 "nor added again"
like "$err" 'was erased' "and said why"
run subscribers erase never@example.org --yes
is "$code" 0 "somebody unknown can be kept away too"
run subscribers show stranger@example.org
is "$code" 1 "a stranger is not known"

# By CSV.
cat >in.csv <<'CSV'
E-Mail,Name,list,since,consent
carl@example.org,Carl,,2020-05-06,signed up on paper
dora@example.org,Dora,stream,,
Carl@Example.org,Carl again,,,
ada.lovelace@example.org,Ada,,,
'+plus@example.org,Plus,,,
CSV
run subscribers import in.csv --dry-run
is "$code" 0 "a dry run"
like "$err" 'dry run: 3 to be added, 1 on the list before, 1 erased' "counts"
like "$err" 'row 4: Carl@Example.org: stays' "the same person twice"
like "$err" 'row 5: ada.lovelace@example.org: was erased' "one who was erased"
like "$err" 'column "Name" is not kept' "and what is not kept"
run subscribers list --state active
is "$out" "" "and changes nothing"
run subscribers import in.csv
is "$code" 0 "the import"
like "$err" '^3 added' "does as the dry run said"
run subscribers list --state active
like "$out" "^carl@example.org${tab}announce${tab}active${tab}2020-05-06T00:00:00Z${tab}import" \
    "with the date of the file"
like "$out" "^dora@example.org${tab}stream" "and its list"
like "$out" "^[+]plus@example.org" "and no apostrophe of a spreadsheet"
unlike "$out" 'lovelace' "and nobody who was erased"

run subscribers remove carl@example.org
run subscribers import in.csv
like "$err" 'row 2: carl@example.org: stays as it is: .* left' \
    "an import does not bring back who left"
run subscribers list --state active --list announce
unlike "$out" 'carl' "really"

cat >bad.csv <<'CSV'
address,list,since,state
eve@example.org,,,
not an address,,,
fay@example.org,nolist,,
gil@example.org,,2099-01-01,
hal@example.org,,,gone
CSV
run subscribers import bad.csv
is "$code" 1 "faults stop an import"
for row in 3 4 5 6; do
	like "$err" "^bad.csv: row $row: " "row $row is named"
done
like "$err" 'nothing was imported.*--skip-faults' "and what to do"
run subscribers list
unlike "$out" 'eve@' "nothing of it was imported"
run subscribers import bad.csv --skip-faults
is "$code" 0 "unless they are to be left out"
run subscribers list
like "$out" 'eve@' "then the rest is"
unlike "$out" '(fay|gil|hal)@' "without them"
printf 'address,email,why\nx,una@example.org,\n,,\nx,vic@example.org,\351\n' \
    >latin.csv
run subscribers import latin.csv
is "$code" 1 "a row that is not UTF-8 is a fault"
like "$err" '^latin.csv: row 4: vic@example.org: not UTF-8' "and named"
run subscribers import latin.csv --skip-faults
is "$code" 0 "which can be left out"
run subscribers list
like "$out" 'una@' "an email is read where an address is of the post"
unlike "$out" 'vic@' "without that row"
printf 'eve@example.org\n' >headless.csv
run subscribers import headless.csv
is "$code" 1 "a file without a header row"
like "$err" 'headless.csv: nothing was imported: row 1: .*"address"' "is told from one with"
printf 'address\nivy@example.org\n"open\n' >open.csv
run subscribers import open.csv --skip-faults
is "$code" 1 "a file that is no CSV fails whole"
like "$err" 'open.csv: nothing was imported: row 3: a quote' "with its row"
run subscribers list
unlike "$out" 'ivy@' "and nothing of it is imported"
run subscribers import none.csv
is "$code" 1 "a file that is not there"

run subscribers add --consent "=SUM(1) on paper" -- -dash@example.org
is "$code" 0 "an address may begin with a hyphen"
run subscribers add "=eq@example.org" --consent="'=quoted"
is "$code" 0 "or look like a formula"
run subscribers export
cp "$work/out" all.csv
like "$out" "^'-dash@example.org,.*,'=SUM" "which the export disarms"
is "$(python3 -c 'import csv, sys
rows = list(csv.DictReader(open("all.csv", newline="")))
print(len(rows), sorted(rows[0]))')" \
    "8 ['address', 'consent', 'list', 'since', 'state', 'way', 'why']" \
    "the export is CSV"
sed 's/^state: .*/state: other/' capsule.yaml >other.yaml
run -c other.yaml subscribers import all.csv
is "$code" 0 "and moves to another machine"
run -c other.yaml subscribers export
is "$(sort "$work/out")" "$(sort all.csv)" "as it was"
"$ANNOUNCE" subscribers export >/dev/full 2>"$work/err"
is $? 1 "a full disk behind the export is a failure"

# Many, in one transaction, while others wait or read.
python3 -c 'print("address")
for i in range(20000): print(f"p{i}@example.org")' >many.csv
run subscribers import many.csv --list stream
like "$err" '^20000 added' "twenty thousand"
run subscribers list --list stream
is "$(wc -l <"$work/out")" 20001 "all of them listed"
run subscribers list --list stream
is "$(sort -u "$work/out" | wc -l)" 20001 "each once"
kill_import() {
	python3 -c 'print("address")
for i in range(200000): print(f"q{i}@example.org")' >more.csv
	"$ANNOUNCE" subscribers import more.csv 2>/dev/null &
	import=$!
	until_true test -s state/announce.db-wal
	kill -9 "$import"
	wait "$import" 2>/dev/null
}
kill_import
run subscribers list
case $(grep -c '^q' "$work/out") in
0 | 200000) ok "an import that is killed is whole or not there" ;;
*) not_ok "an import that is killed is whole or not there" ;;
esac

printf 'This is no database, but a text that somebody put there.' \
    >state/announce.db
rm -f state/announce.db-*
run subscribers list
is "$code" 1 "a damaged store fails"
like "$err" 'state/announce.db: .*sqlite3 .*\.recover' "and says what to do"
rm state/announce.db
run subscribers list
is "$code" 0 "still alive"
finish
