#!/usr/bin/env bats
# What coturn must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

# shellcheck disable=SC2034 # eventually reads it
PATIENCE=15
home=/srv/fenced-probe
conf=/etc/turnserver.conf
data=/var/lib/turn
log=/var/log/turnserver
key=/etc/ssl/fenced-probe.key
certificate=/etc/ssl/fenced-probe.crt
realm=fenced.example

# relays [OPTION...] ADDRESS: two clients meet over the server, and hear each other
relays() {
  timeout "${WAIT-40}" turnutils_uclient -y -c -m 1 -n 3 "$@" >$home/client 2>&1 3>&- && grep -q 'tot_recv_bytes ~ [1-9]' $home/client
}
# refuses [OPTION...] ADDRESS: sid's client tries on for a quarter of a minute
refuses() { ! WAIT=10 relays "$@"; }
ann() { relays -u ann -w ann-secret "$@"; }
stun() { timeout 10 turnutils_stunclient "$@" 2>&1 | grep -q "reflexive addr: .*${*: -1}:"; }
answers() { stun 192.0.2.10; }
start_again() { restart && eventually answers; }
tell() { systemctl kill --kill-whom=main -s "$1" "$UNIT"; }
database() { setpriv --reuid turnserver --regid turnserver --clear-groups turnadmin -b $data/turndb "$@" >/dev/null; }

# site: the usual settings, and what comes on stdin after them
site() { cat $home/usual - >$conf; }

usual() {
  cat >$home/usual <<END
listening-ip=192.0.2.10
listening-ip=2001:db8::10
lt-cred-mech
realm=$realm
cert=$certificate
pkey=$key
fingerprint
log-file=$log/turn.log
simple-log
verbose
cli-password=fenced
userdb=$data/turndb
END
  # Newer ones have their console and DTLS only where they are asked for.
  local word
  for word in cli dtls; do
    if turnserver --help 2>&1 | grep -qE "^[[:space:]]*--${word}[[:space:]]"; then echo "$word" >>$home/usual; fi
  done
}

