#!/usr/bin/env bats
# What valkey-server must still do. Runs as root inside a booted machine; the lab sets UNIT.

bats_require_minimum_version 1.5.0

settings=/etc/valkey/fenced.conf
socket=/run/valkey/fenced.sock
log=/var/log/valkey/valkey-server.log

eventually() {
  for _ in {1..40}; do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  echo "waited 4 seconds for: $*"
  return 1
}

restart() {
  systemctl reset-failed "$UNIT" || true
  systemctl restart "$UNIT"
  eventually answers
}

cli() { valkey-cli -s "$socket" "$@"; }
answers() { [ "$(cli ping 2>/dev/null)" = PONG ]; }
saved_after() { [ "$(cli lastsave)" -gt "$1" ]; }
info() { cli info "$1" | tr -d '\r' | sed -n "s/^$2://p"; }
is() { [ "$(info "$1" "$2")" = "$3" ]; }
logged() { cli bgsave >/dev/null && [ -s "$log" ]; }
# Another machine's valkey, outside of the sandbox.
other() { valkey-cli -h 192.0.2.10 -p 6390 "$@"; }
other_answers() { [ "$(other ping 2>/dev/null)" = PONG ]; }
other_says() { [ "$(other get "$1")" = "$2" ]; }
here_says() { [ "$(cli get "$1")" = "$2" ]; }

start_other() {
  valkey-server --bind 192.0.2.10 --port 6390 --protected-mode no --save '' --repl-diskless-sync-delay 0 --dir "$BATS_FILE_TMPDIR" \
    --daemonize yes --pidfile "$BATS_FILE_TMPDIR/other.pid" --logfile "$BATS_FILE_TMPDIR/other.log" "$@"
  eventually other_answers
}

stop_other() { other shutdown nosave 2>/dev/null || true; }

