#!/usr/bin/env bats
# What etcd must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

settings=/etc/default/etcd
secret=/etc/etcd
data=/var/lib/etcd/default
spare=/var/lib/etcd/fenced
logs=/var/log/etcd
home=/srv/fenced-probe
client=http://127.0.0.1:2379

ctl() { etcdctl --endpoints="${at-$client}" --command-timeout=6s --dial-timeout=3s "$@"; }
page() { curl -sSg --max-time 6 "$@"; }
code_of() { page -o /dev/null -w '%{http_code}' "$@"; }
answers() { [ "$(page -f "$client/health" 2>/dev/null | grep -c '"health":"true"')" = 1 ]; }
value() { ctl get --print-value-only "$@"; }
# is VALUE KEY [ARGUMENT...]
is() { [ "$(value "${@:2}" 2>/dev/null)" = "$1" ]; }
put() { [ "$(ctl put "$@")" = OK ]; }
# soon COMMAND...: tries again at once where there is no leader yet
soon() { eventually "$@" --command-timeout=1s; }
members() { ctl member list 2>/dev/null; }
id_of() { members | awk -F ', ' -v name="$1" '$3 == name { print $1 }'; }
revision() { ctl endpoint status -w json | grep -o '"revision":[0-9]*' | head -n 1 | cut -d : -f 2; }
size() { ctl endpoint status -w json | grep -o '"dbSize":[0-9]*' | cut -d : -f 2; }
knows() { etcd --help 2>&1 | grep -q -- "$1"; }
pair() { page -f "$client/v3/kv/$1" -d "$2" "${@:3}"; }

# configure [LINE...]: lines of /etc/default/etcd; it elects itself sooner than by default, and so starts sooner
configure() {
  printf '%s\n' ETCD_HEARTBEAT_INTERVAL=10 ETCD_ELECTION_TIMEOUT=100 "$@" >$settings
  restart
}

# Where there are two: slow enough for a busy machine, and without the wait for five seconds of health.
among=(ETCD_HEARTBEAT_INTERVAL=50 ETCD_ELECTION_TIMEOUT=500 ETCD_STRICT_RECONFIG_CHECK=false ETCD_NAME=first ETCD_DATA_DIR=$spare)

# A member beside the unit's own.
second() {
  install -d -o etcd -g etcd -m 700 $home/second
  systemd-run -q --unit=fenced-second -p User=etcd etcd --name=second --data-dir=$home/second/data --heartbeat-interval=50 --election-timeout=500 \
    --strict-reconfig-check=false \
    --listen-client-urls=http://127.0.0.1:12379 --advertise-client-urls=http://127.0.0.1:12379 "$@"
}
stop_second() {
  systemctl stop fenced-second 2>/dev/null || true
  systemctl reset-failed fenced-second 2>/dev/null || true
  rm -rf $home/second
}

# certificate NAME WORD [SERIAL]: signed by our own authority
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$secret/$1.key" -out "$home/$1.csr" 2>/dev/null
  openssl x509 -req -in "$home/$1.csr" -CA $secret/ca.pem -CAkey $home/ca.key -set_serial "${3-$RANDOM}" -days 30 -out "$secret/$1.pem" \
    -extfile <(echo 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:192.0.2.10,IP:2001:db8::10') 2>/dev/null
  chgrp etcd "$secret/$1.key"
  chmod 640 "$secret/$1.key"
}

