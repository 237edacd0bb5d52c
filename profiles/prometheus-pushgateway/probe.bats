#!/usr/bin/env bats
# What the Pushgateway must still do. Runs as root inside a booted machine; the lab sets UNIT.

bats_require_minimum_version 1.5.0

settings=/etc/default/prometheus-pushgateway
data=/var/lib/prometheus/pushgateway.data
tls=/etc/prometheus/fenced-tls
home=/srv/fenced-probe
here=http://127.0.0.1:9091

eventually() {
  local end=$((SECONDS + 8))
  while ((SECONDS <= end)); do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  echo "waited 8 seconds for: $*"
  return 1
}

page() { curl -sSg --max-time 6 "$@"; }
code_of() { page -o /dev/null -w '%{http_code}' "$@"; }
answers() { page -f $here/-/ready >/dev/null 2>&1; }
shows() { page -f "${2-$here}/metrics" | grep -qF -- "$1"; }
hides() { ! shows "$1"; }
# push PATH: replaces the figures of a group by those on stdin
push() { [ "$(code_of -X PUT --data-binary @- "$here/metrics/$1")" = 200 ]; }
main_pid() { systemctl show -p MainPID --value "$UNIT"; }
on_disk() { [ -s "${2-$data}" ] && grep -aqF "$1" "${2-$data}"; }

configure() {
  echo "ARGS='--persistence.interval=${interval-1s} --web.enable-admin-api $*'" >$settings
  systemctl reset-failed "$UNIT" || true
  timeout 30 systemctl restart "$UNIT"
}

