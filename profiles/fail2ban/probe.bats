#!/usr/bin/env bats
# What Fail2ban must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

export PATIENCE=15
home=/srv/fenced-probe
settings=/etc/fail2ban/jail.d/fenced-probe.local
logs=/var/log/fenced-probe
log=/var/log/fail2ban.log
client=10.77.1.2
client6=fd77:1::2
other=10.77.1.3
other6=fd77:1::3
stranger=10.77.1.4

f2b() { timeout 20 fail2ban-client "$@"; }
answers() { [ "$(f2b ping 2>/dev/null)" = 'Server replied: pong' ]; }
logged() { grep -qE -- "$1" $log; }
# unban JAIL ADDRESS: which it has shut out
unban() { [ "$(f2b set "fenced-$1" unbanip "$2")" = 1 ]; }

# failures JAIL WHO [FILE]: the log of this jail says that three logins failed
failures() {
  local now
  now=$(date '+%F %T')
  # By its first line a log that was emptied is known for another one.
  printf "$now %s\n" "$(fresh)" "failure from $2" "failure from $2" "failure from $2" >>"${3-$logs/$1.log}"
}

# reaches ADDRESS [PORT]: a client with this address gets an answer from this machine
reaches() {
  local here=10.77.1.1
  [[ $1 != *:* ]] || here='[fd77:1::1]'
  [ "$(ip netns exec fenced-client curl -s --max-time 5 --interface "$1" "http://$here:${2-8123}/")" = hello ]
}
blocked() { ! reaches "$@"; }

# shuts_out JAIL ADDRESS: by what its log says, and lets in again when told so
shuts_out() {
  reaches "$2"
  failures "$1" "$2"
  eventually blocked "$2"
  if [[ $2 == *:* ]]; then reaches $other6; else reaches $other; fi
  unban "$1" "$2"
  eventually reaches "$2"
}

# jail NAME [LINE...]: one that watches a log of its own
jail() {
  printf '%s\n' "[fenced-$1]" 'enabled = true' 'filter = fenced' 'port = 8123' "logpath = $logs/$1.log" "${@:2}"
  touch "$logs/$1.log"
}

start_again() {
  restart
  eventually answers
}

# site: adds what comes on stdin to the usual jails, and reloads
site() {
  { cat $home/usual.conf - && echo; } >$settings
  timeout 30 systemctl reload "$UNIT"
}

# A client in a network of its own, with more than one address.
network() {
  no_network
  ip netns add fenced-client
  ip link add fenced-client type veth peer name lan netns fenced-client
  echo 0 >/proc/sys/net/ipv6/conf/fenced-client/accept_dad
  ip address add 10.77.1.1/24 dev fenced-client
  ip address add fd77:1::1/64 dev fenced-client nodad
  ip link set fenced-client up
  ip netns exec fenced-client sh -e -c "
    echo 0 >/proc/sys/net/ipv6/conf/lan/accept_dad
    ip link set lan up
    ip address add $client/24 dev lan
    ip address add $other/24 dev lan
    ip address add $stranger/24 dev lan
    ip address add $client6/64 dev lan nodad
    ip address add $other6/64 dev lan nodad"
}

no_network() {
  ip netns del fenced-client 2>/dev/null || true
  ip link del fenced-client 2>/dev/null || true
}

# What clients ask, on two ports; it notes the requests, for reports come here as well.
server() {
  perl -MIO::Socket::IP -e '
    my ($home, @ports) = @ARGV;
    $SIG{CHLD} = "IGNORE";
    for my $port (@ports) {
      my $listener = IO::Socket::IP->new(LocalHost => "::", LocalPort => $port, Listen => 64, ReuseAddr => 1, V6Only => 0)
        or die "server: $@";
      next if fork;
      open my $pids, ">>", "$home/pids" or die;
      print $pids "$$\n";
      close $pids;
      while (1) {
        my $client = $listener->accept or next;
        # Whoever is shut out in the middle of a request holds up nobody else.
        next if fork;
        alarm 10;
        my ($method, $path) = split " ", <$client> // exit;
        while (($_ = <$client> // "") =~ /\S/) { }
        open my $requests, ">>", "$home/requests" or die;
        print $requests "$method $path\n";
        close $requests;
        print $client "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
        exit;
      }
    }' $home 8123 8124 >>$home/server.out 2>&1 3>&-
}

# Knows one address, that of the client, for every name.
name_server() {
  perl -MIO::Socket::INET -e '
    my $dns = IO::Socket::INET->new(LocalAddr => "192.0.2.10:53", Proto => "udp") or die "name server: $!";
    exit if fork;
    open my $pids, ">>", "$ARGV[0]/pids" or die;
    print $pids "$$\n";
    close $pids;
    while (defined(my $from = $dns->recv(my $asked, 512))) {
      my $end = index($asked, "\0", 12) + 5;
      my $known = unpack("n", substr $asked, $end - 4) == 1;
      $dns->send(substr($asked, 0, 2) . pack("n5", 0x8180, 1, $known, 0, 0) . substr($asked, 12, $end - 12)
        . ($known ? pack("n3Nn", 0xC00C, 1, 1, 1, 4) . "\x0A\x4D\1\2" : ""));
    }' $home >>$home/server.out 2>&1 3>&-
}

stop_servers() {
  if [ -e $home/pids ]; then xargs kill <$home/pids 2>/dev/null || true; fi
  rm -f $home/pids
}

# empty_logs: so that it can know from its database only; a start reads again what a log has said within the last hour
empty_logs() { truncate -c -s 0 $logs/*.log $logs-private/log; }

# afresh: stops, and forgets whom it has shut out, and why
afresh() {
  timeout 60 systemctl stop "$UNIT" || true
  nft delete table inet f2b-table 2>/dev/null || true
  rm -f /var/lib/fail2ban/*
  empty_logs
}

setup_file() {
  mkdir -p $home $logs $logs-private
  rm -f $home/three
  stop_servers
  network
  : >$home/requests
  server
  name_server
  afresh
  rm -f $log.*
  install -m 640 -g adm /dev/null $log
  # As a log of a web or mail server may be.
  : >$logs-private/log
  chown -R nobody:adm $logs-private
  chmod 750 $logs-private
  chmod 640 $logs-private/log
  printf '%s\n' '[Definition]' 'failregex = ^\s*failure from <HOST>$' >/etc/fail2ban/filter.d/fenced.conf
  cat >/etc/fail2ban/action.d/fenced-report.conf <<'END'
[Definition]
actionban = curl -sS --max-time 3 -o /dev/null "http://192.0.2.10:8124/report4/<ip>"
            curl -sS --max-time 3 -o /dev/null "http://[2001:db8::10]:8124/report6/<ip>"
            touch /run/fail2ban/fenced-reported
END
  printf '#!/bin/sh\n[ "$1" = %s ]\n' $other >/etc/fail2ban/filter.d/ignorecommands/fenced-friend
  chmod 755 /etc/fail2ban/filter.d/ignorecommands/fenced-friend
  # So that the journal has it from what looks like a server for SSH.
  cp /usr/bin/logger $home/sshd
  {
    # The journal still has what an earlier run has put there, so not far back.
    printf '%s\n' '[DEFAULT]' 'bantime = 1h' 'findtime = 1h' 'maxretry = 3' 'usedns = no' \
      'banaction = nftables' 'banaction_allports = nftables[type=allports]' \
      '[sshd]' 'enabled = true' 'port = 8123' 'findtime = 1m' 'backend = systemd' 'journalmatch = _SYSTEMD_UNIT=ssh.service + _COMM=sshd'
    jail nft
    jail private "logpath = $logs-private/log"
    jail polling 'backend = polling'
    jail short 'bantime = 2'
    jail friend 'ignorecommand = /etc/fail2ban/filter.d/ignorecommands/fenced-friend <ip>'
    jail names 'usedns = yes'
    jail report 'action = fenced-report'
    jail iptables 'banaction = iptables-multiport'
    jail legacy 'action = iptables-multiport[iptables="iptables-legacy -w", port="%(port)s"]'
    jail ipset 'banaction = iptables-ipset-proto6'
    jail recent 'banaction = iptables-xt_recent-echo'
    jail route 'banaction = route'
    jail ufw 'banaction = ufw'
    jail hosts 'banaction = hostsdeny'
  } | grep -v "^logpath = $logs/private.log" >$home/usual.conf
  cp $home/usual.conf $settings
  start_again || true
}

teardown_file() {
  stop_servers
  no_network
}

# What a test has left is out of the way of the next one, even if it failed.
teardown() {
  if [ -e $home/ufw ]; then
    ufw --force disable >/dev/null
    rm $home/ufw
  fi
  if [ -e $home/resolver ]; then
    rm /etc/resolv.conf $home/resolver
    if [ -e $home/resolv.conf ]; then mv $home/resolv.conf /etc/resolv.conf; fi
  fi
  if [ "$BATS_TEST_COMPLETED" ] && cmp -s $home/usual.conf $settings; then return; fi
  cp $home/usual.conf $settings
  if [ "$BATS_TEST_COMPLETED" ] && systemctl -q is-active "$UNIT"; then
    timeout 30 systemctl reload "$UNIT"
  else
    afresh
    start_again
  fi
}

@test "shuts out whom a log file names too often, and nobody else" {
  reaches $client
  failures nft $client
  eventually blocked $client
  reaches $client 8124
  reaches $other
  f2b status fenced-nft | grep 'Banned IP list:' | grep -qw $client
  unban nft $client
  eventually reaches $client
  # Two failures are not yet three.
  failures nft $other6 $home/three
  head -n 3 $home/three >>$logs/nft.log
  shuts_out nft $client
  reaches $other6
}

@test "shuts out an IPv6 address" {
  shuts_out nft $client6
}

@test "shuts out whom the journal names" {
  systemctl stop ssh.service 2>/dev/null || true
  systemctl reset-failed ssh.service 2>/dev/null || true
  f2b set sshd unbanip $stranger >/dev/null || true
  eventually reaches $stranger
  # The journal asks the kernel whose message it is, so its sender stays.
  systemd-run -q --unit=ssh.service \
    sh -c "{ for n in 1 2 3; do echo 'Failed password for root from $stranger port 4242 ssh2'; done; exec sleep 50; } | $home/sshd -i -t sshd"
  eventually blocked $stranger
  reaches $other
  [ "$(f2b set sshd unbanip $stranger)" = 1 ]
  eventually reaches $stranger
  systemctl stop ssh.service
}

@test "reads a log that belongs to another user" {
  [ "$(stat -c '%U %a' $logs-private/log)" = 'nobody 640' ]
  reaches $client
  failures private $client $logs-private/log
  eventually blocked $client
  unban private $client
  eventually reaches $client
}

@test "watches a log by looking again and again, and also after it was rotated" {
  local name
  shuts_out polling $client
  for name in polling nft; do
    mv $logs/$name.log $logs/$name.log.1
    touch $logs/$name.log
    shuts_out $name $client
  done
}

@test "lets in again when the time is over" {
  reaches $client
  failures short $client
  eventually logged "\[fenced-short\] Ban $client"
  eventually logged "\[fenced-short\] Unban $client"
  eventually reaches $client
}

@test "lets a program of your own say who is never shut out" {
  local mark
  failures friend $other
  eventually logged "\[fenced-friend\] Ignore $other by command"
  reaches $other
  shuts_out friend $client
}

@test "shuts out for longer, on all ports, who was shut out before (recidive)" {
  site <<END
[recidive]
enabled = true
logpath = $log
maxretry = 2
ignoreip = $client $client6
END
  local n
  for n in 1 2; do
    failures nft $other
    eventually blocked $other
    unban nft $other
    eventually not_banned $other
  done
  eventually blocked $other 8124
  reaches $client 8124
  [ "$(f2b set recidive unbanip $other)" = 1 ]
  eventually reaches $other 8124
}

not_banned() { ! nft list set inet f2b-table addr-set-fenced-nft | grep -qw "$1"; }

@test "looks up names through DNS" {
  if [ -e /etc/resolv.conf ]; then cp -P /etc/resolv.conf $home/resolv.conf; fi
  touch $home/resolver
  rm -f /etc/resolv.conf
  echo 'nameserver 192.0.2.10' >/etc/resolv.conf
  reaches $client
  failures names bad.example
  eventually blocked $client
  unban names $client
  eventually reaches $client
}

@test "reports to other machines, over IPv4 and IPv6" {
  : >$home/requests
  failures report $client
  eventually grep -qx "GET /report4/$client" $home/requests
  eventually grep -qx "GET /report6/$client" $home/requests
  unban report $client
}

@test "shuts out by iptables and ip6tables" {
  shuts_out iptables $client
  shuts_out iptables $client6
}

@test "shuts out by the older iptables" {
  # Newer kernels may come without it.
  iptables-legacy -w -L -n >/dev/null || skip 'the kernel of this machine has no such tables'
  shuts_out legacy $client
}

@test "shuts out by an ipset" {
  shuts_out ipset $client
  shuts_out ipset $client6
}

@test "shuts out by a list that iptables keeps (xt_recent)" {
  shuts_out recent $client
}

@test "shuts out by a route" {
  failures route 203.0.113.9
  eventually has_route 203.0.113.9
  unban route 203.0.113.9
  eventually has_no_route 203.0.113.9
}

has_route() { ip route show type unreachable | grep -q "$1"; }
has_no_route() { ! has_route "$1"; }

@test "shuts out by ufw" {
  touch $home/ufw
  ufw default allow incoming >/dev/null
  ufw --force enable >/dev/null
  shuts_out ufw $client
}

@test "does what fail2ban-client says, for root alone" {
  answers
  run ! setpriv --reuid nobody --regid nogroup --clear-groups fail2ban-client ping
  f2b set fenced-nft banip $client
  eventually blocked $client
  [ "$(f2b get fenced-nft maxretry)" = 3 ]
  f2b unban $client
  eventually reaches $client
}

@test "knows who is shut out after a restart" {
  reaches $client
  failures nft $client
  eventually blocked $client
  empty_logs
  timeout 40 systemctl stop "$UNIT"
  reaches $client
  timeout 20 systemctl start "$UNIT"
  eventually blocked $client
  eventually unban nft $client
  eventually reaches $client
}

@test "takes new settings on reload, and keeps who is shut out" {
  local before
  before=$(main_pid)
  failures nft $client
  eventually blocked $client
  empty_logs
  site < <(jail added)
  blocked $client
  unban nft $client
  eventually reaches $client
  shuts_out added $client
  [ "$(main_pid)" = "$before" ]
}

@test "comes back after a crash, and still knows who is shut out" {
  local before
  failures nft $client
  eventually blocked $client
  empty_logs
  before=$(main_pid)
  kill -KILL "$before"
  eventually is_another "$before"
  eventually answers
  blocked $client
  # It answers before it has read the database.
  eventually unban nft $client
  eventually reaches $client
  shuts_out nft $client6
}

@test "refuses broken settings, says why, and works on over a reload" {
  { cat $home/usual.conf && printf '%s\n' '[fenced-broken]' 'enabled = true' 'filter = fenced' "logpath = $logs/nowhere"; } >$settings
  run ! timeout 30 systemctl reload "$UNIT"
  shuts_out nft $client
  timeout 60 systemctl restart "$UNIT" || true
  eventually has_failed
  eventually journalled "any log file for '?fenced-broken"
}

has_failed() { [ "$(systemctl show -p ActiveState --value "$UNIT")" = failed ]; }

@test "writes its log, and has it rotated as the package does it, more than once" {
  local turn
  for turn in 1 2; do
    f2b set fenced-nft banip "203.0.113.1$turn" >/dev/null
    eventually logged "\[fenced-nft\] Ban 203.0.113.1$turn"
    logrotate -f /etc/logrotate.d/fail2ban
    [ "$(stat -c '%U %G %a' $log)" = 'root adm 640' ]
    grep -q "Ban 203.0.113.1$turn" $log.1
    f2b set fenced-nft unbanip "203.0.113.1$turn" >/dev/null
    eventually logged "\[fenced-nft\] Unban 203.0.113.1$turn"
  done
}

@test "logs to syslog, to the journal, and to another file" {
  local target mark n=20
  for target in SYSLOG SYSTEMD-JOURNAL $logs/fail2ban.log; do
    mark=203.0.113.$((n += 1))
    f2b set logtarget "$target" >/dev/null
    f2b set fenced-nft banip $mark >/dev/null
    case $target in
      /*) eventually grep -q "\[fenced-nft\] Ban $mark" "$target" ;;
      *) eventually in_journal "\[fenced-nft\] Ban $mark" ;;
    esac
    f2b set fenced-nft unbanip $mark >/dev/null
  done
  f2b set logtarget $log >/dev/null
}

in_journal() { journalctl -q -b -o cat -n 300 | grep -q -- "$1"; }

@test "works as root, in one process, and keeps its database and socket to itself" {
  [ "$(users)" = root ]
  [ "$(stat -c '%U %a' /run/fail2ban/fail2ban.sock)" = 'root 700' ]
  [ "$(stat -c '%U' /var/lib/fail2ban/fail2ban.sqlite3)" = root ]
  holds /var/lib/fail2ban/fail2ban.sqlite3 $log
}

# bats test_tags=option:mail
@test "writes to its administrator whom it shuts out, with lines of the log" {
  if [ -e /etc/postfix/main.cf ]; then
    postconf -e 'mydestination = localhost' 'inet_interfaces = loopback-only'
    systemctl start postfix.service
  fi
  : >$logs/mail.log
  rm -f /var/mail/www-data
  site < <(jail mail "action = sendmail-whois-lines[sender=fenced@localhost, dest=www-data@localhost, logpath=\"$logs/mail.log\"]")
  PATIENCE=20 eventually grep -q '^Subject: .*fenced-mail: started' /var/mail/www-data
  failures mail $client
  PATIENCE=20 eventually grep -q "^Subject: .*fenced-mail: banned $client" /var/mail/www-data
  [ "$(grep -c "failure from $client" /var/mail/www-data)" = 3 ]
}

# bats test_tags=option:etc
@test "shuts out by /etc/hosts.deny" {
  failures hosts $client
  eventually grep -qx "ALL: $client" /etc/hosts.deny
  unban hosts $client
  eventually forgets_host
}

forgets_host() { [ -e /etc/hosts.deny ] && ! grep -qx "ALL: $client" /etc/hosts.deny; }

# bats test_tags=option:home
@test "watches a log below /home" {
  mkdir -p /home/fenced
  : >/home/fenced/log
  site < <(printf '%s\n' '[fenced-home]' 'enabled = true' 'filter = fenced' 'port = 8123' 'logpath = /home/fenced/log')
  reaches $client
  failures home $client /home/fenced/log
  eventually blocked $client
  unban home $client
  eventually reaches $client
}

# bats test_tags=option:local
@test "reaches no other machine" {
  : >$home/requests
  rm -f /run/fail2ban/fenced-reported
  failures report $client
  eventually test -e /run/fail2ban/fenced-reported
  unban report $client
  run ! grep report $home/requests
}

# Last: the others need it running.
@test "stops cleanly, lets everyone in, and leaves nothing behind" {
  reaches $client
  failures nft $client
  eventually blocked $client
  empty_logs
  timeout 40 systemctl stop "$UNIT"
  ended_well
  reaches $client
  run ! nft list table inet f2b-table
  [ ! -e /run/fail2ban/fail2ban.sock ]
  start_again
  eventually unban nft $client
}
