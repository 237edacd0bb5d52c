#!/usr/bin/env bats
# What the SNMP exporter must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

settings=/etc/default/prometheus-snmp-exporter
conf=/etc/prometheus/fenced.yml
secret=/etc/prometheus/fenced
agent=/etc/snmp/snmpd.conf
home=/srv/fenced-probe
here=http://127.0.0.1:9116

page() { curl -sSg --max-time 15 "$@"; }
code_of() { page -o /dev/null -w '%{http_code}' "$@"; }
answers() { page -f "${1-$here}/metrics" 2>/dev/null | grep -q '^snmp_exporter_build_info'; }
knows() { prometheus-snmp-exporter --help 2>&1 | grep -q -- "--$1"; }

# ask MODULE LOGIN [TARGET]: a device's figures. Debian 12's version keeps what to ask, and as whom, in one.
ask() {
  if knows snmp.module-concurrency; then
    page -G $here/snmp -d "module=$1" -d "auth=$2" --data-urlencode "target=${3-127.0.0.1}"
  else
    page -G $here/snmp -d "module=$1_$2" --data-urlencode "target=${3-127.0.0.1}"
  fi
}
# finds PATTERN ARGUMENT...: in what ask says
finds() { ask "${@:2}" 2>&1 | grep -qE -- "$1"; }

# modules: what to ask; name and location as text, the interfaces as figures with their names
modules() {
  local text='type: DisplayString, help: a text' table=1.3.6.1.2.1.2.2.1
  local system="walk: [1.3.6.1.2.1.1], metrics: [{ name: sysUpTime, oid: 1.3.6.1.2.1.1.3, type: gauge, help: since its start },
    { name: sysName, oid: 1.3.6.1.2.1.1.5, $text }, { name: sysLocation, oid: 1.3.6.1.2.1.1.6, $text }]"
  local ports="walk: [$table.2, $table.10], metrics: [{ name: ifInOctets, oid: $table.10, type: counter, help: bytes,
    indexes: [{ labelname: ifIndex, type: gauge }], lookups: [{ labels: [ifIndex], labelname: ifDescr, oid: $table.2, type: DisplayString }] }]"
  local open='version: 2' closed='version: 3' first='version: 1'
  local login="username: fenced, security_level: authPriv, auth_protocol: SHA, priv_protocol: AES, priv_password: a-second-secret"
  if knows snmp.module-concurrency; then
    cat <<CONF
auths:
  open: { $open, community: public }
  first: { $first, community: public }
  stranger: { $open, community: nobody }
  closed: { $closed, $login, password: a-first-secret }
  wrong: { $closed, $login, password: a-wrong-secret }
modules:
  system: { $system, timeout: 1s, retries: 1 }
  ports: { $ports }
CONF
  else
    cat <<CONF
system_open: { $system, $open, auth: { community: public } }
system_first: { $system, $first, auth: { community: public } }
system_stranger: { $system, $open, timeout: 1s, retries: 1, auth: { community: nobody } }
system_closed: { $system, $closed, auth: { $login, password: a-first-secret } }
system_wrong: { $system, $closed, timeout: 1s, retries: 1, auth: { $login, password: a-wrong-secret } }
ports_open: { $ports, $open, auth: { community: public } }
CONF
  fi
}

# configure [ARGUMENTS [LINE...]]
configure() {
  printf '%s\n' "ARGS='--config.file=${file-$conf} ${1-}'" "${@:2}" >$settings
  restart
}

device() {
  systemctl stop snmpd
  cat >$agent <<CONF
agentaddress udp:161,udp6:161,tcp:161
sysName fenced-switch
sysLocation in the rack
rocommunity public
rocommunity6 public
rouser fenced priv
CONF
  printf 'createUser fenced SHA a-first-secret AES a-second-secret\n' >/var/lib/snmp/snmpd.conf
  systemctl start snmpd
}

