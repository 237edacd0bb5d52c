#!/usr/bin/env bats
# What rsyslog must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

home=/srv/fenced-probe
main=/etc/rsyslog.conf
conf=/etc/rsyslog.d/50-fenced-probe.conf
extra=/etc/rsyslog.d/60-fenced-probe.conf
key=/etc/ssl/private/fenced-probe.key
certificate=/etc/ssl/certs/fenced-probe.pem
work=/var/spool/rsyslog

# say TAG WORD [ARGUMENT...]: as a program of this machine, or by what logger is told
say() { logger -t "$1" "${@:3}" "$2"; }
has() { grep -qs -- "$2" "$1"; }
# arrives FILE TAG [ARGUMENT...]: what is said under this name reaches the file
arrives() {
  local word
  word=$(fresh)
  say "$2" "$word" "${@:3}"
  eventually has "$1" "$word"
}
# reached FILE: a word gets there within a second; for waiting
reached() { PATIENCE=1 arrives "$1" fenced-probe >/dev/null; }
# arrived FILE N WORD: all of WORD-1 to WORD-N; some may be there twice, after a connection was lost
arrived() { [ "$(grep -os -- "$3-[0-9]*" "$1" | sort -u | wc -l)" = "$2" ]; }
# mode FILE
mode() { stat -c '%U:%G %a' "$1"; }

again() {
  restart
  eventually reached /var/log/syslog
}

# also: what comes on stdin beside the usual settings
also() {
  cat >$extra
  again
}

# takes GNUTLS OPENSSL RELP RELPS: inputs on these ports; sends: what sends to them
takes() {
  cat <<END
input(type="imtcp" port="$1" ruleset="remote" streamDriver.name="gtls" streamDriver.mode="1"
  streamDriver.authMode="x509/name" permittedPeer=["fenced.example"])
input(type="imtcp" port="$2" ruleset="remote" streamDriver.name="ossl" streamDriver.mode="1"
  streamDriver.authMode="x509/name" permittedPeer=["fenced.example"])
input(type="imrelp" port="$3")
input(type="imrelp" port="$4" tls="on" tls.caCert="$certificate" tls.myCert="$certificate" tls.myPrivKey="$key"
  tls.authMode="name" tls.permittedPeer=["fenced.example"])
END
}

sends() {
  cat <<END
if \$programname == "to-gtls" then action(type="omfwd" target="127.0.0.1" port="$1" protocol="tcp" streamDriver="gtls"
  streamDriverMode="1" streamDriverAuthMode="x509/name" streamDriverPermittedPeers="fenced.example")
if \$programname == "to-ossl" then action(type="omfwd" target="127.0.0.1" port="$2" protocol="tcp" streamDriver="ossl"
  streamDriverMode="1" streamDriverAuthMode="x509/name" streamDriverPermittedPeers="fenced.example")
if \$programname == "to-relp" then action(type="omrelp" target="127.0.0.1" port="$3")
if \$programname == "to-relps" then action(type="omrelp" target="127.0.0.1" port="$4" tls="on" tls.caCert="$certificate"
  tls.myCert="$certificate" tls.myPrivKey="$key" tls.authMode="name" tls.permittedPeer=["fenced.example"])
END
}

