#!/usr/bin/env bats
# What dnsmasq must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

home=/srv/fenced-probe
site=/etc/dnsmasq.d/fenced-probe.conf
leases=/var/lib/misc/dnsmasq.leases
log=/var/log/fenced-dnsmasq.log

query() { dig +short +time=2 +tries=1 "$@"; }
says() { [ "$(query "${@:2}")" = "$1" ]; }
in_journal() { journalctl -u "$UNIT" -o cat -n 200 | grep -q -- "$1"; }
as_nobody() { setpriv --reuid nobody --regid nogroup --clear-groups "$@"; }
in_lan() { ip netns exec fenced timeout 20 "$@"; }

# site: adds what comes on stdin to the usual configuration, and starts dnsmasq with it
site() {
  cat $home/usual.conf - >$site
  restart
}

upstream() {
  stop_upstream
  dnsmasq --conf-file=/dev/null --user=root --port=5399 --listen-address=127.0.0.1,192.0.2.10 --bind-interfaces --no-resolv --no-hosts \
    --address=/plain.example/192.0.2.9 --local-ttl=300 --pid-file=$home/upstream.pid 3>&-
}

stop_upstream() {
  local pid
  if pid=$(cat $home/upstream.pid 2>/dev/null); then kill "$pid" && eventually gone "$pid"; fi 2>/dev/null || true
}

# A network of its own behind the interface fenced0, with one client in it.
lan() {
  ip netns del fenced 2>/dev/null || true
  ip link del fenced0 2>/dev/null || true
  ip netns add fenced
  ip link add fenced0 type veth peer name client netns fenced
  ip address add 10.77.0.1/24 dev fenced0
  ip address add fd77::1/64 dev fenced0 nodad
  in_lan ip link set lo up
  in_lan sh -c 'echo 0 >/proc/sys/net/ipv6/conf/client/accept_dad'
  echo 0 >/proc/sys/net/ipv6/conf/fenced0/accept_dad
  in_lan ip link set client address 02:77:00:00:00:02 up
  ip link set fenced0 up
}

# lease [OPTION...]: what a DHCP client in that network is told
lease() {
  printf '#!/bin/sh\n[ "$1" = bound ] && env >%s/lease\nexit 0\n' $home >$home/bound
  chmod 755 $home/bound
  rm -f $home/lease
  in_lan busybox udhcpc -f -q -n -t 5 -T 2 -i client -s $home/bound "$@" >$home/udhcpc.out 2>&1
  cat $home/lease
}

setup_file() {
  mkdir -p $home
  # One that is cut off by a restart would hold up the next ones by its lock.
  chmod a-x /sbin/resolvconf
  upstream
  lan
  rm -rf $leases $log* /var/lib/dnsmasq
  cat >$home/usual.conf <<END
no-resolv
server=/example/127.0.0.1#5399
address=/own.example/192.0.2.77
address=/own.example/2001:db8::77
log-queries
END
  cp $home/usual.conf $site
  restart || true
}

teardown_file() {
  stop_upstream
  ip netns del fenced
}

# What a test has added is out of the way of the next one, even if it failed.
teardown() {
  cmp -s $home/usual.conf $site && return
  cp $home/usual.conf $site
  restart
}

dhcp() {
  rm -f $leases
  printf '%s\n' 'dhcp-range=10.77.0.50,10.77.0.99,1h' dhcp-authoritative 'dhcp-option=option:ntp-server,10.77.0.1' 'domain=lan.example' "$@" | site
}

@test "answers over IPv4 and IPv6, UDP and TCP" {
  for address in 127.0.0.1 ::1 192.0.2.10 2001:db8::10; do
    says 192.0.2.77 @$address own.example
    says 2001:db8::77 @$address +tcp own.example AAAA
  done
}

@test "asks another server, and answers from its cache when that one is gone" {
  says 192.0.2.9 @127.0.0.1 cached.plain.example
  stop_upstream
  says 192.0.2.9 @127.0.0.1 cached.plain.example
  upstream
  says 192.0.2.9 @127.0.0.1 new-$RANDOM.plain.example
  says 192.0.2.9 @127.0.0.1 +tcp new-$RANDOM.plain.example
}

