#!/bin/sh
# Requests a second and server CPU time a request, Gemini and Gopher, beside
# the bare minimum and whatever other server is installed; then a large file,
# and the memory of idle TLS connections. Medians of ROUNDS rounds, in each of
# which every server is measured in turn, so that noise meets all alike.
# Run by `make bench BENCH=server`.
set -u
OUT=${OUT:-build}
ROUNDS=${ROUNDS:-5}
COUNT=${COUNT:-3000}
load=$OUT/tests/bench/load
work=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT INT TERM
ulimit -n 32768 2>/dev/null

mkdir -p "$work/pages"
# A page of 4,096 bytes as it is sent, header not counted.
head -c 4096 /dev/zero | tr '\0' x >"$work/pages/page.gmi"
head -c 104857600 /dev/zero >"$work/pages/big.bin"
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
gopher=$(sed -n 's/^ready gopher .*://p' "$work/ready")
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
DocBase = "$work/pages"
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
	body=$(cat "$work/pages/page.gmi")
	cat >"$work/nginx.conf" <<NGINX
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; master_process off; pid $work/nginx.pid; user root;
error_log $work/nginx.log; events { worker_connections 20000; }
stream { server { listen 127.0.0.1:$nginx_port ssl;
  ssl_certificate $cert; ssl_certificate_key $key;
  return "20 text/gemini\r\n$body"; } }
NGINX
	nginx -c "$work/nginx.conf" 2>/dev/null &
	nginx_pid=$!
	pids="$pids $nginx_pid"
	peers="$peers nginx"
fi
sleep 1
# nginx only where its stream module can be loaded and answers.
if [ -n "${nginx_pid:-}" ] && ! kill -0 "$nginx_pid" 2>/dev/null; then
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
for c in 1 16 128 1000; do
	n=$COUNT
	[ "$c" -eq 1 ] && n=$((COUNT / 3))
	for _ in $(seq "$ROUNDS"); do
		for s in capsule:$capsule:$gemini bare:$bare_pid:$bare_port \
		    tuned:$tuned_pid:$tuned_port \
		    ${molly_port:+molly:$molly_pid:$molly_port} \
		    ${nginx_port:+nginx:$nginx_pid:$nginx_port}; do
			IFS=: read -r name pid port <<S
$s
S
			measure "$name" "$pid" "$port" -c "$c" -n "$n"
		done
	done
	# shellcheck disable=SC2086
	table "4 KB, $c at once" capsule bare tuned $peers
done
for _ in $(seq "$ROUNDS"); do
	measure capsule $capsule "$gemini" -r -c 16 -n "$COUNT"
	measure tuned "$tuned_pid" "$tuned_port" -r -c 16 -n "$COUNT"
done
table "4 KB, resumed, 16 at once" capsule tuned

for _ in $(seq "$ROUNDS"); do
	"$load" -p $capsule -g -c 16 -n $((COUNT * 4)) "$gopher" /page.gmi \
	    >>"$work/capsule.figures"
	"$load" -p "$plain_pid" -g -c 16 -n $((COUNT * 4)) "$plain_port" /x \
	    >>"$work/plain.figures"
done
table "Gopher 4 KB, 16 at once" capsule plain

for _ in 1 2 3; do
	"$load" -p $capsule -c 1 -n 5 "$gemini" gemini://localhost/big.bin \
	    >>"$work/capsule.figures"
	[ -z "$peers" ] || case $peers in *molly*)
		"$load" -p "$molly_pid" -c 1 -n 5 "$molly_port" \
		    gemini://localhost/big.bin >>"$work/molly.figures" ;;
	esac
done
# shellcheck disable=SC2086
table "100 MB file" capsule $(echo "$peers" | grep -o molly)

echo
echo "Memory (KB, all processes): without, with idle TLS connections, each"
for n in 1000 10000; do
	printf 'capsule %6s: %s\n' $n "$("$load" -i -n $n -p $capsule "$gemini" x)"
	sleep 1
	printf 'bare    %6s: %s\n' $n \
	    "$("$load" -i -n $n -p "$bare_pid" "$bare_port" x)"
done
