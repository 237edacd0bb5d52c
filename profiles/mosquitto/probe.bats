#!/usr/bin/env bats
# What Mosquitto must still do. Runs as root inside a booted machine; the lab sets UNIT.

bats_require_minimum_version 1.5.0

main=/etc/mosquitto/mosquitto.conf
settings=/etc/mosquitto/conf.d/fenced-probe.conf
home=/var/tmp/fenced-probe
key=/etc/mosquitto/certs/fenced-probe.key
certificate=/etc/mosquitto/certs/fenced-probe.pem
data=/var/lib/mosquitto/mosquitto.db
log=/var/log/mosquitto/mosquitto.log

eventually() {
  local end=$((SECONDS + 15))
  while ((SECONDS <= end)); do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  echo "waited 15 seconds for: $*"
  return 1
}

pub() { timeout 10 mosquitto_pub -u user -P secret "$@"; }
sub() { timeout 12 mosquitto_sub -u user -P secret -C 1 -W 10 "$@"; }
main_pid() { systemctl show -p MainPID --value "$UNIT"; }
answers() { [ -n "$(sub -t '$SYS/broker/version' "$@" 2>/dev/null)" ]; }
fresh() { echo "$RANDOM$RANDOM"; }

# carries NAME ARGUMENT...: a retained message goes in over a connection with these arguments, and comes out again
carries() {
  local said
  said=$(fresh)
  pub "${@:2}" -t "carried/$1" -m "$said" -q 2 -r
  [ "$(sub "${@:2}" -t "carried/$1" -q 2)" = "$said" ]
  pub "${@:2}" -t "carried/$1" -n -r
}

restart() {
  systemctl reset-failed "$UNIT" || true
  timeout 30 systemctl restart "$UNIT" && eventually answers
}

# with LINE...: runs with these lines at the end of the usual configuration
with() {
  cat $home/usual.conf - <<<"$(printf '%s\n' "$@")" >$settings
  restart
}

# alone: runs with nothing but what comes on stdin beside the package's own configuration
alone() {
  cat >$settings
  systemctl reset-failed "$UNIT" || true
  timeout 30 systemctl restart "$UNIT"
}

# A second broker, to which the first one builds bridges.
other_broker() {
  printf 'listener 1993\nallow_anonymous true\nuser nobody\n' >$home/other.conf
  mosquitto -d -c $home/other.conf >$home/other.out 2>&1 3>&-
}

