#!/bin/sh
# Requests a second and server CPU time a request, Gemini and Gopher, beside
# the bare minimum and whatever other server is installed (molly-brown, nginx
# with libnginx-mod-stream, gophernicus); then a large file, and the memory of
# idle TLS connections. Each serves 4,096 bytes: capsule a page, as it has them
# in memory, molly-brown and gophernicus a file, nginx and the minimum a fixed
# answer. Medians of ROUNDS rounds, in each of which every server is measured
# in turn, so that noise meets all alike. Run by `make bench BENCH=server`.
set -u
OUT=${OUT:-build}
ROUNDS=${ROUNDS:-5}
COUNT=${COUNT:-3000}
load=$OUT/tests/bench/load
work=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
ulimit -n 32768 2>/dev/null

mkdir -p "$work/pages" "$work/files"
# 4,096 bytes as they are sent, header not counted: "# x" and a line.
{ printf '# x\n\n'; head -c 4090 /dev/zero | tr '\0' x; echo; } \
    >"$work/files/page.gmi"
cp "$work/files/page.gmi" "$work/pages/page.md"
head -c 104857600 /dev/zero >"$work/pages/big.bin"
ln "$work/pages/big.bin" "$work/files/big.bin"
cat >"$work/capsule.yaml" <<YAML
host: localhost
pages: $work/pages
state: $work/state
workers: 1
gemini: {listen: "127.0.0.1:0"}
gopher: {listen: "127.0.0.1:0"}
log: {file: $work/access.log}
limits: {connections: 30000, connections_per_address: 30000,
  requests_per_second: 0, handshakes: 30000, request_time: 120}
YAML

await() { # file pattern
	for _ in $(seq 100); do
		grep -q "$2" "$1" 2>/dev/null && return 0
		sleep 0.1
	done
	echo "no server: $1" >&2
	return 1
}

"$OUT/capsule" serve -c "$work/capsule.yaml" >"$work/ready" 2>"$work/log" &
capsule=$!
pids="$pids $capsule"
await "$work/ready" 'ready gopher' || { cat "$work/log"; exit 1; }
gemini=$(sed -n 's/^ready gemini .*://p' "$work/ready")
gopher_port=$(sed -n 's/^ready gopher .*://p' "$work/ready")
cert=$(find "$work/state" -name '*.crt')
key=$(find "$work/state" -name '*.key')

bare() { # name options...
	name=$1
	shift
	"$OUT/tests/bench/bare" "$@" "$cert" "$key" 4096 >"$work/$name.port" &
	pids="$pids $!"
	eval "${name}_pid=$!"
	await "$work/$name.port" .
	eval "${name}_port=\$(cat \"$work/$name.port\")"
}
bare bare
bare tuned -t
bare plain -g

# Peers: started when installed, each with its own small configuration.
peers=
if command -v molly-brown >/dev/null; then
	molly_port=$((gemini + 7))
	cat >"$work/molly.conf" <<TOML
Port = $molly_port
Hostname = "localhost"
CertPath = "$cert"
KeyPath = "$key"
DocBase = "$work/files"
AccessLog = "$work/molly.log"
ErrorLog = "$work/molly.err"
TOML
	GOMAXPROCS=1 molly-brown -c "$work/molly.conf" 2>/dev/null &
	molly_pid=$!
	pids="$pids $molly_pid"
	peers="$peers molly"
fi
if command -v nginx >/dev/null &&
    [ -e /usr/lib/nginx/modules/ngx_stream_module.so ]; then
	nginx_port=$((gemini + 8))
	half=$(head -c 2048 /dev/zero | tr '\0' x)
	cat >"$work/nginx.conf" <<NGINX
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; master_process off; pid $work/nginx.pid; user root;
error_log $work/nginx.log; events { worker_connections 20000; }
stream { ssl_protocols TLSv1.2 TLSv1.3; server { listen 127.0.0.1:$nginx_port ssl;
  ssl_certificate $cert; ssl_certificate_key $key;
  set \$half $half;
  return "20 text/gemini\r\n\$half\$half"; } }
NGINX
	nginx -c "$work/nginx.conf" 2>/dev/null &
	nginx_pid=$!
	pids="$pids $nginx_pid"
	peers="$peers nginx"
fi
# Each request is a process: gophernicus is started by something like inetd, and
# not as root.
if command -v gophernicus >/dev/null &&
    command -v systemd-socket-activate >/dev/null; then
	nicus_port=$((gemini + 9))
	cp "$work/files/page.gmi" "$work/files/page.txt"
	chmod 711 "$work"
	as=
	[ "$(id -u)" -ne 0 ] ||
	    as='setpriv --reuid 65534 --regid 65534 --clear-groups'
	# shellcheck disable=SC2086
	$as systemd-socket-activate -a --inetd -l "127.0.0.1:$nicus_port" \
	    gophernicus -h localhost -p "$nicus_port" -r "$work/files" \
	    2>"$work/nicus.log" &
	nicus_pid=$!
	pids="$pids $nicus_pid"
