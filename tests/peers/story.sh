#!/bin/sh
# The whole story, as somebody new meets it, each screen printed: the programs
# are installed and publish a page; Ann subscribes in amfora, is mailed by
# postfix, reads it in mutt, claims a shirt and leaves. Needs root, as postfix
# does. Run by `make check-peers`.
OUT=$(cd "${OUT:-build}" && pwd)
. tests/e2e/lib.sh
. tests/peers/lib_postfix.sh
. tests/peers/lib_community.sh

# Prints a screen, or what a command said.
print() { # heading, text
	printf '# \n# == %s\n' "$1"
	printf '%s\n' "$2" | cat -s | sed 's/ *$//; s/^/#  |/'
}

print_screen() { # heading
	print "$1" "$(printf '%s\n' "$screen" | sed '1d')"
}

organizer() { # command of announce
	said=$("$ANNOUNCE" "$@" 2>&1)
	print "\$ announce $(echo "$*" | sed "s|$work/||")" "$said"
}

need_postfix
install_programs
print "make install" "$(cd "$root" && find . -type f | sort)"
start_mail ann
mkdir -p "$work/pages/news"
cat >"$work/pages/index.md" <<'MD'
---
title: Tracers' day
---

One day, one room, everybody who likes to look inside.

- [Announcements by mail](/subscribe)
- [Stop announcements](/leave)
MD
cat >"$work/pages/news/shirts.md" <<'MD'
---
title: Shirts are left
date: 2026-11-20
offer:
  item: shirt
  options: {S: 1, M: 2}
  ask: [size, address, sentence]
---

Some shirts of last year are left over. They are yours for an address and a
sentence on what you found.
MD
start_community <<YAML
host: localhost
title: Tracers' day
pages: $work/pages
mail:
  from: "Tracers' day <announce@example.org>"
  relay: smtp://127.0.0.1:$port
  lists:
    announce: {title: "Announcements"}
YAML
checked=$("$work/bin/capsule" check 2>&1)
is $? 0 "the pages have no fault"
print '$ capsule check' "$checked"

open_screen amfora "gemini://localhost:$gemini/"
sees "# Tracers' day" "Ann opens the capsule"
print_screen "amfora"
follow 'Announcements by mail'
see 'Your e-mail address'
print_screen "amfora, after 1"
typed ann@example.net
keys Enter Enter
sees 'on its way to ann@example\.net' "she types her address"
print_screen "amfora, then"

letter ann 1
open_mutt ann
see 'Subscribe to'
keys Enter
sees 'Gemini client' "the letter is there"
print_screen "mutt"
open_screen amfora "$(link_of "$letter" /c/)"
see 'Yes, subscribe me'
print_screen "amfora, by the link"
follow 'Yes, subscribe me'
sees 'You are subscribed' "she is subscribed"
print_screen "amfora, after yes"
becomes ann@example.net announce:active "in the store, too"

organizer send "$work/pages/news/shirts.md" --dry-run
organizer send "$work/pages/news/shirts.md" --yes
like "$said" 'sent to 1 p' "an organizer sends a page"
letter ann 2
open_mutt ann
see 'Shirts are left'
keys End Enter
sees 'Some shirts of last year' "she reads it"
print_screen "mutt"

open_screen amfora "$(link_of "$letter" /claim/news/shirts.md/)"
see 'Take M: 2 left'
print_screen "amfora, by the link to claim one"
follow 'Take M'
see 'M: this one'
follow 'Address'
see 'Name, street'
print_screen "amfora, asked for the address"
typed 'Ann Example, Street 1, Town'
keys Enter Enter
see 'Address: Ann Example'
follow 'Sentence'
see '═ Input ═'
typed 'It was the page cache.'
keys Enter Enter
see 'Sentence: It was'
print_screen "amfora, with all filled in"
follow 'Send my claim'
sees 'yours, 1 of 3' "the shirt is hers"
print_screen "amfora, after sending"
organizer offer list
like "$said" 'M: 1 of 2 left' "and not in stock any more"
organizer offer claims

open_screen amfora "$(link_of "$letter" /leave/)"
see 'Really stop'
follow 'Yes, stop'
sees 'You get no more mail' "she leaves"
print_screen "amfora, after leaving"
becomes ann@example.net announce:left "for good"
organizer subscribers list --state left
finish
