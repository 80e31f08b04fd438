#!/bin/sh
# On a machine that has booted with the package installed: both services run,
# are reloaded, come back, mail what is announced, outlive an upgrade; and go
# without a trace when the package is purged. Speaks TAP.
tests=0
conf=/etc/capsule/capsule.yaml
pages=/var/lib/capsule/pages

ok() { # name command...
	tests=$((tests + 1))
	name=$1
	shift
	if "$@" >/tmp/said 2>&1; then
		echo "ok $tests - $name"
	else
		echo "not ok $tests - $name"
		sed 's/^/#   /' /tmp/said
	fi
}

not() {
	! "$@"
}

# Waits until a command succeeds, for at most 20 seconds.
until_true() {
	for _ in $(seq 200); do
		"$@" && return 0
		sleep 0.1
	done
	return 1
}

gemini() { # path
	printf 'gemini://localhost%s\r\n' "$1" | timeout 10 openssl s_client \
	    -quiet -servername localhost -connect localhost:1965 2>/dev/null
}

gemini_says() { # path pattern
	gemini "$1" | tee /dev/stderr | grep -q "$2"
}

gopher_says() { # selector pattern
	curl -sS -m 10 "gopher://localhost/1$1" | tee /dev/stderr | grep -q "$2"
}

is_up() { # service
	systemctl --no-pager status "$1"
}

main_pid() { # service
	systemctl show -P MainPID "$1"
}

is_back() { # service old-pid
	[ "$(main_pid "$1")" != "$2" ] && systemctl -q is-active "$1"
}

kill_and_see() { # service
	old=$(main_pid "$1")
	kill -9 "$old"
	until_true is_back "$1" "$old"
}

as_capsule() {
	runuser -u capsule -- "$@"
}

for service in capsule announce; do
	ok "$service runs" is_up $service
	ok "$service has all that it asks of the kernel" \
	    not journalctl -q --no-pager -u $service -g 'warning|SYS|denied'
	ok "its unit has no fault" \
	    systemd-analyze verify --man=no /lib/systemd/system/$service.service
done
ok 'Gemini: the first page' gemini_says / '^# A new capsule'
ok 'Gopher: the first page, on the port for it' gopher_says / 'A new capsule'
ok 'status tells of the server' as_capsule capsule status
ok 'the state is its own' [ "$(stat -c '%U %a' /var/lib/capsule/state)" = \
    'capsule 700' ]
ok 'a form is answered by announce' gemini_says /subscribe '^[123]0 '

echo '# Another page' >$pages/index.md
ok 'it is reloaded' systemctl reload capsule
ok 'and serves what is new' until_true gemini_says / '^# Another page'

sed -i 's|^  relay: .*|  relay: maildir:/var/lib/capsule/mail|' $conf
echo '# News' >$pages/news.md
ok 'announce starts anew' systemctl restart announce
ok 'somebody is subscribed' \
    as_capsule announce subscribers add somebody@example.org
ok 'an announcement is left to the daemon' \
    as_capsule announce send $pages/news.md --yes --queue
ok 'which delivers it' until_true \
    grep -rq '^To: .*somebody@example.org' /var/lib/capsule/mail/new

ok 'capsule comes back when it is killed' kill_and_see capsule
ok 'so does announce' kill_and_see announce
ok 'and pages are served as before' until_true gemini_says / 'Another page'

old=$(main_pid capsule)
ok 'the package is installed over itself' dpkg -i /root/capsule.deb
ok 'capsule starts anew' until_true is_back capsule "$old"
ok 'the configuration stays' grep -q maildir: $conf

ok 'the package is removed' dpkg -r capsule
ok 'no service is left' not pgrep -u capsule
ok "the community's pages are" [ -s $pages/index.md ]
ok 'the package is purged' dpkg -P capsule
for path in /var/lib/capsule /var/log/capsule /etc/capsule /usr/bin/announce; do
	ok "$path is gone" not [ -e $path ]
done
ok 'and so is the user' not getent passwd capsule
echo "1..$tests"
