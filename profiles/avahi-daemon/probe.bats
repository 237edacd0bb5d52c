#!/usr/bin/env bats
# What Avahi must still do. Runs as root inside a booted machine; the lab sets UNIT.
# Two more machines live in network namespaces, each with an Avahi of its own: one on fen0 (neighbour), one on fen1 (far).

load probe

PATIENCE=12
conf=/etc/avahi/avahi-daemon.conf
services=/etc/avahi/services
home=/srv/fenced-probe

in_machine() { nsenter -t "$(cat "$home/$1/pid")" -m -n timeout 15 "${@:2}"; }
in_neighbour() { in_machine neighbour "$@"; }

# ask DIRECTORY QUESTION: what nss-mdns asks, through the socket of that Avahi
ask() { printf '%s\n' "$2" | timeout 10 nc -U "$1/socket"; }
# found NAME ADDRESS FAMILY: the neighbour finds it
found() { ask $home/neighbour/run "RESOLVE-HOSTNAME-IPV$3 $1" | grep -q "^+ .* $1 $2$"; }
up() { avahi-resolve -4 -n fenced.local 2>/dev/null | grep -q '[0-9]$'; }
own() { avahi-resolve -a 10.9.0.1 2>/dev/null | grep -qP '\tfenced.local$'; }

not_found() { ! found fenced.local 10.9.0.1 4; }

# browsed WORDS [TYPE]: a line of what the neighbour sees, once resolved; an extended regular expression
browsed() { in_neighbour avahi-browse -rptk "${2--a}" 2>/dev/null | grep -qE -- "^=;.*$1"; }
not_browsed() { ! in_neighbour avahi-browse -ptk "${2--a}" 2>/dev/null | grep -qE -- "$1"; }
sees() { avahi-browse -rptk "${2--a}" 2>/dev/null | grep -qE -- "^=;.*$1"; }

# service FILE NAME TYPE PORT TXT
service() {
  cat >"$1.new" <<END
<?xml version="1.0" standalone='no'?>
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group>
  <name replace-wildcards="yes">$2</name>
  <service><type>$3</type><port>$4</port><txt-record>$5</txt-record></service>
</service-group>
END
  mv "$1.new" "$1"
}

