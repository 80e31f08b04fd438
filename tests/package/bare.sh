#!/bin/sh
# What a stranger does with the archive ($1) that `make dist` makes, on Debian
# systems that are empty but for make: `make run`, `make check`, `make deb`, and
# the package installed on one that boots. PARTS names some of them. Takes root,
# Debian's mirror, ten minutes, and two gigabytes in $TMPDIR. All that talks to
# a port does so in a network of its own.
# shellcheck disable=SC2016 # the shells within expand those
set -eu
archive=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
parts=" ${PARTS:-run package check} "
work=$(mktemp -d "${TMPDIR:-/tmp}/capsule-bare-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
failures=0

result() { # code name
	if [ "$1" -eq 0 ]; then
		echo "ok - $2"
	else
		echo "not ok - $2"
		failures=$((failures + 1))
	fi
}

# Runs a command in a system. Processes and mounts end with it. "net" is the
# machine's network, "alone" one in which there is only the loopback.
inside() { # net|alone folder command
	case $1 in
	net) net='' up='' ;;
	alone) net=--net up='ip link set lo up;' ;;
	esac
	# shellcheck disable=SC2086
	unshare --mount --pid --fork --kill-child $net env -i \
	    PATH="$PATH" HOME=/root DEBIAN_FRONTEND=noninteractive \
	    DEBCONF_NOWARNINGS=yes sh -c "$up"'
		mount -t proc proc "$1/proc" && mount -t sysfs sys "$1/sys" &&
		mount --rbind /dev "$1/dev" && exec chroot "$1" sh -c "$2"
	' sh "$work/$2" "$3"
}

bootstrap() {
	debootstrap --variant=minbase --include=make,ca-certificates bookworm \
	    "$work/base" "${MIRROR:-http://deb.debian.org/debian}"
	cp /etc/resolv.conf "$work/base/etc"
	printf '%s localhost\n' 127.0.0.1 ::1 >"$work/base/etc/hosts"
	cp -a "$work/base" "$work/built"
	mkdir "$work/built/root/capsule"
	tar -x -C "$work/built/root/capsule" --strip-components=1 -f "$archive"
}

# `make run`, and two visitors beside it.
visit() {
	inside net built 'make -C root/capsule deps >/dev/null' || return 1
	inside net built 'apt-get -qq install --no-install-recommends \
	    openssl curl >/dev/null' || return 1
	inside alone built 'cd /root/capsule || exit
		timeout 240 make run >../run.log 2>&1 &
		until grep -q "^ready gopher" ../run.log; do
			kill -0 $! || { cat ../run.log; exit 1; }
			sleep 1
		done
		printf "gemini://localhost/\r\n" | timeout 10 openssl s_client \
		    -quiet -servername localhost -connect localhost:1965 \
		    2>/dev/null | grep "^20 text/gemini" &&
		curl -sS -m 10 gopher://localhost:7070/1/ | grep -m 1 "^1"
		code=$?
		kill $! && wait $!
		exit $code'
}

# The package, installed on a system that boots and looks at it by itself.
package() {
	inside net built 'make -s -C root/capsule deb' || return 1
	cp -a "$work/base" "$work/booted"
	cp "$work"/built/root/capsule/build/capsule_*.deb \
	    "$work/booted/root/capsule.deb"
	inside net booted 'apt-get -qq update &&
		apt-get -qq install --no-install-recommends systemd-sysv \
		    openssl curl procps /root/capsule.deb >/dev/null' || return 1
	install "$here/services.sh" "$work/booted/root"
	cat >"$work/booted/etc/systemd/system/look.service" <<'END'
[Unit]
After=capsule.service announce.service
SuccessAction=poweroff
FailureAction=poweroff
[Service]
Type=oneshot
ExecStart=/bin/sh /root/services.sh
StandardOutput=append:/root/tap
StandardError=inherit
TimeoutStartSec=180
[Install]
WantedBy=multi-user.target
END
	chroot "$work/booted" systemctl -q enable look.service
	# Landlock is not among what it lets through of itself.
	timeout 240 systemd-nspawn -q -D "$work/booted" --boot --register=no \
	    --keep-unit --private-network --console=pipe \
	    --system-call-filter="landlock_create_ruleset landlock_add_rule \
	    landlock_restrict_self" </dev/null >"$work/console" 2>&1
	cat "$work/booted/root/tap"
	! grep -q '^not ok' "$work/booted/root/tap" &&
	    grep -q '^1\.\.' "$work/booted/root/tap"
}

check() {
	inside net built 'make -s -C root/capsule check-deps >/dev/null' ||
	    return 1
	inside alone built 'make -C root/capsule check'
}

bootstrap >"$work/log" 2>&1 || { tail "$work/log"; exit 1; }
for part in run package check; do
	case $parts in *" $part "*) ;; *) continue ;; esac
	case $part in
	run) visit && code=0 || code=1; name='make run' ;;
	package) package && code=0 || code=1; name='the package' ;;
	check) check && code=0 || code=1; name='make check' ;;
	esac
	result "$code" "$name on a bare Debian"
done
exit $((failures > 0))
