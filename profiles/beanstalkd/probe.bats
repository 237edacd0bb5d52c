#!/usr/bin/env bats
# What beanstalkd must still do. Runs as root inside a booted machine; the lab sets UNIT.

bats_require_minimum_version 1.5.0

settings=/etc/default/beanstalkd
data=/var/lib/beanstalkd
home=/srv/fenced-probe

eventually() {
  local end=$((SECONDS + 8))
  while ((SECONDS <= end)); do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  echo "waited 8 seconds for: $*"
  return 1
}

# say LINE...: one conversation; AT is where, as nc takes it
say() {
  printf '%s\r\n' "$@" quit | timeout 10 nc -w 5 ${AT-127.0.0.1 11300} | tr -d '\r'
}
put() { say "use $1" "put ${3-0} 0 60 ${#2}" "$2" | grep -q '^INSERTED'; }
# take TUBE: the body of its next job, which is then gone
take() {
  local said
  said=$(say "watch $1" 'ignore default' 'reserve-with-timeout 1')
  [[ $said == *RESERVED* ]] || return 1
  sed -n '/^RESERVED/ { n; p; q }' <<<"$said"
  say "delete $(awk '/^RESERVED/ { print $2 }' <<<"$said")" | grep -q DELETED
}
gives() { [ "$(take "$1")" = "$2" ]; }
answers() { say stats 2>/dev/null | grep -q '^version:'; }
stat_of() { say stats | awk -v name="$1:" '$1 == name { print $2 }'; }
main_pid() { systemctl show -p MainPID --value "$UNIT"; }

configure() {
  printf 'BEANSTALKD_LISTEN_ADDR=%s\nBEANSTALKD_LISTEN_PORT=%s\nBEANSTALKD_EXTRA="%s"\n' "${1-127.0.0.1}" "${2-11300}" "${3--b $data}" >$settings
  systemctl reset-failed "$UNIT" || true
  timeout 30 systemctl restart "$UNIT"
}