setup_file() {
  mkdir -p $home
  [ -e $main.package ] || cp -p $main $main.package
  # 2.1 does not write over a file that is there.
  rm -f /etc/mosquitto/fenced-probe.passwd
  mosquitto_passwd -b -c /etc/mosquitto/fenced-probe.passwd user secret
  mosquitto_passwd -b /etc/mosquitto/fenced-probe.passwd guest secret
  printf 'user user\ntopic readwrite #\ntopic read $SYS/#\nuser guest\ntopic read open/#\n' >/etc/mosquitto/fenced-probe.acl
  if [ ! -e $key ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout $key -out $certificate 2>/dev/null
  fi
  chown root:mosquitto $key /etc/mosquitto/fenced-probe.{passwd,acl}
  chmod 640 $key /etc/mosquitto/fenced-probe.{passwd,acl}
  cat >$home/usual.conf <<END
password_file /etc/mosquitto/fenced-probe.passwd
acl_file /etc/mosquitto/fenced-probe.acl
listener 1883
listener 8883
certfile $certificate
keyfile $key
listener 0 /run/mosquitto/fenced-probe.sock
END
  if has_websockets; then printf 'listener 9001\nprotocol websockets\n' >>$home/usual.conf; fi
  cp $home/usual.conf $settings
  cp $main.package $main
  pgrep -f "mosquitto -d -c $home/other.conf" >/dev/null || other_broker
  restart || true
}

teardown_file() {
  pkill -f "mosquitto -d -c $home/other.conf" || true
  rm -f $settings
  systemctl reset-failed "$UNIT" || true
  timeout 30 systemctl restart "$UNIT" || true
}

# What a test has added is out of the way of the next one, even if it failed.
teardown() {
  if [ -d $home/log ]; then
    rm -rf /var/log/mosquitto
    mv $home/log /var/log/mosquitto
  fi
  cmp -s $home/usual.conf $settings && cmp -s $main $main.package && [ -n "$BATS_TEST_COMPLETED" ] && return
  cp $home/usual.conf $settings
  cp $main.package $main
  restart || true
}

# Debian 12 builds it without.
has_websockets() { ! grep -aqi 'websockets support not available' /usr/sbin/mosquitto; }

@test "delivers messages over IPv4 and IPv6" {
  carries four -h 127.0.0.1
  carries six -h ::1
  sub -h ::1 -t live/+ >$home/live 3>&- &
  eventually pub -h 127.0.0.1 -t live/one -m hello
  eventually heard hello || pub -t live/one -m hello
  wait $!
  [ "$(cat $home/live)" = hello ]
}

heard() { pub -t live/one -m "$1" && grep -q "$1" $home/live; }

@test "serves other machines" {
  carries lan -h 192.0.2.10
  carries lan6 -h 2001:db8::10
}

@test "lets nobody in without the password, and keeps each to their topics" {
  run ! timeout 10 mosquitto_pub -u user -P wrong -t open/a -m x
  run ! timeout 10 mosquitto_pub -t open/a -m x
  pub -t open/a -m yes -r
  pub -t closed/a -m no -r
  # The first message is that of the first topic, where it may be read.
  [ "$(sub -t closed/a -t open/a)" = no ]
  [ "$(timeout 12 mosquitto_sub -u guest -P secret -t closed/a -t open/a -C 1 -W 10)" = yes ]
  pub -t open/a -n -r
  pub -t closed/a -n -r
}

@test "serves TLS with a key that only its group may read" {
  [ "$(stat -c '%U:%G %a' $key)" = 'root:mosquitto 640' ]
  carries tls -h localhost -p 8883 --cafile $certificate
}

@test "knows clients by their certificate, or by a shared key" {
  printf 'device:0123456789abcdef\n' >/etc/mosquitto/fenced-probe.psk
  chgrp mosquitto /etc/mosquitto/fenced-probe.psk
  chmod 640 /etc/mosquitto/fenced-probe.psk
  printf 'user localhost\ntopic readwrite #\nuser device\ntopic readwrite #\n' >>/etc/mosquitto/fenced-probe.acl
  with 'listener 8884' "certfile $certificate" "keyfile $key" "cafile $certificate" 'require_certificate true' 'use_identity_as_username true' \
    'listener 8885' 'psk_hint broker' 'psk_file /etc/mosquitto/fenced-probe.psk' 'use_identity_as_username true'
  run ! pub -h localhost -p 8884 --cafile $certificate -t cert -m x
  timeout 10 mosquitto_pub -h localhost -p 8884 --cafile $certificate --cert $certificate --key $key -t cert -m known -r
  timeout 10 mosquitto_pub -p 8885 --psk 0123456789abcdef --psk-identity device --tls-version tlsv1.2 -t psk -m shared -r
  [ "$(sub -t cert) $(sub -t psk)" = 'known shared' ]
}

@test "speaks MQTT over websockets" {
  has_websockets || skip 'built without websockets'
  websocket 127.0.0.1
}

# Logs in over a websocket, and waits for the CONNACK that says welcome.
websocket() {
  timeout 10 perl -MIO::Socket::INET -e '
    my $socket = IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => 9001) or die "connect: $!";
    print $socket "GET /mqtt HTTP/1.1\r\nHost: localhost:9001\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      . "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n";
    my $line = <$socket>;
    $line =~ / 101 / or die "no websocket: $line";
    while ($line = <$socket>) { last if $line eq "\r\n" }
    my $body = pack("n/a* C C n n/a* n/a* n/a*", "MQTT", 4, 0xC2, 60, "fencedws", "user", "secret");
    my $connect = pack("C C", 0x10, length $body) . $body;
    print $socket pack("C C N", 0x82, 0x80 | length $connect, 0) . $connect;
    read $socket, my $answer, 6;
    unpack("H*", $answer) eq "820420020000" or die "answered " . unpack "H*", $answer;' "$1"
}

@test "listens on a unix socket that its group may use" {
  [ "$(stat -c '%U:%G' /run/mosquitto/fenced-probe.sock)" = mosquitto:mosquitto ]
  carries unix --unix /run/mosquitto/fenced-probe.sock
  setpriv --reuid mosquitto --regid mosquitto --clear-groups mosquitto_pub -u user -P secret --unix /run/mosquitto/fenced-probe.sock -t own -m x
}

@test "listens on the interface that it is told to" {
  with 'listener 1885' 'bind_interface lan0' 'socket_domain ipv4'
  carries interface -h 192.0.2.10 -p 1885
  run ! pub -h 127.0.0.1 -p 1885 -t t -m x
}

