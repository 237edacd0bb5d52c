#!/usr/bin/env bats
# What Apache must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

bats_require_minimum_version 1.5.0

home=/srv/fenced-probe
web=/var/www/html
logs=/var/log/apache2
sites=/etc/apache2/sites-enabled
key=/etc/ssl/private/fenced-probe.key
certificate=/etc/ssl/certs/fenced-probe.pem

eventually() {
  local end=$((SECONDS + 8))
  while ((SECONDS <= end)); do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  echo "waited 8 seconds for: $*"
  return 1
}

get() { curl -sS --max-time 10 "$@"; }
status() { get -o /dev/null -w '%{http_code}' "$@"; }
main_pid() { systemctl show -p MainPID --value "$UNIT"; }
# By its real user, which is root for mod_fcgid's process manager.
workers() { pgrep -U www-data -x apache2; }
gone() { ! kill -0 "$@" 2>/dev/null; }
answers() { [ "$(get http://127.0.0.1/probe.txt 2>/dev/null)" = 'a file' ]; }
in_turn() { get -D - -o /dev/null http://127.0.0.1/probe.txt 2>/dev/null | grep -q "^X-Turn: $1"; }

restart() {
  systemctl reset-failed "$UNIT" || true
  timeout 30 systemctl restart "$UNIT"
  eventually answers
}

reload() {
  local turn=$RANDOM$RANDOM
  echo "Header always set X-Turn $turn" >$sites/probe-turn.conf
  timeout 20 systemctl reload "$UNIT"
  eventually in_turn $turn
}

# site NAME: adds the configuration on stdin, and waits until Apache works by it
site() {
  cat >"$sites/probe-$1.conf"
  reload
}

# php SNIPPET: what the snippet prints as a page
php() {
  echo "<?php $1" >"$web/probe/$BATS_TEST_NUMBER.php"
  get "http://127.0.0.1/probe/$BATS_TEST_NUMBER.php"
}

is() { [ "$(php "$1")" = "$2" ]; }

# begin PATH: asks for a file, and reads no more of the answer than its first line
begin() {
  exec 9<>/dev/tcp/127.0.0.1/80
  printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&9
  read -r -t 10 line <&9
  [[ $line == *' 200 '* ]]
}

# ends_as FILE: reads what is left of the answer; true if FILE is its body
ends_as() {
  timeout 20 tail -c "$(stat -c %s "$1")" <&9 | cmp - "$1"
  exec 9>&-
}

# application ADDRESS...: answers HTTP on TCP addresses and unix sockets until the end of the probe
application() {
  perl -MIO::Socket::INET -MIO::Socket::UNIX -e '
    my ($home, @addresses) = @ARGV;
    my ($address) = grep { !fork } @addresses or exit;
    $SIG{CHLD} = "IGNORE";
    unlink $address;
    my $listener = $address =~ m{^/} ? IO::Socket::UNIX->new(Local => $address, Listen => 64)
      : IO::Socket::INET->new(LocalAddr => $address, Listen => 64, ReuseAddr => 1);
    $listener or die "$address: $!";
    chmod 0666, $address if $address =~ m{^/};
    open my $pids, ">>", "$home/pids" or die;
    print $pids "$$\n";
    close $pids;
    while (1) {
      my $client = $listener->accept or next;
      next if fork;
      my ($method, $path) = split " ", <$client> // exit;
      my ($length, $body) = (0, "");
      while (($_ = <$client>) =~ /\S/) { $length = $1 if /^content-length: (\d+)/i }
      if ($length) { read $client, $body, $length; open my $file, ">", "$home/upload" or die; print $file $body; close $file }
      my $answer = "$method $path by $address $$\n";
      print $client "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " . length($answer) . "\r\n\r\n$answer";
      exit;
    }' "$home" "$@" >>"$home/application.out" 2>&1 3>&-
}

# fastcgi SOCKET: starts the FastCGI program on a socket of its own
fastcgi() {
  perl -MIO::Socket::UNIX -e '
    my ($home, $address) = @ARGV;
    unlink $address;
    my $listener = IO::Socket::UNIX->new(Local => $address, Listen => 64) or die "$address: $!";
    chmod 0666, $address;
    open STDIN, "<&", $listener or die;
    exit if fork;
    open my $pids, ">>", "$home/pids" or die;
    print $pids "$$\n";
    close $pids;
    exec "$home/www/answer.fcgi" or die' "$home" "$1" >>"$home/application.out" 2>&1 3>&-
}

stop_applications() {
  if [ -e $home/pids ]; then xargs kill <$home/pids 2>/dev/null || true; fi
  rm -f $home/pids
}

# with MPM: Debian's modules for threads, or for one process a connection, with PHP in it
with() {
  [ "$(a2query -M)" = "$1" ] && answers && return
  if [ "$1" = prefork ]; then
    a2dismod -q -f mpm_event cgid
    a2enmod -q mpm_prefork cgi "$(php_module)"
  else
    a2dismod -q -f mpm_itk "$(php_module)" mpm_prefork cgi
    a2enmod -q mpm_event cgid
  fi >>$home/modules.out 2>&1
  restart
}

php_module() { basename /etc/apache2/mods-available/php*.load .load; }

usual() {
  cat >$sites/probe.conf <<'EOF'
ServerName localhost
Listen 8080
Mutex file:${APACHE_LOCK_DIR} ssl-cache
<Directory /srv/fenced-probe/www>
  Require all granted
  AllowOverride AuthConfig
  Options +Includes +ExecCGI
  AddOutputFilter INCLUDES .shtml
  AddHandler fcgid-script .fcgi
</Directory>
<Directory /var/www/html/dav>
  Dav On
</Directory>
<Directory /srv/fenced-probe/dav>
  Require all granted
  Dav On
</Directory>
<VirtualHost *:443>
  ServerName localhost
  DocumentRoot /srv/fenced-probe/www
  Protocols h2 http/1.1
  SSLEngine on
  SSLCertificateFile /etc/ssl/certs/fenced-probe.pem
  SSLCertificateKeyFile /etc/ssl/private/fenced-probe.key
</VirtualHost>
<VirtualHost *:8080>
  DocumentRoot /srv/fenced-probe/www
  ErrorLog syslog:daemon:fenced_errors
  ErrorDocument 404 /404.html
  Alias /dav /srv/fenced-probe/dav
  ProxyPass /socket unix:/run/fenced-probe/app.sock|http://localhost/
  ProxyPass /named http://localhost:8098/
  ProxyPass /balanced balancer://both
  ProxyPass /gone http://127.0.0.1:9/
  <Proxy balancer://both>
    BalancerMember http://127.0.0.1:8098
    BalancerMember http://127.0.0.1:8097
  </Proxy>
  <Location /spooled>
    SetEnv proxy-sendcl 1
    ProxyPass http://127.0.0.1:8098/
  </Location>
  <Location /fastcgi>
    SetHandler "proxy:unix:/run/fenced-probe/fastcgi.sock|fcgi://localhost"
  </Location>
  ProxyPass /cached http://127.0.0.1:8098/
  CacheEnable disk /cached
  CacheHeader on
  CacheIgnoreNoLastMod On
  CacheIgnoreCacheControl On
  CacheDefaultExpire 600
  RewriteEngine on
  RewriteMap texts txt:/srv/fenced-probe/map.txt
  RewriteMap hashes dbm:/srv/fenced-probe/map.dbm
  RewriteMap program prg:/srv/fenced-probe/map
  RewriteRule ^/text/(.*) ${texts:$1} [R]
  RewriteRule ^/hash/(.*) ${hashes:$1} [R]
  RewriteRule ^/program/(.*) ${program:$1} [R]
  <IfModule wsgi_module>
    WSGIDaemonProcess probe user=alice group=alice processes=1 threads=2
    WSGIScriptAlias /wsgi /srv/fenced-probe/www/application.wsgi process-group=probe application-group=%{GLOBAL}
  </IfModule>
</VirtualHost>
<VirtualHost *:80>
  ServerName scripts.example
  DocumentRoot /var/www/alice
  SuexecUserGroup alice alice
  ScriptAlias /cgi-bin/ /var/www/alice/cgi-bin/
  ErrorLog /var/www/alice/logs/error.log
  CustomLog /var/www/alice/logs/access.log combined
</VirtualHost>
EOF
}

script() {
  install -D -m 755 /dev/stdin "$1"
}

setup_file() {
  id alice >/dev/null 2>&1 || useradd --home-dir /var/www/alice alice
  id bob >/dev/null 2>&1 || useradd --create-home bob
  mkdir -p $home/www/secret /run/fenced-probe $web/probe
  install -d -o www-data -g www-data $home/dav $web/dav $web/probe/app
  install -d -o alice -g alice /var/www/alice /var/www/alice/cgi-bin
  install -d -m 700 -o alice -g alice /var/www/alice/logs
  chmod 755 /run/fenced-probe
  rm -f $sites/probe*.conf $logs/probe* /var/www/alice/logs/*
  for log in access error; do : >$logs/$log.log; done
  if [ ! -e $key ]; then
    (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout $key -out $home/certificate 2>/dev/null)
    install -m 644 $home/certificate $certificate
  fi
  head -c 6000000 /dev/urandom >$home/large
  cp $home/large $home/www/large
  perl -e 'print "0123456789abcdef" x 1048576' >$web/probe-slow
  echo 'a file' | tee $web/probe.txt >$home/www/probe.txt
  echo 'not here' >$home/www/404.html
  echo 'it is <!--#include virtual="probe.txt" -->, made by <!--#exec cmd="id -un" -->' >$home/www/included.shtml
  printf 'AuthType Basic\nAuthName closed\nAuthUserFile /etc/apache2/probe.htpasswd\nRequire valid-user\n' >$home/www/secret/.htaccess
  echo 'for ann' >$home/www/secret/page.txt
  htpasswd -bcB /etc/apache2/probe.htpasswd ann secret 2>/dev/null
  chown root:www-data /etc/apache2/probe.htpasswd
  chmod 640 /etc/apache2/probe.htpasswd
  echo 'one /from-text' >$home/map.txt
  echo 'one /from-hash' | httxt2dbm -i /dev/stdin -o $home/map.dbm >/dev/null
  printf '#!/usr/bin/perl\n$| = 1;\nwhile (<STDIN>) { print "/from-program-of-", scalar getpwuid $>, "/$_" }\n' | script $home/map
  script /usr/lib/cgi-bin/probe <<'EOF'
#!/bin/sh
if [ "$REQUEST_METHOD" = POST ]; then cat >/var/www/html/probe/app/upload; fi
if [ "$QUERY_STRING" = fail ]; then echo 'this went wrong' >&2; exit 1; fi
printf 'Content-Type: text/plain\n\n%s for %s by %s\n' "$REQUEST_METHOD" "$REMOTE_ADDR" "$(id -un)"
EOF
  script /var/www/alice/cgi-bin/who <<'EOF'
#!/bin/sh
echo kept >/var/www/alice/data
printf 'Content-Type: text/plain\n\n%s\n' "$(id -un) $(id -Gn)"
EOF
  chown -R alice:alice /var/www/alice/cgi-bin
  script $home/www/answer.fcgi <<'EOF'
#!/usr/bin/perl
while (accept my $client, STDIN) {
  while (read $client, my $head, 8) {
    my (undef, $type, $id, $length, $padding) = unpack "CCnnC", $head;
    read $client, my $body, $length + $padding;
    next if $type != 5 || $length;
    my $answer = "Content-Type: text/plain\r\n\r\nFastCGI of " . getpwuid($>) . "\n";
    print $client pack("CCnnxx", 1, 6, $id, length $answer), $answer, pack("CCnnxxNCxxx", 1, 3, $id, 8, 0, 0);
    last;
  }
  close $client;
}
EOF
  cat >$home/www/application.wsgi <<'EOF'
import getpass
def application(environ, start):
    start('200 OK', [('Content-Type', 'text/plain')])
    return [('WSGI of ' + getpass.getuser() + '\n').encode()]
EOF
  # Whichever mail server there is delivers what is meant for this machine.
  if [ -e /etc/postfix/main.cf ]; then
    postconf -e 'mydestination = localhost' 'inet_interfaces = loopback-only'
    systemctl start postfix.service
  fi
  stop_applications
  application /run/fenced-probe/app.sock 127.0.0.1:8098 127.0.0.1:8097
  fastcgi /run/fenced-probe/fastcgi.sock
  a2enmod -q ssl http2 headers include rewrite cache cache_disk dav dav_fs proxy proxy_http proxy_fcgi proxy_balancer \
    lbmethod_byrequests suexec userdir fcgid wsgi >$home/modules.out 2>&1
  usual
  a2dismod -q -f mpm_itk >/dev/null
  with prefork >/dev/null 2>&1 || true
  with event || true
}

teardown_file() { stop_applications; }

setup() {
  case $BATS_TEST_DESCRIPTION in
    PHP* | *prefork*) with prefork ;;
    *) with event ;;
  esac
}

# What a test has added is out of the way of the next one, even if it failed.
teardown() {
  rm -f $sites/probe-*.conf
  ip address delete 169.254.169.254/32 dev lo 2>/dev/null || true
  if a2query -q -m mpm_itk || ! a2query -q -m wsgi; then
    a2dismod -q -f mpm_itk
    a2enmod -q wsgi
    restart
  fi >>$home/modules.out
}

@test "serves a static file" {
  [[ $(get http://127.0.0.1/) == *'It works!'* ]]
  answers
  get http://127.0.0.1:8080/large | cmp - $home/large
}

@test "serves other machines, over IPv4 and IPv6" {
  [ "$(get http://192.0.2.10/probe.txt)" = 'a file' ]
  [ "$(get 'http://[2001:db8::10]/probe.txt')" = 'a file' ]
}

@test "serves TLS with a key that only root may read, and HTTP/2" {
  [ "$(stat -c '%U %a' $key)" = 'root 600' ]
  [ "$(get --http1.1 --tls-max 1.2 --cacert $certificate https://localhost/probe.txt)" = 'a file' ]
  [ "$(get --http2 --cacert $certificate -o /dev/null -w '%{http_version} %{http_code}' https://localhost/probe.txt)" = '2 200' ]
}

@test "asks for the passphrase of a key when it starts" {
  openssl ec -in $key -aes128 -passout pass:secret -out $home/locked.key 2>/dev/null
  cat >$sites/probe-locked.conf <<EOF
Listen 8443
<VirtualHost *:8443>
  SSLEngine on
  SSLCertificateFile $certificate
  SSLCertificateKeyFile $home/locked.key
</VirtualHost>
EOF
  timeout 30 systemctl stop "$UNIT"
  timeout 30 systemctl start "$UNIT" 3>&- &
  eventually asked_for_password
  echo secret | /usr/lib/systemd/systemd-reply-password 1 "$(sed -n 's/^Socket=//p' /run/systemd/ask-password/ask.*)"
  wait $!
  [ "$(get --cacert $certificate https://localhost:8443/probe.txt)" = 'a file' ]
  rm $sites/probe-locked.conf
  restart
}

asked_for_password() { grep -qs '^Socket=' /run/systemd/ask-password/ask.*; }

@test "asks for a password, as .htaccess says" {
  [ "$(status http://127.0.0.1:8080/secret/page.txt)" = 401 ]
  [ "$(status -u ann:wrong http://127.0.0.1:8080/secret/page.txt)" = 401 ]
  [ "$(get -u ann:secret http://127.0.0.1:8080/secret/page.txt)" = 'for ann' ]
}

@test "rewrites addresses by a text, a hash file and a program" {
  redirects text/one from-text
  redirects hash/one from-hash
  redirects program/one from-program-of-root/one
}

redirects() { [[ $(get -o /dev/null -w '%{redirect_url}' "http://127.0.0.1:8080/$1") == "http://127.0.0.1:8080/$2" ]]; }

@test "runs CGI scripts" {
  runs_cgi
}

@test "runs CGI scripts under prefork too" {
  runs_cgi
}

runs_cgi() {
  [ "$(get http://127.0.0.1/cgi-bin/probe)" = 'GET for 127.0.0.1 by www-data' ]
  rm -f $web/probe/app/upload
  [ "$(get --data-binary @$home/large 'http://[::1]/cgi-bin/probe')" = 'POST for ::1 by www-data' ]
  cmp $web/probe/app/upload $home/large
  [ "$(status 'http://127.0.0.1/cgi-bin/probe?fail')" = 500 ]
  eventually grep -q 'this went wrong' $logs/error.log
}

@test "runs the scripts of a site as its user, by suEXEC" {
  rm -f /var/www/alice/data
  [ "$(get -H 'Host: scripts.example' http://127.0.0.1/cgi-bin/who)" = 'alice alice' ]
  [ "$(cat /var/www/alice/data)" = kept ]
}

@test "keeps a site's logs in a directory that only the site's user may enter" {
  [ "$(stat -c '%U %a' /var/www/alice/logs)" = 'alice 700' ]
  status -H 'Host: scripts.example' "http://127.0.0.1/own-log"
  eventually grep -q 'GET /own-log' /var/www/alice/logs/access.log
}

@test "starts FastCGI programs itself" {
  [ "$(get http://127.0.0.1:8080/answer.fcgi)" = 'FastCGI of www-data' ]
}

@test "runs a Python application as another user" {
  local before
  [ "$(get http://127.0.0.1:8080/wsgi)" = 'WSGI of alice' ]
  before=$(pgrep -u alice -x apache2)
  reload
  eventually gone "$before"
  [ "$(get http://127.0.0.1:8080/wsgi)" = 'WSGI of alice' ]
}

@test "passes requests on to applications, over TCP and unix sockets" {
  [[ $(get http://127.0.0.1:8080/socket/hello) == 'GET //hello by /run/fenced-probe/app.sock '* ]]
  [[ $(get http://127.0.0.1:8080/named/hello) == 'GET //hello by 127.0.0.1:8098 '* ]]
  [ "$(get http://127.0.0.1:8080/fastcgi)" = 'FastCGI of root' ]
  [ "$(status http://127.0.0.1:8080/gone/)" = 503 ]
}

@test "shares requests between two applications" {
  local both
  both=$(for _ in 1 2 3 4; do get http://127.0.0.1:8080/balanced/; done | grep -o 'by 127.0.0.1:809[78]' | sort | uniq -c | tr -s ' ')
  [ "$both" = $' 2 by 127.0.0.1:8097\n 2 by 127.0.0.1:8098' ]
}

@test "takes an upload for an application, and one of unknown length" {
  rm -f $home/upload
  [[ $(get -H Expect: -T $home/large http://127.0.0.1:8080/named/upload) == 'PUT '* ]]
  cmp $home/upload $home/large
  rm -f $home/upload
  [[ $(get -H Expect: -T - http://127.0.0.1:8080/spooled/upload <$home/large) == 'PUT '* ]]
  cmp $home/upload $home/large
}

@test "keeps a cache on the disk, over a restart too, and has it cleaned" {
  local url=http://127.0.0.1:8080/cached/$RANDOM first
  first=$(get $url)
  get -D - $url | grep -q '^X-Cache: HIT'
  [ -n "$(find /var/cache/apache2/mod_cache_disk -type f -user www-data)" ]
  restart
  [ "$(get $url)" = "$first" ]
  runuser -u www-data -- htcacheclean -n -t -p /var/cache/apache2/mod_cache_disk -l 1B
  [ "$(get $url)" != "$first" ]
}

@test "stores, locks and deletes files by WebDAV" {
  stores_by_dav $web/dav http://127.0.0.1/dav
}

@test "stores files by WebDAV outside of /var/www" {
  stores_by_dav $home/dav http://127.0.0.1:8080/dav
}

stores_by_dav() {
  rm -rf "${1:?}"/* "$1"/.DAV
  [ "$(status -T $home/large "$2/large")" = 201 ]
  cmp $home/large "$1/large"
  [ "$(stat -c %U "$1/large")" = www-data ]
  [ "$(status -X LOCK -d '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>' "$2/large")" = 200 ]
  [ "$(status -X DELETE "$2/large")" = 423 ]
  local token
  token=$(get -X PROPFIND "$2/large" | grep -o 'opaquelocktoken:[0-9a-f-]*')
  [ "$(status -X UNLOCK -H "Lock-Token: <$token>" "$2/large")" = 204 ]
  [ "$(status -X DELETE "$2/large")" = 204 ]
  [ ! -e "$1/large" ]
}

@test "puts pages together on the server" {
  [ "$(get http://127.0.0.1:8080/included.shtml)" = $'it is a file\n, made by www-data' ]
}

@test "shows its status, with the machine's load" {
  get 'http://127.0.0.1/server-status?auto' >$home/status
  grep -qE '^Load1: [0-9]' $home/status
  grep -qE '^BusyWorkers: [1-9]' $home/status
}

@test "runs workers as www-data, with as many files as the package wants" {
  [ "$(workers | wc -l)" -ge 3 ]
  for worker in $(workers); do
    [ "$(awk '/^[UG]id:/ {print $2, $3, $4, $5}' "/proc/$worker/status" | sort -u)" = '33 33 33 33' ]
    [ "$(awk '/^Groups:/ {print $2, $3}' "/proc/$worker/status")" = '33 ' ]
    grep -qP '^CapEff:\t0+$' "/proc/$worker/status"
    [ "$(awk '/^Max open files/ {print $4}' "/proc/$worker/limits")" = 8192 ]
  done
}

@test "logs each request and each error, to files, pipes and syslog" {
  local name=missing-$RANDOM$RANDOM
  site pipes <<'EOF'
GlobalLog "|/usr/bin/rotatelogs -L /var/log/apache2/probe-piped.log /var/log/apache2/probe-piped-%Y.log 86400" combined
GlobalLog "||/usr/bin/logger -t fenced_access" combined
EOF
  [ "$(status "http://127.0.0.1/$name")" = 404 ]
  [ "$(get "http://127.0.0.1:8080/$name")" = 'not here' ]
  get "http://127.0.0.1:8080/gone/$name" -o /dev/null
  eventually grep -q "GET /$name HTTP/1.1\" 404" $logs/access.log
  eventually grep -q "GET /$name HTTP/1.1\" 404" $logs/probe-piped.log
  eventually journalled fenced_access "GET /$name"
  eventually journalled fenced_errors '127.0.0.1:9'
  setpriv --reuid nobody --regid nogroup --groups adm grep -q "$name" $logs/access.log
}

journalled() { journalctl -q -t "$1" -o cat -n 50 | grep -qF "$2"; }

@test "makes its directories anew, as after a boot" {
  timeout 30 systemctl stop "$UNIT"
  rm -rf /run/apache2 /run/lock/apache2
  restart
  [ "$(stat -c '%U %a' /run/apache2/socks /run/lock/apache2 | sort -u)" = 'www-data 755' ]
  setpriv --reuid nobody --regid nogroup --clear-groups cat /run/apache2/apache2.pid | grep -qx "$(main_pid)"
  [ "$(get http://127.0.0.1/cgi-bin/probe)" = 'GET for 127.0.0.1 by www-data' ]
}

@test "reloads under traffic, without one failed request" {
  local before old
  before=$(main_pid)
  old=$(workers)
  get -H 'Connection: close' -o /dev/null -w '%{http_code}\n' 'http://127.0.0.1/probe.txt?[1-600]' >$home/codes 3>&- &
  site port <<<'Listen 8096'
  reload
  wait $!
  [ "$(sort $home/codes | uniq -c | tr -s ' ')" = ' 600 200' ]
  [ "$(get http://127.0.0.1:8096/probe.txt)" = 'a file' ]
  for worker in $old; do eventually gone "$worker"; done
  [ "$(main_pid)" = "$before" ]
}

@test "finishes a download over a reload" {
  begin /probe-slow
  reload
  reload
  ends_as $web/probe-slow
}

@test "keeps serving when it is reloaded with a mistake" {
  echo 'Nonsense on' >$sites/probe-mistake.conf
  run ! systemctl reload "$UNIT"
  answers
}

@test "has its logs rotated as the package does it, more than once" {
  for turn in first second; do
    local mark=$turn-$RANDOM$RANDOM
    get "http://127.0.0.1/?before-$mark" -o /dev/null
    eventually grep -q "?before-$mark" $logs/access.log
    logrotate -f /etc/logrotate.d/apache2
    [ "$(stat -c '%U %G %a' $logs/access.log)" = 'root adm 640' ]
    grep -q "?before-$mark" $logs/access.log.1
    eventually logged_anew "$mark"
  done
}

logged_anew() {
  get "http://127.0.0.1/?after-$1" -o /dev/null
  get 'http://127.0.0.1/cgi-bin/probe?fail' -o /dev/null
  grep -q "?after-$1" $logs/access.log && grep -q 'this went wrong' $logs/error.log
}

@test "starts a new worker when one crashes" {
  local worker
  worker=$(workers | tail -n 1)
  kill -SEGV "$worker"
  eventually grep -q "child pid $worker exit signal Segmentation fault" $logs/error.log
  eventually answers
}

@test "comes back after a crash" {
  local before
  before=$(main_pid)
  kill -SEGV "$before"
  eventually is_another "$before"
  eventually answers
  [ "$(get http://127.0.0.1/cgi-bin/probe)" = 'GET for 127.0.0.1 by www-data' ]
}

is_another() { [ "$(main_pid)" -gt 0 ] && [ "$(main_pid)" != "$1" ]; }

@test "PHP pages run as www-data, and keep sessions" {
  is 'echo posix_getpwuid(posix_geteuid())["name"], " ", PHP_SAPI;' 'www-data apache2handler'
  local snippet='session_id("fencedsession1"); session_start(); $_SESSION["n"] = ($_SESSION["n"] ?? 0) + 1; echo $_SESSION["n"];'
  rm -f /var/lib/php/sessions/sess_fencedsession1
  is "$snippet" 1
  is "$snippet" 2
}

@test "PHP pages take uploads and keep them below /var/www" {
  cat >$web/probe/upload.php <<END
<?php echo dirname(\$_FILES["f"]["tmp_name"]), " ", move_uploaded_file(\$_FILES["f"]["tmp_name"], "$web/probe/app/uploaded") ? "moved" : "lost";
END
  head -c 1500000 $home/large >$home/part
  [ "$(get -F f=@$home/part http://127.0.0.1/probe/upload.php)" = '/tmp moved' ]
  cmp $home/part $web/probe/app/uploaded
}

@test "PHP pages write where other applications keep their data" {
  install -d -o www-data -g www-data /srv/fenced-app /var/lib/fenced-app
  for place in /srv/fenced-app /var/lib/fenced-app; do
    is "echo file_put_contents('$place/data', 'x');" 1
  done
}

@test "PHP pages compile regular expressions" {
  if [ "$PLATFORM" = debian-sid ]; then skip 'its own unit forbids it'; fi
  is 'ini_set("display_errors", "1"); echo ini_get("pcre.jit"), preg_match("/^(a+|b*)+(?=c)./", "aabbc");' 11
}

@test "PHP pages make directories that hand their group on" {
  if [ "$PLATFORM" = debian-sid ]; then skip 'its own unit forbids it'; fi
  rm -rf $web/probe/app/shared
  is "umask(0); \$d = '$web/probe/app/shared'; mkdir(\$d, 02775) && chmod(\$d, 02775); printf('%o', fileperms(\$d) & 07777);" 2775
}

@test "PHP pages start programs that leave others the precedence" {
  is 'echo trim(shell_exec("nice -n 5 nice; ionice -c 3 echo idle; taskset -c 0 echo one"));' $'5\nidle\none'
}

@test "PHP pages send mail through sendmail" {
  local mark=$RANDOM$RANDOM
  is "echo mail('www-data@localhost', 'fenced $mark', 'hello') ? 'sent' : 'refused';" sent
  eventually grep -q "^Subject: fenced $mark" /var/mail/www-data
}

@test "PHP pages run a command through sudo" {
  if [ "$PLATFORM" = debian-sid ]; then skip 'its own unit hides /etc/sudoers'; fi
  echo 'www-data ALL=(root) NOPASSWD: /usr/bin/id, /usr/bin/grep' >/etc/sudoers.d/fenced
  is 'echo trim(shell_exec("sudo -n id -un 2>&1"));' root
  # Where the kernel keeps an audit log, sudo ends if it may not write there. Here it keeps none, so this asks for the right, the 29th.
  is 'echo hexdec(substr(trim(shell_exec("sudo -n grep CapBnd /proc/self/status")), -8)) >> 29 & 1;' 1
}

@test "PHP pages tell the memory and the network interfaces" {
  is 'echo isset(net_get_interfaces()["lo"]) ? "lo" : "none";' lo
  if [ "$PLATFORM" = debian-sid ]; then skip 'its own unit hides the rest'; fi
  is 'echo preg_match("/^MemTotal: +[1-9]/", file_get_contents("/proc/meminfo"));' 1
}

# bats test_tags=option:home
@test "serves what users have in their home directories, and runs their scripts and applications" {
  chmod 755 /home/bob
  install -d -o bob -g bob /home/bob/public_html /home/bob/public_html/cgi-bin
  echo 'from home' >/home/bob/public_html/page.txt
  printf '#!/bin/sh\necho kept >/home/bob/data\nprintf "Content-Type: text/plain\\n\\n"\nid -un\n' | script /home/bob/public_html/cgi-bin/who
  chown bob:bob /home/bob/public_html/cgi-bin/who
  site home <<'EOF'
<Directory /home/bob/public_html/cgi-bin>
  Options +ExecCGI
  SetHandler cgi-script
</Directory>
WSGIDaemonProcess home user=bob group=bob processes=1 threads=2
WSGIScriptAlias /at-home /srv/fenced-probe/www/application.wsgi process-group=home application-group=%{GLOBAL}
EOF
  [ "$(get http://127.0.0.1/~bob/page.txt)" = 'from home' ]
  [ "$(get http://127.0.0.1/~bob/cgi-bin/who)" = bob ]
  [ "$(cat /home/bob/data)" = kept ]
  [ "$(get http://127.0.0.1/at-home)" = 'WSGI of bob' ]
}

# bats test_tags=option:md
@test "keeps certificates that it gets by itself" {
  rm -rf /etc/apache2/md
  cat >$sites/probe-md.conf <<'EOF'
LoadModule md_module /usr/lib/apache2/modules/mod_md.so
MDomain md.example
MDCertificateAgreement accepted
MDCertificateAuthority https://127.0.0.1:9/
MDContactEmail admin@md.example
MDRenewMode manual
<VirtualHost *:443>
  ServerName md.example
  SSLEngine on
</VirtualHost>
EOF
  restart
  openssl s_client -connect 127.0.0.1:443 -servername md.example </dev/null 2>/dev/null | grep -q '^subject=.*Fallback'
  [ -s /etc/apache2/md/domains/md.example/md.json ]
  rm $sites/probe-md.conf
  restart
}

# bats test_tags=option:itk
@test "runs each site as its own user, by mpm-itk under prefork" {
  install -d -m 700 -o alice -g alice /var/www/alice/private
  echo '<?php file_put_contents(__DIR__ . "/kept", "x"); echo posix_getpwuid(posix_geteuid())["name"];' >/var/www/alice/private/page.php
  chown alice:alice /var/www/alice/private/page.php
  chmod 600 /var/www/alice/private/page.php
  a2enmod -q mpm_itk >>$home/modules.out
  cat >$sites/probe-itk.conf <<'EOF'
<VirtualHost *:80>
  ServerName itk.example
  DocumentRoot /var/www/alice/private
  AssignUserID alice alice
</VirtualHost>
EOF
  restart
  [ "$(get -H 'Host: itk.example' http://127.0.0.1/page.php)" = alice ]
  [ "$(stat -c %U /var/www/alice/private/kept)" = alice ]
  is 'echo posix_getpwuid(posix_geteuid())["name"];' www-data
}

# bats test_tags=option:chroot
@test "locks its workers into a directory, under prefork" {
  install -D -m 644 $web/probe.txt /srv/fenced-chroot$web/probe.txt
  echo 'in there' >/srv/fenced-chroot$web/chrooted.txt
  # It would look for Python in there.
  a2dismod -q wsgi
  echo 'ChrootDir /srv/fenced-chroot' >$sites/probe-chroot.conf
  restart
  [ "$(get http://127.0.0.1/chrooted.txt)" = 'in there' ]
}

# bats test_tags=option:ping
@test "PHP pages ping another machine" {
  is 'echo strpos(shell_exec("fping -c 1 127.0.0.1 2>&1"), "1/1/0%") ? "there" : "away";' there
}

# bats test_tags=option:browser
@test "PHP pages start a program that sandboxes itself" {
  is 'echo trim(shell_exec("unshare --user --pid --net --fork echo shut 2>&1"));' shut
}

# bats test_tags=option:monitor
@test "PHP pages show the processes of others" {
  is 'echo trim(file_get_contents("/proc/1/comm"));' systemd
}

# bats test_tags=option:local
@test "does not serve other machines" {
  answers
  [ "$(get 'http://[::1]/probe.txt')" = 'a file' ]
  run ! get --connect-timeout 0.5 --interface 192.0.2.10 http://192.0.2.10/probe.txt
  run ! get --connect-timeout 0.5 --interface 2001:db8::10 'http://[2001:db8::10]/probe.txt'
}

# bats test_tags=option:cloud
@test "does not ask the cloud for credentials" {
  ip address replace 169.254.169.254/32 dev lo
  application 169.254.169.254:8095
  [[ $(get http://169.254.169.254:8095/) == 'GET / by '* ]]
  site cloud <<'EOF'
ProxyTimeout 1
ProxyPass /cloud http://169.254.169.254:8095/ connectiontimeout=1
EOF
  [[ $(status http://127.0.0.1/cloud) == 50[34] ]]
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 30 systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -x 'apache2|rotatelogs'
  [ ! -e /run/apache2/apache2.pid ]
  systemctl start "$UNIT"
  eventually answers
}