@test "asks another server by a given interface" {
  site <<<'server=/plain.example/192.0.2.10#5399@lan0'
  says 192.0.2.9 @127.0.0.1 through.plain.example
}

@test "runs as its own user" {
  local process
  process=/proc/$(main_pid)/status
  [ "$(grep '^Uid:' "$process" | cut -f 2- | tr '\t' '\n' | sort -u)" = "$(id -u dnsmasq)" ]
  [ "$(stat -c %U /run/dnsmasq/dnsmasq.pid)" = dnsmasq ]
  [ "$(cat /run/dnsmasq/dnsmasq.pid)" = "$(main_pid)" ]
}

@test "reads /etc/hosts anew on reload" {
  local number=$((RANDOM % 200 + 1))
  cp /etc/hosts $home/hosts
  echo "198.51.100.$number noted.example" >>/etc/hosts
  systemctl reload "$UNIT"
  eventually says 198.51.100.$number @127.0.0.1 noted.example
  [ "$(query @127.0.0.1 -x 198.51.100.$number)" = noted.example. ]
  cat $home/hosts >/etc/hosts
  systemctl reload "$UNIT"
}

@test "notices that its list of servers has changed" {
  echo 'nameserver 192.0.2.254' >$home/resolv.conf
  sed -i /no-resolv/d $site
  echo "resolv-file=$home/resolv.conf" >>$site
  restart
  echo 'nameserver 192.0.2.253' >$home/resolv.new
  touch -d '+5 seconds' $home/resolv.new
  mv $home/resolv.new $home/resolv.conf
  eventually in_journal 'using nameserver 192.0.2.253#53'
}

@test "logs each question to the journal, and its figures when asked" {
  local name=logged-$RANDOM$RANDOM.plain.example
  query @127.0.0.1 $name
  eventually in_journal "query\[A\] $name from 127.0.0.1"
  systemctl kill --signal=USR1 --kill-whom=main "$UNIT"
  eventually in_journal 'cache size '
}

@test "writes its log to a file, also after it was rotated and after a restart" {
  rm -f $log*
  site <<<"log-facility=$log"
  for turn in first second third; do
    query @127.0.0.1 $turn.plain.example
    eventually grep -q "query\[A\] $turn.plain.example" $log
    [ "$(stat -c %U $log)" = dnsmasq ]
    if [ $turn = first ]; then
      mv $log $log.1
      install -m 640 -o dnsmasq -g adm /dev/null $log
      systemctl kill --signal=USR2 --kill-whom=main "$UNIT"
    else
      restart
    fi
  done
}

@test "leases an address, and knows its holder by name" {
  dhcp
  lease -x hostname:guest >$home/told
  grep -q '^router=10.77.0.1$' $home/told
  grep -q '^ntpsrv=10.77.0.1$' $home/told
  local address
  address=$(sed -n 's/^ip=//p' $home/told)
  [[ $address == 10.77.0.* ]]
  as_nobody grep -q "02:77:00:00:00:02 $address guest" $leases
  says "$address" @127.0.0.1 guest.lan.example
  restart
  says "$address" @127.0.0.1 guest.lan.example
  [ "$(lease -x hostname:guest | sed -n 's/^ip=//p')" = "$address" ]
}

@test "keeps leases, and the time for DNSSEC, in a directory of its own" {
  install -d -o dnsmasq /var/lib/dnsmasq
  dhcp dhcp-leasefile=/var/lib/dnsmasq/leases dnssec conf-file=/usr/share/dnsmasq-base/trust-anchors.conf \
    dnssec-timestamp=/var/lib/dnsmasq/time
  lease >/dev/null
  eventually grep -q 02:77:00:00:00:02 /var/lib/dnsmasq/leases
  [ -e /var/lib/dnsmasq/time ]
}

