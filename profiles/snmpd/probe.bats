#!/usr/bin/env bats
# What the SNMP agent must still do. Runs as root inside a booted machine; the lab sets UNIT.

bats_require_minimum_version 1.5.0

conf=/etc/snmp/snmpd.conf
persistent=/var/lib/snmp/snmpd.conf
home=/srv/fenced-probe
log=/var/log/fenced-probe.log
own=.1.3.6.1.4.1.8072.2

eventually() {
  local end=$((SECONDS + 8))
  while ((SECONDS <= end)); do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  echo "waited 8 seconds for: $*"
  return 1
}

# ask OID [HOST [ARGUMENT...]]: the value alone
ask() { timeout 10 snmpget -v2c -c public -t 2 -Oqv "${@:3}" "${2-127.0.0.1}" "$1" 2>&1; }
walk() { timeout 30 snmpbulkwalk -v2c -c public -t 5 "${@:3}" "${2-127.0.0.1}" "$1" 2>&1; }
values() { walk "$1" "${2-127.0.0.1}" -Oqv | tr -d '"'; }
name=.1.3.6.1.2.1.1.5.0
location=.1.3.6.1.2.1.1.6.0
contact=.1.3.6.1.2.1.1.4.0
answers() { ask $name >/dev/null; }
has() { grep -qF -- "$1" <<<"$2"; }
says() { [ "$(ask "$1" | tr -d '"')" = "$2" ]; }
main_pid() { systemctl show -p MainPID --value "$UNIT"; }
v3() { timeout 10 snmpget -v3 -u fenced -l authPriv -a SHA -A "$1" -x AES -X a-second-secret -t 2 -Oqv 127.0.0.1 $name; }

write() {
  cat >$conf <<CONF
agentaddress ${address-udp:161,udp6:161,tcp:161}
sysLocation ${1-in the rack}
master agentx
rocommunity public
rocommunity6 public
rwcommunity private 127.0.0.1
rouser fenced priv
disk / 5%
disk /home 5%
load 90 90 90
proc snmpd
extend fenced /usr/bin/id -un
pass $own.255 /bin/sh $home/pass
logmatch fenced $log 2 mark
trap2sink 127.0.0.1:1162 public
authtrapenable 1
$2
CONF
}

configure() {
  write "$@"
  systemctl reset-failed "$UNIT" || true
  timeout 30 systemctl restart "$UNIT"
}

# Notes that a trap has come.
trap_sink() {
  perl -MIO::Socket::INET -e '
    my $sink = IO::Socket::INET->new(LocalAddr => "127.0.0.1:1162", Proto => "udp") or die "sink: $!";
    exit if fork;
    open my $traps, ">>", "$ARGV[0]/traps" or die;
    $traps->autoflush;
    while ($sink->recv(my $trap, 4096)) { print $traps length $trap, "\n" }' $home >>$home/out 2>&1 3>&-
}

setup_file() {
  mkdir -p $home
  pkill -f '^perl -MIO::Socket' || true
  [ -e $home/package ] || cp -p $conf $home/package
  printf 'case $1 in -g) printf "%%s\\nstring\\nit passes\\n" "$2" ;; esac\n' >$home/pass
  chmod 755 $home
  # A file system of its own, as /home often is.
  mountpoint -q /home || mount -t tmpfs -o size=77m tmpfs /home
  echo begins >$log
  chmod 644 $log
  : >$home/traps
  trap_sink
  systemctl stop "$UNIT" || true
  grep -q fenced $persistent || echo 'createUser fenced SHA a-first-secret AES a-second-secret' >>$persistent
  configure || true
  eventually answers || true
  cp $conf $home/conf
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  cmp -s $conf $home/conf && [ "$BATS_TEST_COMPLETED" ] && return
  systemctl -q stop fenced-second 2>/dev/null || true
  configure || true
  eventually answers
}

teardown_file() {
  pkill -f '^perl -MIO::Socket' || true
  systemctl -q stop fenced-second 2>/dev/null || true
}

@test "starts with the package's own configuration" {
  cat $home/package >$conf
  timeout 30 systemctl restart "$UNIT"
  eventually answers
}

@test "says what it is called, over IPv4, IPv6 and TCP, to other machines too" {
  local host
  for host in 127.0.0.1 'udp6:[::1]' 192.0.2.10 'udp6:[2001:db8::10]' tcp:127.0.0.1; do
    [ "$(ask $name "$host" | tr -d '"')" = "$(uname -n)" ]
  done
  run ! ask $name 127.0.0.1 -c wrong
}

@test "can be walked from end to end" {
  walk .1.3.6.1.2.1 >$home/walk
  [ "$(wc -l <$home/walk)" -gt 300 ]
  walk .1.3.6.1.4.1 >>$home/walk
  run ! grep '^Timeout\|^Error in packet\|No more variables left' $home/walk
}

# An agent outside of any fence, to compare with.
second() {
  sed '/^agentaddress/d; /^master/d; /^trap/d; /^auth/d' $home/conf >$home/second.conf
  systemd-run -q --collect --unit=fenced-second snmpd -C -c $home/second.conf -u Debian-snmp -g Debian-snmp \
    -I -smux,mteTrigger,mteTriggerConf -f -LE 7 udp:127.0.0.1:1161
  eventually ask $name 127.0.0.1:1161
}
agree() {
  local oid
  second
  for oid; do diff <(values "$oid" 127.0.0.1:1161) <(values "$oid") || { echo "$oid differs"; return 1; }; done
  systemctl stop fenced-second
}

@test "lists the file systems that there are, and no others" {
  agree .1.3.6.1.2.1.25.2.3.1.3 .1.3.6.1.2.1.25.3.8.1.2
  [ "$(values .1.3.6.1.2.1.25.2.3.1.3 | wc -l)" -gt 3 ]
}

@test "says of disks, interfaces, addresses, routes and packages what an agent without a fence says" {
  # In this order: devices, disks; interfaces and their hardware addresses; addresses; routes; packages; the disk under watch.
  agree .1.3.6.1.2.1.25.3.2.1.3 .1.3.6.1.4.1.2021.13.15.1.1.2 .1.3.6.1.2.1.2.2.1.2 .1.3.6.1.2.1.2.2.1.6 .1.3.6.1.2.1.4.20.1.1 \
    .1.3.6.1.2.1.4.32.1 .1.3.6.1.2.1.4.34.1.4 .1.3.6.1.2.1.4.34.1.5 .1.3.6.1.2.1.4.34.1.6 .1.3.6.1.2.1.4.34.1.7 .1.3.6.1.2.1.4.24.4.1.1 .1.3.6.1.2.1.4.24.7.1.9 .1.3.6.1.2.1.25.6.3.1.2 .1.3.6.1.4.1.2021.9.1.6
}

@test "knows how large the disks under watch are, /home among them" {
  says .1.3.6.1.4.1.2021.9.1.2.2 /home
  says .1.3.6.1.4.1.2021.9.1.6.2 $((77 * 1024))
}

@test "knows the interfaces and what went over them" {
  [ "$(values .1.3.6.1.2.1.2.2.1.2 | sort | paste -sd ' ')" = 'lan0 lo' ] || has lan0 "$(values .1.3.6.1.2.1.2.2.1.2)"
  values .1.3.6.1.2.1.2.2.1.10 | grep -q '^[1-9]'
}

@test "knows memory, load and processor" {
  says .1.3.6.1.4.1.2021.4.5.0 "$(awk '/^MemTotal/ { print $2 " kB" }' /proc/meminfo)" ||
    says .1.3.6.1.4.1.2021.4.5.0 "$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)"
  [[ $(ask .1.3.6.1.4.1.2021.10.1.3.1) =~ ^\"?[0-9.]+\"?$ ]]
  eventually has_worked
}

has_worked() { [ "$(ask .1.3.6.1.4.1.2021.11.50.0)" -gt 0 ]; }

@test "knows the processes of others, and counts those under watch" {
  says .1.3.6.1.2.1.25.4.2.1.2.1 systemd
  [ -n "$(ask .1.3.6.1.2.1.25.4.2.1.4.1 | tr -d '"')" ]
  [ "$(ask .1.3.6.1.4.1.2021.2.1.5.1)" -ge 1 ]
}

@test "knows the open connections" {
  walk .1.3.6.1.2.1.6 >$home/tcp
  grep -q '\.161' $home/tcp
}

@test "runs the commands of its configuration as its own user" {
  says .1.3.6.1.4.1.8072.1.3.2.3.1.1.6.102.101.110.99.101.100 Debian-snmp
  says $own.255 'it passes'
}

@test "counts what a log says" {
  echo "a mark" >>$log
  eventually counts_a_mark
}

counts_a_mark() { [ "$(ask .1.3.6.1.4.1.2021.16.2.1.5.1)" -ge 1 ]; }

@test "lets in users with a password, and keeps it only as a key" {
  [ "$(v3 a-first-secret | tr -d '"')" = "$(uname -n)" ]
  run ! v3 a-wrong-secret
  systemctl stop "$UNIT"
  run ! grep -q a-first-secret $persistent
  grep -q '^usmUser' $persistent
  systemctl start "$UNIT"
  eventually v3 a-first-secret
}

@test "keeps what is set from outside" {
  local mark=mark$RANDOM
  timeout 10 snmpset -v2c -c private 127.0.0.1 $contact s $mark
  says $contact $mark
  timeout 30 systemctl restart "$UNIT"
  eventually says $contact $mark
  grep -q $mark $persistent
}

@test "sends a trap when somebody comes with a wrong name" {
  eventually traps_more_than 0
  local before
  before=$(wc -l <$home/traps)
  ask $name 127.0.0.1 -c wrong -r 0 || true
  eventually traps_more_than "$before"
}

traps_more_than() { [ "$(wc -l <$home/traps)" -gt "$1" ]; }

@test "lets other programs answer for a part of the tree" {
  echo "pass $own.254 /bin/sh $home/pass" >$home/sub.conf
  systemd-run -q --collect --unit=fenced-second snmpd -C -c $home/sub.conf -X -x /var/agentx/master -f -LE 7
  eventually says $own.254 'it passes'
  systemctl stop fenced-second
}

@test "reloads, and counts its starts" {
  local before boots
  before=$(main_pid)
  write 'in the cellar'
  systemctl reload "$UNIT"
  eventually says $location 'in the cellar'
  [ "$(main_pid)" = "$before" ]
  boots=$(ask .1.3.6.1.6.3.10.2.1.2.0)
  configure
  eventually answers
  [ "$(ask .1.3.6.1.6.3.10.2.1.2.0)" -gt "$boots" ]
}

@test "listens where it is told to alone" {
  address=udp:192.0.2.10:1611 configure
  eventually ask $name 192.0.2.10:1611
  run ! ask $name 127.0.0.1 -r 0 -t 1
}

@test "runs as its own user, and logs to the journal" {
  awk '/^[UG]id:/ { print $2, $3, $4, $5 }' "/proc/$(main_pid)/status" | sort -u >$home/ids
  [ "$(cat $home/ids)" = "$(u=$(id -u Debian-snmp) g=$(id -g Debian-snmp); printf '%s\n' "$u $u $u $u" "$g $g $g $g" | sort -u)" ]
  configure 'in the rack' 'nonsense here'
  eventually journalled nonsense
}

journalled() { journalctl -q -u "$UNIT" --since=-20s | grep -q "$1"; }

# bats test_tags=option:own-mounts
@test "writes nowhere but to its own directory" {
  printf 'pass %s.253 /usr/bin/touch /srv/fenced-by-snmpd\n' $own >$home/extra
  chmod 777 /srv
  configure 'in the rack' "$(cat $home/extra)"
  eventually answers
  ask $own.253.1 || true
  chmod 755 /srv
  [ ! -e /srv/fenced-by-snmpd ]
}

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  run ! ask $name 192.0.2.10 -r 0 -t 1
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 20 systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -x snmpd
  run ! answers
  configure
  eventually answers
}
