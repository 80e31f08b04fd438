# shellcheck shell=sh disable=SC2034,SC2154
# A terminal of 100 columns in which a client runs, after lib.sh.
HOME=$work
XDG_CONFIG_HOME=$work
XDG_DATA_HOME=$work
XDG_CACHE_HOME=$work
LC_ALL=C.UTF-8
export HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME LC_ALL

# Each has a server of its own: one that is ending takes no new session.
screens=0
terminal() {
	tmux -L "capsule-$$-$screens" -f /dev/null "$@"
}

close_screen() {
	terminal kill-server 2>/dev/null
}

trap 'close_screen; end_all' EXIT

open_screen() { # command...
	close_screen
	screens=$((screens + 1))
	terminal new-session -d -x 100 -y 60 "$@"
}

keys() { # as tmux names them
	terminal send-keys "$@"
}

typed() { # text
	terminal send-keys -l -- "$1"
}

screen_has() { # extended regular expression
	terminal capture-pane -p | grep -Eq -- "$1"
}

# What is shown once the pattern is (or never): in $screen.
see() { # extended regular expression
	until_true screen_has "$1"
	screen=$(terminal capture-pane -p)
}

# See it, and say so.
sees() { # extended regular expression, name
	see "$1"
	like "$screen" "$1" "$2"
}

# Types an answer to a prompt: clients show some before they listen, and lose
# what is typed until then.
answer() { # text
	for _ in 1 2 3 4 5; do
		typed "$1"
		for _ in $(seq 20); do
			screen_has "$1" && break 2
			sleep 0.05
		done
		keys C-u
	done
	keys Enter
}

# Presses the number of the link on the screen whose label matches.
follow() { # extended regular expression
	see "\\[[0-9]+\\] +$1"
	keys "$(printf '%s\n' "$screen" |
	    sed -En "s/^ *\\[([0-9]+)\\] +$1.*/\\1/p" | head -n 1)"
}

# What a client shows of an address, once it shows the pattern (or never).
shows() { # pattern command...
	pattern=$1
	shift
	open_screen "$@"
	see "$pattern"
	close_screen
}