setup_file() {
  mkdir -p $home
  [ -e $home/package ] || cp -p $settings $home/package
  # What an earlier run has left would be handed out in this one.
  systemctl stop "$UNIT" || true
  rm -f $data/*
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

@test "starts as packaged, with its jobs in memory" {
  cat $home/package >$settings
  timeout 30 systemctl restart "$UNIT"
  eventually answers
  put memory one
  gives memory one
}

@test "hands out jobs in their order, the urgent ones first" {
  put order second 10
  put order third 20
  put order first 1
  gives order first
  gives order second
  gives order third
  run ! take order
}

@test "keeps a job back for a while, buries it, and gives it free again" {
  local id
  id=$(say 'use later' 'put 0 3 60 5' hello | awk '/^INSERTED/ { print $2 }')
  run ! take later
  say "stats-job $id" | grep -q '^state: delayed'
  eventually released "$id"
  say 'watch later' 'ignore default' 'reserve-with-timeout 2' "bury $id 0" | grep -q BURIED
  say "peek $id" | grep -q hello
  say 'use later' 'kick 10' | grep -q 'KICKED 1'
  gives later hello
}

released() { say "stats-job $1" | grep -q '^state: ready'; }

@test "counts its jobs and its tubes" {
  put counted one
  say list-tubes | grep -q -- '- counted'
  say 'stats-tube counted' | grep -q '^current-jobs-ready: 1'
  gives counted one
  [ "$(stat_of pid)" = "$(main_pid)" ]
  say stats | grep -q '^rusage-utime: '
}

@test "takes jobs as large as it is told to, and no larger" {
  head -c 65000 /dev/zero | tr '\0' x >$home/large
  put large "$(cat $home/large)"
  take large | cmp - <(cat $home/large; echo)
  say 'put 0 0 60 70000' "$(head -c 70000 /dev/zero | tr '\0' x)" | grep -q JOB_TOO_BIG
  configure 127.0.0.1 11300 '-z 1000000'
  eventually answers
  head -c 900000 /dev/zero | tr '\0' y >$home/large
  (printf 'put 0 0 60 900000\r\n'; cat $home/large; printf '\r\nquit\r\n') | nc -w 5 127.0.0.1 11300 | grep -q INSERTED
}

@test "keeps its jobs over a restart, and over a crash" {
  local mark=mark$RANDOM
  put kept $mark-1
  timeout 30 systemctl restart "$UNIT"
  eventually answers
  put kept $mark-2
  kill -KILL "$(main_pid)"
  eventually gone
  systemctl start "$UNIT"
  eventually answers
  gives kept $mark-1
  gives kept $mark-2
  [ "$(stat -c '%U:%G' $data/binlog.* | sort -u)" = beanstalkd:beanstalkd ]
}

gone() { ! systemctl -q is-active "$UNIT"; }

@test "begins new files for its jobs, and lets old ones go" {
  configure 127.0.0.1 11300 "-b $data -s 100000 -f 0"
  eventually answers
  local n
  for n in {1..40}; do printf 'put 0 0 60 9000\r\n%09000d\r\n' "$n"; done >$home/many
  (cat $home/many; printf 'quit\r\n') | nc -w 5 127.0.0.1 11300 | grep -c INSERTED | grep -qx 40
  [ "$(find $data -name 'binlog.*' | wc -l)" -gt 3 ]
}

@test "serves other machines, over IPv4 and IPv6" {
  configure 0.0.0.0
  AT='192.0.2.10 11300' eventually answers
  AT='192.0.2.10 11300' put lan over-ipv4
  gives lan over-ipv4
  configure ::
  AT='2001:db8::10 11300' eventually answers
  AT='2001:db8::10 11300' put lan over-ipv6
  AT='::1 11300' gives lan over-ipv6
}

@test "listens on a unix socket" {
  configure "unix:$data/socket"
  AT="-U $data/socket" eventually answers
  AT="-U $data/socket" put socket inside
  AT="-U $data/socket" gives socket inside
  rm -f $data/socket
}

@test "serves two hundred at a time" {
  perl -MIO::Socket::INET -e '
    my @all = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:11300") or die "$_: $@" } 1 .. 200;
    print $_ "use crowd\r\nput 0 0 60 1\r\nx\r\n" for @all;
    for (@all) { <$_>; <$_> =~ /^INSERTED/ or die }'
  say 'stats-tube crowd' | grep -q '^current-jobs-ready: 200'
}

@test "takes no more jobs when it is told to finish" {
  kill -USR1 "$(main_pid)"
  eventually drains
  configure
  eventually answers
}

drains() { say 'put 0 0 60 1' x | grep -q DRAINING; }

@test "runs as its own user, and says to the journal what is wrong" {
  eventually answers
  awk '/^[UG]id:/ { print $2, $3, $4, $5 }' "/proc/$(main_pid)/status" | sort -u >$home/ids
  [ "$(cat $home/ids)" = "$(u=$(id -u beanstalkd) g=$(id -g beanstalkd); printf '%s\n' "$u $u $u $u" "$g $g $g $g" | sort -u)" ]
  configure 127.0.0.1 11300 '-b /nowhere' || true
  eventually journalled nowhere
}

journalled() { journalctl -q -u "$UNIT" --since=-20s | grep -q "$1"; }

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  configure 0.0.0.0
  eventually answers
  AT='192.0.2.10 11300' run ! answers
}

# bats test_tags=option:elsewhere
@test "keeps its jobs on another volume" {
  install -d -o beanstalkd -g beanstalkd /srv/fenced-jobs
  configure 127.0.0.1 11300 '-b /srv/fenced-jobs'
  eventually answers
  put elsewhere job
  timeout 30 systemctl restart "$UNIT"
  eventually answers
  gives elsewhere job
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 20 systemctl stop "$UNIT"
  run ! pgrep -x beanstalkd
  run ! answers
  configure
  eventually answers
}
