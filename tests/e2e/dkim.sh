#!/bin/sh
# Signatures of both kinds, verified by dkimpy: messages that stress the
# canonical forms, the same with changes on the way that relaxed allows, and
# with those that it does not.
. tests/e2e/lib.sh
SIGN=$OUT/tests/e2e/sign

cat >"$work/capsule.yaml" <<'END'
host: capsule.example.org
mail: {from: "Us <announce@example.org>"}
END
for kind in rsa ed25519; do
	option=
	[ "$kind" = rsa ] || option=--ed25519
	# shellcheck disable=SC2086
	CAPSULE_NOW=2026-11-21T10:00:00Z "$ANNOUNCE" -c "$work/capsule.yaml" \
	    dkim-key $option "$work/$kind.key" >"$work/$kind.dns" \
	    2>"$work/said"
	is "$?" 0 "a key of kind $kind"
	is "$(stat -c %a "$work/$kind.key")" 600 "is its owner's alone"
	like "$(cat "$work/said")" "selector: s2026, key: \"$work/$kind.key\"" \
	    "what to put into the configuration is said"
	openssl pkey -in "$work/$kind.key" -noout
	is "$?" 0 "OpenSSL's tool reads it"
done
again=$("$ANNOUNCE" -c "$work/capsule.yaml" dkim-key "$work/rsa.key" \
    2>"$work/said")
like "$again" 'v=DKIM1; k=rsa; p=' "an old key's record is printed again"
like "$(cat "$work/said")" 'already' "and it is said to stay"
head -c 100 "$work/rsa.key" | grep -q PRIVATE
is "$?" 0 "and it does"

# The one to follow a key that is in use, within its year.
sed 's/mail: {/&dkim: {selector: s2026, key: rsa.key}, /' \
    "$work/capsule.yaml" >"$work/used.yaml"
like "$("$ANNOUNCE" -c "$work/used.yaml" dkim-key 2>/dev/null)" \
    '^s2026\._domainkey' "the key in use keeps its name"
like "$("$ANNOUNCE" -c "$work/used.yaml" dkim-key "$work/rsa.key" \
    2>/dev/null)" '^s2026\._domainkey' "also when its file is named"
like "$(CAPSULE_NOW=2026-11-21T10:00:00Z "$ANNOUNCE" -c "$work/used.yaml" \
    dkim-key "$work/next.key" 2>/dev/null)" '^s2026b\._domainkey' \
    "another one gets another"

# One message a case: "\r\n" is written as such.
put() { # name text
	printf '%b' "$2" >"$work/$1.in"
}
from='From: Us <announce@example.org>\r\n'
put plain "$from"'To: a@example.net\r\nSubject: s\r\n\r\nHello.\r\n'
put empty "$from"'Subject: s\r\n\r\n'
put blank "$from"'Subject: s\r\n\r\n\r\n\r\n'
put spaces "$from"'Subject: s\r\n\r\na  b \t c \r\n\r\n \t\r\n'
put tail "$from"'Subject: s\r\n\r\na\r\n\r\n\r\n'
put noend "$from"'Subject: s\r\n\r\na'
put folded "$from"'Subject: one\r\n two\r\n\t three  \r\nList-Id:\r\n <a.b>\r\n\r\na\r\n'
put twice "$from"'To: a@example.net\r\nTo: b@example.net\r\nSubject: s\r\n\r\na\r\n'
put case 'FROM:Us <announce@example.org>\r\nsubject:  s \r\n\r\na\r\n'
put dots "$from"'Subject: s\r\n\r\n.\r\n..\r\n. a\r\n'
put equals "$from"'Subject: b=c; v=2\r\n\r\nb=\r\n'
{
	printf '%b' "$from"'Subject: long\r\n\r\n'
	awk 'BEGIN { for (i = 0; i < 20000; i++)
	    printf "line %d  of many \t\r\n%s", i, i % 7 ? "" : "\r\n" }'
} >"$work/long.in"

for kind in rsa ed25519; do
	for file in "$work"/*.in; do
		name=${file%.in}
		"$SIGN" "$work/$kind.key" example.org s2026 <"$file" \
		    >"$name.$kind" || not_ok "$name is signed"
	done
done

# None of these paths has a space.
verify() { # kind file...
	kind=$1
	shift
	/usr/bin/python3 tests/e2e/dkim_verify.py "$work/$kind.dns" "$@" 2>&1
}
for kind in rsa ed25519; do
	# shellcheck disable=SC2086
	is "$(verify "$kind" "$work"/*.$kind)" "" "dkimpy verifies all: $kind"

	# What relays do on the way, and what nobody may.
	sed 's/^Hello\.\r$/Hello. \t\r/; s/^Subject: s/SUBJECT:   s/' \
	    "$work/plain.$kind" >"$work/relaxed"
	printf '\r\n\r\n' >>"$work/relaxed"
	is "$(verify "$kind" "$work/relaxed")" "" \
	    "white space that a relay changed is none: $kind"
	sed 's/^Hello\.\r$/Hello!\r/' "$work/plain.$kind" >"$work/forged"
	is "$(verify "$kind" "$work/forged")" "$work/forged" \
	    "another body is seen: $kind"
	sed 's/^Subject: s/Subject: t/' "$work/plain.$kind" >"$work/forged"
	is "$(verify "$kind" "$work/forged")" "$work/forged" \
	    "another subject is seen: $kind"
	{
		printf 'From: Them <them@example.org>\r\n'
		cat "$work/plain.$kind"
	} >"$work/forged"
	like "$(verify "$kind" "$work/forged")" "$work/forged" \
	    "another From beside it is seen: $kind"
done

finish
