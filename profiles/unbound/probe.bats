#!/usr/bin/env bats
# What Unbound must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

bats_require_minimum_version 1.5.0

home=/srv/fenced-probe
state=/var/lib/unbound
site=/etc/unbound/unbound.conf.d/fenced-probe.conf
key=/etc/ssl/private/fenced-probe.key

eventually() {
  for _ in {1..160}; do
    if "$@" 2>/dev/null; then return 0; fi
    sleep 0.05
  done
  echo "waited 8 seconds for: $*"
  return 1
}

query() { dig +short +time=2 +tries=1 "$@"; }
says() { [ "$(query "${@:2}")" = "$1" ]; }
status() { dig +time=2 +tries=1 "$@" | sed -n 's/.* status: \([A-Z]*\),.*/\1/p'; }
control() { timeout 5 unbound-control "$@"; }
main() { systemctl show -p MainPID --value "$UNIT"; }
in_journal() { journalctl -u "$UNIT" -o cat -n 100 | grep -q -- "$1"; }

# further: the usual configuration with what comes on stdin after it
further() { cat $home/usual.conf - >$site; }

# site: adds what comes on stdin, and starts Unbound with it
site() {
  further
  restart
}

restart() {
  systemctl reset-failed "$UNIT" || true
  timeout 45 systemctl restart "$UNIT"
}

# Answers for plain.example, and for signed.example, whose record bad does not go with its signature.
upstream() {
  cd $home || return
  if [ ! -e signed ]; then
    printf '%s\n' '$TTL 300' '@ SOA ns hostmaster 1 3600 600 86400 300' '@ NS ns' 'ns A 192.0.2.1' 'good A 192.0.2.2' 'bad A 192.0.2.3' >zone
    dnssec-keygen -q -a ECDSAP256SHA256 signed.example
    cat "$(dnssec-keygen -q -a ECDSAP256SHA256 -f KSK signed.example).key" >anchor
    dnssec-signzone -S -o signed.example -f signed zone
    sed -i s/192.0.2.3/192.0.2.4/ signed
  fi
  cat >upstream.conf <<END
server:
  interface: 127.0.0.1@5399
  chroot: ""
  username: ""
  directory: $home
  pidfile: $home/upstream.pid
  use-syslog: no
  logfile: $home/upstream.log
  module-config: iterator
  local-zone: plain.example redirect
  local-data: "plain.example 300 A 192.0.2.9"
auth-zone:
  name: signed.example
  zonefile: $home/signed
  for-upstream: no
END
  stop_upstream
  unbound -c upstream.conf 3>&-
}

stop_upstream() {
  local pid
  if pid=$(cat $home/upstream.pid 2>/dev/null); then kill "$pid" && eventually gone "$pid"; fi 2>/dev/null || true
}

gone() { ! kill -0 "$1"; }

setup_file() {
  mkdir -p $home
  upstream >$home/upstream.out 2>&1
  cd /
  if [ ! -e $key ]; then
    (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout $key -out /etc/ssl/certs/fenced-probe.pem 2>/dev/null)
  fi
  rm -f $state/fenced-probe.key*
  install -m 644 -o unbound -g unbound $home/anchor $state/fenced-probe.key
  cat >$home/usual.conf <<END
server:
  interface: 127.0.0.1
  interface: ::1
  interface: 192.0.2.10
  interface: 2001:db8::10
  interface: 127.0.0.1@853
  interface: 127.0.0.1@443
  tls-service-key: $key
  tls-service-pem: /etc/ssl/certs/fenced-probe.pem
  access-control: 192.0.2.0/24 allow
  access-control: 2001:db8::/64 allow
  do-not-query-localhost: no
  num-threads: 2
  so-rcvbuf: 8m
  log-queries: yes
  domain-insecure: plain.example
  auto-trust-anchor-file: $state/fenced-probe.key
  local-data: "here.example 60 A 192.0.2.77"
  local-data: "here.example 60 TXT first"
forward-zone:
  name: example
  forward-addr: 127.0.0.1@5399
END
  further </dev/null
  restart || true
}

teardown_file() { stop_upstream; }

# What a test has added is out of the way of the next one, even if it failed.
teardown() {
  cmp -s $home/usual.conf $site && return
  cp $home/usual.conf $site
  restart
}

@test "answers over IPv4 and IPv6, UDP and TCP" {
  for address in 127.0.0.1 ::1 192.0.2.10 2001:db8::10; do
    says 192.0.2.77 @$address here.example
    says 192.0.2.77 @$address +tcp here.example
  done
}

@test "asks another server, and answers from its cache when that one is gone" {
  says 192.0.2.9 @127.0.0.1 cached.plain.example
  stop_upstream
  says 192.0.2.9 @127.0.0.1 cached.plain.example
  upstream
  local name=new-$RANDOM.plain.example
  eventually says 192.0.2.9 @127.0.0.1 $name
}

