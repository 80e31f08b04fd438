#!/bin/sh
# Real clients, driven in a terminal, read the conference's own pages: amfora
# and bombadillo by Gemini, lynx, bombadillo and sacc by Gopher. Each page must
# show its title and no error. Run by `make check-peers`.
. tests/e2e/lib.sh
. tests/peers/lib_screen.sh

start_capsule <<YAML
host: localhost
title: dtrace.conf
pages: $PWD/content/pages
limits: {requests_per_second: 0}
mail: {from: announce@localhost.localdomain, relay: "maildir:$work/mail"}
YAML
while read -r path title; do
	shows "# $title" amfora "gemini://localhost:$gemini$path"
	like "$screen" "# $title" "amfora shows $path"
	unlike "$screen" 'Not Found|Error|ERROR' "without an error"
	shows "# $title" bombadillo "gemini://localhost:$gemini$path"
	like "$screen" "# $title" "bombadillo shows $path"

	selector=${path%.gmi}
	page=$(lynx -dump -nolist "gopher://localhost:$gopher/1${selector%/}")
	like "$page" "$title" "lynx shows $path"
	shows "$title" bombadillo "gopher://localhost:$gopher/1${selector%/}"
	like "$screen" "$title" "bombadillo shows $path by Gopher"
	shows "$title" sacc "gopher://localhost:$gopher/1${selector%/}"
	like "$screen" "$title" "sacc shows $path"
done <<PAGES
/ dtrace.conf
/2008/ dtrace.conf.08
/2012/ dtrace.conf 2012
/2016/ dtrace.conf.16
/2020/ dtrace.conf.20
/2024/ dtrace.conf.24
/history History
/talks Talks
/sponsors Sponsors
/news dtrace.conf: news
/help.gmi Help
PAGES

# The README shows what amfora does, once it has found how wide its window is.
unlike_readme() {
	flat=$(terminal capture-pane -p | tr -s ' \n' '  ')
	sed -n '/^This is what amfora/,/^and, after/s/^      //p' README.md |
	    while read -r line; do
		case "... $flat" in *"$(echo "$line" | tr -s ' ')"*) ;;
		*) echo "$line" ;; esac
	    done
}
is_like_readme() {
	[ -z "$(unlike_readme)" ]
}
open_screen amfora "gemini://localhost:$gemini/"
until_true is_like_readme
is "$(unlike_readme)" "" "amfora shows what the README says it does"

# amfora subscribes to the news as a page, to the feed as a feed, and lists
# what is in them.
open_screen amfora "gemini://localhost:$gemini/news"
see '# dtrace.conf: news'
keys C-x
see 'Page Subscription'
like "$screen" 'subscribe to' \
    "amfora takes the news for a page to subscribe to"
keys Enter
until_true test -s "$work/amfora/subscriptions.json"
keys ' '
keys "gemini://localhost:$gemini/atom.xml" Enter
see 'Feed Subscription'
like "$screen" 'subscribe to' \
    "amfora takes the feed for a feed"
keys Enter
until_true in_file '2008-recap.gmi' "$work/amfora/subscriptions.json"
keys ' '
keys about:subscriptions Enter
see 'Jan 05, 2025'
like "$screen" 'localhost:[0-9]+ - /news' "its subscriptions have the news"
like "$screen" 'Jan 05, 2025' "the feed's entries with their dates"
like "$screen" 'dtrace.conf - The recordings of dtrace.conf\(24\) are up' \
    "and their titles"
close_screen

page=$(lynx -dump "gopher://localhost:$gopher/7/search?usdt")
like "$page" 'dtrace.conf.24' "lynx searches"
page=$(lynx -dump -nolist "gopher://localhost:$gopher/1/nowhere")
like "$page" 'Nothing is here' "lynx shows an error in words"
like "$(curl -skS --max-time 10 "gophers://localhost:$gopher/1/2012")" \
    'carousel' "curl by TLS"
finish