@test "runs as its own user" {
  grep -P '^[UG]id:' "/proc/$(main_pid)/status" >$home/ids
  local uid gid
  uid=$(id -u mosquitto) gid=$(id -g mosquitto)
  [ "$(cut -f 2- $home/ids)" = "$(printf '%s\t%s\t%s\t%s\n%s\t%s\t%s\t%s' "$uid" "$uid" "$uid" "$uid" "$gid" "$gid" "$gid" "$gid")" ]
}

@test "holds hundreds of clients at once, and publishes its own figures" {
  run -0 timeout 20 perl -MIO::Socket::INET -e '
    my @open = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:1883", Timeout => 2) or die "client $_: $!\n" } 1 .. 600;
    for my $n (0 .. $#open) {
      my $body = pack("n/a* C C n n/a* n/a* n/a*", "MQTT", 4, 0xC2, 60, "client$n", "user", "secret");
      my $socket = $open[$n];
      print $socket pack("C C", 0x10, length $body) . $body;
      $socket->flush;
      read $socket, my $answer, 4;
      unpack("H*", $answer) eq "20020000" or die "client $n is not welcome\n";
    }'
  [[ $(sub -t '$SYS/broker/version') == 'mosquitto version '* ]]
}

@test "keeps retained messages, and those for a client that is away, over a restart" {
  pub -t kept/retained -m stays -r -q 1
  timeout 10 mosquitto_sub -u user -P secret -i away -c -q 1 -t kept/later -E
  pub -t kept/later -m waited -q 1
  restart
  [ "$(sub -t kept/retained)" = stays ]
  [ "$(sub -i away -c -q 1 -t kept/later)" = waited ]
  timeout 10 mosquitto_sub -u user -P secret -i away -t kept/later -E
  pub -t kept/retained -n -r
}

@test "saves to disk on a signal, and by itself after a number of changes" {
  local mark
  mark=$(fresh)
  pub -t saved/signal -m "signal$mark" -r
  systemctl kill --kill-whom=main --signal=USR1 "$UNIT"
  eventually grep -aq "signal$mark" $data
  with 'autosave_on_changes true' 'autosave_interval 2'
  for n in 1 2 3 4; do pub -t saved/$n -m "own$mark" -r; done
  eventually grep -aq "own$mark" $data
  for n in signal 1 2 3 4; do pub -t saved/$n -n -r; done
}