@test "vouches for what is signed, and refuses what was tampered with" {
  [ "$(query @127.0.0.1 good.signed.example)" = 192.0.2.2 ]
  dig @127.0.0.1 good.signed.example | grep -q '^;; flags: .* ad[ ;]'
  [ "$(status @127.0.0.1 bad.signed.example)" = SERVFAIL ]
  [ "$(status @127.0.0.1 +cd bad.signed.example)" = NOERROR ]
}

@test "keeps its trust anchors up to date, where others can read them" {
  query @127.0.0.1 good.signed.example
  eventually grep -q 'state=2 \[  VALID  \]' $state/fenced-probe.key
  rm $state/fenced-probe.key
  install -m 644 -o unbound -g unbound $home/anchor $state/fenced-probe.key
  restart
  query @127.0.0.1 good.signed.example
  eventually grep -q 'state=2 \[  VALID  \]' $state/fenced-probe.key
  setpriv --reuid nobody --regid nogroup --clear-groups cat $state/fenced-probe.key >/dev/null
}

@test "takes over the root key that the package brings" {
  rm $state/root.key
  restart
  [ "$(stat -c %U $state/root.key)" = unbound ]
  grep -q '^\. .*DNSKEY' $state/root.key
}

@test "answers over TLS and HTTPS with a key that only root may read" {
  [ "$(stat -c '%U %a' $key)" = 'root 600' ]
  says 192.0.2.77 @127.0.0.1 +tls here.example
  says 192.0.2.77 @127.0.0.1 +https here.example
  says 192.0.2.77 @127.0.0.1 +tls-ca=/etc/ssl/certs/fenced-probe.pem +tls-hostname=localhost here.example
}

@test "runs as its own user, without root's power" {
  local process
  process=/proc/$(main)/status
  [ "$(grep '^Uid:' "$process" | cut -f 2- | tr '\t' '\n' | sort -u)" = "$(id -u unbound)" ]
  [ "$(grep '^Gid:' "$process" | cut -f 2- | tr '\t' '\n' | sort -u)" = "$(id -g unbound)" ]
  grep -qP '^Cap(Prm|Eff):\t0+$' "$process"
  [ "$(find "/proc/$(main)/task" -mindepth 1 -maxdepth 1 | wc -l)" -ge 2 ]
}

@test "has larger buffers than the kernel allows by itself" {
  [ "$(ss -uanmH 'src = 127.0.0.1:53' | grep -o 'rb[0-9]*' | sort -u)" = rb$((16 * 1024 * 1024)) ]
  run ! in_journal 'was not granted'
}

@test "takes orders from root and from its group" {
  [[ $(stat -c '%G %a' /run/unbound.ctl) == 'unbound 660' ]]
  control status | grep -q 'is running'
  setpriv --reuid nobody --regid unbound --clear-groups unbound-control -s /run/unbound.ctl stats_noreset | grep -q '^total.num.queries='
  control local_data added.example A 192.0.2.78
  says 192.0.2.78 @127.0.0.1 added.example
  control local_data_remove added.example
}

@test "forgets, writes out and loads its cache" {
  says 192.0.2.9 @127.0.0.1 dumped.plain.example
  control dump_cache >$home/dump
  grep -q '^dumped.plain.example' $home/dump
  control flush_zone plain.example
  run ! grep -q '^dumped.plain.example' <(control dump_cache)
  control load_cache <$home/dump
  grep -q '^dumped.plain.example' <(control dump_cache)
}

@test "takes orders over TLS with the keys of unbound-control-setup" {
  unbound-control-setup >/dev/null 2>&1
  mv /etc/unbound/unbound.conf.d/remote-control.conf $home/
  printf '%s\n' remote-control: 'control-enable: yes' 'control-interface: 127.0.0.1' >/etc/unbound/unbound.conf.d/tcp.conf
  restart
  control status | grep -q 'options:.* control(ssl)'
  rm /etc/unbound/unbound.conf.d/tcp.conf
  mv $home/remote-control.conf /etc/unbound/unbound.conf.d/
  restart
}

@test "listens on an interface by its name" {
  sed -i '/interface: 192.0.2.10/d; /interface: 2001:db8::10/d' $site
  printf '%s\n' server: 'interface: lan0' >>$site
  restart
  says 192.0.2.77 @192.0.2.10 here.example
  says 192.0.2.77 @2001:db8::10 here.example
}