fi
sleep 1
# nginx only where its stream module can be loaded and answers.
if [ -n "${nginx_pid:-}" ] && ! kill -0 "$nginx_pid" 2>/dev/null; then
	cat "$work/nginx.log" >&2
	peers=${peers% nginx}
	unset nginx_port
fi

median() { sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }

# One round of one server: appends its figures to a file of its own.
measure() { # name pid port options...
	name=$1 pid=$2 port=$3
	shift 3
	"$load" -p "$pid" "$@" "$port" "gemini://localhost/page.gmi" \
	    >>"$work/$name.figures" 2>>"$work/$name.errors"
}

table() { # title names... (figures in files)
	title=$1
	shift
	for name; do
		f=$work/$name.figures
		printf '%-12s %-26s %8s %8s %8s %8s %s\n' "$name" "$title" \
		    "$(awk '{print $1}' "$f" | median)" \
		    "$(awk '{print $2}' "$f" | median)" \
		    "$(awk '{print $3}' "$f" | median)" \
		    "$(awk '{print $4}' "$f" | median)" \
		    "$(awk '{f+=$5; u+=$6} END {print f " failed, " u " without close_notify"}' "$f")"
		rm -f "$f"
	done
}

printf '%-12s %-26s %8s %8s %8s %8s\n' server case req/s CPU-us p50-ms p99-ms
for how in full resumed; do
	resume=
	[ $how = full ] || resume=-r
	for c in 1 16 128 1000; do
		n=$COUNT
		[ "$c" -eq 1 ] && n=$((COUNT / 3))
		for _ in $(seq "$ROUNDS"); do
			# shellcheck disable=SC2154 # set by name, above
			for s in capsule:$capsule:$gemini \
			    bare:$bare_pid:$bare_port \
			    tuned:$tuned_pid:$tuned_port \
			    ${molly_port:+molly:$molly_pid:$molly_port} \
			    ${nginx_port:+nginx:$nginx_pid:$nginx_port}; do
				IFS=: read -r name pid port <<S
$s
S
				# shellcheck disable=SC2086
				measure "$name" "$pid" "$port" $resume \
				    -c "$c" -n "$n"
			done
		done
		# shellcheck disable=SC2086
		table "4 KB, $how, $c at once" capsule bare tuned $peers
	done
done

gopher() { # name pid port selector count
	"$load" -p "$2" -g -c 16 -n "$5" "$3" "$4" >>"$work/$1.figures" \
	    2>>"$work/$1.errors"
}
for _ in $(seq "$ROUNDS"); do
	gopher capsule "$capsule" "$gopher_port" /page.txt $((COUNT * 4))
	# shellcheck disable=SC2154
	gopher plain "$plain_pid" "$plain_port" /x $((COUNT * 4))
	[ -z "${nicus_pid:-}" ] ||
	    gopher nicus "$nicus_pid" "$nicus_port" /page.txt 500
done
table "Gopher, 16 at once" capsule plain ${nicus_pid:+nicus}

for _ in $(seq "$ROUNDS"); do
	for c in 1 8; do
		"$load" -p "$capsule" -c $c -n 8 "$gemini" \
		    gemini://localhost/big.bin >>"$work/capsule$c.figures"
		[ -z "${molly_pid:-}" ] ||
		    "$load" -p "$molly_pid" -c $c -n 8 "$molly_port" \
			gemini://localhost/big.bin >>"$work/molly$c.figures"
	done
	gopher plain-file "$capsule" "$gopher_port" /big.bin 8
done
for c in 1 8; do
	table "100 MB file, $c at once" capsule$c ${molly_pid:+molly$c}
done
table "100 MB file by Gopher, 16" plain-file

echo
echo "Memory (KB, all processes): without, with idle TLS connections, each"
for n in 0 1000 10000; do
	for s in capsule:$capsule:$gemini bare:$bare_pid:$bare_port \
	    ${molly_port:+molly:$molly_pid:$molly_port} \
	    ${nginx_port:+nginx:$nginx_pid:$nginx_port}; do
		IFS=: read -r name pid port <<S
$s
S
		printf '%-8s %6s: %s\n' "$name" $n \
		    "$("$load" -i -n $n -p "$pid" "$port" x 2>&1 | tail -n 1)"
		sleep 1
	done
done
