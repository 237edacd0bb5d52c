#!/usr/bin/env bats
# What memcached must still do. Runs as root inside a booted machine; the lab sets UNIT.

bats_require_minimum_version 1.5.0

settings=/etc/memcached.conf

eventually() {
  for _ in {1..40}; do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  echo "waited 4 seconds for: $*"
  return 1
}

# talk ADDRESS LINE...: the answers, without the carriage returns
talk() {
  local address=$1
  shift
  printf '%s\r\n' "$@" quit | nc -N -w 2 "$address" 11211 | tr -d '\r'
}

answers() { [[ $(talk 127.0.0.1 version 2>/dev/null) == VERSION* ]]; }
over_socket() { printf '%s\r\n' "$@" quit | nc -N -w 2 -U /run/memcached/memcached.sock | tr -d '\r'; }
socket_answers() { [[ $(over_socket version 2>/dev/null) == VERSION* ]]; }
says() { [ "$(talk 127.0.0.1 "get $1" | sed -n 2p)" = "$2" ]; }
main_pid() { systemctl show -p MainPID --value "$UNIT"; }

# with LINE...: runs with the package's configuration, its addresses aside, and these lines.
# A restart takes a second, so only if need be.
with() {
  { grep -v '^-l' "$settings.package" && printf '%s\n' "$@"; } >"$settings.new"
  if cmp -s "$settings.new" "$settings" && systemctl -q is-active "$UNIT"; then return; fi
  mv "$settings.new" "$settings"
  systemctl reset-failed "$UNIT" || true
  systemctl restart "$UNIT"
}

usual() {
  with '-l 127.0.0.1' '-l ::1' '-l 192.0.2.10' '-l 2001:db8::10' '-U 11211' '-c 4000' '-vv'
  eventually answers
}

setup_file() {
  [ -e "$settings.package" ] || cp -p "$settings" "$settings.package"
  if [ ! -e /etc/memcached.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout /etc/memcached.key -out /etc/memcached.pem 2>/dev/null
  fi
  usual || true
}

@test "keeps values, counts, and forgets what has expired" {
  [ "$(talk 127.0.0.1 'set city 0 0 6' Kyoto!)" = STORED ]
  says city Kyoto!
  talk 127.0.0.1 'set n 0 0 2' 41 >/dev/null
  [ "$(talk 127.0.0.1 'incr n 1')" = 42 ]
  [ "$(talk 127.0.0.1 'set gone 0 -1 1' x)" = STORED ]
  [ "$(talk 127.0.0.1 'get gone')" = END ]
  [ "$(talk 127.0.0.1 flush_all 'get city')" = $'OK\nEND' ]
}

@test "keeps a value of nearly a megabyte" {
  head -c 700000 /dev/urandom | base64 -w 0 >"$BATS_TEST_TMPDIR/large"
  size=$(stat -c %s "$BATS_TEST_TMPDIR/large")
  { printf 'set large 0 0 %s\r\n' "$size" && cat "$BATS_TEST_TMPDIR/large" && printf '\r\nquit\r\n'; } |
    nc -N -w 2 127.0.0.1 11211 | grep -q STORED
  talk 127.0.0.1 'get large' | sed -n 2p | tr -d '\n' | cmp - "$BATS_TEST_TMPDIR/large"
}

@test "answers over IPv6" {
  [ "$(talk ::1 'set six 0 0 1' 6)" = STORED ]
  says six 6
}

@test "serves other machines where it is told to" {
  [ "$(talk 192.0.2.10 'set lan 0 0 3' yes)" = STORED ]
  says lan yes
  [[ $(talk 2001:db8::10 version) == VERSION* ]]
}

@test "answers over UDP" {
  printf '\x00\x01\x00\x00\x00\x01\x00\x00version\r\n' | nc -u -W 1 -w 2 127.0.0.1 11211 | grep -aq VERSION
}

@test "gives up root for its own user" {
  read -r _ real effective saved _ < <(grep ^Uid: "/proc/$(main_pid)/status")
  [ "$real $effective $saved" = "$(id -u memcache) $(id -u memcache) $(id -u memcache)" ]
  [ "$(awk '/^Gid:/ {print $2}' "/proc/$(main_pid)/status")" = "$(id -g memcache)" ]
}

@test "holds more than a thousand connections at once" {
  [ "$(awk '/^Max open files/ {print $4}' "/proc/$(main_pid)/limits")" -ge 4000 ]
  run -0 perl -MIO::Socket::INET -e '
    my @open = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:11211", Timeout => 2) or die "connection $_: $!\n" } 1 .. 1100;
    for my $socket ($open[0], $open[-1]) {
      print $socket "version\r\n";
      <$socket> =~ /^VERSION/ or die "no answer\n";
    }'
}

@test "writes its process id where the configuration says" {
  [ "$(cat /run/memcached/memcached.pid)" = "$(main_pid)" ]
}

@test "reports what it does to the journal" {
  talk 127.0.0.1 'get journalled' >/dev/null
  eventually journalled
}

journalled() { journalctl --unit "$UNIT" --output cat --lines 40 | grep -q 'get journalled'; }

@test "serves a unix socket with the rights that were asked for" {
  with '-s /run/memcached/memcached.sock' '-a 0770'
  eventually socket_answers
  [ "$(stat -c '%U %a' /run/memcached/memcached.sock)" = 'memcache 770' ]
  [ "$(over_socket 'set local 0 0 2' ok | head -n 1)" = STORED ]
}

@test "serves TLS" {
  with '-l 127.0.0.1' -Z '-o ssl_chain_cert=/etc/memcached.pem,ssl_key=/etc/memcached.key'
  eventually tls_answers
}

tls_answers() {
  { printf 'version\r\n' && sleep 0.2 && printf 'quit\r\n'; } |
    timeout 3 openssl s_client -quiet -verify_return_error -CAfile /etc/memcached.pem -connect 127.0.0.1:11211 2>/dev/null |
    grep -q ^VERSION
}

# bats test_tags=option:disk
@test "moves values out to a file on disk" {
  mkdir -p /var/lib/memcached
  chown memcache:memcache /var/lib/memcached
  with '-l 127.0.0.1' '-m 24' '-o ext_path=/var/lib/memcached/store:64m,ext_item_age=1'
  eventually answers
  perl -e 'printf "set big%d 0 0 10000 noreply\r\n%s\r\n", $_, $_ x int(10000 / length $_) . "x" x (10000 % length $_) for 1000 .. 4000;
    print "quit\r\n"' | nc -N -w 3 127.0.0.1 11211
  eventually moved
  eventually test -s /var/lib/memcached/store
  [ "$(talk 127.0.0.1 'get big1000' | sed -n 2p | cut -c 1-8)" = 10001000 ]
}

moved() { [ "$(talk 127.0.0.1 stats | awk '$2 == "extstore_objects_written" {print $3}')" -gt 0 ]; }

# bats test_tags=option:local
@test "does not answer other machines" {
  usual
  run talk 192.0.2.10 version
  [[ $output != *VERSION* ]]
  answers
}

@test "comes back from a restart at once, empty" {
  usual
  talk 127.0.0.1 'set old 0 0 1' x >/dev/null
  systemctl restart "$UNIT"
  eventually answers
  [ "$(talk 127.0.0.1 'get old')" = END ]
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -x memcached
  [ ! -e /run/memcached/memcached.pid ]
  systemctl reset-failed "$UNIT" || true
  systemctl start "$UNIT"
  eventually answers
}
