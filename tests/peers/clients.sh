#!/bin/sh
# Real clients, driven in a terminal, read the conference's own pages: amfora
# and bombadillo by Gemini, lynx, bombadillo and sacc by Gopher. Each page must
# show its title and no error. Run by `make check-peers`.
. tests/e2e/lib.sh

start_capsule <<YAML
host: localhost
title: dtrace.conf
pages: $PWD/content/pages
limits: {requests_per_second: 0}
YAML
HOME=$work
export HOME
XDG_CONFIG_HOME=$work
XDG_DATA_HOME=$work
XDG_CACHE_HOME=$work
export XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME

# What a client shows of an address, once it shows the pattern (or never).
shows() { # pattern command...
	pattern=$1
	shift
	tmux -L "capsule-$$" kill-server 2>/dev/null
	tmux -L "capsule-$$" -f /dev/null new-session -d -x 100 -y 60 "$@"
	until_true screen_has "$pattern"
	screen=$(tmux -L "capsule-$$" capture-pane -p)
	tmux -L "capsule-$$" kill-server 2>/dev/null
}

screen_has() {
	tmux -L "capsule-$$" capture-pane -p | grep -Eq -- "$1"
}

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

# amfora subscribes to the news as a page, to the feed as a feed, and lists
# what is in them.
keys() {
	tmux -L "capsule-$$" send-keys "$@"
}
tmux -L "capsule-$$" -f /dev/null new-session -d -x 100 -y 60 \
    amfora "gemini://localhost:$gemini/news"
until_true screen_has '# dtrace.conf: news'
keys C-x
until_true screen_has 'Page Subscription'
like "$(tmux -L "capsule-$$" capture-pane -p)" 'subscribe to' \
    "amfora takes the news for a page to subscribe to"
keys Enter
until_true test -s "$work/amfora/subscriptions.json"
keys ' '
keys "gemini://localhost:$gemini/atom.xml" Enter
until_true screen_has 'Feed Subscription'
like "$(tmux -L "capsule-$$" capture-pane -p)" 'subscribe to' \
    "amfora takes the feed for a feed"
keys Enter
until_true in_file '2008-recap.gmi' "$work/amfora/subscriptions.json"
keys ' '
keys about:subscriptions Enter
until_true screen_has 'Jan 05, 2025'
screen=$(tmux -L "capsule-$$" capture-pane -p)
like "$screen" 'localhost:[0-9]+ - /news' "its subscriptions have the news"
like "$screen" 'Jan 05, 2025' "the feed's entries with their dates"
like "$screen" 'dtrace.conf - The recordings of dtrace.conf\(24\) are up' \
    "and their titles"
tmux -L "capsule-$$" kill-server 2>/dev/null

page=$(lynx -dump "gopher://localhost:$gopher/7/search?usdt")
like "$page" 'dtrace.conf.24' "lynx searches"
page=$(lynx -dump -nolist "gopher://localhost:$gopher/1/nowhere")
like "$page" 'Nothing is here' "lynx shows an error in words"
like "$(curl -skS --max-time 10 "gophers://localhost:$gopher/1/2012")" \
    'carousel' "curl by TLS"
finish