# other: the other machine, a second rsyslogd with a socket of its own
other() {
  mkdir -p $home/other
  cat >$home/other.conf <<END
module(load="imuxsock" sysSock.use="off")
module(load="imudp")
module(load="imtcp")
module(load="imrelp" ruleset="remote")
module(load="omrelp")
global(workDirectory="$home" defaultNetstreamDriverCAFile="$certificate" defaultNetstreamDriverCertFile="$certificate"
  defaultNetstreamDriverKeyFile="$key")
template(name="each" type="string" string="$home/other/%PROGRAMNAME%.log")
ruleset(name="remote") { action(type="omfile" dynaFile="each") }
input(type="imuxsock" socket="/run/fenced-other")
input(type="imudp" port="7514" ruleset="remote")
input(type="imtcp" port="7514" ruleset="remote")
$(takes 7515 7516 7517 7518)
$(sends 6515 6516 6517 6518)
END
  systemctl stop fenced-other 2>/dev/null || true
  systemctl reset-failed fenced-other 2>/dev/null || true
  rm -f $home/other/*
  systemd-run -q --unit=fenced-other -p TimeoutStopSec=2 -p StandardOutput=null rsyslogd -n -iNONE -f $home/other.conf
}

usual() {
  cat >$conf <<END
module(load="imudp")
module(load="imtcp")
module(load="imptcp")
module(load="imrelp" ruleset="remote")
module(load="imfile")
module(load="omprog")
module(load="ommail")
module(load="omrelp")
module(load="ommysql")
module(load="ompgsql")
module(load="omelasticsearch")
module(load="omjournal")
module(load="mmjsonparse")
module(load="impstats" interval="1" log.syslog="off" log.file="/var/log/fenced/stats.log")
global(defaultNetstreamDriverCAFile="$certificate" defaultNetstreamDriverCertFile="$certificate"
  defaultNetstreamDriverKeyFile="$key")

template(name="perHost" type="string" string="/var/log/remote/%FROMHOST-IP%/%PROGRAMNAME%.log")
template(name="named" type="string" string="/var/log/remote/%FROMHOST%.log")
template(name="bare" type="string" string="%msg:::sp-if-no-1st-sp%%msg%\n")
template(name="subject" type="string" string="fenced %programname%")
template(name="json" type="string" string="%\$!word%\n")
template(name="index" type="string" string="fenced")
ruleset(name="remote") {
  action(type="omfile" dynaFile="perHost" dirGroup="adm" dirCreateMode="0750" fileGroup="adm" fileCreateMode="0640")
  action(type="omfile" dynaFile="named")
}
input(type="imudp" port="514" ruleset="remote")
input(type="imtcp" port="514" ruleset="remote")
input(type="imptcp" port="1514" ruleset="remote")
$(takes 6515 6516 6517 6518)
input(type="imuxsock" socket="/var/spool/postfix/dev/log")
\$AddUnixListenSocket /var/lib/haproxy/dev/log
input(type="imfile" file="/var/lib/fenced-app/app.log" tag="fenced-app:")
input(type="imfile" file="/var/lib/fenced-app/journal.log" tag="to-journal:")

lookup_table(name="places" file="$home/places.json" reloadOnHUP="on")
set \$.place = lookup("places", \$programname);
template(name="placed" type="string" string="%\$.place%%msg%\n")

if \$programname == "to-udp" then action(type="omfwd" target="127.0.0.1" port="7514" protocol="udp")
if \$programname == "to-tcp" then action(type="omfwd" target="collector.example" port="7514" protocol="tcp")
$(sends 7515 7516 7517 7518)
if \$programname == "to-queue" then action(type="omfwd" target="127.0.0.1" port="5140" protocol="tcp"
  queue.type="LinkedList" queue.filename="fenced" queue.maxDiskSpace="10m" queue.saveOnShutdown="on"
  action.resumeRetryCount="-1" action.resumeInterval="1")
if \$programname == "to-mail" then action(type="ommail" server="127.0.0.1" port="2525" mailfrom="rsyslog@localhost"
  mailto="ann@localhost" subject.template="subject")
if \$programname == "to-mysql" then action(type="ommysql" server="localhost" db="Syslog" uid="rsyslog" pwd="secret")
if \$programname == "to-pgsql" then action(type="ompgsql" server="127.0.0.1" db="Syslog" uid="rsyslog" pwd="secret")
if \$programname == "to-http" then action(type="omelasticsearch" server="127.0.0.1" serverport="9200"
  searchIndex="index" dynSearchIndex="on" searchType="")
# The journal hands it back under the same name.
if \$programname == "to-journal" and \$inputname == "imfile" then action(type="omjournal")
if \$programname == "to-program" then action(type="omprog" binary="/usr/local/bin/fenced-program" confirmMessages="on")
if \$programname == "to-shell" then ^/usr/local/bin/fenced-shell;bare
if \$programname == "to-pipe" then action(type="ompipe" pipe="/run/fenced-pipe")
if \$programname == "to-zip" then action(type="omfile" file="/var/log/fenced/zip.gz" zipLevel="6" veryRobustZip="on"
  asyncWriting="on" flushInterval="1")
if \$programname == "to-news" then action(type="omfile" file="/var/log/fenced-news/news.crit" fileOwner="news"
  fileGroup="news" createDirs="off")
if \$programname == "to-json" then {
  action(type="mmjsonparse")
  action(type="omfile" file="/var/log/fenced/json.log" template="json")
}
if \$programname == "to-place" then action(type="omfile" file="/var/log/fenced/placed.log" template="placed")
\$outchannel limited,/var/log/fenced/limited.log,4000,/usr/local/bin/fenced-rotate
if \$programname == "to-limited" then :omfile:\$limited
END
}

# receivers: takes mail on port 2525 and HTTP on port 9200, and writes down both
receivers() {
  stop_receivers
  perl -MIO::Socket::INET -e '
    my $home = shift;
    for my $port (2525, 9200) {
      my $listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$port", Listen => 64, ReuseAddr => 1) or die "$port: $@";
      next if fork;
      open my $pids, ">>", "$home/receivers.pid" or die;
      print $pids "$$\n";
      close $pids;
      while (my $client = $listener->accept) {
        open my $file, ">>", "$home/received.$port" or die;
        select((select($file), $| = 1)[0]);
        if ($port == 2525) {
          print $client "220 fenced ESMTP\r\n";
          my $data = 0;
          while (<$client>) {
            print $file $_;
            if ($data) { if (/^\.\r?$/) { $data = 0; print $client "250 taken\r\n" } }
            elsif (/^DATA/i) { $data = 1; print $client "354 go on\r\n" }
            elsif (/^QUIT/i) { print $client "221 bye\r\n"; last }
            else { print $client "250 fine\r\n" }
          }
        } else {
          my $length = 0;
          while (($_ = <$client> // "") =~ /\S/) { $length = $1 if /^content-length: (\d+)/i }
          read $client, my $body, $length if $length;
          print $file "$body\n";
          my $said = q({"result":"created","status":201});
          print $client "HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ", length $said, "\r\n\r\n$said";
        }
        close $client;
      }
      exit;
    }' $home >>$home/out 2>&1 3>&- 4>&-
}

stop_receivers() {
  [ ! -e $home/receivers.pid ] || xargs kill <$home/receivers.pid 2>/dev/null || true
  rm -f $home/receivers.pid
}

# collector: takes lines on port 5140, in the background until it is killed
collector() {
  perl -MIO::Socket::INET -e '
    my $listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1:5140", Listen => 64, ReuseAddr => 1) or die $@;
    open my $file, ">>", "$ARGV[0]/collected" or die;
    select((select($file), $| = 1)[0]);
    while (my $client = $listener->accept) { next if fork; print $file $_ while <$client>; exit }' $home >>$home/out 2>&1 3>&- &
  echo $! >$home/collector.pid
}

stop_collector() {
  [ -e $home/collector.pid ] || return 0
  kill "$(cat $home/collector.pid)" 2>/dev/null || true
  rm $home/collector.pid
}

program() {
  cat >"$1"
  chmod 755 "$1"
}

databases() {
  systemctl start mariadb postgresql
  PATIENCE=20 eventually mariadb -e 'SELECT 1' >/dev/null
  mariadb -e "CREATE DATABASE IF NOT EXISTS Syslog; CREATE USER IF NOT EXISTS rsyslog@localhost IDENTIFIED BY 'secret';
    ALTER USER rsyslog@localhost IDENTIFIED BY 'secret'; GRANT ALL ON Syslog.* TO rsyslog@localhost"
  mariadb Syslog -e 'SELECT 1 FROM SystemEvents LIMIT 1' >/dev/null 2>&1 ||
    mariadb Syslog <<<"$(sed 's/^USE .*//I' /usr/share/dbconfig-common/data/rsyslog-mysql/install/mysql)"
  PATIENCE=20 eventually sql -c 'SELECT 1' >/dev/null
  sql -c "CREATE ROLE rsyslog LOGIN" >/dev/null 2>&1 || true
  sql -c "ALTER ROLE rsyslog PASSWORD 'secret'" >/dev/null
  sql -c 'CREATE DATABASE "Syslog" TEMPLATE template0' >/dev/null 2>&1 || true
  sql -d Syslog -c 'SELECT 1 FROM SystemEvents LIMIT 1' >/dev/null 2>&1 ||
    sql -d Syslog -f /usr/share/dbconfig-common/data/rsyslog-pgsql/install/pgsql >/dev/null
  sql -d Syslog -c 'GRANT ALL ON ALL TABLES IN SCHEMA public TO rsyslog; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO rsyslog' >/dev/null
}

