#!/bin/sh
# What the relay says of addresses while mail is handed to it: one that is gone
# for good is suspended at once, with the reason, and left out from then on;
# what is said of the message, of us, or for now is held against nobody.
OUT=$(cd "${OUT:-build}" && pwd)
. tests/e2e/lib.sh
. tests/e2e/lib_mail.sh

announce() { # argument... : sets out and code
	out=$("$ANNOUNCE" -c "$work/mail.yaml" "$@" 2>"$work/err" </dev/null)
	code=$?
}

page() { # name
	printf -- '---\ntitle: News, %s\n---\nThey are %s.\n' "$1" "$1" \
	    >"$work/pages/$1.md"
}

recipients() {
	cut -d ' ' -f 2 "$work/taken" | sort | tr '\n' ' '
}

mkdir "$work/pages"
for name in index one two three; do
	page "$name"
done
start_smtpd -l "$work/taken" -r 'gone*:550' -r 'full*:452'
mail_conf 'sessions: 1'
echo "pages: $work/pages" >>"$work/mail.yaml"
for who in ann ben gone1 gone2 full1; do
	announce subscribers add "$who@example.org"
	is "$code" 0 "$who subscribes"
done

announce send "$work/pages/one.md" --yes
is "$code" 75 "an announcement that two never get, and one later"
is "$(recipients)" 'ann@example.org ben@example.org ' "reaches the others"
announce subscribers list --state suspended
is "$(printf '%s\n' "$out" | grep -o '[a-z0-9]*@example.org' | sort |
    tr '\n' ' ')" 'gone1@example.org gone2@example.org ' \
    "who is gone for good is suspended, and who is full for now is not"
announce subscribers show gone1@example.org
like "$out" '"state": ?"suspended"' "which is shown"
like "$out" 'the address is dead: .*5\.1\.1 ' "with the reason"

: >"$work/taken"
announce send "$work/pages/two.md" --queue --yes
like "$(cat "$work/err")" 'is queued for 3 people' \
    "the next one leaves them out"

announce resume 1 --failed --queue
announce status 1 --json
like "$out" '"failed":2' "and trying again who failed does, too"

# What is said of the message.
kill "$smtpd"
: >"$work/taken"
start_smtpd -l "$work/taken" \
    -f 'dot:=554 5.7.1 Message content rejected\r\n'
mail_conf 'sessions: 1'
echo "pages: $work/pages" >>"$work/mail.yaml"
announce send "$work/pages/three.md" --yes
is "$(recipients)" '' "what is said of a message fails it"
announce status 3 --json
like "$out" '"failed":3' "for all"
announce subscribers list --state suspended
is "$(printf '%s\n' "$out" | grep -c '@example.org')" 2 \
    "and suspends nobody else"
announce subscribers show ann@example.org
like "$out" 'Message content rejected' "though it is kept with who it was for"
finish
