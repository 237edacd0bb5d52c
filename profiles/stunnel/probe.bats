#!/usr/bin/env bats
# What stunnel must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

home=/srv/fenced-probe
conf=/etc/stunnel/fenced.conf
key=/etc/stunnel/fenced-probe.key
certificate=/etc/stunnel/fenced-probe.crt
# Debian 12 and 13 call the user, and its directories, stunnel4.
name=$(getent passwd stunnel4 >/dev/null && echo stunnel4 || echo stunnel)
log=/var/log/$name/fenced.log
run=/run/$name

# serve NAME ADDRESS [WHAT]: what socat takes; until it is ended by that name
serve() {
  socat "$2" "${3-EXEC:$home/backend}" >>$home/served 2>&1 3>&- &
  echo $! >"$home/$1.pid"
}
end() {
  local pid
  if pid=$(cat "$home/$1.pid" 2>/dev/null); then
    if kill "$pid" 2>/dev/null; then eventually gone "$pid"; fi
    rm -f "$home/$1.pid"
  fi
}

# tls ADDRESS LINE [OPTION...]: sends this line over TLS, and says what comes back
tls() {
  printf '%s\n' "$2" | timeout 10 openssl s_client -quiet -verify_quiet -verify_return_error -CAfile $certificate \
    -verify_hostname localhost -connect "$1" "${@:3}" 2>>$home/client.err
}
# plain ADDRESS LINE: the same over what socat takes
plain() { printf '%s\n' "$2" | timeout 10 socat -t 5 - "$1" 2>>$home/client.err; }
echoes() {
  local word
  word=$(fresh)
  [[ "$("$1" "$2" "$word" "${@:3}")" == *"sent $word" ]]
}
answers() { echoes tls 127.0.0.1:7443; }
start_again() { restart && eventually answers; }
tell() { systemctl kill --kill-whom=main -s "$1" "$UNIT"; }