sql() { runuser -u postgres -- psql -qAtX "$@"; }

# has_file DIRECTORY PATTERN
has_file() { find "$1" -name "$2" | grep -q .; }

setup_file() {
  mkdir -p $home
  if [ ! -e $home/package ]; then
    cp -p $main $home/package
    rm -f /etc/rsyslog.d/mysql.conf /etc/rsyslog.d/pgsql.conf
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=fenced.example \
      -addext subjectAltName=DNS:fenced.example -keyout $key -out $certificate 2>/dev/null
    chmod 640 $key
    echo '192.0.2.10 collector.example' >>/etc/hosts
    id -u bob >/dev/null 2>&1 || useradd --system bob
    id -u ann >/dev/null 2>&1 || useradd --create-home ann
  fi
  receivers
  # Two databases and the rest start at the same time.
  databases >>$home/out 2>&1
  systemctl stop syslog.socket "$UNIT" || true
  stop_collector
  rm -rf ${work:?}/* /var/log/remote /var/log/fenced /var/log/fenced-news $home/collected $extra
  rm -f /var/log/{syslog,auth.log,mail.log,cron.log,user.log,kern.log}* $home/received.*
  cat $home/package >$main
  chown root:root /var/log $work
  chmod 755 /var/log
  mkdir -p /var/log/fenced /var/spool/postfix/dev /var/lib/haproxy/dev
  install -d -o news -g news -m 2755 /var/log/fenced-news
  install -d -o bob -g bob -m 700 /var/lib/fenced-app /var/lib/fenced-programs
  rm -f /var/lib/fenced-app/*
  : >/var/lib/fenced-app/app.log
  chown bob:bob /var/lib/fenced-app/app.log
  chmod 600 /var/lib/fenced-app/app.log
  [ -p /run/fenced-pipe ] || mkfifo /run/fenced-pipe
  echo '{ "version": 1, "nomatch": "nowhere", "type": "string", "table": [ { "index": "to-place", "value": "attic" } ] }' >$home/places.json
  program /usr/local/bin/fenced-program <<'END'
#!/bin/sh
echo OK
while read -r line; do
  echo "$line" >>/var/log/fenced/program.log
  echo OK
done
END
  program /usr/local/bin/fenced-shell <<'END'
#!/bin/sh
echo "$1" >>/var/log/fenced/shell.log
END
  program /usr/local/bin/fenced-rotate <<'END'
#!/bin/sh
mv -f /var/log/fenced/limited.log /var/log/fenced/limited.log.1
END
  usual
  cp $conf $home/usual
  other
  again || true
}

teardown_file() {
  stop_receivers
  systemctl stop fenced-other
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  local changed=
  pkill -KILL -f '^script -qfc' || true
  stop_collector
  [ ! -e $extra ] || changed=yes
  cmp -s $main $home/package || changed=yes
  cmp -s $conf $home/usual || changed=yes
  [ -n "$changed" ] || [ -z "$BATS_TEST_COMPLETED" ] || return 0
  rm -f $extra
  cat $home/package >$main
  cp $home/usual $conf
  again || true
}

@test "logs what programs say to Debian's files, which the group adm may read" {
  local facility file
  for facility in auth mail cron user; do
    arrives /var/log/$facility.log fenced-probe -p $facility.notice
  done
  arrives /var/log/syslog fenced-probe -p daemon.notice
  for file in syslog auth.log mail.log cron.log user.log; do
    [ "$(mode /var/log/$file)" = 'root:adm 640' ]
    setpriv --reuid nobody --regid nogroup --groups adm cat /var/log/$file >/dev/null
  done
}

@test "keeps what is private out of the common file" {
  local word
  word=$(fresh)
  say fenced-probe "$word" -p authpriv.notice
  eventually has /var/log/auth.log "$word"
  arrives /var/log/syslog fenced-probe
  run ! grep "$word" /var/log/syslog
}

@test "has the log of the kernel open" {
  local pid file
  for pid in $(processes); do file=$(find "/proc/$pid/fd" -lname '*/kmsg*'); done
  # A machine in a container has a pipe for it. Where it is kept from a unit, an empty file takes its place.
  [ "$(stat -L -c %F "$file")" = fifo ] || [ "$(stat -L -f -c %T "$file")" = proc ]
  run ! journalled 'imklog: (cannot|error)'
}