@test "listens on every interface, and answers from the address that was asked" {
  sed -i '/interface: .*[0-9:]$/d; /interface: .*@/d; /interface: ::1/d' $site
  printf '%s\n' server: 'interface: 0.0.0.0' 'interface: ::0' 'interface-automatic: yes' >>$site
  restart
  says 192.0.2.77 @192.0.2.10 here.example
  says 192.0.2.77 @2001:db8::10 here.example
}

@test "logs each question to the journal" {
  local name=logged-$RANDOM$RANDOM.plain.example
  query @127.0.0.1 $name
  eventually in_journal "127.0.0.1 $name. A IN"
}

@test "writes its log to a file, and begins it anew when it is rotated" {
  local first=first-$RANDOM.plain.example second=second-$RANDOM.plain.example
  rm -rf /var/log/unbound
  install -d -o unbound -g unbound /var/log/unbound
  site <<<$'server:\nlogfile: /var/log/unbound/unbound.log'
  query @127.0.0.1 $first
  eventually grep -q $first /var/log/unbound/unbound.log
  mv /var/log/unbound/unbound.log /var/log/unbound/unbound.log.1
  control log_reopen
  query @127.0.0.1 $second
  eventually grep -q $second /var/log/unbound/unbound.log
  setpriv --reuid nobody --regid nogroup --clear-groups cat /var/log/unbound/unbound.log >/dev/null
}

@test "runs a script in Python" {
  [ "$PLATFORM" != debian-12 ] || skip "its packages lack unboundmodule.py"
  printf '%s\n' 'def init(id, cfg): return True' 'def deinit(id): return True' 'def inform_super(id, qstate, superqstate, qdata): return True' \
    'def operate(id, event, qstate, qdata):' \
    '  if event in (MODULE_EVENT_NEW, MODULE_EVENT_PASS) and qstate.qinfo.qname_str == "python.example.":' \
    '    msg = DNSMessage(qstate.qinfo.qname_str, RR_TYPE_A, RR_CLASS_IN, PKT_QR | PKT_RA | PKT_AA)' \
    '    msg.answer.append("python.example. 10 IN A 192.0.2.42")' \
    '    msg.set_return_msg(qstate)' \
    '    qstate.return_rcode = RCODE_NOERROR' \
    '    qstate.ext_state[id] = MODULE_FINISHED' \
    '    return True' \
    '  qstate.ext_state[id] = MODULE_WAIT_MODULE if event in (MODULE_EVENT_NEW, MODULE_EVENT_PASS) else MODULE_FINISHED' \
    '  return True' >/etc/unbound/fenced-probe.py
  site <<<$'server:\nmodule-config: "python iterator"\npython:\npython-script: /etc/unbound/fenced-probe.py'
  says 192.0.2.42 @127.0.0.1 python.example
  says 192.0.2.9 @127.0.0.1 python.plain.example
}

@test "takes up a new configuration on reload, and keeps its low ports" {
  local before
  before=$(main)
  sed -i 's/TXT first/TXT second/' $site
  systemctl reload "$UNIT"
  eventually says '"second"' @127.0.0.1 here.example TXT
  says '"second"' @127.0.0.1 +tls here.example TXT
  [ "$(main)" = "$before" ]
  cp $home/usual.conf $site
  control reload
  eventually says '"first"' @::1 here.example TXT
}

# bats test_tags=option:local
@test "does not answer other machines" {
  run ! query @192.0.2.10 here.example
  says 192.0.2.77 @127.0.0.1 here.example
}

# bats test_tags=option:small-buffers
@test "has buffers within the limit" {
  [ "$(ss -uanmH 'src = 127.0.0.1:53' | grep -o 'rb[0-9]*' | sort -u)" = "rb$((2 * $(cat /proc/sys/net/core/rmem_max)))" ]
}

# bats test_tags=option:other-keys
@test "uses a key that belongs to another user" {
  install -m 600 -o nobody $key /etc/unbound/fenced-probe.key
  sed -i "s,tls-service-key: .*,tls-service-key: /etc/unbound/fenced-probe.key," $site
  restart
  says 192.0.2.77 @127.0.0.1 +tls here.example
}

# bats test_tags=option:chroot
@test "works from its chroot" {
  site <<<"server:
chroot: $state"
  [[ $(readlink "/proc/$(main)/root") == */var/lib/unbound ]]
  says 192.0.2.77 @127.0.0.1 here.example
  control status | grep -q 'is running'
}

# Last: the others need it running.
@test "stops cleanly, and starts again with its trust anchors" {
  query @127.0.0.1 good.signed.example
  eventually grep -q VALID $state/fenced-probe.key
  timeout 20 systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -u unbound -x unbound
  run ! query @127.0.0.1 here.example
  restart
  grep -q VALID $state/fenced-probe.key
  [ "$(query @127.0.0.1 good.signed.example)" = 192.0.2.2 ]
}