@test "leaves out an address that somebody else uses" {
  in_lan ip address add 10.77.0.50/24 dev client
  printf '%s\n' 'dhcp-range=10.77.0.50,10.77.0.51,1h' dhcp-authoritative dhcp-sequential-ip | site
  rm -f $leases
  [ "$(lease | sed -n 's/^ip=//p')" = 10.77.0.51 ]
  in_lan ip -4 address flush dev client
}

@test "runs a script for each lease, as root or as another user" {
  printf '#!/bin/sh\nlogger -t fenced-script "$1 $3 by $(id -un)"\n' >/usr/local/sbin/fenced-probe
  chmod 755 /usr/local/sbin/fenced-probe
  for user in root nobody; do
    dhcp dhcp-script=/usr/local/sbin/fenced-probe dhcp-scriptuser=$user
    lease >/dev/null
    eventually noted "add 10.77.0.[0-9]* by $user"
  done
}

noted() { journalctl -t fenced-script -o cat -n 20 | grep -q "$1"; }

@test "announces itself to IPv6 clients, with the MTU of the interface" {
  ip link set fenced0 mtu 1400
  site <<<$'enable-ra\ndhcp-range=::100,::1ff,constructor:fenced0,slaac,1h'
  in_lan rdisc6 -1 -r 5 -w 1000 client >$home/announced
  ip link set fenced0 mtu 1500
  grep -q 'Prefix *: fd77::/64' $home/announced
  grep -q 'MTU *: *1400 bytes' $home/announced
}

@test "serves files over TFTP" {
  mkdir -p /srv/tftp
  head -c 200000 /dev/urandom >/srv/tftp/image
  site <<<$'enable-tftp\ntftp-root=/srv/tftp'
  curl -sS --max-time 10 -o $home/image tftp://192.0.2.10/image
  cmp /srv/tftp/image $home/image
}

@test "serves an interface that appears later" {
  site <<<'bind-dynamic'
  ip link add fenced1 type veth peer name fenced2
  ip address add 10.78.0.1/24 dev fenced1
  ip link set fenced1 up
  eventually says 192.0.2.77 @10.78.0.1 own.example
  ip link del fenced1
}

@test "tells resolvconf that it is there" {
  with_resolvconf
  eventually is_told
  chmod a-x /sbin/resolvconf
}

is_told() { resolvconf -l lo.dnsmasq 2>/dev/null | grep -qx 'nameserver 127.0.0.1'; }

# bats test_tags=option:openresolv
@test "becomes this machine's resolver through openresolv" {
  : >/etc/resolv.conf
  with_resolvconf
  eventually grep -q 'nameserver 127.0.0.1' /etc/resolv.conf
  chmod a-x /sbin/resolvconf
  : >/etc/resolv.conf
}

with_resolvconf() {
  timeout 20 systemctl stop "$UNIT"
  rm -rf /run/resolvconf
  chmod a+x /sbin/resolvconf
  restart
}

@test "takes orders over D-Bus" {
  site <<<'enable-dbus'
  eventually busctl call uk.org.thekelleys.dnsmasq /uk/org/thekelleys/dnsmasq uk.org.thekelleys.dnsmasq ClearCache
}

# bats test_tags=option:home
@test "reads names from a file below /home" {
  mkdir -p /home/admin
  echo '198.51.100.7 athome.example' >/home/admin/names
  chmod 755 /home/admin
  site <<<'addn-hosts=/home/admin/names'
  says 198.51.100.7 @127.0.0.1 athome.example
}

# bats test_tags=option:no-dbus
@test "does not reach the system bus" {
  run ! nsenter --mount --target "$(main_pid)" busctl --timeout=2 list
}

# bats test_tags=option:dns-only
@test "is never root, and holds one capability" {
  [ "$(systemctl show -p User --value "$UNIT")" = dnsmasq ]
  grep -qP '^CapBnd:\t0+400$' "/proc/$(main_pid)/status"
}

# Last: the others need it running.
@test "stops cleanly, and starts again" {
  timeout 20 systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -u dnsmasq -x dnsmasq
  run ! query @127.0.0.1 own.example
  restart
  says 192.0.2.77 @127.0.0.1 own.example
}