@test "logs what the kernel says, read from elsewhere" {
  local word
  word=$(fresh)
  [ -p /run/fenced-kmsg ] || mkfifo /run/fenced-kmsg
  exec 9<>/run/fenced-kmsg
  sed -i 's,^module(load="imklog"),module(load="imklog" logpath="/run/fenced-kmsg"),' $main
  again
  printf '<4>[    1.000000] %s happened\n' "$word" >&9
  eventually has /var/log/kern.log "kernel: .*$word happened"
  exec 9>&-
}

@test "tells users who are logged in of an emergency" {
  local word
  word=$(fresh)
  rm -f $home/terminal
  (sleep 20 | script -qfc 'exec login -f ann' $home/terminal) >/dev/null 2>&1 3>&- &
  eventually told "$word"
}

told() {
  say fenced-probe "$1" -p daemon.emerg
  sleep 0.2
  has $home/terminal "$1"
}

@test "takes messages from other machines by UDP and TCP, over IPv4 and IPv6, into a file for each" {
  local address
  rm -rf /var/log/remote
  for address in 192.0.2.10 2001:db8::10 127.0.0.1 ::1; do
    arrives "/var/log/remote/$address/fenced-udp.log" fenced-udp -d -n "$address" -P 514
    arrives "/var/log/remote/$address/fenced-tcp.log" fenced-tcp -T -n "$address" -P 514
    arrives "/var/log/remote/$address/fenced-ptcp.log" fenced-ptcp -T -n "$address" -P 1514
  done
  [ "$(mode /var/log/remote/192.0.2.10)" = 'root:adm 750' ]
  [ "$(mode /var/log/remote/192.0.2.10/fenced-udp.log)" = 'root:adm 640' ]
}