setup_file() {
  mkdir -p $home $secret
  if [ ! -e $secret/key.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout $secret/key.pem -out $secret/cert.pem 2>/dev/null
    chgrp -R prometheus $secret && chmod 640 $secret/key.pem
    echo '192.0.2.10 switch.fenced' >>/etc/hosts
    cp -p $settings $home/package
    device
  fi
  systemctl start snmpd
  # Where passwords stand: for its group alone.
  modules >$conf
  chgrp prometheus $conf && chmod 640 $conf
  cp -p $conf $home/conf
  configure || true
  eventually answers || true
  eventually finds fenced-switch system open || true
  cp $settings $home/settings
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  cmp -s $settings $home/settings && cmp -s $conf $home/conf && [ "$BATS_TEST_COMPLETED" ] && return
  cp -p $home/conf $conf
  systemctl start snmpd
  configure || true
  eventually answers
}

@test "starts as packaged" {
  cat $home/package >$settings
  restart
  eventually answers
}

@test "asks a device for its name, its place and its uptime" {
  [ "$(stat -c '%G %a' $conf)" = 'prometheus 640' ]
  ask system open >$home/system
  grep -qxF 'sysName{sysName="fenced-switch"} 1' $home/system
  grep -qxF 'sysLocation{sysLocation="in the rack"} 1' $home/system
  grep -q '^sysUpTime [0-9]' $home/system
}

@test "walks a table, and names its rows" {
  local before
  before=$(octets)
  page -o /dev/null $here/metrics
  # The agent keeps its figures for some seconds.
  PATIENCE=30 eventually more_octets "$before"
  finds '^ifInOctets\{ifDescr="lan0",ifIndex="[0-9]+"\} [0-9]' ports open
}

octets() { ask ports open | awk '/^ifInOctets{ifDescr="lo",/ { printf "%.0f", $2 }'; }
more_octets() { [ "$(octets)" -gt "$1" ]; }

@test "asks with names and passwords, and over the first version" {
  finds 'sysName="fenced-switch"' system closed
  finds 'sysName="fenced-switch"' system first
  run ! finds sysName system stranger
  run ! finds sysName system wrong
}

@test "asks devices over IPv4 and IPv6, and by their names" {
  finds 'sysName="fenced-switch"' system open 192.0.2.10
  finds 'sysName="fenced-switch"' system open '[2001:db8::10]:161'
  finds 'sysName="fenced-switch"' system open switch.fenced
  finds 'sysName="fenced-switch"' system closed '[2001:db8::10]:161'
}

@test "asks over TCP" {
  knows snmp.module-concurrency || skip "this version cannot do it"
  finds 'sysName="fenced-switch"' system open tcp://127.0.0.1:161
}

@test "asks from the address that it is told to" {
  configure '--snmp.source-address=192.0.2.10:'
  eventually answers
  finds 'sysName="fenced-switch"' system open 192.0.2.10
}

@test "says that a device is gone, and that it is back" {
  systemctl stop snmpd
  run ! finds sysName system stranger
  eventually journalled 'connection refused|timeout'
  systemctl start snmpd
  eventually finds 'sysName="fenced-switch"' system open
  [ "$(code_of "$here/snmp?target=127.0.0.1&module=nothing")" = 400 ]
}

@test "asks for several things at once, of several devices at once" {
  knows snmp.module-concurrency || skip "this version asks one at a time"
  configure '--snmp.module-concurrency=2'
  eventually answers
  ask system,ports open >$home/both
  grep -q sysName $home/both
  grep -q ifInOctets $home/both
}

@test "takes passwords from the environment, and its settings from several files" {
  knows config.expand-environment-variables || skip "this version cannot do it"
  sed '/^modules:/,$d; s/a-first-secret/"${FIRST}"/; s/username: fenced/username: "${NAME}"/' $conf >$secret/auth-fenced.yml
  sed -n '/^modules:/,$p' $conf >$secret/modules-fenced.yml
  file="$secret/*-fenced.yml" configure --config.expand-environment-variables NAME=fenced FIRST=a-first-secret
  eventually answers
  finds 'sysName="fenced-switch"' system closed
}

@test "reads its configuration again, and keeps the old one if the new is wrong" {
  local before
  before=$(main_pid)
  sed -i 's/ports/later/' $conf
  timeout 10 systemctl reload "$UNIT"
  eventually finds ifInOctets later open
  echo 'wrong' >>$conf
  [ "$(code_of -X POST $here/-/reload)" = 500 ]
  finds ifInOctets later open
  sed -i '/^wrong/d; s/later/latest/' $conf
  [ "$(code_of -X POST $here/-/reload)" = 200 ]
  finds ifInOctets latest open
  [ "$(main_pid)" = "$before" ]
}

@test "says what is wrong with its configuration" {
  echo 'wrong' >>$conf
  configure || true
  eventually journalled 'error parsing config file'
  run ! answers
}

@test "answers over IPv4 and IPv6, with a page as well" {
  answers 'http://[::1]:9116'
  page $here/ | grep -qi 'snmp exporter'
  page $here/config | grep -q sysLocation
}

@test "answers other machines" {
  answers http://192.0.2.10:9116
  answers 'http://[2001:db8::10]:9116'
}

@test "answers over TLS, and asks for a password" {
  [ "$(stat -c '%G %a' $secret/key.pem)" = 'prometheus 640' ]
  cat >$secret/web.yml <<YAML
tls_server_config: { cert_file: $secret/cert.pem, key_file: $secret/key.pem }
basic_auth_users: { monitor: $(htpasswd -nbBC 4 monitor test | cut -d : -f 2) }
YAML
  configure "--web.config.file=$secret/web.yml"
  eventually refuses
  [ "$(code_of --cacert $secret/cert.pem -u monitor:test https://localhost:9116/metrics)" = 200 ]
}

refuses() { [ "$(code_of --cacert $secret/cert.pem https://localhost:9116/metrics 2>/dev/null)" = 401 ]; }

@test "publishes its own figures, its memory, files and start among them" {
  page -f $here/metrics >$home/metrics
  grep -q '^process_resident_memory_bytes [1-9]' $home/metrics
  grep -q '^process_open_fds [1-9]' $home/metrics
  grep -q '^process_start_time_seconds [1-9]' $home/metrics
}

@test "asks fifty times, ten at a time" {
  local n query='module=system&auth=open'
  knows snmp.module-concurrency || query='module=system_open'
  for n in {1..50}; do
    ((n == 1)) || echo next
    printf 'url = "%s/snmp?target=127.0.0.1&%s"\noutput = "%s/many.%d"\n' $here "$query" $home "$n"
  done >$home/many
  rm -f $home/many.*
  curl -sg --max-time 40 --parallel --parallel-max 10 -K $home/many
  [ "$(cat $home/many.* | grep -c '^sysName{sysName="fenced-switch"} 1')" = 50 ]
}

@test "logs to the journal, as JSON where it is asked to" {
  configure '--log.level=debug --log.format=json'
  eventually answers
  eventually journalled '^\{.*listening on'
}

@test "leaves the package's log rotation working" {
  mkdir -p /var/log/prometheus
  printf 'a line of a log\n' >/var/log/prometheus/prometheus-snmp-exporter.log
  logrotate --force /etc/logrotate.d/prometheus-snmp-exporter
  answers
}

@test "listens where it is told to alone" {
  configure '--web.listen-address=127.0.0.1:9117'
  eventually answers http://127.0.0.1:9117
  run ! page -f http://192.0.2.10:9117/metrics
}

@test "runs as its own user, with as many files as the unit allows" {
  [ "$(users)" = prometheus ]
  awk '/^Max open files/ { exit !($4 >= $5 - 1) }' "/proc/$(main_pid)/limits"
}

@test "comes back after a crash" {
  local before
  before=$(main_pid)
  kill -SEGV "$before"
  eventually is_another "$before"
  eventually answers
}

# bats test_tags=option:low-port
@test "listens on a port below 1024" {
  configure '--web.listen-address=:79'
  eventually answers http://127.0.0.1:79
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 20 systemctl stop "$UNIT"
  ended_well
  run ! pgrep -f /usr/bin/prometheus-snmp-exporter
  run ! answers
  configure
  eventually answers
}
