#!/usr/bin/env bats
# What lighttpd must still do. Runs as root inside a booted machine; the lab sets UNIT.

bats_require_minimum_version 1.5.0

conf=/etc/lighttpd/conf-enabled/00-fenced.conf
later=/etc/lighttpd/conf-enabled/99-fenced.conf
secret=/etc/lighttpd/fenced
home=/srv/fenced-probe
log=/var/log/lighttpd

eventually() {
  local end=$((SECONDS + 8))
  while ((SECONDS <= end)); do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  echo "waited 8 seconds for: $*"
  return 1
}

page() { curl -sSg --max-time 8 "$@"; }
code_of() { page -o /dev/null -w '%{http_code}' "$@"; }
answers() { page -f http://127.0.0.1/ >/dev/null 2>&1; }
says() { [ "$(page "${@:2}" 2>/dev/null)" = "$1" ]; }
main_pid() { systemctl show -p MainPID --value "$UNIT"; }

# The configuration that all tests share, and what one of them adds.
configure() {
  printf '%s\n' "$usual" "$@" >$conf
  systemctl reset-failed "$UNIT" || true
  timeout 30 systemctl restart "$UNIT"
}

usual='server.modules += ( "mod_auth", "mod_authn_file", "mod_deflate", "mod_fastcgi", "mod_openssl", "mod_proxy", "mod_rewrite", "mod_ssi", "mod_webdav" )
$SERVER["socket"] == "0.0.0.0:443" { ssl.engine = "enable", ssl.pemfile = "/etc/lighttpd/fenced/cert.pem", ssl.privkey = "/etc/lighttpd/fenced/key.pem" }
$SERVER["socket"] == "0.0.0.0:8081" { }
server.breakagelog = "/var/log/lighttpd/breakage.log"
status.status-url = "/server-status"
auth.backend = "htpasswd"
auth.backend.htpasswd.userfile = "/etc/lighttpd/fenced/passwords"
auth.require = ( "/private" => ( "method" => "basic", "realm" => "fenced", "require" => "valid-user" ) )
deflate.cache-dir = "/var/cache/lighttpd/compress"
deflate.mimetypes = ( "text/" )
deflate.allowed-encodings = ( "gzip" )
ssi.extension = ( ".shtml" )
url.rewrite-once = ( "^/old/(.*)$" => "/new/$1" )
$HTTP["url"] =~ "^/dav/" { webdav.activate = "enable" }
proxy.server = ( "/app/" => (( "host" => "127.0.0.1", "port" => 8090 )), "/sock/" => (( "host" => "/run/fenced-probe.sock" )) )
fastcgi.server = ( "/fcgi" => (( "bin-path" => "/srv/fenced-probe/app.fcgi", "socket" => "/run/lighttpd/fenced.sock", "max-procs" => 2, "check-local" => "disable" )) )'

# Answers with the method, the path and the length of the body; over TCP and a unix socket.
backend() {
  perl -MIO::Socket::IP -MIO::Socket::UNIX -e '
    unlink "/run/fenced-probe.sock";
    my @listeners = (IO::Socket::IP->new(LocalHost => "127.0.0.1", LocalPort => 8090, Listen => 64, ReuseAddr => 1),
      IO::Socket::UNIX->new(Local => "/run/fenced-probe.sock", Listen => 64));
    chmod 0666, "/run/fenced-probe.sock";
    for my $listener (@listeners) {
      $listener or die "backend: $@ $!";
      next if fork;
      while (my $client = $listener->accept) {
        my ($method, $path) = split " ", <$client> // next;
        my ($length, $body) = (0, "");
        while (($_ = <$client>) =~ /\S/) { $length = $1 if /^content-length: (\d+)/i }
        read $client, $body, $length if $length;
        my $said = "$method $path " . length $body;
        print $client "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ", length $said, "\r\n\r\n$said";
        close $client;
      }
      exit;
    }' >>$home/out 2>&1 3>&-
}

setup_file() {
  mkdir -p $home $secret /var/www/html/private /var/www/html/new /var/www/html/dav /usr/lib/cgi-bin
  id ann >/dev/null 2>&1 || useradd -m ann
  mkdir -p /home/ann/public_html
  pkill -f '^perl -MIO::Socket' || true
  if [ ! -e $secret/key.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout $secret/key.pem -out $secret/cert.pem 2>/dev/null
    chgrp www-data $secret/key.pem
    chmod 640 $secret/key.pem
    echo "ann:$(openssl passwd -apr1 secret)" >$secret/passwords
    chown -R root:www-data $secret/passwords
    chmod 640 $secret/passwords
  fi
  echo hello >/var/www/html/index.html
  echo private >/var/www/html/private/index.html
  echo new >/var/www/html/new/page
  echo 'at ann' >/home/ann/public_html/index.html
  chmod 755 /home/ann
  seq 20000 >/var/www/html/large.txt
  echo '<!--#include virtual="/new/page" --><!--#exec cmd="id -un" -->' >/var/www/html/page.shtml
  chown -R www-data:www-data /var/www/html/dav
  printf '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n"\nsha256sum | cut -d " " -f 1\nid -un\n' >/usr/lib/cgi-bin/fenced
  printf '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n"\necho "$QUERY_STRING" >/var/www/html/dav/by-cgi && cat /var/www/html/dav/by-cgi\n' >/usr/lib/cgi-bin/writes
  printf '#!/bin/sh\necho "a script complains" >&2\nexit 1\n' >/usr/lib/cgi-bin/fails
  chmod 755 /usr/lib/cgi-bin/*
  cat >$home/app.fcgi <<'PERL'
#!/usr/bin/perl
use FCGI;
my $request = FCGI::Request();
while ($request->Accept() >= 0) { print "Content-Type: text/plain\r\n\r\nfcgi $ENV{REQUEST_METHOD} as ", scalar getpwuid($<), "\n" }
PERL
  chmod 755 $home $home/app.fcgi
  backend
  lighty-enable-mod accesslog cgi status userdir >/dev/null || true
  configure || true
  eventually answers || true
  cp $conf $home/conf
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  cmp -s $conf $home/conf && [ "$BATS_TEST_COMPLETED" ] && return
  rm -f $later
  configure || true
  eventually answers
}

teardown_file() { pkill -f '^perl -MIO::Socket' || true; }

@test "serves a page, over IPv4 and IPv6, to other machines too" {
  local host
  for host in 127.0.0.1 '[::1]' 192.0.2.10 '[2001:db8::10]'; do
    says hello "http://$host/"
  done
  [ "$(code_of http://127.0.0.1/none)" = 404 ]
}

@test "runs scripts as its own user, and takes a large upload for them" {
  head -c 20000000 /dev/urandom >$home/upload
  [ "$(page --data-binary @$home/upload http://127.0.0.1/cgi-bin/fenced)" = "$(sha256sum <$home/upload | cut -d ' ' -f 1)
www-data" ]
}

@test "lets a script write below /var/www" {
  local mark=mark$RANDOM
  says $mark "http://127.0.0.1/cgi-bin/writes?$mark"
  [ "$(cat /var/www/html/dav/by-cgi)" = $mark ]
}

@test "logs what a script complains of" {
  [ "$(code_of http://127.0.0.1/cgi-bin/fails)" = 500 ]
  eventually grep -q 'a script complains' $log/breakage.log
}

@test "starts FastCGI programs, and asks them over a unix socket" {
  says 'fcgi GET as www-data' http://127.0.0.1/fcgi/page
  pkill -x app.fcgi || pkill -f '^/usr/bin/perl /srv/fenced-probe/app.fcgi'
  eventually says 'fcgi GET as www-data' http://127.0.0.1/fcgi/page
}

@test "passes requests on, over TCP and a unix socket" {
  says 'GET /app/one 0' http://127.0.0.1/app/one
  says 'GET /sock/two 0' http://127.0.0.1/sock/two
  head -c 5000000 /dev/zero >$home/upload
  says 'POST /app/up 5000000' --data-binary @$home/upload http://127.0.0.1/app/up
}

@test "answers over TLS, HTTP/2 too, with a key that its group may read" {
  says hello --cacert $secret/cert.pem https://localhost/
  [ "$(page --http2 --cacert $secret/cert.pem -o /dev/null -w '%{http_version}' https://localhost/)" = 2 ]
}

@test "asks for a password" {
  [ "$(code_of http://127.0.0.1/private/)" = 401 ]
  says private -u ann:secret http://127.0.0.1/private/
}

@test "packs what it sends, and keeps it on the disk" {
  rm -rf /var/cache/lighttpd/compress/*
  page --compressed http://127.0.0.1/large.txt | cmp - /var/www/html/large.txt
  [ -n "$(find /var/cache/lighttpd/compress -type f)" ]
}

@test "includes pages and commands in a page" {
  says 'new
www-data' http://127.0.0.1/page.shtml
}

@test "rewrites addresses, and lists directories where it is told to" {
  says new http://127.0.0.1/old/page
  configure 'dir-listing.activate = "enable"'
  eventually answers
  page -f http://127.0.0.1/dav/ | grep -q '\.\.'
}

@test "takes files by WebDAV, and gives them back" {
  local at=http://127.0.0.1/dav
  head -c 3000000 /dev/urandom >$home/file
  [ "$(code_of -T $home/file $at/file)" = 201 ]
  page -f $at/file | cmp - $home/file
  # Other programs read it too.
  [ "$(stat -c %a /var/www/html/dav/file)" = 644 ]
  [ "$(code_of -X MKCOL $at/dir/)" = 201 ]
  [ "$(code_of -X MOVE -H "Destination: $at/dir/moved" $at/file)" = 201 ]
  page -f $at/dir/moved | cmp - $home/file
  page -f -X PROPFIND -H 'Depth: 1' $at/dir/ | grep -q moved
  [ "$(code_of -X DELETE $at/dir/)" = 204 ]
}

@test "serves the pages of users, below /home" {
  says 'at ann' http://127.0.0.1/~ann/
}

@test "serves five hundred requests, fifty at a time, and shows its state" {
  local n
  for n in {1..500}; do printf 'url = "http://127.0.0.1/new/page?%d"\noutput = /dev/null\n' "$n"; done >$home/many
  [ "$(curl -s --max-time 40 --parallel --parallel-max 50 -w '%{http_code}\n' -K $home/many | grep -c 200)" = 500 ]
  page -f http://127.0.0.1/server-status | grep -qi uptime
}

@test "opens as many files as its configuration says" {
  configure 'server.max-fds = 12345'
  eventually answers
  [ "$(awk '/^Max open files/ { print $4 }' "/proc/$(main_pid)/limits")" = 12345 ]
}

@test "reloads under traffic, and answers who asks again" {
  local before reader
  before=$(main_pid)
  # It closes its ports for a moment, with or without a drop-in.
  (for _ in {1..300}; do page -f --retry 9 --retry-delay 1 --retry-all-errors http://127.0.0.1:8081/new/page; done >$home/traffic 2>/dev/null) 3>&- &
  reader=$!
  printf '%s\n' "$usual" '$HTTP["url"] == "/new/page" { setenv.add-response-header = ( "X-Fenced" => "reloaded" ) }' \
    'server.modules += ( "mod_setenv" )' >$conf
  systemctl reload "$UNIT"
  eventually reloaded
  wait $reader
  [ "$(sort $home/traffic | uniq -c | awk '{ print $1, $2 }')" = '300 new' ]
  [ "$(main_pid)" = "$before" ]
}

reloaded() { page -I http://127.0.0.1/new/page | grep -qi '^x-fenced: reloaded'; }

@test "a reload with a mistake is refused, and changes nothing" {
  systemctl cat "$UNIT" | grep -q '^ExecReload=.* -tt' || skip 'only from Debian 13 on the unit looks at the configuration first'
  echo 'this is { no configuration' >>$conf
  run ! systemctl reload "$UNIT"
  says hello http://127.0.0.1/
}

@test "logs each request, also after the package's log rotation, twice" {
  local mark
  for _ in 1 2; do
    mark=mark$RANDOM$RANDOM
    page -f -o /dev/null "http://127.0.0.1/?$mark"
    eventually grep -q $mark $log/access.log
    logrotate --force /etc/logrotate.d/lighttpd
    eventually logs_anew
  done
  [ "$(stat -c %U $log/access.log)" = www-data ]
}

logs_anew() { page -f -o /dev/null http://127.0.0.1/?anew && grep -q anew $log/access.log; }

@test "hands its log to a program, or to the system's log" {
  echo 'accesslog.filename := "|/usr/bin/tee -a /var/log/lighttpd/piped.log"' >$later
  configure 'server.errorlog-use-syslog = "enable"'
  eventually answers
  page -f -o /dev/null 'http://127.0.0.1/?piped'
  eventually grep -q piped $log/piped.log
  page -o /dev/null http://127.0.0.1/cgi-bin/fails || true
  systemctl restart "$UNIT"
  eventually journalled 'server started'
}

journalled() { journalctl -q --since=-20s -t lighttpd | grep -q "$1"; }

@test "drops root for its own user, and keeps the group's files readable" {
  grep -P '^[UG]id:' "/proc/$(main_pid)/status" >$home/ids
  [ "$(awk '{ print $2, $3, $4, $5 }' $home/ids | sort -u)" = '33 33 33 33' ]
  install -m 640 -g www-data /dev/stdin /var/www/html/group-only <<<readable
  says readable http://127.0.0.1/group-only
  rm /var/www/html/group-only
}

@test "comes back after a crash" {
  local before
  before=$(main_pid)
  kill -SEGV "$before"
  eventually is_another "$before"
  eventually answers
}

is_another() { [ "$(main_pid)" -gt 0 ] && [ "$(main_pid)" != "$1" ]; }

# bats test_tags=option:reads-only
@test "writes nowhere but to its logs and its cache" {
  run ! says anything 'http://127.0.0.1/cgi-bin/writes?anything'
  answers
}

# bats test_tags=option:no-home
@test "does not see /home" {
  [ "$(code_of http://127.0.0.1/~ann/)" != 200 ]
}

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  run -28 curl -sf -m 1 http://192.0.2.10/
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 20 systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -x lighttpd
  run ! pgrep -f app.fcgi
  run ! answers
  configure
  eventually answers
}