@test "finds the names of other machines" {
  arrives /var/log/remote/collector.example.log fenced-names -d -n 192.0.2.10 -P 514
}

@test "sends messages to another machine by UDP, and by TCP to a name" {
  arrives $home/other/to-udp.log to-udp
  arrives $home/other/to-tcp.log to-tcp
}

@test "sends and takes messages by RELP, in the clear and by TLS" {
  there_and_back to-relp
  there_and_back to-relps
}

@test "sends and takes messages by TLS, with GnuTLS and with OpenSSL" {
  there_and_back to-gtls
  there_and_back to-ossl
}

there_and_back() {
  arrives "$home/other/$1.log" "$1"
  arrives "/var/log/remote/127.0.0.1/$1.log" "$1" -u /run/fenced-other
}

@test "keeps messages on the disk until the other machine is there, over a restart too" {
  local n word
  word=$(fresh)
  rm -f $home/collected
  for n in {1..40}; do echo "$word-$n"; done | logger -t to-queue
  eventually arrived /var/log/syslog 40 "$word"
  again
  [ -n "$(find $work -name 'fenced*')" ]
  collector
  PATIENCE=15 eventually arrived $home/collected 40 "$word"
}

@test "listens in the chroots of Postfix and HAProxy" {
  local socket
  for socket in /var/spool/postfix/dev/log /var/lib/haproxy/dev/log; do
    [ -S $socket ]
    [ "$(stat -c %a $socket)" = 666 ]
    arrives /var/log/syslog fenced-chroot -u $socket
  done
}

@test "follows a file that only another user may read, and goes on there after a restart" {
  local word
  word=$(fresh)
  echo "$word one" >>/var/lib/fenced-app/app.log
  eventually has /var/log/syslog "fenced-app: $word one"
  again
  echo "$word two" >>/var/lib/fenced-app/app.log
  eventually has /var/log/syslog "fenced-app: $word two"
  [ "$(grep -c "fenced-app: $word one" /var/log/syslog)" = 1 ]
  [ -n "$(find $work -name 'imfile-state*')" ]
}

@test "follows a file that is moved away and begun anew" {
  local word
  word=$(fresh)
  mv /var/lib/fenced-app/app.log /var/lib/fenced-app/app.log.1
  install -o bob -g bob -m 600 /dev/null /var/lib/fenced-app/app.log
  echo "$word" >>/var/lib/fenced-app/app.log
  eventually has /var/log/syslog "fenced-app: $word"
}