setup_file() {
  mkdir -p /etc/valkey/tls
  if [ ! -e /etc/valkey/tls/key.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout /etc/valkey/tls/key.pem -out /etc/valkey/tls/cert.pem 2>/dev/null
    chown -R valkey:valkey /etc/valkey/tls
  fi
  cat >"$settings.new" <<END
unixsocket $socket
tls-port 6380
tls-cert-file /etc/valkey/tls/cert.pem
tls-key-file /etc/valkey/tls/key.pem
tls-ca-cert-file /etc/valkey/tls/cert.pem
tls-auth-clients no
repl-diskless-sync-delay 0
aclfile /etc/valkey/users.acl
END
  mv "$settings.new" "$settings"
  echo 'user default on nopass ~* &* +@all' >/etc/valkey/users.acl
  [ -e /etc/valkey/valkey.conf.package ] || cp -p /etc/valkey/valkey.conf /etc/valkey/valkey.conf.package
  cat /etc/valkey/valkey.conf.package >/etc/valkey/valkey.conf
  echo "include $settings" >>/etc/valkey/valkey.conf
  chown valkey:valkey /etc/valkey/users.acl "$settings" /etc/valkey/valkey.conf
  rm -rf /var/lib/valkey/*
  restart || true
}

teardown() {
  if other_answers; then
    stop_other
    cli replicaof no one
  fi
}

@test "keeps and expires values, a large one too" {
  head -c 2000000 /dev/urandom | base64 -w 0 >"$BATS_TEST_TMPDIR/large"
  [ "$(cli -x set large <"$BATS_TEST_TMPDIR/large")" = OK ]
  cli get large | tr -d '\n' | cmp - "$BATS_TEST_TMPDIR/large"
  [ "$(cli rpush list a b c)" -ge 3 ]
  [ "$(cli lpop list)" = a ]
  [ "$(cli set brief x px 100)" = OK ]
  eventually here_says brief ''
}

@test "answers over IPv4, and over IPv6" {
  [ "$(valkey-cli -h 127.0.0.1 set v4 one)" = OK ]
  [ "$(valkey-cli -h ::1 get v4)" = one ]
}

@test "answers over TLS" {
  run -0 valkey-cli --tls --cacert /etc/valkey/tls/cert.pem -h localhost -p 6380 set secret two
  here_says secret two
}

@test "lets the members of its group in through the unix socket" {
  run -0 setpriv --reuid nobody --regid nogroup --groups "$(getent group valkey | cut -d : -f 3)" \
    valkey-cli -s "$socket" set group three
  here_says group three
}

@test "runs Lua scripts" {
  run -0 cli eval 'return redis.call("incrby", KEYS[1], ARGV[1])' 1 counter 5
  [ "$output" -ge 5 ]
}

@test "writes a snapshot in the background" {
  rm -f /var/lib/valkey/dump.rdb
  cli set snapshot yes
  before=$(cli lastsave)
  while [ "$(date +%s)" -le "$before" ]; do sleep 0.1; done
  run -0 cli bgsave
  eventually saved_after "$before"
  is persistence rdb_last_bgsave_status ok
  valkey-check-rdb /var/lib/valkey/dump.rdb
}

@test "appends to a log of commands and rewrites it" {
  [ "$(cli config set appendonly yes)" = OK ]
  eventually is persistence aof_rewrite_in_progress 0
  cli set appended yes
  run -0 cli bgrewriteaof
  eventually is persistence aof_rewrite_in_progress 0
  is persistence aof_last_bgrewrite_status ok
  is persistence aof_last_write_status ok
  # valkey-check-aof 9.1 refuses the header of Valkey's own snapshots.
  valkey-check-rdb /var/lib/valkey/appendonlydir/*.base.rdb
  [ "$(cli config set appendonly no)" = OK ]
}

@test "writes changed settings back to its configuration" {
  [ "$(cli config set maxmemory 123mb)" = OK ]
  [ "$(cli config rewrite)" = OK ]
  grep -q '^maxmemory 128974848\|^maxmemory 123mb' /etc/valkey/valkey.conf
  [ "$(cli config set maxmemory 0)" = OK ]
  [ "$(cli config rewrite)" = OK ]
}

@test "keeps users and their passwords in a file" {
  cli acl setuser app on '>secret' '~app:*' '+@all'
  [ "$(cli acl save)" = OK ]
  grep -q '^user app ' /etc/valkey/users.acl
  [ "$(cli --no-auth-warning --user app --pass secret set app:x 1)" = OK ]
  [[ $(cli --no-auth-warning --user app --pass secret set other 1) == *NOPERM* ]]
}

@test "follows a valkey on another machine" {
  start_other
  other set remote four
  [ "$(cli replicaof 192.0.2.10 6390)" = OK ]
  eventually is replication master_link_status up
  eventually here_says remote four
}

@test "feeds a replica" {
  cli set fed five
  start_other --replicaof 127.0.0.1 6379 --repl-diskless-load disabled
  eventually other_says fed five
}

@test "writes its log, also after logrotate has run twice" {
  cli bgsave || true
  for _ in 1 2; do
    eventually test -s "$log"
    logrotate --force /etc/logrotate.d/valkey-server
    eventually logged
  done
  [ "$(stat -c %U "$log")" = valkey ]
}

@test "warns of a kernel limit below its own" {
  echo 128 >/proc/sys/net/core/somaxconn
  restart
  grep -q 'TCP backlog setting of 511 cannot be enforced' "$log"
  echo 4096 >/proc/sys/net/core/somaxconn
}

# bats test_tags=option:local
@test "reaches no other machine" {
  start_other
  [ "$(cli replicaof 192.0.2.10 6390)" = OK ]
  sleep 1
  is replication master_link_status down
}

# bats test_tags=option:socket
@test "is on no network" {
  run valkey-cli -h 127.0.0.1 ping
  [[ $output != *PONG* ]]
  answers
}

# bats test_tags=option:srv
@test "keeps its data below /srv" {
  install -d -o valkey -g valkey -m 0750 /srv/valkey
  sed -i.usual 's|^dir .*|dir /srv/valkey|' /etc/valkey/valkey.conf
  restart
  moved=$(cli config get dir | tail -n 1)
  saved=$(cli save)
  mv /etc/valkey/valkey.conf.usual /etc/valkey/valkey.conf
  chown valkey:valkey /etc/valkey/valkey.conf
  restart
  [ "$moved $saved" = '/srv/valkey OK' ]
  valkey-check-rdb /srv/valkey/dump.rdb
}

@test "keeps its data over a restart" {
  cli set kept "over the restart"
  restart
  here_says kept "over the restart"
}

# Last: the others need it running.
@test "stops cleanly, data on disk, and leaves nothing behind" {
  cli set last "before the stop"
  systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -x valkey-server
  [ ! -e /run/valkey ]
  systemctl start "$UNIT"
  eventually here_says last "before the stop"
}
