#!/usr/bin/env bats
# What the Redis exporter must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

settings=/etc/default/prometheus-redis-exporter
secret=/etc/prometheus/fenced
home=/srv/fenced-probe
here=http://127.0.0.1:9121
socket=/run/fenced-redis/redis.sock

page() { curl -sSg --max-time 6 "$@"; }
code_of() { page -o /dev/null -w '%{http_code}' "$@"; }
answers() { page -f "${1-$here}/metrics" 2>/dev/null | grep -q '^redis_exporter_build_info'; }
# says LINE: among its figures
says() { page -f "${at-$here/metrics}" "${@:2}" 2>/dev/null | grep -qxF -- "$1"; }
# has START: a figure that begins so
has() { page -f "${at-$here/metrics}" 2>/dev/null | grep -q "^$1"; }
knows() { prometheus-redis-exporter --help 2>&1 | grep -q -- "^  -$1"; }
# ask_redis WORD...: of the second Redis, the one with a password
ask_redis() { redis-cli --no-auth-warning -s $socket --user boss --pass secret "$@"; }

# configure [ARGUMENTS [LINE...]]
configure() {
  printf '%s\n' "ARGS='${1-}'" "${@:2}" >$settings
  restart
}

# Keeps a password, and listens everywhere: on a unix socket, plainly, and over TLS for those with a certificate.
second() {
  systemd-run -q --unit=fenced-redis -p User=redis -p RuntimeDirectory=fenced-redis -p RuntimeDirectoryMode=755 redis-server \
    --port 6390 --bind 127.0.0.1 ::1 192.0.2.10 2001:db8::10 --unixsocket $socket --unixsocketperm 777 --save '' --appendonly no --dir /tmp \
    --tls-port 6391 --tls-cert-file $home/redis.pem --tls-key-file $home/redis.key --tls-ca-cert-file $secret/cert.pem \
    --user default on '>hello' '~*' +@all --user boss on '>secret' '~*' +@all --user monitor on '>watch' '~*' +@read +@connection +@admin +@slow
}