@test "writes into the directory of another user, and gives the file to that user" {
  rm -f /var/log/fenced-news/news.crit
  kill -HUP "$(main_pid)"
  arrives /var/log/fenced-news/news.crit to-news
  [ "$(stat -c '%U:%G' /var/log/fenced-news/news.crit)" = news:news ]
  kill -HUP "$(main_pid)"
  arrives /var/log/fenced-news/news.crit to-news
}

@test "passes messages to a program that it keeps running, and starts it again" {
  local before
  arrives /var/log/fenced/program.log to-program
  before=$(pgrep -f /usr/local/bin/fenced-program)
  kill -KILL "$before"
  eventually gone "$before"
  eventually program_again
}

program_again() { PATIENCE=1 arrives /var/log/fenced/program.log to-program >/dev/null; }

@test "starts a program for each message" {
  arrives /var/log/fenced/shell.log to-shell
}

@test "has a file that is full moved away by a program" {
  local n
  for n in {1..150}; do echo "$(fresh) to be moved"; done | logger -t to-limited
  eventually test -s /var/log/fenced/limited.log.1
  arrives /var/log/fenced/limited.log to-limited
}

@test "writes to a named pipe" {
  local word
  word=$(fresh)
  exec 9<>/run/fenced-pipe
  say to-pipe "$word"
  timeout 8 grep -q -m 1 "$word" <&9
  exec 9>&-
}

@test "writes compressed files" {
  local word
  word=$(fresh)
  say to-zip "$word"
  eventually zipped "$word"
}

zipped() { zcat /var/log/fenced/zip.gz 2>/dev/null | grep -q "$1"; }

@test "sends mail" {
  local word
  word=$(fresh)
  say to-mail "$word"
  eventually has $home/received.2525 "$word"
  grep -q '^Subject: fenced to-mail' $home/received.2525
}

@test "writes into MariaDB, over its socket" {
  local word
  word=$(fresh)
  say to-mysql "$word"
  eventually in_mysql "$word"
}

in_mysql() { mariadb -N Syslog -e "SELECT Message FROM SystemEvents WHERE Message LIKE '%$1%'" | grep -q "$1"; }

@test "writes into PostgreSQL, over TCP" {
  local word
  word=$(fresh)
  say to-pgsql "$word"
  eventually in_pgsql "$word"
}

in_pgsql() { sql -d Syslog -c "SELECT message FROM systemevents WHERE message LIKE '%$1%'" | grep -q "$1"; }

@test "sends messages to Elasticsearch over HTTP" {
  local word
  word=$(fresh)
  say to-http "$word"
  eventually has $home/received.9200 "$word"
}

@test "writes to the journal" {
  local word
  word=$(fresh)
  echo "$word" >>/var/lib/fenced-app/journal.log
  eventually journal_has "$word"
}

journal_has() { journalctl -q -o cat --since=-60s _COMM=rsyslogd | grep -q "$1"; }

@test "takes fields out of JSON" {
  local word
  word=$(fresh)
  say to-json "@cee: {\"word\": \"$word\"}"
  eventually grep -qsx "$word" /var/log/fenced/json.log
}

@test "takes up a changed lookup table when it is told to" {
  arrives /var/log/fenced/placed.log to-place
  grep -q '^attic' /var/log/fenced/placed.log
  sed -i s/attic/cellar/ $home/places.json
  kill -HUP "$(main_pid)"
  eventually placed cellar
}

placed() {
  say to-place "$(fresh)"
  grep -q "^$1" /var/log/fenced/placed.log
}

@test "writes figures about itself" {
  eventually grep -qs 'resource-usage: .*openfiles=[1-9]' /var/log/fenced/stats.log
}

@test "reads the journal itself, and goes on there after a restart" {
  local word
  word=$(fresh)
  sed -i 's,^module(load="imuxsock").*,module(load="imjournal" stateFile="imjournal.state" ignorePreviousMessages="on"),' $main
  again
  say fenced-probe "$word"
  eventually has /var/log/syslog "$word"
  restart
  eventually reached /var/log/syslog
  [ -s $work/imjournal.state ]
  [ "$(grep -c "$word" /var/log/syslog)" = 1 ]
}