setup_file() {
  mkdir -p $home $secret
  install -d -o etcd -g etcd $logs
  [ -e $home/package ] || cp -p $settings $home/package 2>/dev/null || : >$home/package
  if [ ! -e $secret/jwt.pub ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=authority -keyout $home/ca.key -out $secret/ca.pem 2>/dev/null
    certificate client ann
    openssl genrsa -out $secret/jwt.key 2048 2>/dev/null
    openssl rsa -in $secret/jwt.key -pubout -out $secret/jwt.pub 2>/dev/null
    chgrp etcd $secret/jwt.key
    chmod 640 $secret/jwt.key
  fi
  certificate server localhost 1000
  stop_second
  ip route replace default via 192.0.2.1
  cp -n /etc/resolv.conf $home/resolv.conf
  # What an earlier run has left would answer for this one.
  systemctl stop "$UNIT" || true
  rm -rf $data $spare /srv/fenced-etcd ${logs:?}/*
  configure || true
  eventually answers || true
  cp $settings $home/settings
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  cmp -s $settings $home/settings && [ "$BATS_TEST_COMPLETED" ] && return
  cat $home/resolv.conf >/etc/resolv.conf
  configure || true
  stop_second
  rm -rf $spare
  eventually answers
}

teardown_file() {
  ip route del default via 192.0.2.1
  stop_second
}

@test "starts as packaged, and keeps its data where the package says" {
  cat $home/package >$settings
  restart
  eventually answers
  put packaged one
  is one packaged
  [ -d $data/member/wal ]
  [ "$(stat -c '%U:%G' $data/member/snap/db)" = etcd:etcd ]
}

@test "stores, reads, counts and deletes" {
  put shop/apples 3
  put shop/pears 4
  put shop/plums 5
  [ "$(value --prefix shop/ | paste -s -d ' ')" = '3 4 5' ]
  [ "$(ctl get --prefix shop/ --limit=1 -w fields | awk '/"Count"/ { print $3 }')" = 3 ]
  [ "$(ctl del shop/pears)" = 1 ]
  [ "$(value --prefix shop/ | paste -s -d ' ')" = '3 5' ]
  head -c 1000000 /dev/zero | tr '\0' x | ctl put large
  [ "$(value large | wc -c)" = 1000001 ]
}

@test "reads what a key was before" {
  local was
  put history old
  was=$(revision)
  put history new
  is new history
  is old history --rev="$was"
}

@test "tells whoever watches" {
  ctl --command-timeout=20s watch --prefix watched/ >$home/watched 3>&- &
  local watcher=$!
  eventually told ready
  put watched/late "$(date +%s)"
  kill $watcher
  [ "$(sed -n 1,2p $home/watched | paste -s -d ' ')" = 'PUT watched/ready' ]
}

told() {
  put "watched/$1" yes
  grep -q "watched/$1" $home/watched
}

@test "changes several keys at once, or none" {
  put account/a 10
  printf '%s\n' 'value("account/a") = "10"' '' 'put account/a 5' 'put account/b 5' '' 'get account/a' '' | ctl txn | head -n 1 | grep -qx SUCCESS
  printf '%s\n' 'value("account/a") = "10"' '' 'put account/a 0' '' 'get account/b' '' | ctl txn | head -n 1 | grep -qx FAILURE
  is 5 account/a
  is 5 account/b
}

@test "forgets a key when its lease ends, and keeps it as long as somebody renews" {
  local short long
  short=$(ctl lease grant 1 | awk '{ print $2 }')
  long=$(ctl lease grant 60 | awk '{ print $2 }')
  put leased/short one --lease="$short"
  put leased/long two --lease="$long"
  ctl lease keep-alive --once "$long" | grep -q 'keepalived with TTL(60)'
  eventually is '' leased/short
  is two leased/long
  ctl lease timetolive "$long" --keys | grep -q leased/long
  ctl lease revoke "$long"
  is '' leased/long
}

@test "gives a lock to one at a time" {
  rm -f $home/begun $home/done
  printf '#!/bin/sh\ntouch %s/begun\nsleep 1\ntouch %s/done\n' $home $home >$home/hold
  chmod 755 $home/hold
  ctl --command-timeout=20s lock baker $home/hold 3>&- &
  local holder=$!
  eventually test -e $home/begun
  printf '#!/bin/sh\ntest -e %s/done\n' $home >$home/after
  chmod 755 $home/after
  ctl --command-timeout=20s lock baker $home/after
  wait $holder
}

@test "answers in JSON as well, and tells its version" {
  pair put "{\"key\":\"$(printf json | base64)\",\"value\":\"$(printf spoken | base64)\"}" | grep -q '"revision"'
  is spoken json
  pair range "{\"key\":\"$(printf json | base64)\"}" | grep -q "\"value\":\"$(printf spoken | base64)\""
  page -f $client/version | grep -q "\"etcdserver\":\"$(etcd --version | awk 'NR == 1 { print $3 }')\""
}

@test "publishes its figures, its memory, files and start among them" {
  page -f $client/metrics >$home/metrics
  grep -q '^etcd_server_has_leader 1' $home/metrics
  grep -q '^etcd_disk_wal_fsync_duration_seconds_count [1-9]' $home/metrics
  grep -q '^process_resident_memory_bytes [1-9]' $home/metrics
  grep -q '^process_open_fds [1-9]' $home/metrics
  grep -q '^process_start_time_seconds [1-9]' $home/metrics
}

@test "publishes them and its profile on another port, where it is asked to" {
  configure ETCD_LISTEN_METRICS_URLS=http://127.0.0.1:2381 ETCD_METRICS=extensive ETCD_ENABLE_PPROF=true
  eventually answers
  [[ $(page -f http://127.0.0.1:2381/health) == *true* ]]
  page -f http://127.0.0.1:2381/metrics | grep '^grpc_server_handling_seconds_count' >$home/metrics
  [ -s $home/metrics ]
  page -f "$client/debug/pprof/heap?debug=1" | head -n 1 | grep -q 'heap profile'
  [ "$(page -f "$client/debug/pprof/profile?seconds=1" | head -c 2 | od -An -tx1)" = ' 1f 8b' ]
}

@test "serves other machines, over IPv4 and IPv6" {
  configure 'ETCD_LISTEN_CLIENT_URLS=http://0.0.0.0:2379' 'ETCD_ADVERTISE_CLIENT_URLS=http://192.0.2.10:2379'
  at=http://192.0.2.10:2379 eventually put lan four
  at='http://[2001:db8::10]:2379' eventually is four lan
}

@test "serves two hundred at a time" {
  local n
  for n in {1..200}; do
    ((n == 1)) || echo next
    printf 'url = "%s/v3/kv/put"\ndata = "{\\"key\\":\\"%s\\",\\"value\\":\\"%s\\"}"\noutput = /dev/null\nwrite-out = "%%{http_code}\\n"\n' \
      $client "$(printf 'crowd/%d' "$n" | base64)" "$(printf x | base64)"
  done >$home/many
  [ "$(curl -sg --max-time 40 --parallel --parallel-max 200 -K $home/many | grep -c 200)" = 200 ]
  [ "$(ctl get --prefix crowd/ --keys-only | grep -c crowd/)" = 200 ]
}

@test "keeps what it was given over a restart, and over a crash" {
  local mark before
  mark=$(fresh)
  put kept/restart "$mark"
  restart
  eventually is "$mark" kept/restart
  put kept/crash "$mark"
  before=$(main_pid)
  kill -KILL "$before"
  eventually is_another "$before"
  eventually is "$mark" kept/crash
}

@test "saves all of it, and begins anew with what was saved" {
  local mark tool=etcdctl
  mark=$(fresh)
  [ ! -x /usr/bin/etcdutl ] || tool=etcdutl
  put saved "$mark"
  rm -rf $home/saved.db
  ctl snapshot save $home/saved.db
  put saved lost
  $tool snapshot restore $home/saved.db --data-dir $spare
  chown -R etcd:etcd $spare
  configure ETCD_DATA_DIR=$spare
  eventually is "$mark" saved
}

@test "stops writing when it is full, and goes on when it is emptied" {
  configure ETCD_DATA_DIR=$spare ETCD_QUOTA_BACKEND_BYTES=3000000
  eventually answers
  PATIENCE=15 eventually full
  ctl alarm list | grep -q NOSPACE
  ctl compact "$(revision)"
  ctl defrag
  [ "$(size)" -lt 1500000 ]
  ctl alarm disarm
  put full no
  is no full
}

full() { ! head -c 800000 /dev/urandom | base64 -w 0 | head -c 900000 | ctl put full 2>/dev/null; }

@test "writes its log anew now and then, and checks itself" {
  local n
  configure ETCD_DATA_DIR=$spare ETCD_SNAPSHOT_COUNT=20 ETCD_EXPERIMENTAL_INITIAL_CORRUPT_CHECK=true \
    ETCD_AUTO_COMPACTION_MODE=revision ETCD_AUTO_COMPACTION_RETENTION=10
  eventually answers
  for n in {1..25}; do put counted "$n"; done
  eventually has_snapshot
  restart
  eventually is 25 counted
}

has_snapshot() { find $spare/member/snap -name '*.snap' | grep -q .; }

@test "asks for passwords, and gives all users what their roles allow" {
  configure ETCD_DATA_DIR=$spare
  eventually answers
  ctl user add root:secret
  ctl user grant-role root root
  ctl user add ann:hello
  ctl role add shop
  ctl role grant-permission shop --prefix=true readwrite shop/
  ctl user grant-role ann shop
  ctl auth enable
  guards
  # The same with signed tokens.
  configure ETCD_DATA_DIR=$spare "ETCD_AUTH_TOKEN=jwt,pub-key=$secret/jwt.pub,priv-key=$secret/jwt.key,sign-method=RS256"
  eventually answers
  guards
}

guards() {
  run ! ctl put shop/apples 1
  run ! ctl --user ann:wrong put shop/apples 1
  ctl --user ann:hello put shop/apples 2
  run ! ctl --user ann:hello put bank 1
  ctl --user root:secret put bank 3
  [ "$(ctl --user ann:hello get --print-value-only shop/apples)" = 2 ]
}

@test "answers over TLS, to those with a certificate alone, and shows a renewed one at once" {
  local at=https://127.0.0.1:2379
  local own=(--cacert=$secret/ca.pem --cert=$secret/client.pem --key=$secret/client.key)
  [ "$(stat -c '%G %a' $secret/server.key)" = 'etcd 640' ]
  configure ETCD_LISTEN_CLIENT_URLS=$at ETCD_ADVERTISE_CLIENT_URLS=$at ETCD_CERT_FILE=$secret/server.pem ETCD_KEY_FILE=$secret/server.key \
    ETCD_TRUSTED_CA_FILE=$secret/ca.pem ETCD_CLIENT_CERT_AUTH=true
  eventually put secure yes "${own[@]}"
  run ! put secure no --cacert=$secret/ca.pem --command-timeout=2s
  is yes secure "${own[@]}"
  [ "$(serial)" = serial=03E8 ]
  certificate server localhost 1001
  [ "$(serial)" = serial=03E9 ]
}

serial() { openssl s_client -connect 127.0.0.1:2379 -CAfile $secret/ca.pem -cert $secret/client.pem -key $secret/client.key </dev/null 2>/dev/null | openssl x509 -noout -serial; }

@test "makes its own certificates, where it is told to" {
  local at=https://127.0.0.1:2379
  configure ETCD_DATA_DIR=$spare ETCD_LISTEN_CLIENT_URLS=$at ETCD_ADVERTISE_CLIENT_URLS=$at ETCD_AUTO_TLS=true ETCD_PEER_AUTO_TLS=true \
    ETCD_LISTEN_PEER_URLS=https://127.0.0.1:2380 ETCD_INITIAL_ADVERTISE_PEER_URLS=https://127.0.0.1:2380 \
    ETCD_NAME=first ETCD_INITIAL_CLUSTER=first=https://127.0.0.1:2380
  client=$at eventually pair put "{\"key\":\"$(printf secure | base64)\",\"value\":\"$(printf yes | base64)\"}" --insecure
  [ -s $spare/fixtures/client/cert.pem ]
  [ -s $spare/fixtures/peer/cert.pem ]
}

@test "takes a second member in, and lets it go again" {
  configure "${among[@]}" ETCD_INITIAL_CLUSTER=first=http://192.0.2.10:2380 \
    ETCD_INITIAL_ADVERTISE_PEER_URLS=http://192.0.2.10:2380 'ETCD_LISTEN_PEER_URLS=http://192.0.2.10:2380,http://[2001:db8::10]:2380'
  eventually put shared one
  ctl member add second --peer-urls='http://[2001:db8::10]:12380'
  second --initial-cluster='first=http://192.0.2.10:2380,second=http://[2001:db8::10]:12380' --initial-cluster-state=existing \
    --initial-advertise-peer-urls='http://[2001:db8::10]:12380' --listen-peer-urls='http://[2001:db8::10]:12380'
  at=http://127.0.0.1:12379 soon is one shared
  at=http://127.0.0.1:12379 soon put shared two
  is two shared
  restart
  soon is two shared
  ctl endpoint health --cluster
  soon ctl member remove "$(id_of second)"
  stop_second
  soon put shared three
  is three shared
}

@test "joins another's cluster over TLS, and goes on when that one leaves" {
  local at=http://127.0.0.1:12379 n more=()
  local peer=(--peer-cert-file=$secret/server.pem --peer-key-file=$secret/server.key --peer-trusted-ca-file=$secret/ca.pem --peer-client-cert-auth)
  # So few that a newcomer gets all the data as one file.
  ! knows experimental-snapshot-catchup-entries || more+=(--experimental-snapshot-catchup-entries=2)
  second --initial-cluster=second=https://127.0.0.1:12380 --initial-advertise-peer-urls=https://127.0.0.1:12380 \
    --listen-peer-urls=https://127.0.0.1:12380 --snapshot-count=4 "${more[@]}" "${peer[@]}"
  soon put joined 0
  for n in {1..20}; do put joined "$n"; done
  ctl member add first --peer-urls=https://localhost:2380
  configure "${among[@]}" ETCD_INITIAL_CLUSTER=second=https://127.0.0.1:12380,first=https://localhost:2380 \
    ETCD_INITIAL_CLUSTER_STATE=existing ETCD_INITIAL_ADVERTISE_PEER_URLS=https://localhost:2380 ETCD_LISTEN_PEER_URLS=https://127.0.0.1:2380 \
    ETCD_PEER_CERT_FILE=$secret/server.pem ETCD_PEER_KEY_FILE=$secret/server.key ETCD_PEER_TRUSTED_CA_FILE=$secret/ca.pem ETCD_PEER_CLIENT_CERT_AUTH=true
  at=$client soon is 20 joined
  ctl move-leader "$(at=$client id_of first)"
  at=$client soon ctl member remove "$(at=$client id_of second)"
  stop_second
  at=$client soon put joined 21
  at=$client is 21 joined
}

@test "finds its cluster in the DNS" {
  echo 'nameserver 127.0.0.1' >/etc/resolv.conf
  systemd-run -q --unit=fenced-dns dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --bind-interfaces --local=/fenced.example/ \
    --listen-address=127.0.0.1 --address=/one.fenced.example/127.0.0.1 --srv-host=_etcd-server-ssl._tcp.fenced.example,one.fenced.example,2380
  eventually getent ahostsv4 one.fenced.example
  configure ETCD_NAME=first ETCD_DATA_DIR=$spare ETCD_DISCOVERY_SRV=fenced.example ETCD_INITIAL_ADVERTISE_PEER_URLS=https://one.fenced.example:2380 \
    ETCD_LISTEN_PEER_URLS=https://127.0.0.1:2380 ETCD_PEER_AUTO_TLS=true
  eventually put found yes
  members | grep -q 'https://one.fenced.example:2380'
  systemctl stop fenced-dns
}

@test "finds out its own address, where it listens on all and is told none" {
  configure ETCD_DATA_DIR=$spare ETCD_LISTEN_PEER_URLS=http://0.0.0.0:2380
  eventually answers
  members | grep -q 'http://192.0.2.10:2380'
}

@test "takes its settings from a file" {
  cat >$secret/etcd.yml <<YAML
name: filed
data-dir: $spare
listen-client-urls: http://127.0.0.1:2379,http://127.0.0.1:4001
advertise-client-urls: http://127.0.0.1:4001
initial-cluster: filed=http://localhost:2380
YAML
  configure "DAEMON_ARGS=--config-file $secret/etcd.yml"
  at=http://127.0.0.1:4001 eventually put filed yes
  members | grep -q ', filed, '
}

@test "speaks the old protocol, if asked to" {
  knows enable-v2 || skip "this version has it no more"
  configure ETCD_ENABLE_V2=true
  eventually answers
  page -f -X PUT $client/v2/keys/old -d value=spoken | grep -q '"action":"set"'
  page -f $client/v2/keys/old | grep -q '"value":"spoken"'
}

@test "logs to the journal, and to files as well" {
  rm -f $logs/*
  configure ETCD_LOGGER=zap ETCD_LOG_OUTPUTS=stderr,$logs/etcd.log
  eventually answers
  eventually journalled 'serving (insecure )?client (traffic|requests)'
  grep -q 'serving client traffic' $logs/etcd.log
  holds $logs/etcd.log
  configure ETCD_LOGGER=zap ETCD_LOG_OUTPUTS=systemd/journal
  eventually answers
  eventually sent_itself
}

sent_itself() { journalctl -q _TRANSPORT=journal _PID="$(main_pid)" -o cat | grep -q 'serving client traffic'; }

@test "begins a new log file when the old one is full" {
  knows enable-log-rotation || skip "this version cannot do it"
  rm -f $logs/*
  head -c 1048570 /dev/zero | tr '\0' '\n' >$logs/etcd.log
  chown etcd:etcd $logs/etcd.log
  configure ETCD_LOG_OUTPUTS=$logs/etcd.log ETCD_ENABLE_LOG_ROTATION=true 'ETCD_LOG_ROTATION_CONFIG_JSON={"maxsize":1,"compress":true}'
  eventually answers
  eventually packed
  grep -q 'serving client traffic' $logs/etcd.log
}

packed() { [ -n "$(find $logs -name 'etcd-*.log.gz')" ]; }

@test "runs as its own user, with as many files as the unit allows" {
  [ "$(users)" = etcd ]
  awk '/^Max open files/ { exit !($4 >= $5 - 1) }' "/proc/$(main_pid)/limits"
}

@test "says what is wrong, and does not start" {
  run ! configure ETCD_DATA_DIR=$spare ETCD_LISTEN_CLIENT_URLS=nonsense
  eventually journalled 'nonsense|URL'
}

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  configure ETCD_LISTEN_CLIENT_URLS=http://0.0.0.0:2379 ETCD_ADVERTISE_CLIENT_URLS=http://127.0.0.1:2379
  eventually answers
  run ! page -f --max-time 2 http://192.0.2.10:2379/health
}

# bats test_tags=option:elsewhere
@test "keeps its data on other volumes, and logs there" {
  install -d -o etcd -g etcd -m 700 /srv/fenced-etcd /srv/fenced-etcd/fast
  configure ETCD_DATA_DIR=/srv/fenced-etcd/data ETCD_WAL_DIR=/srv/fenced-etcd/fast/wal ETCD_LOGGER=zap ETCD_LOG_OUTPUTS=/srv/fenced-etcd/log
  eventually put elsewhere yes
  restart
  eventually is yes elsewhere
  find /srv/fenced-etcd/fast/wal -name '*.wal' | grep -q .
  grep -q 'serving client traffic' /srv/fenced-etcd/log
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 20 systemctl stop "$UNIT"
  ended_well
  run ! pgrep -x etcd
  run ! answers
  configure
  eventually answers
}