setup_file() {
  mkdir -p $home $tls
  if [ ! -e $tls/key.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout $tls/key.pem -out $tls/cert.pem 2>/dev/null
    chgrp -R prometheus $tls && chmod 640 $tls/key.pem
  fi
  configure || true
  eventually answers || true
  cp $settings $home/settings
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  cmp -s $settings $home/settings && [ "$BATS_TEST_COMPLETED" ] && return
  configure || true
  eventually answers
}

@test "is ready and well, over IPv4 and IPv6" {
  [ "$(code_of $here/-/healthy)" = 200 ]
  [ "$(code_of 'http://[::1]:9091/-/ready')" = 200 ]
  [[ $(page $here/) == *Pushgateway* ]]
  [ "$(code_of $here/static/pushgateway.js)" = 200 ] || [ "$(code_of $here/static/prompt.js)" = 200 ] || [ "$(code_of $here/static/functions.js)" = 200 ]
}

@test "takes figures from jobs, and shows them with their labels" {
  echo 'backup_seconds 12.5' | push job/backup/instance/db1
  shows 'backup_seconds{instance="db1",job="backup"} 12.5'
  echo 'backup_seconds 13' | push job/backup/instance/db1
  shows 'backup_seconds{instance="db1",job="backup"} 13'
  hides 'backup_seconds{instance="db1",job="backup"} 12.5'
}

@test "adds to a group where it is asked to, and refuses what is no figure" {
  echo 'one 1' | push job/adds
  echo 'two 2' | page -f -o /dev/null --data-binary @- $here/metrics/job/adds
  shows 'one{instance="",job="adds"} 1'
  shows 'two{instance="",job="adds"} 2'
  [ "$(echo 'three is a crowd' | code_of --data-binary @- $here/metrics/job/adds)" = 400 ]
  shows 'two{instance="",job="adds"} 2'
}

@test "takes odd labels, and figures that are packed" {
  echo 'odd 1' | push "job@base64/$(printf 'a/b' | base64)"
  shows 'odd{instance="",job="a/b"} 1'
  echo 'packed 4' | gzip -c >$home/packed
  [ "$(code_of -X PUT -H 'Content-Encoding: gzip' --data-binary @$home/packed $here/metrics/job/packed)" = 200 ]
  shows 'packed{instance="",job="packed"} 4'
}

@test "serves other machines" {
  local host n=0
  for host in 192.0.2.10 '[2001:db8::10]'; do
    n=$((n + 1))
    echo "lan $n" | page -f -o /dev/null -X PUT --data-binary @- "http://$host:9091/metrics/job/lan$n"
    shows "lan{instance=\"\",job=\"lan$n\"} $n" "http://$host:9091"
  done
}

@test "takes five hundred groups, twenty at a time" {
  local n
  for n in {1..500}; do
    ((n == 1)) || echo next
    printf 'url = "%s/metrics/job/many/instance/%d"\nrequest = PUT\ndata = "many %d\\n"\noutput = /dev/null\n' $here "$n" "$n"
  done >$home/many
  curl -s --max-time 40 --parallel --parallel-max 20 -K $home/many
  [ "$(page $here/metrics | grep -c '^many{')" = 500 ]
  shows 'many{instance="500",job="many"} 500'
}

@test "deletes a group, and everything" {
  echo 'gone 1' | push job/gone
  echo 'stays 1' | push job/stays
  [ "$(code_of -X DELETE $here/metrics/job/gone)" = 202 ]
  eventually hides 'gone{'
  shows 'stays{'
  [ "$(code_of -X PUT $here/api/v1/admin/wipe)" = 202 ]
  eventually hides 'stays{'
}

@test "lists its groups through its interface" {
  echo 'listed 7' | push job/listed
  [[ $(page -f $here/api/v1/metrics) == *'"listed"'* ]]
  [[ $(page -f $here/api/v1/status) == *persistence.interval* ]]
}

@test "writes to the disk by itself, as its own user" {
  local mark=mark$RANDOM$RANDOM
  echo "$mark 1" | push job/disk
  eventually on_disk $mark
  [ "$(stat -c '%U:%G' $data)" = prometheus:prometheus ]
}

@test "keeps its figures over a restart, and over a crash" {
  local mark=mark$RANDOM$RANDOM before
  echo "$mark 8" | push job/kept
  timeout 30 systemctl restart "$UNIT"
  eventually shows "$mark{instance=\"\",job=\"kept\"} 8"
  eventually on_disk $mark
  before=$(main_pid)
  kill -SEGV "$before"
  eventually is_another "$before"
  eventually shows "$mark{instance=\"\",job=\"kept\"} 8"
}

is_another() { [ "$(main_pid)" -gt 0 ] && [ "$(main_pid)" != "$1" ]; }

@test "has its data where it is told to, below /var/lib/prometheus" {
  install -d -o prometheus -g prometheus /var/lib/prometheus/fenced
  configure --persistence.file=/var/lib/prometheus/fenced/data
  eventually answers
  echo 'moved 1' | push job/moved
  eventually on_disk moved /var/lib/prometheus/fenced/data
  rm -rf /var/lib/prometheus/fenced
}

@test "answers over TLS with a key that its group may read, and asks for a password" {
  cat >$tls/web.yml <<YAML
tls_server_config: { cert_file: $tls/cert.pem, key_file: $tls/key.pem }
basic_auth_users: { monitor: $(htpasswd -nbBC 4 monitor test | cut -d : -f 2) }
YAML
  configure --web.config.file=$tls/web.yml
  eventually refuses
  [ "$(secure /metrics -u monitor:test)" = 200 ]
  [ "$(echo 'secure 1' | secure /metrics/job/secure -u monitor:test -X PUT --data-binary @-)" = 200 ]
}

secure() { code_of --cacert $tls/cert.pem "https://localhost:9091$1" "${@:2}"; }
refuses() { [ "$(secure /metrics)" = 401 ]; }

@test "listens where it is told to alone" {
  configure --web.listen-address=127.0.0.1:9095
  eventually page -f -o /dev/null http://127.0.0.1:9095/-/ready
  run -7 page http://192.0.2.10:9095/
}

@test "runs as its own user, and logs to the journal" {
  grep -P '^[UG]id:' "/proc/$(main_pid)/status" >$home/ids
  [ "$(awk '{ print $2, $3, $4, $5 }' $home/ids | paste -sd ' ')" = "$(u=$(id -u prometheus) g=$(id -g prometheus) && echo "$u $u $u $u $g $g $g $g")" ]
  configure
  eventually answers
  eventually journalled 'Listening on'
}

journalled() { journalctl -q -u "$UNIT" --since=-20s | grep -qi "$1"; }

@test "may open as many files as the unit's hard limit says" {
  awk '/^Max open files/ { exit !($4 >= $5 - 1) }' "/proc/$(main_pid)/limits"
}

@test "publishes its own figures, its memory, files and start among them" {
  page -f $here/metrics >$home/metrics
  grep -q '^process_resident_memory_bytes [1-9]' $home/metrics
  grep -q '^process_open_fds [1-9]' $home/metrics
  grep -q '^process_start_time_seconds [1-9]' $home/metrics
  grep -q '^pushgateway_build_info' $home/metrics
}

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  run -28 curl -sf -m 1 http://192.0.2.10:9091/
}

# bats test_tags=option:low-port
@test "listens on a port below 1024" {
  configure --web.listen-address=:80
  eventually page -f -o /dev/null http://127.0.0.1/-/ready
}

# bats test_tags=option:elsewhere
@test "keeps its data on another volume" {
  install -d -o prometheus -g prometheus /srv/fenced-data
  configure --persistence.file=/srv/fenced-data/data
  eventually answers
  echo 'elsewhere 1' | push job/elsewhere
  eventually on_disk elsewhere /srv/fenced-data/data
  rm -rf /srv/fenced-data
}

# Last: the others need it running.
@test "stops cleanly, and writes down what it has before" {
  local mark=mark$RANDOM$RANDOM
  interval=1h configure
  eventually answers
  echo "$mark 1" | push job/last
  timeout 20 systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -x prometheus-push
  run ! answers
  on_disk $mark
  configure
  eventually shows "$mark{"
}
