#!/bin/sh
# A relay that refuses everybody, at once or by reports later: the announcement
# is paused and says why, nobody is suspended, and it goes on as an organizer
# says.
OUT=$(cd "${OUT:-build}" && pwd)
. tests/e2e/lib.sh
. tests/e2e/lib_mail.sh

announce() { # argument... : sets out, said and code
	out=$(timeout -k 1 60 "$ANNOUNCE" -c "$work/mail.yaml" "$@" \
	    2>"$work/err" </dev/null)
	code=$?
	said=$(cat "$work/err")
}

suspended() {
	announce subscribers list --state suspended
	printf '%s\n' "$out" | grep -c '@'
}

taken() {
	wc -l <"$work/taken" | tr -d ' '
}

# Sets value.
json() { # expression of the status, as d
	value=$(printf '%s\n' "$out" | python3 -c "
import json, sys
d = json.load(sys.stdin)
print($1)")
}

serve() { # options of the mail server
	[ -z "${smtpd:-}" ] || kill "$smtpd"
	: >"$work/taken"
	start_smtpd -l "$work/taken" "$@"
	mail_conf 'sessions: 2'
	echo "pages: $work/pages" >>"$work/mail.yaml"
}

# Each command thinks that it is so much later.
later() { # what date understands
	CAPSULE_NOW=$(date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ)
	export CAPSULE_NOW
}

mkdir "$work/pages"
for name in index one two three; do
	printf -- '---\ntitle: News, %s\n---\nThey are %s.\n' "$name" "$name" \
	    >"$work/pages/$name.md"
done
serve -r '*:550'
{
	echo address
	seq -f 'p%g@example.org' 120
} >"$work/people.csv"
announce subscribers import "$work/people.csv"
is "$code" 0 "a hundred and twenty subscribe"

announce send "$work/pages/one.md" --yes
is "$code" 1 "a relay that refuses all ends a delivery"
like "$said" 'announcement 1 was paused: the relay refused [0-9]+ of [0-9]+ recipients, the last with: 550 5\.1\.1 ' \
    "with what it said"
like "$said" 'nobody is suspended' "for which nobody pays"
is "$(suspended)" 0 "nobody is"
announce status 1
like "$out" '^announcement +1, paused$' "it is paused"
like "$out" '^the relay refused [0-9]+ of [0-9]+ recipients, the last with: 550' \
    "which the status gives the reason of"
like "$out" 'announce resume 1 --failed sends to them again' \
    "and says what to do"
announce status
like "$said" '^announcement 1: the relay refused' "all announcements' does, too"
announce status 1 --json
json 'd["state"], d["brake"]["state"], d["brake"]["by"], d["brake"]["advice"] != ""'
is "$value" 'paused on relay True' "so do programs learn"
json 'd["deliveries"]["failed"] <= 20 and d["deliveries"]["queued"] >= 100'
is "$value" True "most were not even tried"

# It is not mended yet.
later '+1 hour'
announce resume 1 --failed
like "$said" 'was paused: the relay refused' "too early is paused again"
is "$(suspended)" 0 "and nobody is suspended"

# It is.
serve
later '+2 hours'
announce resume 1 --failed
is "$code" 0 "once it is mended, it goes on"
is "$(taken)" 120 "and everybody has it"
announce status 1 --json
json 'd["state"], d["deliveries"]["sent"], d["brake"]["state"]'
is "$value" 'done 120 off' "it is done"

# These addresses are gone.
serve -r 'p?@*:550' -r 'p1?@*:550' -r 'p2?@*:550' -r 'p3?@*:550'
later '+1 day'
announce send "$work/pages/two.md" --yes
is "$code" 1 "a list with a third of dead addresses is looked at"
is "$(suspended)" 0 "first"
announce resume 2 --gone --failed
is "$code" 2 "gone is not to be tried again"
announce resume 2 --gone
like "$said" 'people are suspended' "they are gone"
is "$(suspended)" 39 "so they are suspended, those who came later, too"
is "$(taken)" 81 "and the others have it"
announce resume 2 --gone
is "$code" 1 "once is enough"

# The daemon.
serve -r '*:554'
later '+2 days'
announce send "$work/pages/three.md" --yes --queue
start_daemon
until_true in_file 'announcement 3 is paused: the relay refused' \
    "$work/daemon.log"
is $? 0 "the daemon says it in its log"
id=3
until_true status_has 3 '"state":"paused"'
is $? 0 "and pauses it"
is "$(suspended)" 39 "nobody more is suspended"
stop_daemon
announce cancel 3

# Reports that come later.
serve -d "$work/mails"
later '+3 days'
announce send "$work/pages/one.md" --yes --again
is "$(taken)" 81 "a relay that takes all"
report() { # message: a report of it, as our own relay writes it
	cat <<DSN
From: MAILER-DAEMON@example.org
To: $(cut -d ' ' -f 1 "$work/line")
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B

I am sorry.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; example.org

Action: failed
Status: 5.4.4
Diagnostic-Code: X-Postfix; Host or domain name not found

--B
Content-Type: text/rfc822-headers

Message-ID: $(cut -d ' ' -f 4 "$work/line")

--B--
DSN
}
mkdir -p "$work/in/new" "$work/in/cur" "$work/in/tmp"
head -n 60 "$work/taken" | while read -r line; do
	printf '%s\n' "$line" >"$work/line"
	report >"$work/in/new/$(echo "$line" | cut -d ' ' -f 2)"
done
later '+3 days 1 hour'
announce receive --maildir "$work/in"
is "$code" 0 "sixty of them come back"
like "$said" 'of announcement 4 mail to [0-9]+ of [0-9]+ recipients came back' \
    "which is told"
is "$(suspended)" 39 "nobody more is suspended"
announce status 4 --json
json 'd["brake"]["state"], d["brake"]["by"], d["deliveries"]["failed"]'
is "$value" 'on mail 60' "what came back has failed"
announce subscribers show "$(head -n 1 "$work/taken" | cut -d ' ' -f 2)"
like "$out" '"announcement":4,"permanent":true,"counts":"nothing"' \
    "and is held against nobody"
later '+4 days'
announce resume 4 --failed
is "$(taken)" 141 "once it is mended, they have it"
finish