setup_file() {
  mkdir -p $home
  chmod 755 $home
  [ -e $home/package.conf ] || cp -p $conf $home/package.conf
  [ -e $home/turndb ] || cp -p $data/turndb $home/turndb
  if [ ! -e $key ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout $key -out $certificate 2>/dev/null
    chgrp turnserver $key
    chmod 640 $key
  fi
  rm -rf $log /var/log/fenced-turn.log
  install -d -o turnserver -g turnserver $log
  systemctl stop "$UNIT" || true
  cp -p $home/turndb $data/turndb
  database -a -u ann -r $realm -p ann-secret
  usual
  site </dev/null
  start_again || true
}

teardown_file() {
  cat $home/package.conf >$conf
  restart || true
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  if [ -e $home/database ]; then
    systemctl stop "$UNIT" || true
    cp -p $home/database $data/turndb
    rm $home/database
    restart || true
  fi
  cmp -s $conf $home/usual && [ -n "$BATS_TEST_COMPLETED" ] && return 0
  site </dev/null
  start_again || true
}

@test "starts as packaged, and tells everybody from where they come" {
  cat $home/package.conf >$conf
  start_again
  stun 127.0.0.1
  stun 192.0.2.10
  timeout 10 turnutils_stunclient 2001:db8::10 2>&1 | grep -q 'reflexive addr: .*2001:db8::10'
}

@test "relays over UDP, IPv4 and IPv6" {
  ann -L 192.0.2.10 192.0.2.10
  ann -L 2001:db8::10 -x 2001:db8::10
}

@test "relays over TCP, from client to server and from there on" {
  ann -t -L 192.0.2.10 192.0.2.10
  ann -T -L 192.0.2.10 192.0.2.10
}

@test "relays over TLS and DTLS, with a key that only its group may read" {
  [ "$(stat -c '%U:%G %a' $key)" = 'root:turnserver 640' ]
  timeout 5 openssl s_client -connect 192.0.2.10:5349 -CAfile $certificate -verify_return_error </dev/null >/dev/null 2>&1
  ann -t -S -L 192.0.2.10 192.0.2.10
  ann -S -L 192.0.2.10 192.0.2.10
}

@test "relays by indications as well as by channels, and to a peer of its own" {
  ann -s -L 192.0.2.10 192.0.2.10
  turnutils_peer -L 192.0.2.10 -p 3490 >/dev/null 2>&1 3>&- &
  echo $! >$home/peer.pid
  timeout 40 turnutils_uclient -c -m 1 -n 3 -u ann -w ann-secret -e 192.0.2.10 -r 3490 -L 192.0.2.10 192.0.2.10 >$home/client 2>&1 3>&-
  kill "$(cat $home/peer.pid)"
  grep -q 'tot_recv_bytes ~ [1-9]' $home/client
}

@test "moves a client to another address" {
  site <<<mobility
  start_again
  ann -M -L 192.0.2.10 192.0.2.10
}

@test "turns away who has no password" {
  refuses -u ann -w wrong -L 192.0.2.10 192.0.2.10
  refuses -u nobody -w ann-secret -L 192.0.2.10 192.0.2.10
  ann -L 192.0.2.10 192.0.2.10
}

@test "takes users into its database while it runs, and lets them go" {
  local name
  name=$(fresh)
  cp -p $data/turndb $home/database
  refuses -u "$name" -w secret -L 192.0.2.10 192.0.2.10
  database -a -u "$name" -r $realm -p secret
  relays -u "$name" -w secret -L 192.0.2.10 192.0.2.10
  database -d -u "$name" -r $realm
  refuses -u "$name" -w secret -L 192.0.2.10 192.0.2.10
}

@test "makes its database where there is none" {
  timeout 20 systemctl stop "$UNIT"
  cp -p $data/turndb $home/database
  rm $data/turndb
  start_again
  refuses -u ann -w ann-secret -L 192.0.2.10 192.0.2.10
  [ "$(stat -c %U $data/turndb)" = turnserver ]
  database -a -u ann -r $realm -p ann-secret
  ann -L 192.0.2.10 192.0.2.10
}

@test "lets in by passwords that run out, with a secret from its settings or its database" {
  cp -p $data/turndb $home/database
  site <<END
use-auth-secret
static-auth-secret=of-settings
END
  start_again
  relays -u ann -W of-settings -L 192.0.2.10 192.0.2.10
  refuses -u ann -W wrong -L 192.0.2.10 192.0.2.10
  database -s of-database -r $realm
  site <<<use-auth-secret
  start_again
  relays -u ann -W of-database -L 192.0.2.10 192.0.2.10
}

@test "knows users of its settings, and of Redis" {
  site <<END
user=bob:bob-secret
redis-userdb="ip=127.0.0.1 dbname=0 connect_timeout=5"
END
  redis-cli set "turn/realm/$realm/user/rita/key" "$(turnadmin -k -u rita -r $realm -p rita-secret | grep -o '0x[0-9a-f]*' | cut -c 3-)" >/dev/null
  start_again
  relays -u bob -w bob-secret -L 192.0.2.10 192.0.2.10
  relays -u rita -w rita-secret -L 192.0.2.10 192.0.2.10
}

@test "relays to nobody whom its settings deny" {
  site <<<denied-peer-ip=192.0.2.10
  start_again
  refuses -u ann -w ann-secret -L 192.0.2.10 192.0.2.10
  grep -q 'error 403: Forbidden IP' $log/turn.log
}

@test "listens on every address by itself" {
  site </dev/null
  sed -i '/^listening-ip/d' $conf
  start_again
  ann -L 192.0.2.10 192.0.2.10
  ann -L 2001:db8::10 -x 2001:db8::10
  stun 127.0.0.1
}

@test "takes orders at its console, and only with the password" {
  eventually console fenced
  run ! console wrong
}

# console PASSWORD: asks it for its sessions
console() {
  local said
  exec 5<>/dev/tcp/127.0.0.1/5766 || return 1
  {
    read -r -t 5 -d : -u 5 said
    printf '%s\r\n' "$1" >&5
    read -r -t 5 -d '>' -u 5 said
    printf 'ps\r\n' >&5
    read -r -t 5 -d '>' -u 5 said
    exec 5>&-
  } 2>/dev/null || true
  [[ $said == *'Total sessions: '[0-9]* ]]
}

@test "serves its web interface" {
  site <<END
web-admin
web-admin-ip=127.0.0.1
web-admin-port=8080
END
  start_again
  eventually web
}

web() { curl -s --max-time 5 --cacert $certificate https://localhost:8080/ | grep -qi 'TURN Server'; }

@test "shows its figures, where it was built with that" {
  turnserver --help 2>&1 | grep -q -- --prometheus || skip 'this one was built without'
  site <<<prometheus
  start_again
  eventually figures
}

figures() { curl -s --max-time 5 http://127.0.0.1:9641/metrics | grep -q '^turn_'; }

@test "takes a renewed certificate without a restart" {
  local before
  before=$(main_pid)
  cp -p $certificate $home/first.crt
  openssl req -x509 -new -key $key -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost -set_serial 4242 \
    -out $certificate 2>/dev/null
  tell USR2
  eventually shows_serial 1092
  [ "$(main_pid)" = "$before" ]
  cat $home/first.crt >$certificate
  tell USR2
  ann -t -S -L 192.0.2.10 192.0.2.10
}

shows_serial() {
  timeout 5 openssl s_client -connect 192.0.2.10:5349 </dev/null 2>/dev/null | openssl x509 -noout -serial | grep -q "=$1$"
}

@test "writes a log of its own, and begins a new one when it is told to" {
  local name
  name=$(fresh)
  refuses -u "$name" -w wrong -L 192.0.2.10 192.0.2.10
  eventually grep -q "$name" $log/turn.log
  [ "$(stat -c %U $log/turn.log)" = turnserver ]
  setpriv --reuid nobody --regid nogroup --clear-groups grep -q "$name" $log/turn.log
  mv $log/turn.log $log/moved
  tell HUP
  refuses -u "again$name" -w wrong -L 192.0.2.10 192.0.2.10
  eventually grep -q "again$name" $log/turn.log
  run ! grep -q "again$name" $log/moved
}

@test "writes its log right into /var/log, where there is a file for it" {
  install -o turnserver -m 640 /dev/null /var/log/fenced-turn.log
  sed -i 's,^log-file=.*,log-file=/var/log/fenced-turn.log,' $conf
  start_again
  eventually test -s /var/log/fenced-turn.log
  holds /var/log/fenced-turn.log
}

@test "says to the journal and to syslog what it does" {
  local name
  name=$(fresh)
  eventually tells "$name" journalled
  site <<<syslog
  sed -i '/^log-file/d' $conf
  start_again
  eventually tells "s$name" syslogged
}

# It keeps what it says to the journal until that is a few kilobytes.
tells() { refuses -u "$1" -w wrong -L 192.0.2.10 192.0.2.10 && "$2" "$1"; }
syslogged() { journalctl -q -t turnserver _TRANSPORT=syslog -o cat --since=-30s | grep -qF "$1"; }

@test "says what is wrong with its settings, and takes them once they are mended" {
  sed -i 's,^cert=.*,cert=/etc/ssl/fenced-missing.crt,' $conf
  start_again
  eventually grep -q 'cannot find certificate file: /etc/ssl/fenced-missing.crt' $log/turn.log
  site </dev/null
  start_again
  timeout 5 openssl s_client -connect 192.0.2.10:5349 </dev/null >/dev/null 2>&1
}

@test "serves several clients at once" {
  relays -m 20 -u ann -w ann-secret -L 192.0.2.10 192.0.2.10
}

@test "runs as its own user" {
  [ "$(users)" = turnserver ]
  [ "$(awk '/^CapEff:/ { print $2 }' "/proc/$(main_pid)/status")" = "$(printf '%016x' "$(capabilities)")" ]
}

# Of its own it has none; with the option low-port, one.
capabilities() { if [ "$(systemctl show -p AmbientCapabilities --value "$UNIT")" ]; then echo $((1 << 10)); else echo 0; fi; }

@test "keeps its users over a restart, and comes back by itself after a crash" {
  local before
  before=$(main_pid)
  start_again
  is_another "$before"
  ann -L 192.0.2.10 192.0.2.10
  before=$(main_pid)
  kill -KILL "$before"
  eventually is_another "$before"
  eventually answers
  ann -L 192.0.2.10 192.0.2.10
}

# bats test_tags=option:low-port
@test "listens on port 443" {
  site <<<tls-listening-port=443
  start_again
  ann -t -S -p 443 -L 192.0.2.10 192.0.2.10
}

# bats test_tags=option:elsewhere
@test "keeps its database and its log elsewhere" {
  rm -rf /srv/fenced-elsewhere
  install -d -o turnserver -g turnserver /srv/fenced-elsewhere
  sed -i 's,^userdb=.*,userdb=/srv/fenced-elsewhere/turndb,; s,^log-file=.*,log-file=/srv/fenced-elsewhere/log,' $conf
  start_again
  refuses -u ann -w ann-secret -L 192.0.2.10 192.0.2.10
  [ -s /srv/fenced-elsewhere/turndb ]
  holds /srv/fenced-elsewhere/log
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
  ann -L 192.0.2.10 192.0.2.10
}
