#!/usr/bin/env bats
# What FreeRADIUS must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

home=/srv/fenced-probe
conf=/etc/freeradius/3.0
ours=$conf/fenced
certs=$conf/certs
log=/var/log/freeradius
database=/var/lib/freeradius/freeradius.db
watchdog=/run/systemd/system/$UNIT.d/fenced-probe.conf

# ask NAME PASSWORD: may they come in? AT is the server, HOW the attribute that carries the password, SECRET ours and the server's
ask() {
  printf '%s\n' "User-Name = \"$1\"" "${HOW-User-Password} = \"$2\"" 'Message-Authenticator = 0x00' |
    timeout 10 radclient -x -t 3 -r 2 "${AT-127.0.0.1}" auth "${SECRET-testing123}"
}
answers() { ask ann ann-secret >/dev/null; }

# account NAME SESSION STATUS
account() {
  printf '%s\n' "User-Name = \"$1\"" "Acct-Session-Id = \"$2\"" "Acct-Status-Type = $3" 'NAS-IP-Address = 192.0.2.50' \
    'NAS-Port = 7' 'Framed-IP-Address = 198.51.100.7' 'Acct-Session-Time = 60' |
    timeout 10 radclient -t 3 -r 2 "${AT-127.0.0.1}" acct testing123
}

# eap LINE...: comes in as a device in a wireless network does
eap() {
  printf '%s\n' 'network={' 'key_mgmt=WPA-EAP' "ca_cert=\"$certs/fenced-ca.pem\"" "$@" '}' >$home/eap.conf
  timeout 15 eapol_test -c $home/eap.conf -a 127.0.0.1 -s testing123 -t 8 >$home/eap.out 2>&1
  grep -qx SUCCESS $home/eap.out
}

start_again() {
  restart
  eventually answers
}

reload() { timeout 20 systemctl reload "$UNIT"; }

# changed: the configuration has to be put back after this test
changed() { touch $home/changed; }

put_back() {
  rm -rf /etc/freeradius
  cp -a "$1" /etc/freeradius
}

sign() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$certs/fenced-$1.key" -out $home/$1.csr
  openssl x509 -req -in $home/$1.csr -CA $certs/fenced-ca.pem -CAkey $home/ca.key -CAcreateserial -days 30 \
    -extfile <(printf 'extendedKeyUsage=%s\n' "$2") -out "$certs/fenced-$1.pem"
}

