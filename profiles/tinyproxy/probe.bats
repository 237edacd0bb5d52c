#!/usr/bin/env bats
# What tinyproxy must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

bats_require_minimum_version 1.5.0

settings=/etc/tinyproxy/tinyproxy.conf
log=/var/log/tinyproxy/tinyproxy.log
docroot=/srv/origin

eventually() {
  for _ in {1..40}; do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  echo "waited 4 seconds for: $*"
  return 1
}

main_pid() { systemctl show -p MainPID --value "$UNIT"; }
processes() {
  local group
  group=$(systemctl show -p ControlGroup --value "$UNIT")
  [ -z "$group" ] || find "/sys/fs/cgroup$group" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -n
}
is_up() {
  [ "$(systemctl show -p ActiveState --value "$UNIT")" = active ] &&
    [ "$(systemctl show -p NRestarts --value "$UNIT")" = 0 ]
}
is_there() {
  nc -z -w 2 127.0.0.1 8888 &&
    nc -z -w 2 192.0.2.10 8888 &&
    nc -z -w 2 ::1 8888 &&
    nc -z -w 2 2001:db8::10 8888
}
# systemd stops counting restarts here, and so does not refuse one.
restart() {
  systemctl reset-failed "$UNIT" || true
  systemctl restart "$UNIT"
}
writes_no_old_log() {
  local pid
  for pid in $(processes); do
    if find "/proc/$pid/fd" -lname '/var/log/*.1' -o -lname '/var/log/*.1 (deleted)' | grep .; then return 1; fi
  done
}

