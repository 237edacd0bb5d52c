#!/usr/bin/env bats
# What PgBouncer must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

home=/srv/fenced-probe
conf=/etc/pgbouncer
ini=$conf/pgbouncer.ini
log=/var/log/postgresql/pgbouncer.log
run=/run/postgresql
key=/etc/ssl/private/fenced-probe.key
certificate=/etc/ssl/certs/fenced-probe.pem
psql=$(echo /usr/lib/postgresql/*/bin/psql)

# Debian's own psql is a script that looks for clusters first.
as() { setpriv --reuid "$1" --regid "$(id -g "$1")" --init-groups "${@:2}"; }
# ask CONNECTION SQL...: what comes back; the password is the user's name and -secret
ask() {
  local name=${1#*user=}
  PGPASSWORD=${PGPASSWORD-${name%% *}-secret} PGCONNECT_TIMEOUT=5 timeout 20 "$psql" -XAtq "$1" "${@:2}"
}
ann() { ask "host=127.0.0.1 port=6432 dbname=shop user=ann" -c "$1"; }
boss() { ask "host=127.0.0.1 port=6432 dbname=pgbouncer user=boss" -c "$1"; }
direct() { as postgres "$psql" -XAtq -h $run -p 5432 "${@:2}" -c "$1"; }
answers() { [ "$(ann 'select 6 * 7' 2>/dev/null)" = 42 ]; }
start_again() { restart && eventually answers; }
version_from() { dpkg --compare-versions "$(dpkg-query -W -f '${Version}' pgbouncer)" ge "$1"; }

# over CONNECTION...: writes a row by each, and reads it back
over() {
  local name connection
  for connection in "$@"; do
    name=$(fresh)
    ask "$connection" -c "insert into notes values ('$name')"
    [ "$(ask "$connection" -c "select word from notes where word = '$name'")" = "$name" ]
    [ "$(direct "select count(*) from notes where word = '$name'" shop)" = 1 ]
  done
}

# site: the usual settings, and what comes on stdin after them
site() {
  cat $home/usual - >$ini.new
  chown postgres: $ini.new
  mv $ini.new $ini
}

usual() {
  cat >$home/usual <<END
[databases]
shop = host=127.0.0.1 port=5432 dbname=shop
six = host=::1 port=5432 dbname=shop
socket = host=$run port=5432 dbname=shop user=postgres
far = host=192.0.2.10 port=5432 dbname=shop
[pgbouncer]
logfile = $log
pidfile = $run/pgbouncer.pid
listen_addr = 127.0.0.1, ::1
listen_port = 6432
unix_socket_dir = $run
auth_type = md5
auth_file = $conf/userlist.txt
auth_user = pooler
auth_query = SELECT * FROM lookup(\$1)
admin_users = boss
stats_users = eye
server_login_retry = 1
END
}

# The database behind it: a role for each way of keeping a password, and a function that looks them up.
database() {
  local data
  data=$(direct 'show hba_file')
  [ -e $home/pg_hba ] || cp "$data" $home/pg_hba
  { cat - $home/pg_hba; } >"$data" <<END
hostssl shop keyed 127.0.0.1/32 cert
hostssl shop keyed ::1/128 cert
host shop old samehost md5
host shop all samenet scram-sha-256
END
  direct "alter system set ssl_cert_file = '$certificate'"
  direct "alter system set ssl_key_file = '$key'"
  direct "alter system set ssl_ca_file = '$home/clients.pem'"
  direct "alter system set listen_addresses = '*'"
  as postgres "$psql" -Xq -h $run -p 5432 >/dev/null <<'END'
set password_encryption = 'scram-sha-256';
create role ann login password 'ann-secret';
create role sam login password 'sam-secret';
create role zoe login password 'zoe-secret';
create role pooler login password 'pooler-secret';
create role keyed login;
create role dora login password 'dora-secret';
create role "www-data" login;
set password_encryption = 'md5';
create role old login password 'old-secret';
create database shop owner ann;
\c shop
create table notes (word text);
grant all on notes to public;
create function lookup(name text) returns table (usename text, passwd text) language sql security definer
  as $$ select rolname::text, rolpassword from pg_authid where rolname = name and rolcanlogin $$;
revoke all on function lookup(text) from public;
grant execute on function lookup(text) to pooler;
END
  systemctl restart postgresql
  eventually direct 'select 1' >/dev/null
}

make_certificate() {
  openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "$@" 2>/dev/null
}

setup_file() {
  mkdir -p $home
  chmod 755 $home
  [ -e $home/package.ini ] || cp -p $ini $home/package.ini
  id dora >/dev/null 2>&1 || useradd dora
  echo dora:dora-secret | chpasswd
  if [ ! -e $home/ready ]; then
    make_certificate -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout $key -out $certificate
    chgrp ssl-cert $key
    chmod 640 $key
    for name in ann keyed; do make_certificate -subj "/CN=$name" -keyout $home/$name.key -out $home/$name.pem; done
    chown postgres $home/keyed.key
    cat $home/ann.pem $home/keyed.pem >$home/clients.pem
    database >$home/database.out 2>&1
    touch $home/ready
  fi
  direct 'truncate notes' shop
  # Passwords as they are, as SCRAM keeps them, and as MD5 does; zoe is not among them.
  {
    for name in ann boss eye pooler; do echo "\"$name\" \"$name-secret\""; done
    direct "select '\"' || rolname || '\" \"' || rolpassword || '\"' from pg_authid where rolname in ('sam', 'old')"
    echo '"www-data" ""'
  } >$conf/userlist.txt
  chown postgres: $conf/userlist.txt
  usual
  site </dev/null
  start_again || true
}

teardown_file() {
  cp -p $home/package.ini $ini
  restart || true
}

# end NAME: of what a test has started
end() {
  local pid
  if pid=$(cat "$home/$1.pid" 2>/dev/null); then
    if kill "$pid" 2>/dev/null; then eventually gone "$pid"; fi
    rm -f "$home/$1.pid"
  fi
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  end dns
  end second
  if [ -e $home/changed ]; then
    systemctl stop pgbouncer.socket 2>/dev/null || true
    rm -f /etc/systemd/system/pgbouncer.socket /etc/pam.d/pgbouncer $home/changed
    systemctl daemon-reload
    if id -nG postgres | grep -qw shadow; then gpasswd -d postgres shadow >/dev/null; fi
    direct "alter system reset unix_socket_directories"
    if [ -S /tmp/.s.PGSQL.5432 ]; then systemctl restart postgresql; fi
  fi
  cmp -s $ini <(cat $home/usual) && [ -n "$BATS_TEST_COMPLETED" ] && return 0
  site </dev/null
  start_again || true
}

@test "starts as packaged, with its console, its log and its pid file" {
  cp -p $home/package.ini $ini
  restart
  as postgres "$psql" -XAtq -h $run -p 6432 -U pgbouncer pgbouncer -c 'show version' | grep -q '^PgBouncer 1\.'
  run -2 ask 'host=127.0.0.1 port=6432 dbname=shop user=nobody' -c 'select 1'
  [ "$(as nobody cat $run/pgbouncer.pid)" = "$(main_pid)" ]
  holds $log
  as nobody grep -q 'process up' $log
}

@test "passes on what is written and read, over IPv4, IPv6 and a socket, on either side" {
  over 'host=127.0.0.1 port=6432 dbname=shop user=ann' 'host=::1 port=6432 dbname=six user=ann' \
    "host=$run port=6432 dbname=socket user=ann"
  [ "$(ask "host=127.0.0.1 port=6432 dbname=socket user=ann" -c 'select current_user')" = postgres ]
  run -2 ask 'host=127.0.0.1 port=6432 dbname=none user=ann' -c 'select 1'
}

@test "serves other machines, over IPv4 and IPv6" {
  site <<<'listen_addr = *'
  start_again
  over 'host=192.0.2.10 port=6432 dbname=shop user=ann' 'host=2001:db8::10 port=6432 dbname=six user=ann'
}

@test "goes to a database on another machine" {
  over 'host=127.0.0.1 port=6432 dbname=far user=ann'
}

@test "shares a few connections between many clients" {
  local n clients=()
  site <<END
pool_mode = transaction
default_pool_size = 2
END
  start_again
  for n in {1..12}; do
    ann 'select pg_sleep(0.2), pg_backend_pid()' >"$home/crowd.$n" 3>&- &
    clients+=($!)
  done
  wait "${clients[@]}"
  [ "$(cat $home/crowd.{1..12} | wc -l)" = 12 ]
  [ "$(cat $home/crowd.{1..12} | sort -u | wc -l)" -le 2 ]
}

@test "carries large results whole, in both directions" {
  seq 1 100000 | sed 's/^/line of some length /' >$home/large
  ann "delete from notes where word like 'line of%'"
  ann 'copy notes from stdin' <$home/large
  # Rows come back in any order, above all when several of the database's processes look for them.
  ann "copy (select word from notes where word like 'line of%') to stdout" >$home/back
  ann "delete from notes where word like 'line of%'"
  cmp <(sort $home/back) <(sort $home/large)
}

@test "lets in who has the password, as MD5, SCRAM or plain, and nobody else" {
  local name
  for name in ann sam old; do
    over "host=127.0.0.1 port=6432 dbname=shop user=$name"
    PGPASSWORD=wrong run -2 ask "host=127.0.0.1 port=6432 dbname=shop user=$name" -c 'select 1'
  done
  site <<<'auth_type = scram-sha-256'
  start_again
  over 'host=127.0.0.1 port=6432 dbname=shop user=sam'
  run -2 ask 'host=127.0.0.1 port=6432 dbname=shop user=old' -c 'select 1'
}

@test "looks up in the database whom its own list lacks" {
  run ! grep -q zoe $conf/userlist.txt
  [ "$(ask 'host=127.0.0.1 port=6432 dbname=shop user=zoe' -c 'select current_user')" = zoe ]
  PGPASSWORD=wrong run -2 ask 'host=127.0.0.1 port=6432 dbname=shop user=zoe' -c 'select 1'
}

@test "speaks TLS with clients, with a key that only a group may read" {
  [ "$(stat -c '%U:%G %a' $key)" = 'root:ssl-cert 640' ]
  site <<END
client_tls_sslmode = require
client_tls_key_file = $key
client_tls_cert_file = $certificate
END
  restart
  # shellcheck disable=SC2030,SC2031 # each test has a shell of its own
  export PGSSLMODE=verify-full PGSSLROOTCERT=$certificate
  eventually ask 'host=localhost port=6432 dbname=shop user=ann' -c 'select 1'
  over 'host=localhost port=6432 dbname=shop user=ann'
  run -2 ask 'host=localhost port=6432 dbname=shop user=ann sslmode=disable' -c 'select 1'
}

@test "knows clients by their certificate" {
  echo 'hostssl all all 0.0.0.0/0 cert' >$conf/fenced-hba
  site <<END
client_tls_sslmode = verify-full
client_tls_key_file = $key
client_tls_cert_file = $certificate
client_tls_ca_file = $home/clients.pem
auth_type = hba
auth_hba_file = $conf/fenced-hba
END
  restart
  # shellcheck disable=SC2030,SC2031 # each test has a shell of its own
  export PGSSLMODE=verify-full PGSSLROOTCERT=$certificate PGPASSWORD=
  export PGSSLCERT=$home/ann.pem PGSSLKEY=$home/ann.key
  eventually ask 'host=localhost hostaddr=127.0.0.1 port=6432 dbname=shop user=ann' -c 'select 1'
  run -2 ask 'host=localhost hostaddr=127.0.0.1 port=6432 dbname=shop user=sam' -c 'select 1'
}

@test "speaks TLS with the database, whose certificate it checks, and shows its own" {
  site <<END
server_tls_sslmode = verify-full
server_tls_ca_file = $certificate
server_tls_key_file = $home/keyed.key
server_tls_cert_file = $home/keyed.pem
[databases]
secure = host=localhost port=5432 dbname=shop
keyed = host=localhost port=5432 dbname=shop user=keyed
END
  restart
  eventually ask 'host=127.0.0.1 port=6432 dbname=secure user=ann' -c 'select 1'
  [ "$(ask 'host=127.0.0.1 port=6432 dbname=secure user=ann' -c 'select ssl from pg_stat_ssl where pid = pg_backend_pid()')" = t ]
  [ "$(ask 'host=127.0.0.1 port=6432 dbname=keyed user=ann' -c 'select current_user')" = keyed ]
  # 127.0.0.1 is not in that certificate.
  run -2 ann 'select 1'
}

@test "knows who comes through its socket" {
  printf '%s\n' 'local all all peer' 'host all ann 127.0.0.1/32 scram-sha-256' >$conf/fenced-hba
  site <<END
auth_type = hba
auth_hba_file = $conf/fenced-hba
[databases]
socket = host=$run port=5432 dbname=shop user=postgres
END
  start_again
  [ "$(as www-data "$psql" -XAtq -h $run -p 6432 -U www-data socket -c 'select 6 * 7')" = 42 ]
  run -2 as nobody "$psql" -XAtq -h $run -p 6432 -U www-data socket -c 'select 6 * 7'
}

@test "asks PAM for passwords in a file" {
  touch $home/changed
  echo "ann:$(openssl passwd -6 ann-in-file)" >$home/passwords
  printf '%s\n' "auth required pam_pwdfile.so pwdfile=$home/passwords" 'account required pam_permit.so' >/etc/pam.d/pgbouncer
  site <<END
auth_type = pam
[databases]
socket = host=$run port=5432 dbname=shop user=postgres
END
  restart
  PGPASSWORD=ann-in-file eventually ask "host=$run port=6432 dbname=socket user=ann" -c 'select 1'
  PGPASSWORD=ann-in-file over 'host=127.0.0.1 port=6432 dbname=socket user=ann'
  run -2 ask "host=$run port=6432 dbname=socket user=ann" -c 'select 1'
}

@test "asks PAM for passwords of this machine, where its user may read them" {
  touch $home/changed
  usermod -aG shadow postgres
  printf '%s\n' 'auth required pam_unix.so' 'account required pam_unix.so' >/etc/pam.d/pgbouncer
  site <<<'auth_type = pam'
  restart
  eventually ask 'host=127.0.0.1 port=6432 dbname=socket user=dora' -c 'select 1'
  PGPASSWORD=wrong run -2 ask 'host=127.0.0.1 port=6432 dbname=socket user=dora' -c 'select 1'
}

@test "finds the database by its name" {
  printf 'nameserver 127.0.0.54\n' >$conf/fenced-resolv
  chmod 644 $conf/fenced-resolv
  site <<END
resolv_conf = $conf/fenced-resolv
[databases]
named = host=db.fenced.example port=5432 dbname=shop
hosted = host=localhost port=5432 dbname=shop
END
  dnsmasq -C /dev/null -x $home/dns.pid --listen-address=127.0.0.54 --bind-interfaces --no-resolv --no-hosts \
    --address=/db.fenced.example/127.0.0.1 3>&-
  start_again
  over 'host=127.0.0.1 port=6432 dbname=named user=ann' 'host=127.0.0.1 port=6432 dbname=hosted user=ann'
}

@test "takes orders at its console, and only from whom it should" {
  boss 'show databases' | grep -q '^shop|127.0.0.1|5432|shop|'
  boss 'show pools' | grep -q '^pgbouncer|'
  ask 'host=127.0.0.1 port=6432 dbname=pgbouncer user=eye' -c 'show stats' | grep -q '^shop|'
  run ! ask 'host=127.0.0.1 port=6432 dbname=pgbouncer user=eye' -c 'pause shop'
  run -2 ask 'host=127.0.0.1 port=6432 dbname=pgbouncer user=ann' -c 'show stats'
  boss 'disable shop'
  run -2 ann 'select 1'
  boss 'enable shop'
  answers
  boss "set log_stats = 0"
  boss 'show config' | grep -q '^log_stats|0'
  boss 'set log_stats = 1'
}

@test "holds clients back while it pauses, and then serves them" {
  local client
  boss 'pause shop'
  ann "select 'was waiting'" >$home/waiting 3>&- &
  client=$!
  eventually waits
  [ ! -s $home/waiting ]
  boss 'resume shop'
  wait $client
  [ "$(cat $home/waiting)" = 'was waiting' ]
}

waits() { boss 'show clients' | grep -qF '|ann|shop|'; }

@test "lets a client take back a question" {
  local client
  PGPASSWORD=ann-secret "$psql" -XAtq 'host=127.0.0.1 port=6432 dbname=shop user=ann' -c 'select pg_sleep(15)' >$home/cancelled 2>&1 3>&- &
  client=$!
  eventually sleeps
  kill -INT $client
  wait $client || true
  grep -q 'canceling statement due to user request' $home/cancelled
  eventually eval '! sleeps'
}

sleeps() { [ "$(direct "select count(*) from pg_stat_activity where query = 'select pg_sleep(15)' and state = 'active'")" = 1 ]; }

@test "takes a change on a reload, without one failed question" {
  local before questions
  before=$(main_pid)
  rm -f $home/enough
  traffic >$home/traffic 2>&1 3>&- &
  questions=$!
  site <<<$'[databases]\nadded = host=127.0.0.1 port=5432 dbname=shop'
  timeout 20 systemctl reload "$UNIT"
  eventually ask 'host=127.0.0.1 port=6432 dbname=added user=ann' -c 'select 1'
  site <<<$'[databases]\nagain = host=127.0.0.1 port=5432 dbname=shop'
  boss reload
  eventually ask 'host=127.0.0.1 port=6432 dbname=again user=ann' -c 'select 1'
  touch $home/enough
  wait $questions
  [ "$(sort -u $home/traffic)" = 42 ]
  [ "$(wc -l <$home/traffic)" -ge 20 ]
  [ "$(main_pid)" = "$before" ]
}

traffic() {
  local end=$((SECONDS + 12)) n=0
  until [ -e $home/enough ] && ((n >= 20)) || ((SECONDS > end)); do
    ann 'select 6 * 7'
    n=$((n + 1))
  done
}

@test "keeps its clients over a restart of the database" {
  answers
  systemctl restart postgresql
  eventually answers
  over 'host=127.0.0.1 port=6432 dbname=shop user=ann'
}

@test "shares its port with a second one" {
  site <<<'so_reuseport = 1'
  start_again
  install -d -o postgres $home/second
  cat $home/usual - >$home/second.ini <<END
so_reuseport = 1
unix_socket_dir = $home/second
pidfile = $home/second/pid
logfile = $home/second/log
END
  as postgres /usr/sbin/pgbouncer -d $home/second.ini 3>&-
  eventually test -s $home/second/pid
  cp $home/second/pid $home/second.pid
  [ "$(ss -Hltn 'src 127.0.0.1:6432' | wc -l)" = 2 ]
  over 'host=127.0.0.1 port=6432 dbname=shop user=ann'
  end second
  answers
}

@test "is given its sockets by systemd" {
  touch $home/changed
  timeout 20 systemctl stop "$UNIT"
  printf '%s\n' '[Socket]' "ListenStream=$run/.s.PGSQL.6432" ListenStream=127.0.0.1:6432 >/etc/systemd/system/pgbouncer.socket
  systemctl daemon-reload
  systemctl start pgbouncer.socket
  run ! systemctl -q is-active "$UNIT"
  over 'host=127.0.0.1 port=6432 dbname=shop user=ann'
  systemctl -q is-active "$UNIT"
  over "host=$run port=6432 dbname=shop user=ann"
}

@test "serves eight hundred at once" {
  site <<<'max_client_conn = 900'
  start_again
  # shellcheck disable=SC2016 # it is Perl
  run -0 timeout 20 perl -MIO::Socket::INET -e '
    my @open = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:6432", Timeout => 5) or die "client $_: $!\n" } 1 .. 800;
    print $_ pack "NN", 8, 80877103 for @open;
    for my $n (0 .. $#open) { read $open[$n], my $answer, 1; $answer eq "N" or die "client $n is not welcome\n" }'
}

@test "writes a log of its own, also after the package's rotation" {
  local name
  name=$(fresh)
  run -2 ask "host=127.0.0.1 port=6432 dbname=$name user=ann" -c 'select 1'
  grep -q "$name" $log
  logrotate -f /etc/logrotate.d/postgresql-common
  grep -q "$name" $log.1
  run ! grep -q "$name" $log
  run -2 ask "host=127.0.0.1 port=6432 dbname=again$name user=ann" -c 'select 1'
  grep -q "again$name" $log
  holds $log
}

@test "begins a new log on a reload, where the old one was moved" {
  local name
  name=$(fresh)
  mv $log $log.moved
  timeout 20 systemctl reload "$UNIT"
  eventually turned_away "$name"
  [ "$(stat -c %U $log)" = postgres ]
  rm $log.moved
}

# It begins with the first line that comes after the reload.
turned_away() {
  ! ask "host=127.0.0.1 port=6432 dbname=$1 user=ann" -c 'select 1' 2>/dev/null && grep -qs "$1" $log
}

@test "says to the journal and to syslog what it does" {
  local name
  name=$(fresh)
  run -2 ask "host=127.0.0.1 port=6432 dbname=$name user=ann" -c 'select 1'
  eventually journalled "$name"
  site <<<$'syslog = 1\nsyslog_ident = fenced-syslog'
  start_again
  run -2 ask "host=127.0.0.1 port=6432 dbname=s$name user=ann" -c 'select 1'
  eventually syslogged "s$name"
}

syslogged() { journalctl -q -t fenced-syslog -o cat -n 200 | grep -qF "$1"; }

@test "says what is wrong with its settings, and takes them once they are mended" {
  site <<<'no_such_setting = 1'
  run ! restart
  eventually journalled 'no_such_setting'
  site </dev/null
  start_again
}

@test "becomes the user that its settings name" {
  site <<<'user = postgres'
  start_again
  [ "$(users)" = postgres ]
}

@test "runs as its own user" {
  [ "$(users)" = postgres ]
  [ "$(stat -c '%U %a' $run/.s.PGSQL.6432)" = 'postgres 777' ]
  [ "$(awk '/^CapEff:/ { print $2 }' "/proc/$(main_pid)/status")" = 0000000000000000 ]
}

@test "comes back after a restart, and after a crash" {
  local before
  before=$(main_pid)
  start_again
  is_another "$before"
  over 'host=127.0.0.1 port=6432 dbname=shop user=ann'
  kill -KILL "$(main_pid)"
  eventually is_down
  [ -e $run/pgbouncer.pid ]
  start_again
  over "host=$run port=6432 dbname=shop user=ann"
}

# As packaged, nobody starts it again.
is_down() { ! systemctl -q is-active "$UNIT"; }

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  site <<<'listen_addr = *'
  start_again
  run -2 ask 'host=192.0.2.10 port=6432 dbname=shop user=ann' -c 'select 1'
  run -2 ask 'host=2001:db8::10 port=6432 dbname=shop user=ann' -c 'select 1'
}

# bats test_tags=option:no-peer
@test "sees no users but its own" {
  eventually answers
  [ "$(wc -l <"/proc/$(main_pid)/uid_map")" -gt 1 ] || [ "$(awk '{ print $3 }' "/proc/$(main_pid)/uid_map")" -lt 1000 ]
}

# bats test_tags=option:tmp
@test "has its socket in /tmp, and finds that of the database there" {
  touch $home/changed
  direct "alter system set unix_socket_directories = '$run', '/tmp'"
  systemctl restart postgresql
  site <<<$'unix_socket_dir = /tmp\n[databases]\ntmp = host=/tmp port=5432 dbname=shop user=postgres'
  restart
  eventually ask 'host=/tmp port=6432 dbname=tmp user=ann' -c 'select 1'
}

# bats test_tags=option:elsewhere
@test "keeps log, pid file and socket elsewhere" {
  install -d -o postgres /srv/fenced-elsewhere /var/log/fenced-pgbouncer
  site <<END
unix_socket_dir = /srv/fenced-elsewhere
pidfile = /srv/fenced-elsewhere/pid
logfile = /var/log/fenced-pgbouncer/log
END
  start_again
  over 'host=/srv/fenced-elsewhere port=6432 dbname=shop user=ann'
  [ "$(cat /srv/fenced-elsewhere/pid)" = "$(main_pid)" ]
  holds /var/log/fenced-pgbouncer/log
}

# Last: the others need it running.
@test "stops cleanly, leaves nothing behind, and starts again" {
  local before
  before=$(main_pid)
  timeout 20 systemctl stop "$UNIT"
  ended_well
  gone "$before"
  [ ! -e $run/pgbouncer.pid ]
  run -2 ann 'select 1'
  start_again
}