setup_file() {
  mkdir -p $home
  chmod 755 $home
  [ -e $home/package ] || cp -a /etc/freeradius $home/package
  id dora >/dev/null 2>&1 || useradd -m dora
  echo dora:dora-secret | chpasswd
  systemctl stop "$UNIT" || true
  rm -f "$watchdog"
  systemctl daemon-reload
  install -d -o freerad -g freerad /var/lib/freeradius
  rm -rf ${log:?}/* /var/lib/freeradius/*
  install -o freerad -g adm -m 640 /dev/null $log/radius.log
  usual >$home/usual.out 2>&1
  start_again || true
}

# The configuration that all tests share.
usual() {
  put_back $home/package
  mkdir -p $ours
  if [ ! -e $home/ca.key ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=Fenced CA' -keyout $home/ca.key \
      -out $home/ca.pem
  fi
  cp $home/ca.pem $certs/fenced-ca.pem
  sign server serverAuth
  sign device clientAuth
  openssl x509 -in $certs/fenced-server.pem -noout
  # The server's key lies where Debian keeps such keys, and is read through the group ssl-cert.
  install -g ssl-cert -m 640 $certs/fenced-server.key /etc/ssl/private/fenced-server.key
  sed -i -e "s,^\(\s*private_key_file = \).*,\1/etc/ssl/private/fenced-server.key," -e "s,^\(\s*certificate_file = \).*,\1$certs/fenced-server.pem," \
    -e "s,^\(\s*ca_file = \).*,\1$certs/fenced-ca.pem," $conf/mods-available/eap
  sed -i 's,^\(\s*\)auth = no,\1auth = yes,' $conf/radiusd.conf
  cat >>$conf/clients.conf <<'END'
client lan { ipaddr = 192.0.2.0/24
  secret = testing123
}
client lan6 { ipv6addr = 2001:db8::/32
  secret = testing123
}
END
  cat - $home/package/3.0/mods-config/files/authorize >$conf/mods-config/files/authorize <<'END'
ann Cleartext-Password := "ann-secret"
    Reply-Message := "Hello, %{User-Name}"
END
  sed -i -e '0,/^\s*filter_username$/s,,filter_username\n$INCLUDE ${confdir}/fenced/authorize,' \
    -e '0,/^\s*detail$/s,,detail\n$INCLUDE ${confdir}/fenced/accounting,' $conf/sites-available/default
  cat >$ours/authorize <<'END'
if (&User-Name =~ /^script-([a-z]+)$/) {
  update control {
    &Cleartext-Password := `/usr/local/sbin/fenced-password %{1}`
  }
}
elsif (&User-Name == "dora") {
  unix
}
elsif (&User-Name == "perl") {
  perl
}
elsif (&User-Name == "python") {
  python3
}
elsif (&User-Name =~ /^sql/) {
  sql
}
END
  printf '%s\n' radutmp unix sql log_accounting >$ours/accounting
  printf '#!/bin/sh\necho "of-$1"\n' >/usr/local/sbin/fenced-password
  chmod 755 /usr/local/sbin/fenced-password
  cat >$conf/mods-config/perl/fenced.pl <<'END'
use strict;
our (%RAD_REQUEST, %RAD_REPLY, %RAD_CHECK);
sub authorize {
  $RAD_CHECK{'Cleartext-Password'} = 'of-perl';
  return 8;
}
1;
END
  printf 'perl {\n  filename = ${modconfdir}/perl/fenced.pl\n  func_authorize = authorize\n}\n' >$conf/mods-enabled/perl
  cat >$conf/mods-config/python3/fenced.py <<'END'
import radiusd
import hashlib, json
def authorize(request):
    return radiusd.RLM_MODULE_UPDATED, (), (('Cleartext-Password', 'of-python'),)
END
  printf 'python3 {\n  python_path = ${modconfdir}/python3\n  module = fenced\n  mod_authorize = fenced\n  func_authorize = authorize\n}\n' >$conf/mods-enabled/python3
  sed -e 's,^\(\s*\)driver = .*,\1driver = "rlm_sql_sqlite",' -e 's,^\(\s*\)dialect = .*,\1dialect = "sqlite",' \
    -e "s,^\(\s*\)filename = .*,\1filename = \"$database\"," $conf/mods-available/sql >$conf/mods-enabled/sql
  cat >$conf/sites-enabled/fenced <<END
listen {
  type = control
  socket = \${run_dir}/\${name}.sock
  mode = rw
}
server fenced-away {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = 1912
  }
  listen {
    type = auth
    ipaddr = *
    port = 2083
    proto = tcp
    clients = fenced-radsec
    tls {
$(tls_lines server)
      require_client_cert = yes
    }
  }
  authorize {
    update control {
      &Cleartext-Password := "from-away"
    }
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
  }
}
clients fenced-radsec {
  client radsec {
    ipaddr = 127.0.0.1
    proto = tls
    secret = radsec
  }
}
END
  cat >>$conf/proxy.conf <<END
home_server fenced-away {
  type = auth
  ipaddr = 127.0.0.1
  port = 1912
  secret = testing123
  status_check = none
}
home_server_pool fenced-away {
  home_server = fenced-away
}
realm away.example {
  auth_pool = fenced-away
}
home_server fenced-radsec {
  type = auth
  ipaddr = 127.0.0.1
  port = 2083
  proto = tcp
  secret = radsec
  status_check = none
  tls {
$(tls_lines device)
  }
}
home_server_pool fenced-radsec {
  home_server = fenced-radsec
}
realm radsec.example {
  auth_pool = fenced-radsec
}
END
  ln -sf ../sites-available/status $conf/sites-enabled/status
  chown -R freerad:freerad /etc/freeradius
  rm -rf $home/usual
  cp -a /etc/freeradius $home/usual
  rm -f $home/changed
}

tls_lines() {
  printf '      %s\n' "private_key_file = $certs/fenced-$1.key" "certificate_file = $certs/fenced-$1.pem" "ca_file = $certs/fenced-ca.pem" \
    'cipher_list = "DEFAULT"'
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  if [ -e $home/changed ] || [ ! "$BATS_TEST_COMPLETED" ]; then
    put_back $home/usual
    rm -f $home/changed "$watchdog"
    systemctl daemon-reload
    start_again
  fi
}

@test "starts as packaged" {
  changed
  put_back $home/package
  restart
  eventually refuses
}

# An answer all the same: there are no users yet.
refuses() { [[ $(ask nobody nothing) == *Access-Reject* ]]; }

@test "lets in who knows the password, over IPv4 and IPv6" {
  local AT
  for AT in 127.0.0.1 '[::1]'; do
    ask ann ann-secret | grep -q 'Reply-Message = "Hello, ann"'
    HOW=CHAP-Password ask ann ann-secret
    HOW=MS-CHAP-Password ask ann ann-secret
  done
}

@test "serves other machines" {
  AT=192.0.2.10 ask ann ann-secret
  AT='[2001:db8::10]' ask ann ann-secret
  AT=192.0.2.10 account ann "$(fresh)" Start
}

@test "refuses a wrong password, and who does not know the secret" {
  [[ $(ask ann wrong) == *Access-Reject* ]]
  SECRET=wrong run ! ask ann ann-secret
}

@test "lets in the machine's own users, with their passwords in /etc/shadow" {
  ask dora dora-secret
  [[ $(ask dora wrong) == *Access-Reject* ]]
}

@test "lets devices into a wireless network by PEAP, TTLS and their certificate" {
  eap 'eap=PEAP' 'identity="ann"' 'password="ann-secret"' 'phase2="auth=MSCHAPV2"'
  eap 'eap=TTLS' 'identity="ann"' 'password="ann-secret"' 'phase2="auth=PAP"'
  eap 'eap=TLS' 'identity="device"' "client_cert=\"$certs/fenced-device.pem\"" "private_key=\"$certs/fenced-device.key\""
  run ! eap 'eap=PEAP' 'identity="ann"' 'password="wrong"' 'phase2="auth=MSCHAPV2"'
}

@test "keeps account of who is in, in files that it makes" {
  local session
  session=$(fresh)
  account ann "$session" Start
  grep -q "Acct-Session-Id = \"$session\"" $log/radacct/127.0.0.1/detail-*
  [ "$(stat -c '%U %a' $log/radacct/127.0.0.1/detail-* | sort -u)" = 'freerad 600' ]
  radwho -d $conf | grep -q '^ann '
  account ann "$session" Stop
  run ! eval "radwho -d $conf | grep -q '^ann '"
  grep -q '^Connect: \[ann\]' $log/linelog-accounting
  grep -aq ann $log/radwtmp
}

@test "knows people from a database, and keeps account there" {
  local name session
  name=sql$(fresh)
  session=$(fresh)
  sqlite3 $database "insert into radcheck (username, attribute, op, value) values ('$name', 'Cleartext-Password', ':=', 'of-sql')"
  ask "$name" of-sql
  account "$name" "$session" Start
  account "$name" "$session" Stop
  [ "$(sqlite3 $database "select username from radacct where acctsessionid = '$session' and acctstoptime is not null")" = "$name" ]
  sqlite3 $database "select reply from radpostauth where username = '$name'" | grep -q Access-Accept
  start_again
  ask "$name" of-sql
}

@test "asks a program of its administrator for a password" {
  ask script-cat of-cat
  [[ $(ask script-cat of-dog) == *Access-Reject* ]]
}

@test "asks programs in Perl and in Python" {
  ask perl of-perl
  ask python of-python
}

@test "passes requests on to another server, over UDP and over TLS" {
  ask bob@away.example from-away
  eventually ask bob@radsec.example from-away
}

@test "takes orders through its socket" {
  timeout 10 radmin -d $conf -e 'show uptime' | grep -q '^Up '
  [ "$(stat -c '%U %a' /run/freeradius/freeradius.sock)" = 'freerad 660' ]
  timeout 10 radmin -d $conf -e 'show client list' | grep -q 127.0.0.1
}

@test "says how it is, and counts" {
  printf '%s\n' 'Message-Authenticator = 0x00' 'FreeRADIUS-Statistics-Type = 1' |
    timeout 10 radclient -x -t 3 127.0.0.1:18121 status adminsecret | grep -q 'FreeRADIUS-Total-Access-Requests = [1-9]'
}

@test "takes new users on a reload, without losing a request" {
  local before
  before=$(main_pid)
  changed
  printf 'new%s Cleartext-Password := "new-secret"\n' one >>$conf/mods-config/files/authorize
  [[ $(ask newone new-secret) == *Access-Reject* ]]
  reload
  eventually ask newone new-secret
  answers
  [ "$(main_pid)" = "$before" ]
}

@test "keeps serving when it is reloaded with a mistake" {
  changed
  echo 'ann Nonsense-Attribute := "x"' >>$conf/mods-config/files/authorize
  run ! reload
  answers
}

@test "logs to its file, which is rotated as packaged, and to syslog" {
  local name
  name=n$(fresh)
  ask "$name" x || [ $? = 1 ]
  eventually grep -q "\[$name" $log/radius.log
  rm -f $log/radius.log.*
  logrotate --force /etc/logrotate.d/freeradius
  [ -e $log/radius.log.1 ]
  ask "again$name" x || [ $? = 1 ]
  eventually grep -q "\[again$name" $log/radius.log
  run ! grep -q "\[again$name" $log/radius.log.1
  changed
  sed -i 's,^\(\s*\)destination = files,\1destination = syslog,' $conf/radiusd.conf
  start_again
  ask "sys$name" x || [ $? = 1 ]
  eventually syslogged "sys$name"
}

syslogged() { journalctl -q -o cat -n 300 --since=-60s _TRANSPORT=syslog | grep -qF "[$1"; }

@test "answers hundreds of requests at once" {
  printf '%s\n' 'User-Name = "ann"' 'User-Password = "ann-secret"' 'Message-Authenticator = 0x00' >$home/request
  timeout 40 radclient -q -s -c 300 -p 60 -t 5 -r 3 -f $home/request 127.0.0.1 auth testing123 | grep -Eq '(approved auths|Accepted) *: 300'
}

@test "runs as its own user, without any of root's rights" {
  [ "$(users)" = freerad ]
  [ "$(awk '/^CapEff:/ { print $2 }' "/proc/$(main_pid)/status")" = 0000000000000000 ]
  journalctl -q -u "$UNIT" -n 400 -o cat | grep -q 'Configuration appears to be OK'
  holds $log/radius.log
}

@test "tells systemd that it is well, which would start it again otherwise" {
  local before watched
  changed
  mkdir -p "${watchdog%/*}"
  printf '[Service]\nWatchdogSec=4s\n' >"$watchdog"
  systemctl daemon-reload
  start_again
  before=$(main_pid)
  watched=$(systemctl show -p WatchdogTimestampMonotonic --value "$UNIT")
  eventually watched_since "$watched"
  [ "$(main_pid)" = "$before" ]
  is_up
}

watched_since() { [ "$(systemctl show -p WatchdogTimestampMonotonic --value "$UNIT")" != "$1" ]; }

@test "makes its directory in /run anew, and its log where that is missing" {
  timeout 40 systemctl stop "$UNIT"
  rm -rf /run/freeradius $log/radius.log
  start_again
  [ -S /run/freeradius/freeradius.sock ]
  eventually grep -q 'Login OK' $log/radius.log
}

@test "keeps its account over a restart, and comes back after a crash" {
  local session before
  session=$(fresh)
  account ann "$session" Start
  start_again
  radwho -d $conf | grep -q '^ann '
  before=$(main_pid)
  kill -KILL "$before"
  PATIENCE=20 eventually is_another "$before"
  PATIENCE=20 eventually answers
  account ann "$session" Stop
}

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  AT=192.0.2.10 run ! ask ann ann-secret
  answers
}

# bats test_tags=option:home
@test "asks a program in a home directory" {
  changed
  install -d -m 755 /home/dora /home/dora/bin
  cp /usr/local/sbin/fenced-password /home/dora/bin/password
  sed -i 's,/usr/local/sbin/fenced-password,/home/dora/bin/password,' $ours/authorize
  start_again
  ask script-cat of-cat
}

# bats test_tags=option:elsewhere
@test "keeps its database and its account on another volume" {
  local session
  session=$(fresh)
  changed
  rm -rf /srv/fenced-radius
  install -d -o freerad -g freerad /srv/fenced-radius
  sed -i 's,^\(\s*\)filename = .*,\1filename = "/srv/fenced-radius/radius.db",' $conf/mods-enabled/sql
  sed -i 's,^radacctdir = .*,radacctdir = /srv/fenced-radius/radacct,' $conf/radiusd.conf
  start_again
  account sqlann "$session" Start
  [ "$(sqlite3 /srv/fenced-radius/radius.db "select username from radacct where acctsessionid = '$session'")" = sqlann ]
  grep -q "Acct-Session-Id = \"$session\"" /srv/fenced-radius/radacct/127.0.0.1/detail-*
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  local before
  before=$(main_pid)
  timeout 40 systemctl stop "$UNIT"
  ended_well
  gone "$before"
  SECRET=testing123 run ! ask ann ann-secret
  start_again
}