# site: the usual settings; what comes on stdin is before them where it is global, and after [
site() {
  local line part=global
  : >$home/global
  : >$home/more
  while IFS= read -r line; do
    [[ $line != \[* ]] || part="more"
    echo "$line" >>"$home/$part"
  done
  { echo 'foreground = yes'; cat $home/global $home/services $home/more; } >$conf
}

setup_file() {
  mkdir -p $home
  chmod 755 $home
  install -d -o "$name" -g "$name" "$run"
  [ -e $home/hosts.deny ] || cp /etc/hosts.deny $home/hosts.deny
  if [ ! -e $key ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost,DNS:other.example -keyout $key -out $certificate 2>/dev/null
    chmod 600 $key
  fi
  cat >$home/services <<END
cert = $certificate
key = $key
[tls]
accept = 127.0.0.1:7443
connect = 127.0.0.1:7000
[to-tls]
client = yes
accept = 127.0.0.1:7001
connect = 127.0.0.1:7443
verifyChain = yes
CAfile = $certificate
checkHost = localhost
END
  # The service behind it reads a line, and says who has sent it.
  cat >$home/backend <<'END'
#!/bin/sh
read -r line
echo "$SOCAT_PEERADDR sent $line"
END
  cat >$home/smtp <<'END'
#!/bin/sh
printf '220 fenced ESMTP\r\n'
read -r line
echo "250 $line"
END
  chmod 755 $home/backend $home/smtp
  serve four TCP-LISTEN:7000,bind=127.0.0.1,fork,reuseaddr
  serve six 'TCP6-LISTEN:7000,bind=[::1],fork,reuseaddr'
  serve socket UNIX-LISTEN:$home/socket,fork,unlink-early
  site </dev/null
  cp $conf $home/usual
  start_again || true
}

teardown_file() {
  end four
  end six
  end socket
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  end other
  cmp -s /etc/hosts.deny $home/hosts.deny || cat $home/hosts.deny >/etc/hosts.deny
  cmp -s $conf $home/usual && [ -n "$BATS_TEST_COMPLETED" ] && return 0
  cp $home/usual $conf
  rm -f /run/fenced.sock "$run/fenced.pid"
  start_again || true
}

@test "takes TLS off for a service that has none, over IPv4, IPv6 and sockets" {
  site <<END
[six]
accept = ::1:7443
connect = ::1:7000
[socket]
accept = 127.0.0.1:7444
connect = $home/socket
[listens]
client = yes
accept = /run/fenced.sock
connect = 127.0.0.1:7443
END
  start_again
  eventually echoes tls '[::1]:7443'
  echoes tls 127.0.0.1:7444
  echoes plain UNIX-CONNECT:/run/fenced.sock
  tls 127.0.0.1:7443 'with TLS 1.2' -tls1_2 | grep -q 'sent with TLS 1.2'
}

@test "puts TLS on for a client that has none, and looks whom it talks to" {
  echoes plain TCP:127.0.0.1:7001
  sed -i 's/^checkHost = .*/checkHost = elsewhere.example/' $conf
  restart
  eventually answers
  [ -z "$(plain TCP:127.0.0.1:7001 nothing)" ]
  eventually journalled 'certificate.*(verify|check) failed|No matching host|CERT: .*(mismatch|failed)'
}

@test "serves other machines, over IPv4 and IPv6" {
  site <<END
[all]
accept = :::443
connect = 127.0.0.1:7000
END
  start_again
  eventually echoes tls 192.0.2.10:443
  echoes tls '[2001:db8::10]:443'
}

@test "goes to a service on another machine" {
  site <<END
[far]
accept = 127.0.0.1:7445
connect = 192.0.2.10:7002
END
  serve other TCP-LISTEN:7002,bind=192.0.2.10,fork,reuseaddr
  start_again
  eventually echoes tls 127.0.0.1:7445
}

@test "listens on a low port with a key that only root may read, and becomes its own user" {
  [ "$(stat -c '%U %a' $key)" = 'root 600' ]
  site <<END
setuid = $name
setgid = $name
output = $log
pid = $run/fenced.pid
[low]
accept = 127.0.0.1:995
connect = 127.0.0.1:7000
END
  rm -f "$log"
  start_again
  eventually echoes tls 127.0.0.1:995
  [ "$(users)" = "$name" ]
  [ "$(awk '/^Groups:/ { print $2, $3 }' "/proc/$(main_pid)/status")" = "$(getent group "$name" | cut -d : -f 3) " ]
  [ "$(cat "$run/fenced.pid")" = "$(main_pid)" ]
  eventually grep -q 'Service \[low\] accepted connection' "$log"
}

@test "locks itself into a directory" {
  install -d -o "$name" -g "$name" "/var/lib/$name"
  site <<END
chroot = /var/lib/$name
setuid = $name
setgid = $name
pid = /fenced.pid
END
  start_again
  [ "$(readlink "/proc/$(main_pid)/root")" = "/var/lib/$name" ]
  [ "$(cat "/var/lib/$name/fenced.pid")" = "$(main_pid)" ]
  eventually journalled 'Service \[tls\] accepted connection'
}

@test "writes a log into the package's directory as root, too" {
  site <<<"output = $log"
  rm -f "$log"
  start_again
  [ "$(users)" = root ]
  eventually grep -q 'Service \[tls\] accepted connection' "$log"
}

@test "keeps a log and a pid file where the samples of its makers do" {
  site <<END
output = /var/log/fenced-stunnel.log
pid = /run/fenced.pid
END
  rm -f /var/log/fenced-stunnel.log
  start_again
  [ "$(setpriv --reuid nobody --regid nogroup --clear-groups cat /run/fenced.pid)" = "$(main_pid)" ]
  eventually grep -q 'Service \[tls\] accepted connection' /var/log/fenced-stunnel.log
}

@test "tells services by the name that clients ask for" {
  site <<END
[other]
sni = tls:other.example
cert = $certificate
key = $key
connect = $home/socket
END
  start_again
  [[ "$(tls 127.0.0.1:7443 first -servername localhost)" == '127.0.0.1 sent first' ]]
  [[ "$(tls 127.0.0.1:7443 second -servername other.example)" != '127.0.0.1 sent second' ]]
  echoes tls 127.0.0.1:7443 -servername other.example
}

@test "asks clients for a certificate" {
  site <<END
[closed]
accept = 127.0.0.1:7446
connect = 127.0.0.1:7000
verifyPeer = yes
CAfile = $certificate
END
  start_again
  eventually echoes tls 127.0.0.1:7446 -cert $certificate -key $key
  [ -z "$(tls 127.0.0.1:7446 nothing)" ]
}

@test "knows clients by a key that both have" {
  echo 'probe:000102030405060708090a0b0c0d0e0f' >/etc/stunnel/fenced-psk
  chmod 600 /etc/stunnel/fenced-psk
  site <<END
[shared]
accept = 127.0.0.1:7447
connect = 127.0.0.1:7000
ciphers = PSK
PSKsecrets = /etc/stunnel/fenced-psk
[to-shared]
client = yes
accept = 127.0.0.1:7448
connect = 127.0.0.1:7447
PSKsecrets = /etc/stunnel/fenced-psk
END
  start_again
  eventually echoes plain TCP:127.0.0.1:7448
}

@test "says to the service who comes, by the PROXY protocol" {
  site <<END
[proxy]
accept = 127.0.0.1:7449
connect = 127.0.0.1:7000
protocol = proxy
END
  start_again
  eventually proxied
}

proxied() { tls 127.0.0.1:7449 line -bind 127.0.0.9:0 | grep -q 'sent PROXY TCP4 127.0.0.9 127.0.0.1 '; }

@test "begins TLS in the middle of a conversation" {
  site <<END
[smtp]
accept = 127.0.0.1:7450
connect = $home/other
protocol = smtp
END
  serve other UNIX-LISTEN:$home/other,fork,unlink-early EXEC:$home/smtp
  start_again
  eventually starts_tls
}

starts_tls() {
  printf 'NOOP fenced\r\n' | timeout 10 openssl s_client -quiet -ign_eof -starttls smtp -connect 127.0.0.1:7450 2>/dev/null |
    grep -q '^250 NOOP fenced'
}

@test "starts a program, with a terminal and without" {
  cat >$home/program <<'END'
#!/bin/sh
read line
echo "$(id -un) on $REMOTE_HOST sent $line"
END
  cat >$home/terminal <<'END'
#!/bin/sh
test -t 0 && echo "$(tty) sent it"
END
  chmod 755 $home/program $home/terminal
  site <<END
[program]
accept = 127.0.0.1:7451
exec = $home/program
execArgs = program
[terminal]
accept = 127.0.0.1:7452
exec = $home/terminal
execArgs = terminal
pty = yes
END
  start_again
  eventually echoes tls 127.0.0.1:7451
  tls 127.0.0.1:7451 word | grep -q '^root on 127.0.0.1 sent word'
  tls 127.0.0.1:7452 word | grep -q '^/dev/pts/[0-9]* sent it'
}

@test "turns away whom /etc/hosts.deny names" {
  site <<END
[wrapped]
accept = 127.0.0.1:7453
connect = 127.0.0.1:7000
libwrap = yes
END
  start_again
  eventually echoes tls 127.0.0.1:7453
  echo 'wrapped: 127.0.0.9' >>/etc/hosts.deny
  [ -z "$(tls 127.0.0.1:7453 nothing -bind 127.0.0.9:0)" ]
  eventually journalled 'wrapped.*REFUSED'
  echoes tls 127.0.0.1:7453
}

@test "finds services by their name, also when they come later" {
  site <<END
[named]
accept = 127.0.0.1:7454
connect = localhost:7000
delay = yes
[later]
accept = 127.0.0.1:7455
connect = fenced-later.example:7000
END
  cp /etc/hosts $home/hosts
  start_again
  eventually echoes tls 127.0.0.1:7454
  echo '127.0.0.1 fenced-later.example' >>/etc/hosts
  eventually echoes tls 127.0.0.1:7455
  cat $home/hosts >/etc/hosts
}

@test "takes a change on a reload, without one failed connection" {
  local before connections
  before=$(main_pid)
  rm -f $home/enough
  traffic >$home/traffic 3>&- &
  connections=$!
  site <<<$'[added]\naccept = 127.0.0.1:7456\nconnect = 127.0.0.1:7000'
  tell HUP
  eventually echoes tls 127.0.0.1:7456
  touch $home/enough
  wait $connections
  [ "$(sort -u $home/traffic)" = '127.0.0.1 sent it' ]
  [ "$(wc -l <$home/traffic)" -ge 20 ]
  [ "$(main_pid)" = "$before" ]
}

traffic() {
  local end=$((SECONDS + 12)) n=0
  until [ -e $home/enough ] && ((n >= 20)) || ((SECONDS > end)); do
    tls 127.0.0.1:7443 it || echo failed
    n=$((n + 1))
  done
}

@test "takes a renewed certificate on a reload" {
  openssl req -x509 -new -key $key -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost -set_serial 4242 \
    -out $home/renewed.crt 2>/dev/null
  sed -i "s,^cert = .*,cert = $home/renewed.crt," $conf
  tell HUP
  eventually shows_serial 1092
}

shows_serial() {
  timeout 5 openssl s_client -connect 127.0.0.1:7443 </dev/null 2>/dev/null | openssl x509 -noout -serial | grep -q "=$1$"
}

@test "keeps its service with faulty settings on a reload, and says what is wrong" {
  site <<<'noSuchSetting = yes'
  tell HUP
  eventually journalled 'noSuchSetting'
  answers
  run -0 restart
  eventually fails
  site </dev/null
  start_again
}

fails() { [ "$(systemctl is-active "$UNIT")" = failed ]; }

@test "begins a new log when it is told to" {
  # Another test's may be root's.
  rm -f "$log"
  site <<END
setuid = $name
setgid = $name
output = $log
END
  start_again
  mv "$log" "$log.moved"
  tell USR1
  eventually test -e "$log"
  eventually logs
  rm "$log.moved"
}

logs() { answers && grep -qs 'Service \[tls\] accepted connection' "$log"; }

@test "begins a new log after the package's rotation" {
  [ -e /etc/logrotate.d/stunnel4 ] || skip 'the package has none any more'
  rm -f "$log"
  site <<END
setuid = $name
setgid = $name
output = $log
pid = $run/fenced.pid
END
  start_again
  eventually grep -q 'Service \[tls\] accepted connection' "$log"
  logrotate -f /etc/logrotate.d/stunnel4
  grep -q 'Service \[tls\] accepted connection' "$log.1"
  eventually logs
  holds "$log"
  [ "$(stat -c '%U %a' "$log")" = "$name 640" ]
}

@test "serves two hundred at once" {
  # shellcheck disable=SC2016 # it is Perl
  run -0 timeout 30 perl -MIO::Socket::INET -e '
    my @open = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:7001", Timeout => 5) or die "client $_: $!\n" } 1 .. 200;
    print $_ "it\n" for @open;
    for my $n (0 .. $#open) { my $line = readline $open[$n]; $line eq "127.0.0.1 sent it\n" or die "client $n is not served\n" }'
}

@test "carries much, whole" {
  site <<END
[many]
accept = 127.0.0.1:7457
connect = 127.0.0.1:7003
END
  serve other TCP-LISTEN:7003,bind=127.0.0.1,fork,reuseaddr EXEC:cat
  sed -i 's/^\(connect = 127.0.0.1:\)7443$/\17457/' $conf
  restart
  eventually answers
  head -c 20000000 /dev/urandom >$home/much
  timeout 30 socat -t 10 - TCP:127.0.0.1:7001 <$home/much >$home/back
  cmp $home/back $home/much
  rm $home/much $home/back
}

@test "says to the journal and to syslog who comes" {
  answers
  eventually journalled 'Service \[tls\] accepted connection from 127.0.0.1'
  eventually syslogged
}

syslogged() { journalctl -q -t stunnel --facility=daemon -o cat --since=-20s | grep -q 'Service \[tls\] accepted connection'; }

@test "comes back after a restart, and after a crash" {
  local before
  site <<<"pid = $run/fenced.pid"
  start_again
  before=$(main_pid)
  kill -KILL "$before"
  eventually fails
  start_again
  is_another "$before"
  [ "$(cat "$run/fenced.pid")" = "$(main_pid)" ]
}

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  site <<<$'[all]\naccept = :::7458\nconnect = 127.0.0.1:7000'
  start_again
  [ -z "$(tls 192.0.2.10:7458 nothing)" ]
  [ -z "$(tls '[2001:db8::10]:7458' nothing)" ]
  echoes tls 127.0.0.1:7458
}

# bats test_tags=option:exec
@test "starts a program that writes, compiles and looks into /proc" {
  mkdir -p /srv/fenced-elsewhere
  rm -f /srv/fenced-elsewhere/*
  # A page that is writable and code at once is system call 9, with the rights 7, on this machine.
  cat >$home/program <<'END'
#!/usr/bin/perl
my $line = <STDIN>;
open my $file, '>', '/srv/fenced-elsewhere/line' or die;
print $file $line;
close $file;
open my $memory, '<', '/proc/meminfo' or die;
syscall(9, 0, 4096, 7, 34, -1, 0) != -1 or die;
print "sent $line";
END
  chmod 755 $home/program
  site <<END
[program]
accept = 127.0.0.1:7459
exec = $home/program
execArgs = program
END
  start_again
  eventually echoes tls 127.0.0.1:7459
  [ -s /srv/fenced-elsewhere/line ]
}

# bats test_tags=option:socket-owners
@test "gives a socket to the user and the group that a service names" {
  site <<END
[listens]
client = yes
accept = /run/fenced.sock
connect = 127.0.0.1:7443
setuid = www-data
setgid = adm
END
  start_again
  eventually test -S /run/fenced.sock
  [ "$(stat -c '%U:%G' /run/fenced.sock)" = www-data:adm ]
  echoes plain UNIX-CONNECT:/run/fenced.sock
}

# bats test_tags=option:transparent
@test "lets services see the client's own address" {
  site <<END
[transparent]
accept = 127.0.0.1:7460
connect = 127.0.0.1:7000
transparent = source
END
  start_again
  eventually transparent
}

# An address that is this machine's too is sent from even where asking for any is refused, so look at what it says of that.
transparent() {
  [ "$(tls 127.0.0.1:7460 it -bind 127.0.0.9:0)" = '127.0.0.9 sent it' ] && ! journalled 'IP_TRANSPARENT'
}

# bats test_tags=option:home
@test "finds keys below /home and in /root" {
  mkdir -p /home/fenced
  cp $certificate /home/fenced/crt
  install -m 600 $key /root/fenced.key
  sed -i "s,^cert = .*,cert = /home/fenced/crt,; s,^key = .*,key = /root/fenced.key," $conf
  start_again
}

# Last: the others need it running.
@test "stops cleanly, leaves nothing behind, and starts again" {
  local before
  before=$(main_pid)
  timeout 20 systemctl stop "$UNIT"
  ended_well
  gone "$before"
  run ! answers
  start_again
}