# through URL...: as a client of the proxy
through() { curl -sS -m 5 --noproxy '' -x http://127.0.0.1:8888 "$@"; }
status_of() { through -o /dev/null -w '%{http_code}' "$@"; }
serves() { [ "$(through http://127.0.0.1:8080/hello)" = hello ]; }
logged() { grep -qsF -- "$1" "$log"; }

# with LINE...: the package's configuration and these lines
with() {
  { cat "$settings.package" && printf '%s\n' "$@"; } >"$settings"
  restart
  eventually is_there
}

setup_file() {
  [ -e "$settings.package" ] || cp -p "$settings" "$settings.package"
  cp "$settings.package" "$settings"
  # Debian 12 leaves the directory to root, and so the log to the journal.
  chown tinyproxy:tinyproxy "${log%/*}"
  mkdir -p "$docroot"
  echo hello >"$docroot/hello"
  [ -e "$docroot/large" ] || head -c 3000000 /dev/urandom >"$docroot/large"
  if [ ! -e /srv/origin.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost,DNS:fenced -keyout /srv/origin.key -out /srv/origin.pem 2>/dev/null
  fi
  systemctl -q is-active origin || systemd-run -q --unit=origin busybox httpd -f -p '[::]:8080' -h "$docroot"
  systemctl -q is-active secure || systemd-run -q --unit=secure --working-directory="$docroot" \
    openssl s_server -accept '[::]:8443' -cert /srv/origin.pem -key /srv/origin.key -WWW -quiet
  restart || true
  eventually is_there || true
}

teardown_file() {
  cp "$settings.package" "$settings"
  systemctl stop origin secure || true
}

@test "starts and keeps the processes that it began with" {
  before=$(processes)
  [ -n "$before" ]
  sleep 1
  [ "$(processes)" = "$before" ]
  is_up
}

@test "gives up root for its own user" {
  read -r _ real effective saved _ < <(grep ^Uid: "/proc/$(main_pid)/status")
  [ "$real $effective $saved" = "$(id -u tinyproxy) $(id -u tinyproxy) $(id -u tinyproxy)" ]
  [ "$(awk '/^Gid:/ {print $2}' "/proc/$(main_pid)/status")" = "$(id -g tinyproxy)" ]
}

@test "fetches a page, and says so in the answer" {
  serves
  through -D - -o /dev/null http://127.0.0.1:8080/hello | grep -qi '^via:.*tinyproxy'
}

@test "fetches by name and over IPv6" {
  [ "$(through http://localhost:8080/hello)" = hello ]
  [ "$(through http://fenced:8080/hello)" = hello ]
  [ "$(through 'http://[::1]:8080/hello')" = hello ]
}

@test "passes a large answer on unchanged, ten at a time" {
  pids=()
  for n in {1..10}; do
    through -o "$BATS_TEST_TMPDIR/large.$n" http://127.0.0.1:8080/large 3>&- &
    pids+=($!)
  done
  wait "${pids[@]}"
  for n in {1..10}; do cmp "$docroot/large" "$BATS_TEST_TMPDIR/large.$n"; done
}

@test "opens a tunnel for TLS" {
  [ "$(through --cacert /srv/origin.pem https://localhost:8443/hello | tr -d '\r' | tail -1)" = hello ]
}

@test "says what is wrong when a page cannot be had" {
  [ "$(status_of http://127.0.0.1:9/)" = 500 ]
  through http://127.0.0.1:9/ | grep -qi 'Unable to connect'
  [ "$(status_of http://no-such-host.invalid/)" = 500 ]
}

@test "shows its statistics" {
  [ "$(status_of http://tinyproxy.stats/)" = 200 ]
  [[ $(through http://tinyproxy.stats/) == *'Stats [tinyproxy'* ]]
}

@test "refuses clients that it does not know" {
  [ "$(curl -s -m 5 --noproxy '' -o /dev/null -w '%{http_code}' -x http://192.0.2.10:8888 http://127.0.0.1:8080/hello)" = 403 ]
}

@test "serves other machines where it is told to" {
  with 'Allow 192.0.2.0/24'
  [ "$(curl -s -m 5 --noproxy '' -x http://192.0.2.10:8888 http://127.0.0.1:8080/hello)" = hello ]
}

@test "asks for a password where it is told to" {
  with 'BasicAuth user secret'
  [ "$(status_of http://127.0.0.1:8080/hello)" = 407 ]
  [ "$(through --proxy-user user:secret http://127.0.0.1:8080/hello)" = hello ]
}

@test "filters addresses by a list, and reads it anew on reload" {
  echo '^127\.0\.0\.1$' >/etc/tinyproxy/filter
  with 'Filter "/etc/tinyproxy/filter"' 'FilterExtended On'
  [ "$(status_of http://127.0.0.1:8080/hello)" = 403 ]
  [ "$(through http://localhost:8080/hello)" = hello ]
  : >/etc/tinyproxy/filter
  systemctl reload "$UNIT"
  eventually serves
}

@test "hands on to another proxy" {
  with 'Upstream http 127.0.0.1:8889'
  printf '#!/bin/sh\nread -r line\nprintf "HTTP/1.0 200 OK\\r\\n\\r\\nupstream %%s\\n" "$line"\n' >/srv/upstream
  chmod +x /srv/upstream
  systemctl -q is-active upstream || systemd-run -q --unit=upstream busybox nc -ll -p 8889 -e /srv/upstream
  eventually nc -z 127.0.0.1 8889
  [[ $(through http://example.org/asked) == *'upstream GET http://example.org'*'/asked'* ]]
  systemctl stop upstream
}

@test "goes out from the address that it is told to" {
  with 'Bind 192.0.2.10'
  [ "$(through http://192.0.2.10:8080/hello)" = hello ]
}

@test "listens on one address alone where it is told to" {
  { cat "$settings.package" && echo 'Listen 127.0.0.1'; } >"$settings"
  restart
  eventually nc -z -w 2 127.0.0.1 8888
  run ! nc -z -w 1 192.0.2.10 8888
  serves
}

# bats test_tags=option:low-port
@test "listens on a port below 1024" {
  sed 's/^Port .*/Port 80/' "$settings.package" >"$settings"
  restart
  eventually nc -z -w 2 127.0.0.1 80
  [ "$(curl -s -m 5 --noproxy '' -x http://127.0.0.1:80 http://127.0.0.1:8080/hello)" = hello ]
}

@test "logs to the journal where it is told to" {
  sed 's/^LogFile/#&/' "$settings.package" >"$settings"
  echo 'Syslog On' >>"$settings"
  restart
  eventually serves
  in_journal() { journalctl -q -b --since=-20s SYSLOG_IDENTIFIER=tinyproxy | grep -q 'Request'; }
  eventually in_journal
}

@test "writes its process id and its log" {
  with
  [ "$(cat /run/tinyproxy/tinyproxy.pid)" = "$(main_pid)" ]
  through http://127.0.0.1:8080/hello?logged >/dev/null
  eventually logged '/hello?logged'
}

@test "takes a new configuration on reload, and goes on" {
  with
  before=$(main_pid)
  echo 'BasicAuth user secret' >>"$settings"
  systemctl reload "$UNIT"
  asks() { [ "$(status_of http://127.0.0.1:8080/hello)" = 407 ]; }
  eventually asks
  cp "$settings.package" "$settings"
  systemctl reload "$UNIT"
  eventually serves
  [ "$(main_pid)" = "$before" ]
  is_up
}

@test "writes a new log when it is rotated" {
  with
  serves
  eventually logged 'Request'
  logrotate --force /etc/logrotate.d/tinyproxy
  eventually is_there
  eventually writes_no_old_log
  through http://127.0.0.1:8080/hello?rotated >/dev/null
  eventually logged '/hello?rotated'
}

@test "comes back from a restart" {
  before=$(main_pid)
  restart
  eventually serves
  [ "$(main_pid)" != "$before" ]
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  with
  systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  [ -z "$(processes)" ]
  run ! is_there
  restart
  eventually is_there
}