setup_file() {
  mkdir -p $home $secret
  [ -e $home/package ] || cp -p $settings $home/package
  if [ ! -e $secret/key.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout $secret/key.pem -out $secret/cert.pem 2>/dev/null
    printf '{ "redis://127.0.0.1:6390": "hello" }' >$secret/passwords
    chgrp -R prometheus $secret && chmod 640 $secret/key.pem $secret/passwords
    cp $secret/cert.pem $home/redis.pem
    cp $secret/key.pem $home/redis.key
    chown redis $home/redis.key
  fi
  systemctl stop fenced-redis 2>/dev/null || true
  systemctl reset-failed fenced-redis 2>/dev/null || true
  second
  systemctl start redis-server
  eventually ask_redis ping
  ask_redis flushall
  redis-cli flushall
  configure || true
  eventually answers || true
  cp $settings $home/settings
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  cmp -s $settings $home/settings && [ "$BATS_TEST_COMPLETED" ] && return
  systemctl start redis-server
  configure || true
  eventually answers
}

teardown_file() { systemctl stop fenced-redis; }

@test "starts as packaged, and finds the Redis of this machine" {
  cat $home/package >$settings
  restart
  eventually answers
  eventually says 'redis_up 1'
  has "redis_instance_info{.*redis_version=\"$(redis-server --version | sed 's/.* v=//; s/ .*//')\""
}

@test "counts keys and commands" {
  local n before
  before=$(redis-cli info commandstats | sed -n 's/^cmdstat_set:calls=\([0-9]*\),.*/\1/p')
  for n in one two three; do redis-cli set "counted:$n" "$n"; done
  says "redis_db_keys{db=\"db0\"} $(redis-cli dbsize | tr -dc 0-9)"
  says "redis_commands_total{cmd=\"set\"} $((${before:-0} + 3))"
  has 'redis_memory_used_bytes [1-9]'
  has 'redis_connected_clients [1-9]'
}

@test "says that Redis is gone, and that it is back" {
  systemctl stop redis-server
  eventually says 'redis_up 0'
  has 'redis_exporter_last_scrape_error{.*} 1'
  systemctl start redis-server
  eventually says 'redis_up 1'
}

@test "answers over IPv4 and IPv6, with a page as well" {
  answers 'http://[::1]:9121'
  [[ $(page $here/) == *'/metrics'* ]]
  [ "$(page $here/health)" = ok ]
}

@test "answers other machines" {
  answers http://192.0.2.10:9121
  answers 'http://[2001:db8::10]:9121'
}

@test "asks a Redis elsewhere, over IPv4 and IPv6" {
  configure '--redis.addr redis://192.0.2.10:6390' REDIS_PASSWORD=hello
  eventually says 'redis_up 1'
  configure '--redis.addr redis://[2001:db8::10]:6390' REDIS_PASSWORD=hello
  eventually says 'redis_up 1'
}

@test "logs in with a name and a password, and as nobody without" {
  configure '' REDIS_ADDR=redis://127.0.0.1:6390
  eventually answers
  says 'redis_up 0'
  configure '' REDIS_ADDR=redis://127.0.0.1:6390 REDIS_USER=monitor REDIS_PASSWORD=watch
  eventually says 'redis_up 1'
}

@test "takes the password from a file that only its group may read" {
  [ "$(stat -c '%G %a' $secret/passwords)" = 'prometheus 640' ]
  configure "--redis.addr redis://127.0.0.1:6390 --redis.password-file $secret/passwords"
  eventually says 'redis_up 1'
}

@test "asks over a unix socket" {
  configure "--redis.addr unix://$socket --redis.password hello"
  eventually says 'redis_up 1'
}

@test "asks over TLS, with a certificate of its own" {
  [ "$(stat -c '%G %a' $secret/key.pem)" = 'prometheus 640' ]
  configure "--redis.addr rediss://localhost:6391 --redis.password hello --tls-ca-cert-file $secret/cert.pem"
  eventually answers
  says 'redis_up 0'
  configure "--redis.addr rediss://localhost:6391 --redis.password hello --tls-ca-cert-file $secret/cert.pem \
    --tls-client-cert-file $secret/cert.pem --tls-client-key-file $secret/key.pem"
  eventually says 'redis_up 1'
}

@test "asks whichever Redis Prometheus names" {
  configure '' REDIS_ADDR= "REDIS_PASSWORD_FILE=$secret/passwords"
  eventually answers
  at=$here/scrape?target=redis://127.0.0.1:6390 eventually says 'redis_up 1'
  at=$here/scrape?target=redis://127.0.0.1:6379 eventually says 'redis_up 1'
  at=$here/scrape?target=redis://127.0.0.1:6399 eventually says 'redis_up 0'
}

@test "looks at single keys, at patterns and at streams" {
  redis-cli set watched:one 41
  redis-cli rpush watched:list a b c
  redis-cli xadd watched:stream '*' a 1
  configure '--check-single-keys watched:list --check-keys watched:o* --count-keys watched:* --check-single-streams watched:stream'
  eventually answers
  says 'redis_key_size{db="db0",key="watched:list"} 3'
  says 'redis_key_value{db="db0",key="watched:one"} 41'
  says 'redis_keys_count{db="db0",key="watched:*"} 3'
  says 'redis_stream_length{db="db0",stream="watched:stream"} 1'
}

@test "groups keys by a pattern" {
  redis-cli set "group:a:1" x
  redis-cli set "group:a:2" x
  configure '--check-key-groups ^(group:%w+):'
  eventually answers
  says 'redis_key_group_count{db="db0",key_group="group:a"} 2'
}

@test "has Redis run a script of yours" {
  printf '%s\n' 'return {"answer", "42"}' >$secret/extra.lua
  configure "--script $secret/extra.lua"
  eventually answers
  has 'redis_script_values{.*key="answer".*} 42'
}

@test "says more, if asked to" {
  configure '--include-system-metrics --include-config-metrics'
  eventually answers
  has 'redis_total_system_memory_bytes [1-9]'
  has 'redis_config_key_value{.*'
}

@test "lists who is connected" {
  [ "$PLATFORM" != debian-12 ] || skip "this version does not understand the list of its own Redis"
  configure '--export-client-list --set-client-name'
  eventually answers
  has 'redis_connected_client.*name="redis_exporter"'
}

@test "answers over TLS, to those with a certificate alone" {
  configure "--tls-server-cert-file $secret/cert.pem --tls-server-key-file $secret/key.pem --tls-server-ca-cert-file $secret/cert.pem"
  at=https://localhost:9121/metrics eventually says 'redis_up 1' --cacert $secret/cert.pem --cert $secret/cert.pem --key $secret/key.pem
  run ! page -f --cacert $secret/cert.pem https://localhost:9121/metrics
}

@test "asks for a password" {
  knows basic-auth-username || skip "this version cannot do it"
  configure '--basic-auth-username prometheus --basic-auth-password hello'
  eventually refuses
  says 'redis_up 1' -u prometheus:hello
}

refuses() { [ "$(code_of $here/metrics)" = 401 ]; }

@test "publishes its own figures, its memory, files and start among them" {
  page -f $here/metrics >$home/metrics
  grep -q '^process_resident_memory_bytes [1-9]' $home/metrics
  grep -q '^process_open_fds [1-9]' $home/metrics
  grep -q '^process_start_time_seconds [1-9]' $home/metrics
}

@test "serves a hundred, twenty at a time" {
  local n
  for n in {1..100}; do
    ((n == 1)) || echo next
    printf 'url = "%s/metrics"\noutput = "%s/many.%d"\nwrite-out = "%%{http_code}\\n"\n' $here $home $((n % 20))
  done >$home/many
  [ "$(curl -sg --max-time 40 --parallel --parallel-max 20 -K $home/many | grep -c 200)" = 100 ]
}

@test "logs to the journal, as JSON where it is asked to" {
  configure '--log-format json --debug'
  eventually answers
  eventually journalled '^\{.*Providing metrics at'
  has redis_up
  eventually journalled 'level.*debug'
}

@test "leaves the package's log rotation working" {
  printf 'a line of a log\n' >/var/log/prometheus/prometheus-redis-exporter.log
  logrotate --force /etc/logrotate.d/prometheus-redis-exporter
  answers
}

@test "listens where it is told to alone, on another path" {
  configure '--web.listen-address 127.0.0.1:9122 --web.telemetry-path /figures'
  at=http://127.0.0.1:9122/figures eventually says 'redis_up 1'
  run ! page -f http://192.0.2.10:9122/figures
}

@test "runs as its own user, with as many files as the unit allows" {
  [ "$(users)" = prometheus ]
  awk '/^Max open files/ { exit !($4 >= $5 - 1) }' "/proc/$(main_pid)/limits"
}

@test "comes back after a crash" {
  local before
  before=$(main_pid)
  kill -SEGV "$before"
  eventually is_another "$before"
  eventually says 'redis_up 1'
}

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  run ! page -f --max-time 2 http://192.0.2.10:9121/metrics
}

# bats test_tags=option:low-port
@test "listens on a port below 1024" {
  configure '--web.listen-address :80'
  eventually answers http://127.0.0.1
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 20 systemctl stop "$UNIT"
  ended_well
  run ! pgrep -f /usr/bin/prometheus-redis-exporter
  run ! answers
  configure
  eventually answers
}