@test "keeps its data on another volume" {
  install -d -o mosquitto -g mosquitto /srv/fenced-probe
  rm -f /srv/fenced-probe/*
  sed 's|^persistence_location .*|persistence_location /srv/fenced-probe/|' $main.package >$main
  restart
  pub -t moved -m away -r
  restart
  [ "$(sub -t moved)" = away ]
  grep -aq away /srv/fenced-probe/mosquitto.db
}

@test "takes new passwords on a reload, without losing a client" {
  timeout 40 mosquitto_sub -u user -P secret -t reloaded -C 1 -W 38 >$home/reloaded 2>&1 3>&- &
  local client=$!
  run ! timeout 10 mosquitto_pub -u later -P secret -t open/a -m x
  mosquitto_passwd -b /etc/mosquitto/fenced-probe.passwd later secret
  timeout 30 systemctl reload "$UNIT"
  eventually timeout 10 mosquitto_pub -u later -P secret -t open/a -m x
  pub -t reloaded -m still
  wait $client
  [ "$(cat $home/reloaded)" = still ]
}

@test "takes a renewed certificate on a reload" {
  cp -p $certificate $home/before.pem
  openssl req -x509 -new -key $key -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost -set_serial 4242 -out $home/after.pem 2>/dev/null
  cat $home/after.pem >$certificate
  timeout 30 systemctl reload "$UNIT"
  eventually shows_serial 1092
  cat $home/before.pem >$certificate
}

shows_serial() {
  timeout 10 openssl s_client -connect 127.0.0.1:8883 </dev/null 2>/dev/null | openssl x509 -noout -serial | grep -q "=$1$"
}

@test "builds a bridge to another broker, found by its name" {
  with 'connection fenced' 'address localhost:1993' 'topic bridged/out out' 'topic bridged/in in'
  timeout 20 mosquitto_sub -p 1993 -C 1 -W 18 -t bridged/out >$home/out 3>&- &
  local there=$!
  eventually over
  wait $there
  timeout 20 mosquitto_sub -u user -P secret -C 1 -W 18 -t bridged/in >$home/in 3>&- &
  local here=$!
  eventually back
  wait $here
}

over() { pub -t bridged/out -m over && grep -qx over $home/out; }
back() { timeout 10 mosquitto_pub -p 1993 -t bridged/in -m back && grep -qx back $home/in; }

@test "keeps accounts with the dynamic security plug-in" {
  dynamic_security /var/lib/mosquitto
}

# dynamic_security DIRECTORY: an account that was made at run time is on disk, and is known after a restart
dynamic_security() {
  local file=$1/fenced-probe.json
  rm -f "$file"
  mosquitto_ctrl dynsec init "$file" admin admin >/dev/null
  chown mosquitto:mosquitto "$file"
  alone <<END
listener 1886
plugin $(dpkg -L mosquitto | grep -m 1 'mosquitto_dynamic_security.so$')
plugin_opt_config_file $file
END
  eventually control listClients
  control createClient sensor -p sensor
  grep -q sensor "$file"
  control createRole writer
  control addRoleACL writer publishClientSend '#' allow
  control addClientRole sensor writer
  timeout 30 systemctl restart "$UNIT"
  eventually timeout 10 mosquitto_pub -p 1886 -u sensor -P sensor -t t -m x -q 1
  run ! timeout 10 mosquitto_pub -p 1886 -u sensor -P wrong -t t -m x -q 1
  rm -f "$file"
}

control() { timeout 10 mosquitto_ctrl -p 1886 -u admin -P admin dynsec "$@"; }

@test "logs to its file, to syslog and to the journal" {
  local mark
  mark=$(fresh)
  with 'log_dest syslog' 'log_dest stderr' 'log_type all'
  pub -i "logged$mark" -t t -m x
  eventually grep -q "logged$mark" $log
  eventually journalled "logged$mark" -t mosquitto _TRANSPORT=syslog
  eventually journalled "logged$mark" -u "$UNIT" _TRANSPORT=stdout
}

journalled() { journalctl -o cat -n 100 "${@:2}" | grep -q "$1"; }

@test "has its log rotated as the package does it, more than once" {
  for turn in first second; do
    local mark
    mark=$(fresh)
    pub -i "before$turn$mark" -t t -m x
    eventually grep -q "before$turn$mark" $log
    rm -f $log.*
    logrotate -f /etc/logrotate.d/mosquitto
    eventually logged_anew "after$turn$mark"
    [ -e $log.1 ] || [ -e $log.1.gz ]
  done
}

logged_anew() {
  pub -i "$1" -t t -m x
  grep -q "$1" $log
}

@test "makes its directories where they are missing, and writes its process id" {
  timeout 30 systemctl stop "$UNIT"
  mv /var/log/mosquitto $home/log
  rm -rf /run/mosquitto
  sed 's|^#*pid_file |pid_file |' $main.package >$main
  restart
  grep -q running $log
  [ "$(cat /run/mosquitto/mosquitto.pid)" = "$(main_pid)" ]
}

@test "comes back when it is killed" {
  local old
  old=$(main_pid)
  kill -KILL "$old"
  eventually another "$old"
  eventually answers
}

another() { [[ $(main_pid) != 0 && $(main_pid) != "$1" ]]; }

# bats test_tags=option:low-port
@test "listens on port 443" {
  with 'listener 443'
  carries low -p 443
}

# bats test_tags=option:home
@test "reads a certificate and keeps accounts below /home" {
  install -d -o mosquitto -g mosquitto /home/fenced-probe
  cp -p $certificate $key /home/fenced-probe
  with 'listener 8886' "certfile /home/fenced-probe/${certificate##*/}" "keyfile /home/fenced-probe/${key##*/}"
  carries home -h localhost -p 8886 --cafile $certificate
  dynamic_security /home/fenced-probe
}

# bats test_tags=option:tmp
@test "is reached by a unix socket in /tmp" {
  with 'listener 0 /tmp/fenced-probe.sock'
  carries tmp --unix /tmp/fenced-probe.sock
}

# bats test_tags=option:etc
@test "keeps accounts in a file in /etc/mosquitto" {
  chown mosquitto /etc/mosquitto
  dynamic_security /etc/mosquitto
  chown root /etc/mosquitto
}

# Last: the others need it running.
@test "stops cleanly, with its data on disk" {
  local mark
  mark=$(fresh)
  pub -t stopped -m "stopped$mark" -r
  timeout 30 systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  [ -z "$(ss -Hltn 'sport = :1883')" ]
  grep -aq "stopped$mark" $data
  [ "$(stat -c %U $data)" = mosquitto ]
  restart
  pub -t stopped -n -r
}