# configure [SECTION LINE]...: the package's settings and these, and a start with them
configure() {
  local -a more=("$@")
  cp $home/package $conf
  sed -i '/^enable-wide-area=/d' $conf
  while [ ${#more[@]} -gt 0 ]; do
    sed -i "/^${more[1]%%=*}=/d; s/^\[${more[0]}\]/&\n${more[1]}/" $conf
    more=("${more[@]:2}")
  done
  restart
}

# machine NAME INTERFACE ADDRESS6-PART [dbus]: starts Avahi there
machine() {
  local own=$home/$1
  ip netns exec "fenced-$1" bash -c "
    mount --bind $own/etc /etc/avahi
    mount --bind $own/run /run/avahi-daemon
    if [ '${2-}' ]; then
      mount --bind $own/dbus /run/dbus
      dbus-daemon --system --fork --nopidfile --print-pid >$own/dbus.pid
    fi
    echo \$\$ >$own/pid
    exec avahi-daemon" >>$home/out 2>&1 3>&- &
}

halt() {
  local file
  for file in $home/"$1"/pid $home/"$1"/dbus.pid; do
    if [ -s "$file" ]; then
      kill "$(cat "$file")" 2>/dev/null || true
      eventually gone "$(cat "$file")" || true
    fi
    rm -f "$file"
  done
}

# connect NAME INTERFACE NUMBER
connect() {
  local own=$home/$1
  rm -rf "$own"
  mkdir -p "$own/etc/services" "$own/run" "$own/dbus"
  ip netns add "fenced-$1"
  ip link add "$2" type veth peer name eth0 netns "fenced-$1"
  ip address add "10.9.$3.1/24" dev "$2"
  ip address add "2001:db8:9:$3::1/64" dev "$2" nodad
  ip link set "$2" up
  ip -n "fenced-$1" address add "10.9.$3.2/24" dev eth0
  ip -n "fenced-$1" address add "2001:db8:9:$3::2/64" dev eth0 nodad
  ip -n "fenced-$1" link set lo up
  ip -n "fenced-$1" link set eth0 up
  printf '[server]\nhost-name=%s\nallow-interfaces=eth0\nenable-dbus=%s\n' "$1" "$4" >"$own/etc/avahi-daemon.conf"
}

clear_away() {
  local name
  for name in neighbour far; do
    halt $name
    ip netns del fenced-$name 2>/dev/null || true
  done
  ip link del fen0 2>/dev/null || true
  ip link del fen1 2>/dev/null || true
}

setup_file() {
  mkdir -p $home
  chmod 755 $home
  [ -e $home/package ] || cp -p $conf $home/package
  [ -e $home/resolv.conf ] || cp -p /etc/resolv.conf $home/resolv.conf
  systemctl start dbus.socket
  clear_away
  rm -f $services/*
  connect neighbour fen0 0 yes
  connect far fen1 1 no
  service $home/neighbour/etc/services/web.service 'Pages on %h' _http._tcp 8080 path=/start
  machine neighbour dbus
  # Where it could not start before, its socket has given up as well.
  systemctl stop "$UNIT" avahi-daemon.socket || true
  systemctl reset-failed avahi-daemon.socket || true
  systemctl start avahi-daemon.socket || true
  configure || true
  eventually own || true
  eventually sees 'Pages' || true
}

teardown_file() {
  clear_away
  cp -p $home/package $conf
  cat $home/resolv.conf >/etc/resolv.conf
  rm -f $services/*
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  local file
  for file in "$home"/*.job; do
    [ -e "$file" ] || continue
    kill "$(cat "$file")" 2>/dev/null || true
    rm -f "$file"
  done
  halt far
  cmp -s $home/resolv.conf /etc/resolv.conf || cat $home/resolv.conf >/etc/resolv.conf
  rm -f $services/*
  [ -n "$BATS_TEST_COMPLETED" ] && own && [ ! -e $home/changed ] && return 0
  rm -f $home/changed
  configure || true
  eventually own
}

# changed [SECTION LINE]...: like configure, and teardown puts it right
changed() {
  touch $home/changed
  configure "$@"
}

# job COMMAND...: runs until the test is over
job() {
  "$@" >>$home/out 2>&1 3>&- &
  echo $! >"$home/$RANDOM.job"
}

@test "starts as packaged, and tells others the machine's addresses, over IPv4 and IPv6" {
  touch $home/changed
  cp $home/package $conf
  restart
  eventually up
  eventually found fenced.local 10.9.0.1 4
  eventually found fenced.local 2001:db8:9::1 6
  [ "$(ask $home/neighbour/run 'RESOLVE-ADDRESS 10.9.0.1' | cut -d ' ' -f 4)" = fenced.local ]
  avahi-resolve -4 -n fenced.local | grep -q '[0-9]$'
  dig +short +time=2 -b 192.0.2.10 -p 5353 @192.0.2.10 fenced.local A | grep -qx 192.0.2.10
  dig +short +time=2 -b 2001:db8::10 -p 5353 @2001:db8::10 fenced.local AAAA | grep -qx 2001:db8::10
}

@test "tells others of a service from a file, as soon as it is there and until it is gone" {
  local name before
  name=$(fresh)
  before=$(main_pid)
  service $services/probe.service "$name at %h" _ipp._tcp 631 rp=printers/first
  eventually browsed ";IPv4;$name.032at.032fenced;.*;fenced.local;10.9.0.1;631;\"rp=printers/first\"" _ipp._tcp
  eventually browsed ";IPv6;$name.032at.032fenced;.*;fenced.local;.*;631;" _ipp._tcp
  rm $services/probe.service
  eventually not_browsed "$name"
  [ "$(main_pid)" = "$before" ]
}

@test "tells others of what a program asks it to, over D-Bus, until the program ends" {
  local name
  name=$(fresh)
  job setpriv --reuid nobody --regid nogroup --clear-groups avahi-publish -s "$name" _fenced._udp 4242 key=value
  eventually browsed ";$name;_fenced._udp;local;fenced.local;.*;4242;\"key=value\""
  kill "$(cat $home/*.job)"
  eventually not_browsed "$name"
}

@test "gives a service a second type and another domain's host" {
  local name
  name=$(fresh)
  job avahi-publish -s -H neighbour.local --subtype=_special._sub._fenced._tcp "$name" _fenced._tcp 4243
  eventually browsed ";$name;_fenced._tcp;local;neighbour.local;"
  browsed ";$name;" _special._sub._fenced._tcp
}

@test "gives out addresses that a program or its file of hosts names" {
  local name
  name=$(fresh)
  job avahi-publish -a -R "$name-a.local" 192.0.2.41
  touch $home/changed
  printf '192.0.2.42 %s-b.local\n2001:db8::42 %s-c.local\n' "$name" "$name" >/etc/avahi/hosts
  eventually found "$name-a.local" 192.0.2.41 4
  eventually found "$name-b.local" 192.0.2.42 4
  eventually found "$name-c.local" 2001:db8::42 6
  : >/etc/avahi/hosts
}

@test "finds what others offer" {
  eventually sees 'fen0;IPv4;Pages.032on.032neighbour;_http._tcp;local;neighbour.local;10.9.0.2;8080;"path=/start"' _http._tcp
  eventually sees 'fen0;IPv6;Pages.032on.032neighbour;_http._tcp;local;neighbour.local;' _http._tcp
  setpriv --reuid nobody --regid nogroup --clear-groups avahi-browse -ptk _http._tcp | grep -q Pages
}

@test "sees at once that somebody else's service comes and goes" {
  local name
  name=$(fresh)
  job stdbuf -oL avahi-browse -pk _come._tcp
  service $home/neighbour/etc/services/come.service "$name" _come._tcp 99 x=y
  eventually grep -q "^+;fen0;IPv4;$name;" $home/out
  rm $home/neighbour/etc/services/come.service
  eventually grep -q "^-;fen0;IPv4;$name;" $home/out
}

@test "resolves names and addresses of others for every program, by way of the C library" {
  eventually resolves
  [ "$(setpriv --reuid nobody --regid nogroup --clear-groups getent hosts neighbour.local | awk '{ print $1 }')" = 10.9.0.2 ]
  avahi-resolve -4 -n neighbour.local | grep -q '10.9.0.2$'
  avahi-resolve -6 -n neighbour.local | grep -q ':'
  avahi-resolve -a 10.9.0.2 | grep -q 'neighbour.local$'
  avahi-resolve -a 2001:db8:9::2 | grep -q 'neighbour.local$'
  run ! getent hosts nobody-has-this.local
}

resolves() { [ "$(getent ahostsv4 neighbour.local | awk '{ print $1; exit }')" = 10.9.0.2 ]; }

@test "answers on the local network over IPv6 alone, and over IPv4 alone" {
  changed server use-ipv4=no
  eventually found fenced.local 2001:db8:9::1 6
  [ "$(ss -uanpH 'sport = :5353' | grep -c "pid=$(main_pid),.*")" -ge 1 ]
  run ! grep -qF '0.0.0.0:5353' <(ss -uanpH 'sport = :5353' | grep "pid=$(main_pid),")
  configure server use-ipv6=no
  eventually found fenced.local 10.9.0.1 4
  run ! grep -qF '*:5353' <(ss -uanpH 'sport = :5353' | grep "pid=$(main_pid),")
}

@test "takes another name where its own is in use" {
  changed server host-name=neighbour
  eventually found neighbour-2.local 10.9.0.1 4
  journalled 'Host name conflict'
}

@test "takes the name that it is given while it runs" {
  local name
  name=$(fresh)
  touch $home/changed
  avahi-set-host-name "$name"
  eventually found "$name.local" 10.9.0.1 4
}

@test "passes on between two networks what is asked and answered there" {
  # Both ends of lan0 are in this machine, where it would go round in circles.
  changed reflector enable-reflector=yes server allow-interfaces=fen0,fen1
  eventually found fenced.local 10.9.0.1 4
  machine far
  eventually far_finds
  [ "$(ask $home/far/run 'RESOLVE-HOSTNAME-IPV4 neighbour.local' | awk '{ print $5 }')" = 10.9.0.2 ]
  eventually found far.local 10.9.1.2 4
}

far_finds() { ask $home/far/run 'RESOLVE-HOSTNAME-IPV4 neighbour.local' | grep -q '^+'; }

@test "passes nothing on unless it is told to" {
  machine far
  eventually far_up
  run ! far_finds
}

far_up() { ask $home/far/run 'RESOLVE-HOSTNAME-IPV4 fenced.local' | grep -q '^+ .* 10.9.1.1$'; }

@test "follows the addresses and the interfaces of the machine" {
  ip address add 10.9.0.7/24 dev fen0
  eventually in_neighbour_address 10.9.0.7
  ip address del 10.9.0.7/24 dev fen0
  eventually journalled 'Withdrawing address record for 10.9.0.7 on fen0'
  ip link add fen2 type veth peer name fen3
  ip address add 10.9.2.1/24 dev fen2
  ip link set fen3 up
  ip link set fen2 up
  eventually journalled 'New relevant interface fen2.IPv4'
  [ "$(avahi-resolve -a 10.9.2.1 | awk '{ print $2 }')" = fenced.local ]
  ip link del fen2
  eventually journalled 'Interface fen2.IPv4 no longer relevant'
}

in_neighbour_address() { ask $home/neighbour/run "RESOLVE-ADDRESS $1" | grep -q '^+ .* fenced.local$'; }

@test "keeps to the interfaces that it is told" {
  changed server allow-interfaces=fen0
  eventually found fenced.local 10.9.0.1 4
  machine far
  eventually far_answers
  run ! far_up
  configure server deny-interfaces=fen0
  eventually far_up
  eventually not_found
}

far_answers() { ask $home/far/run 'RESOLVE-HOSTNAME-IPV4 far.local' | grep -q '^+'; }

@test "takes new settings of its services on a reload, and keeps what programs have published" {
  local name before
  name=$(fresh)
  before=$(main_pid)
  job avahi-publish -s "$name-kept" _fenced._tcp 4244
  eventually browsed ";$name-kept;" _fenced._tcp
  service $services/probe.service "$name" _fenced._tcp 4245 x=y
  timeout 20 systemctl reload "$UNIT"
  eventually journalled 'Got SIGHUP, reloading'
  eventually browsed ";$name;.*;4245;" _fenced._tcp
  browsed ";$name-kept;.*;4244;" _fenced._tcp
  [ "$(main_pid)" = "$before" ]
}

@test "tells others of the name servers in /etc/resolv.conf, also of changed ones after a reload" {
  echo 'nameserver 192.0.2.53' >/etc/resolv.conf
  changed publish publish-resolv-conf-dns-servers=yes
  eventually dns_server 192.0.2.53
  echo 'nameserver 192.0.2.54' >/etc/resolv.conf
  timeout 20 systemctl reload "$UNIT"
  eventually dns_server 192.0.2.54
}

dns_server() { { echo BROWSE-DNS-SERVERS-IPV4; sleep 1; } | timeout 3 nc -U $home/neighbour/run/socket | grep -q "^> .*$1 53$"; }

@test "asks the usual name servers for names outside .local" {
  job dnsmasq -k --conf-file=/dev/null -R -h -u root --bind-interfaces -a 127.0.0.9 -p 53 --pid-file= \
    --host-record=www.wide.example,192.0.2.99 --ptr-record=_http._tcp.wide.example,shop._http._tcp.wide.example \
    --srv-host=shop._http._tcp.wide.example,www.wide.example,8088 --txt-record=shop._http._tcp.wide.example,a=b
  echo 'nameserver 127.0.0.9' >/etc/resolv.conf
  changed wide-area enable-wide-area=yes
  eventually wide
  eventually shop
}

wide() { avahi-resolve -4 -n www.wide.example | grep -q '192.0.2.99$'; }
shop() { avahi-browse -rptk -d wide.example _http._tcp | grep -q '^=;.*;shop;.*;www.wide.example;192.0.2.99;8088;"a=b"'; }

@test "tells others what it is, where it is told to" {
  changed publish publish-workstation=yes publish publish-hinfo=yes publish add-service-cookie=yes
  eventually browsed ';IPv4;fenced.032.*;_workstation._tcp;local;fenced.local;10.9.0.1;9;.*org.freedesktop.Avahi.cookie' _workstation._tcp
  [ "$(ip netns exec fenced-neighbour dig +short +time=2 -p 5353 @10.9.0.1 fenced.local HINFO | tr -d '"')" = "$(uname -m | tr '[:lower:]' '[:upper:]') LINUX" ]
}

@test "is named after the machine's id, where it is told to" {
  changed server host-name-from-machine-id=yes
  eventually found "$(cat /etc/machine-id).local" 10.9.0.1 4
}

@test "tells nothing at all, where it is told so, and still finds others" {
  changed publish disable-publishing=yes
  eventually resolves
  eventually sees Pages _http._tcp
  # What the neighbour knew of it holds for a moment more.
  eventually not_found
}

@test "lets no other program have its port, where it is told so" {
  halt neighbour
  changed server disallow-other-stacks=yes
  eventually own
  run ! perl -MSocket -e 'socket S, AF_INET, SOCK_DGRAM, 0; setsockopt S, SOL_SOCKET, SO_REUSEADDR, 1; setsockopt S, SOL_SOCKET, SO_REUSEPORT, 1; bind S, sockaddr_in(5353, INADDR_ANY) or die'
  machine neighbour dbus
  eventually sees Pages _http._tcp
}

@test "keeps to the limits of its configuration" {
  changed rlimits rlimit-nofile=77 rlimits rlimit-core=0 rlimits rlimit-stack=4194304
  eventually own
  grep -q '^Max open files  *77  *77 ' "/proc/$(main_pid)/limits"
  grep -q '^Max core file size  *0  *0 ' "/proc/$(main_pid)/limits"
  grep -q '^Max stack size  *4194304  *4194304 ' "/proc/$(main_pid)/limits"
  grep -q '^Max locked memory  *0  *0 ' "/proc/$(main_pid)/limits"
}

@test "tells programs on D-Bus what it can do, by its helper outside" {
  busctl introspect org.freedesktop.Avahi / >$home/introspection
  grep -q 'ServiceBrowserNew' $home/introspection
  [ "$(busctl call org.freedesktop.Avahi / org.freedesktop.Avahi.Server GetHostNameFqdn)" = 's "fenced.local"' ]
}

@test "serves fifty programs at once" {
  local name n
  name=$(fresh)
  for n in {1..50}; do job avahi-publish -s "$name-$n" _many._tcp "$((5000 + n))"; done
  eventually all_fifty "$name"
}

all_fifty() { [ "$(in_neighbour avahi-browse -ptk _many._tcp | grep -o "^+;eth0;IPv4;$1-[0-9]*" | sort -u | wc -l)" = 50 ]; }

@test "writes what it knows to the journal when it is asked" {
  eventually sees Pages _http._tcp
  kill -USR1 "$(main_pid)"
  eventually journalled 'neighbour.local.*10\.9\.0\.2'
}

@test "runs as its own user, shut into its directory, without any capability" {
  local pid
  [ "$(users)" = avahi ]
  [ "$(processes | wc -l)" = 2 ]
  for pid in $(processes); do
    grep -qP '^CapEff:\t0+$' "/proc/$pid/status"
    grep -qP '^CapPrm:\t0+$' "/proc/$pid/status"
    [ "$(awk '/^Gid:/ {print $2, $3, $4, $5}' "/proc/$pid/status")" = "$(g=$(id -g avahi); echo "$g $g $g $g")" ]
  done
  [ "$(readlink "/proc/$(main_pid)/root")" = /etc/avahi ]
  [ "$(stat -c '%U:%G %a' /run/avahi-daemon)" = 'avahi:avahi 755' ]
  [ "$(cat /run/avahi-daemon/pid)" = "$(main_pid)" ]
  setpriv --reuid nobody --regid nogroup --clear-groups cat /run/avahi-daemon/pid
}

@test "starts where its directory in /run is not there yet" {
  touch $home/changed
  # What the neighbour has mounted there would go as well, and it would clear away in ours.
  halt neighbour
  systemctl stop "$UNIT" avahi-daemon.socket
  rm -rf /run/avahi-daemon
  systemctl start avahi-daemon.socket
  restart
  eventually own
  [ "$(stat -c '%U:%G %a' /run/avahi-daemon)" = 'avahi:avahi 755' ]
  machine neighbour dbus
  eventually resolves
}

@test "starts again after a crash, for the first who asks over D-Bus" {
  local before
  before=$(main_pid)
  kill -KILL "$before"
  eventually not_active
  [ -e /run/avahi-daemon/pid ]
  avahi-resolve -4 -n neighbour.local | grep -q '10.9.0.2$'
  eventually is_another "$before"
  eventually own
}

@test "starts again for the first who asks on its socket" {
  local before
  before=$(main_pid)
  systemctl stop "$UNIT"
  eventually not_active
  eventually resolves
  is_another "$before"
}

not_active() { ! systemctl -q is-active "$UNIT"; }

@test "says to the journal what is wrong with a file of services, and goes on without it" {
  echo '<service-group>' >$services/broken.service
  eventually journalled 'Failed to load service group file /services/broken.service'
  service $services/probe.service "$(fresh)" _fenced._tcp 1 x=y
  eventually browsed "x=y" _fenced._tcp
}

@test "says to the journal what is wrong with its configuration" {
  changed server nonsense=yes || true
  eventually journalled 'nonsense'
  run ! systemctl -q is-active "$UNIT"
}

# Last: the others need it running.
@test "stops cleanly, tells others that it is gone, and starts again" {
  local name all pid
  name=$(fresh)
  service $services/probe.service "$name" _fenced._tcp 4246 x=y
  eventually browsed ";$name;" _fenced._tcp
  all=$(processes)
  timeout 20 systemctl stop "$UNIT"
  ended_well
  for pid in $all; do gone "$pid"; done
  eventually not_browsed "$name"
  restart
  eventually browsed ";$name;" _fenced._tcp
}