@test "works by a configuration of one's own, with its queues in /var/lib/rsyslog" {
  local word
  word=$(fresh)
  mkdir -p /var/lib/rsyslog
  rm -rf /var/lib/rsyslog/* /var/log/fenced/own.log
  : >$conf
  cat >$main <<'END'
module(load="imuxsock")
global(workDirectory="/var/lib/rsyslog" localHostname="own.example")
if $programname == "fenced-queue" then action(type="omfwd" target="127.0.0.1" port="5141" protocol="tcp"
  queue.type="Disk" queue.filename="own" action.resumeRetryCount="-1")
action(type="omfile" file="/var/log/fenced/own.log")
action(type="omfile" file="/var/log/syslog")
END
  again
  arrives /var/log/fenced/own.log fenced-queue
  grep -q ' own.example ' /var/log/fenced/own.log
  eventually has_file /var/lib/rsyslog 'own.*'
  # Without $Umask it is the service's own that counts.
  [ "$(stat -c %a /var/log/fenced/own.log)" = 644 ]
}

@test "says in the journal what is wrong with its configuration, and keeps logging" {
  echo 'nonsense(on)' >$extra
  restart || true
  eventually journalled "60-fenced-probe.conf"
  eventually reached /var/log/syslog
}

@test "has its logs rotated as the package does it, more than once" {
  local turn word
  for turn in first second; do
    word=$(fresh)
    say fenced-probe "$word"
    eventually has /var/log/syslog "$word"
    rm -f /var/log/*.log.1 /var/log/syslog.1
    logrotate -f /etc/logrotate.d/rsyslog
    grep -q "$word" /var/log/syslog.1
    arrives /var/log/syslog fenced-probe
    arrives /var/log/auth.log fenced-probe -p auth.info
    [ "$(mode /var/log/syslog)" = 'root:adm 640' ]
  done
}

@test "is started by the next message, which is not lost" {
  local word before
  word=$(fresh)
  before=$(main_pid)
  systemctl stop "$UNIT" 2>/dev/null
  say fenced-probe "$word"
  eventually is_another "$before"
  eventually has /var/log/syslog "$word"
}

@test "keeps what it was given over a restart, and the messages that came in between" {
  local before word n
  word=$(fresh)
  before=$(main_pid)
  for n in {1..300}; do
    echo "$word-$n"
    [ $n != 150 ] || systemctl restart --no-block "$UNIT"
  done | logger -t fenced-probe
  eventually is_another "$before"
  eventually arrived /var/log/syslog 300 "$word"
}

@test "comes back after a crash" {
  local before
  before=$(main_pid)
  kill -SEGV "$before"
  eventually is_another "$before"
  eventually reached /var/log/syslog
  arrives /var/log/auth.log fenced-probe -p auth.info
}

@test "opens as many files as the package wants" {
  [ "$(awk '/^Max open files/ { print $4 }' "/proc/$(main_pid)/limits")" = 16384 ]
}

# bats test_tags=option:elsewhere
@test "keeps logs and queues on another volume, and a socket in a chroot there" {
  rm -rf /srv/fenced-logs
  mkdir -p /srv/fenced-logs/queue /srv/fenced-logs/chroot/dev
  also <<'END'
template(name="volume" type="string" string="/srv/fenced-logs/%HOSTNAME%/%PROGRAMNAME%.log")
input(type="imuxsock" socket="/srv/fenced-logs/chroot/dev/log")
if $programname == "fenced-volume" then {
  action(type="omfile" dynaFile="volume")
  action(type="omfwd" target="127.0.0.1" port="5141" protocol="tcp" queue.type="Disk" queue.filename="volume"
    queue.spoolDirectory="/srv/fenced-logs/queue" action.resumeRetryCount="-1")
}
END
  arrives "/srv/fenced-logs/$(hostname)/fenced-volume.log" fenced-volume -u /srv/fenced-logs/chroot/dev/log
  eventually has_file /srv/fenced-logs/queue 'volume*'
}

# bats test_tags=option:home
@test "follows a file, writes a log and listens below /home" {
  local word
  word=$(fresh)
  install -d -o ann -g ann /home/ann/chroot /home/ann/chroot/dev
  rm -f /home/ann/own.log
  install -o ann -g ann -m 600 /dev/null /home/ann/app.log
  also <<'END'
input(type="imuxsock" socket="/home/ann/chroot/dev/log")
input(type="imfile" file="/home/ann/app.log" tag="fenced-home:")
if $programname == "fenced-own" then action(type="omfile" file="/home/ann/own.log" fileOwner="ann" fileGroup="ann")
END
  echo "$word" >>/home/ann/app.log
  eventually has /var/log/syslog "fenced-home: $word"
  arrives /home/ann/own.log fenced-own -u /home/ann/chroot/dev/log
}

# bats test_tags=option:unprivileged
@test "becomes a user of its own, and still rotates its logs" {
  getent passwd fenced-syslog >/dev/null || useradd --system --groups adm fenced-syslog
  sed -i 's/^$FileOwner root/$FileOwner fenced-syslog\n$PrivDropToUser fenced-syslog\n$PrivDropToGroup fenced-syslog/' $main
  chgrp fenced-syslog /var/log
  chmod 775 /var/log
  chown fenced-syslog $work
  sed -i 's,\(module(load="impstats"\).*,,; /imuxsock. socket/d; /haproxy/d' $conf
  rm -f /var/log/{syslog,auth.log,mail.log,cron.log,user.log,kern.log}
  rm -rf /var/log/remote
  install -d -o fenced-syslog -g adm /var/log/remote
  again
  [ "$(users)" = fenced-syslog ]
  [ "$(mode /var/log/syslog)" = 'fenced-syslog:adm 640' ]
  arrives /var/log/remote/127.0.0.1/fenced-udp.log fenced-udp -d -n 127.0.0.1 -P 514
  sed '/^{/a su root adm' /etc/logrotate.d/rsyslog >$home/rotate
  logrotate -f $home/rotate
  eventually reached /var/log/syslog
  chown root:root /var/log $work
  chmod 755 /var/log
  rm -rf /var/log/{syslog,auth.log,mail.log,cron.log,user.log,kern.log} /var/log/remote
}

# bats test_tags=option:buffer
@test "has a buffer for UDP that is larger than the kernel lets others have" {
  sed -i 's/^input(type="imudp" port="514"/& rcvbufSize="8m"/' $conf
  again
  ss -Hulnm 'sport = :514' | grep -q 'rb16777216'
  arrives /var/log/remote/127.0.0.1/fenced-udp.log fenced-udp -d -n 127.0.0.1 -P 514
}

# bats test_tags=option:realtime
@test "takes UDP in a thread with real-time priority" {
  sed -i 's/^module(load="imudp")/module(load="imudp" schedulingPolicy="fifo" schedulingPriority="10")/' $conf
  again
  ps -L -o cls=,rtprio= -p "$(main_pid)" | grep -qE 'FF +10'
}

# bats test_tags=option:console
@test "writes to a pipe in /dev, as for xconsole" {
  local word
  word=$(fresh)
  [ -p /dev/fenced-console ] || mkfifo -m 666 /dev/fenced-console
  exec 9<>/dev/fenced-console
  also <<<'if $programname == "fenced-console" then |/dev/fenced-console'
  say fenced-console "$word"
  timeout 8 grep -q -m 1 "$word" <&9
  exec 9>&-
}

# bats test_tags=option:jit
@test "passes messages to a program that compiles at run time" {
  cat >/usr/local/bin/fenced-jit <<'END'
#!/usr/bin/luajit
local sum = 0
for line in io.lines() do
  for n = 1, 2000 do sum = sum + n % 7 end
  local file = io.open("/var/log/fenced/jit.log", "a")
  file:write(line, "\n")
  file:close()
end
END
  chmod 755 /usr/local/bin/fenced-jit
  also <<<'if $programname == "fenced-jit" then action(type="omprog" binary="/usr/local/bin/fenced-jit")'
  arrives /var/log/fenced/jit.log fenced-jit
  arrives /var/log/fenced/jit.log fenced-jit
}

# bats test_tags=option:no-kernel
@test "does without the kernel's log" {
  sed -i '/^module(load="imklog")/d' $main
  again
  run ! holds '*/kmsg*'
}

# bats test_tags=option:files
@test "has no network" {
  run ! logger -T -n 192.0.2.10 -P 514 -t fenced-tcp refused
  arrives /var/log/syslog fenced-probe
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  local before
  before=$(main_pid)
  timeout 20 systemctl stop syslog.socket "$UNIT"
  ended_well
  gone "$before"
  [ -z "$(processes)" ]
  run ! pgrep -f /usr/local/bin/fenced-program
  [ ! -e /run/rsyslogd.pid ]
  again
}
