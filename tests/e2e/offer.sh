#!/bin/sh
# An offer, over all three ways: the page says what is left, somebody claims by
# Gemini, by Gopher and by a reply to the message; the last one goes to one
# person, the rest wait, what is given back passes on; and organizers ship.
. tests/e2e/lib.sh

mkdir -p "$work/pages/news"
printf '# A conference\n' >"$work/pages/index.md"
cat >"$work/pages/news/shirts.md" <<'MD'
---
title: Shirts are left
offer:
  item: shirt
  options: {S: 1, M: 2}
  ask: [size, address, sentence]
---
Some were left over.
MD
start_capsule <<YAML
host: localhost
title: A conference
pages: $work/pages
mail:
  from: "A conference <announce@example.org>"
  relay: maildir:$work/sent
YAML

announce() {
	timeout -k 1 30 "$ANNOUNCE" -c "$work/capsule.yaml" "$@" 2>>"$work/said"
}

has_sent() { # how many
	[ "$(find "$work/sent/new" -type f 2>/dev/null | wc -l)" -ge "$1" ]
}

# What somebody was sent, quoted-printable undone, in one line each.
sent_to() { # address subject
	grep -l "^Subject: $2" "$work"/sent/new/* 2>/dev/null |
	    xargs -r grep -l "^To: $1" | head -n 1 | xargs -r cat |
	    tr -d '\r' | sed -e ':a' -e '/=$/{N;s/=\n//;ta' -e '}'
}

is_sent_to() { # address subject
	[ -n "$(sent_to "$1" "$2")" ]
}

first_link() { # extended regular expression
	grep -oE "$1" "$work/body" | head -n 1
}

left() {
	announce offer list | grep -oE '[SM]: [0-9]+ of [0-9]+' | tr '\n' ' '
}

announce daemon >"$work/daemon" &
pids="$pids $!"
until_true in_file '^ready' "$work/daemon" ||
    not_ok "the daemon is ready" "$(cat "$work/said")"
for who in ann bob cy; do
	announce subscribers add "$who@example.net" --consent 'a test'
done
announce send "$work/pages/news/shirts.md" --yes
until_true has_sent 3
is "$(find "$work/sent/new" -type f | wc -l)" 3 "the page is mailed to all"

# The page.
get /news/shirts.gmi
like "$(cat "$work/body")" 'Left now: 1 of 1 S, 2 of 2 M\.' \
    "the page says what is left"
gopher /news/shirts
like "$(cat "$work/body")" 'Left now: 1 of 1 S' "in Gopher, too"
like "$(cat "$work/body")" '^7[^	]*	/claim/news/shirts\.md	' \
    "where a claim begins with an item of type 7"

# By Gemini, with the link of the message.
link=$(sent_to ann@example.net 'Shirts are left' |
    grep -oE '/claim/news/shirts\.md/[a-z2-7]{26}' | head -n 1)
get "$link"
like "$header" '^20 text/gemini' "a message's link opens the form"
like "$(cat "$work/body")" 'Still missing: which one, address, sentence' \
    "which is empty"
get "$(first_link '/claim/[a-z2-7]{26}/take/[0-9]+/[0-9]+')"
field=$(first_link '/claim/[a-z2-7]{26}/type/address/[0-9]+')
get "$field"
like "$header" '^10 Name, street' "a field is asked for"
get "$field?Ann%20Example%0AStreet%201%0A12345%20Town"
like "$(cat "$work/body")" 'Address: Ann Example, Street 1, 12345 Town' \
    "and shown"
unlike "$(cat "$work/body")" 'Send my claim' "it is not complete"
get "$(first_link '/claim/[a-z2-7]{26}/type/sentence/[0-9]+')?It%20found%20it."
get "$(first_link '/claim/[a-z2-7]{26}/agree/yes/[0-9]+')"
send=$(first_link '/claim/[a-z2-7]{26}/send/[0-9]+')
is "$(left)" "S: 1 of 1 M: 2 of 2 " "nothing is taken before it is sent"
get "$send"
like "$(cat "$work/body")" 'shirt S: yours, 1 of 3' "then it is hers"
get "$send"
like "$(cat "$work/body")" 'yours, 1 of 3' "a page loaded again says so again"
is "$(left)" "S: 0 of 1 M: 2 of 2 " "and takes no more"
ann=$(printf '%s\n' "$send" | cut -d/ -f3)

# By Gopher, by somebody who is not known: a letter confirms.
gopher "/claim/news/shirts.md%09dora@example.net"
like "$(cat "$work/body")" 'clear' "Gopher says that it goes in clear"
gopher "$(grep -oE '/claim/[a-z2-7]{26}/take/[0-9]+/[0-9]+' "$work/body" |
    tail -n 1)"
like "$(cat "$work/body")" '^7[^	]*	/claim/[a-z2-7]{26}/type/address/' \
    "fields are items of type 7"
gopher "$(first_link '/claim/[a-z2-7]{26}/type/address/[0-9]+')%09Dora,%20Way%202,%20Town"
gopher "$(first_link '/claim/[a-z2-7]{26}/type/sentence/[0-9]+')%09Good."
gopher "$(first_link '/claim/[a-z2-7]{26}/send/[0-9]+')"
like "$(cat "$work/body")" 'shirt M: yours, 2 of 3' "it is hers"
until_true is_sent_to dora@example.net 'Is this yours'
proof=$(sent_to dora@example.net 'Is this yours' |
    grep -oE '/claim/[a-z2-7]{26}' | head -n 1)
get "$proof"
like "$(cat "$work/body")" 'is this your claim' "the letter's link asks"
get "$proof/yes"
like "$(cat "$work/body")" 'It is yours' "and is answered"
unlike "$(sent_to dora@example.net 'Is this yours')" 'Way 2' \
    "the letter does not say where she lives"

# By mail.
reply() { # address words
	to=$(sent_to "$1" 'Shirts are left' | sed -n 's/^Reply-To: //p')
	printf 'From: %s\nSubject: Re: Shirts\nMessage-ID: <1@x>\n\n%b\n' \
	    "$1" "$2" | announce receive --to "$to" --from "$1"
}
reply bob@example.net 'Size: M\nAddress: Bob, Lane 3, Town\nSentence: x'
until_true is_sent_to bob@example.net 'It is yours'
like "$(sent_to bob@example.net 'It is yours')" 'shirt M: yours, 3 of 3' \
    "a reply claims the last one"
reply cy@example.net 'M\nCy\nLane 4, Town\n\nIt is good.\n'
until_true is_sent_to cy@example.net 'Your claim'
like "$(sent_to cy@example.net 'Your claim')" 'M is gone' "then it is gone"
reply cy@example.net 'Size: M\nWait: yes'
until_true is_sent_to cy@example.net 'You are on'
like "$(sent_to cy@example.net 'You are on')" '0 before you' \
    "and can be waited for"
get /news/shirts.gmi
like "$(cat "$work/body")" 'All are gone' "the page says so"

# What is given back passes on.
get "/claim/$ann/withdraw"
like "$(cat "$work/body")" 'Give it back' "withdrawing asks"
announce offer claims --json >"$work/claims"
dora=$(grep -oE '"claim":[0-9]+[^}]*dora@' "$work/claims" |
    grep -oE '^"claim":[0-9]+' | cut -d: -f2)
bob=$(grep -oE '"claim":[0-9]+[^}]*bob@' "$work/claims" |
    grep -oE '^"claim":[0-9]+' | cut -d: -f2)
back=$(sent_to bob@example.net 'It is yours' |
    grep -oE 'announce\+withdraw-[a-z2-7]{26}@example\.org')
printf 'From: bob@example.net\n\nno\n' |
    announce receive --to "$back" --from bob@example.net
until_true is_sent_to cy@example.net 'It is yours'
like "$(sent_to cy@example.net 'It is yours')" 'it is your turn' \
    "the next in line is told"
like "$(sent_to cy@example.net 'It is yours')" \
    '^announce\+withdraw-[a-z2-7]{26}@example\.org$' \
    "and how to give it back by mail"
is "$(left)" "S: 0 of 1 M: 0 of 2 " "and has it"

# Organizers.
export=$(announce offer export)
like "$export" '^[0-9]+,S,"Ann Example' "the export says where to send it"
like "$export" 'Cy' "to all who have one"
unlike "$export" 'Bob' "and to nobody else"
is "$(announce offer export --sentences)" '> It found it.' \
    "the sentences of those who agreed are a page"
said=$("$ANNOUNCE" -c "$work/capsule.yaml" offer ship 99999 "$bob" "$dora" \
    --note 'Track 123' 2>&1)
is $? 1 "of several one is none, and one was given back"
like "$said" 'no claim 99999; announce offer claims' "which is said"
like "$said" "claim $dora is shipped" "the last is shipped all the same"
until_true is_sent_to dora@example.net 'On its way'
like "$(sent_to dora@example.net 'On its way')" 'Track 123' "and mailed about"
unlike "$(announce offer export)" 'Dora' "it need not be sent again"
announce offer ship "$dora"
is $? 1 "nor can it be"
announce offer ship "$bob"
is $? 1 "nor can what was given back"
announce offer close news/shirts.md
get /news/shirts.gmi
like "$(cat "$work/body")" 'It is closed' "it can be closed"
get "/claim/news/shirts.md?eve@example.net"
like "$(cat "$work/body")" 'closed' "and then takes no claims"

# Where people live is nowhere but sealed.
for where in Street 'Way 2' 'Lane 4'; do
	grep -rl "$where" "$work/state" "$work/log" "$work/said" "$work/sent" \
	    >"$work/leaks"
	is "$(cat "$work/leaks")" "" "\"$where\" stands in no file"
done
get /
like "$header" '^20' "still alive"
kill -0 "$capsule"
is $? 0 "and well"
finish
