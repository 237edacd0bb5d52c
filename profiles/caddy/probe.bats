#!/usr/bin/env bats
# What Caddy must still do. Runs as root inside a booted machine; the lab sets UNIT.

load probe

conf=/etc/caddy/Caddyfile
secret=/etc/caddy/fenced
home=/srv/fenced-probe
www=/var/www/fenced
data=/var/lib/caddy/.local/share/caddy
admin=http://localhost:2019

page() { curl -sSg --max-time 8 "$@"; }
code_of() { page -o /dev/null -w '%{http_code}' "$@"; }
answers() { page -f http://127.0.0.1/ >/dev/null 2>&1; }
says() { [ "$(page "${@:2}" 2>/dev/null)" = "$1" ]; }

# write [GLOBAL [SITE [MORE]]]: the configuration that all tests share, and what one of them adds
write() {
  cat >$conf <<CADDY
{
  local_certs
  skip_install_trust
  $1
}
:80 {
  root * $www
  log {
    output file /var/log/caddy/access.log {
      roll_size 1MiB
    }
  }
  encode gzip
  templates /page.html
  $(hash_word) /private/* {
    ann $hash
  }
  reverse_proxy /app/* 127.0.0.1:8090
  reverse_proxy /sock/* unix//run/fenced-probe.sock
  file_server /dir/* browse
  file_server
  $2
}
localhost {
  root * $www
  file_server
}
fenced.example {
  tls $secret/cert.pem $secret/key.pem
  respond "own key"
}
$3
CADDY
}

configure() {
  write "$@"
  restart
}

hash_word() { if [[ $(caddy version) =~ ^v?2\.[0-7]\. ]]; then echo basicauth; else echo basic_auth; fi; }
hash=$(cat $home/hash 2>/dev/null || true)

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
  mkdir -p $home $secret $www/private $www/dir /home/ann/www
  pkill -f '^perl -MIO::Socket' || true
  if [ ! -e $secret/key.pem ]; then
    cp -p $conf $home/package
    caddy hash-password --plaintext secret >$home/hash
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=fenced.example \
      -addext subjectAltName=DNS:fenced.example -keyout $secret/key.pem -out $secret/cert.pem 2>/dev/null
    chgrp -R caddy $secret
    chmod 640 $secret/key.pem
  fi
  hash=$(cat $home/hash)
  chmod 755 /home/ann
  echo hello >$www/index.html
  echo private >$www/private/index.html
  echo listed >$www/dir/listed.txt
  echo 'asked for {{placeholder "http.request.uri.query.what"}}' >$www/page.html
  echo 'at home' >/home/ann/www/index.html
  seq 20000 >$www/large.txt
  backend
  configure || true
  eventually answers || true
  cp $conf $home/conf
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  cmp -s $conf $home/conf && [ "$BATS_TEST_COMPLETED" ] && return
  configure || true
  eventually answers
}

teardown_file() { pkill -f '^perl -MIO::Socket' || true; }

@test "starts with the package's own configuration" {
  cat $home/package >$conf
  restart
  eventually answers
}

@test "serves a page, over IPv4 and IPv6, to other machines too" {
  local host
  for host in 127.0.0.1 '[::1]' 192.0.2.10 '[2001:db8::10]'; do
    says hello "http://$host/"
  done
  [ "$(code_of http://127.0.0.1/none)" = 404 ]
}

@test "makes certificates of its own, and keeps them below its home" {
  rm -rf $data/certificates $data/pki
  restart
  eventually says hello --cacert $data/pki/authorities/local/root.crt https://localhost/
  [ "$(stat -c %U $data/pki/authorities/local/root.key)" = caddy ]
  [ -n "$(find $data/certificates -name '*.key')" ]
}

@test "speaks HTTP/2" {
  eventually speaks 2 --http2
}

@test "speaks HTTP/3" {
  ss -Hlun 'sport = :443' | grep -q .
  [[ $(curl --version) == *HTTP3* ]] || skip 'the curl of this release does not speak it'
  eventually speaks 3 --http3-only
}

speaks() {
  [ "$(page "$2" --cacert $data/pki/authorities/local/root.crt -o /dev/null -w '%{http_version}' https://localhost/)" = "$1" ]
}

@test "answers with a certificate whose key its group may read" {
  says 'own key' --cacert $secret/cert.pem --resolve fenced.example:443:127.0.0.1 https://fenced.example/
}

@test "passes requests on, over TCP and a unix socket" {
  says 'GET /app/one 0' http://127.0.0.1/app/one
  says 'GET /sock/two 0' http://127.0.0.1/sock/two
  head -c 20000000 /dev/zero >$home/upload
  says 'POST /sock/up 20000000' --data-binary @$home/upload http://127.0.0.1/sock/up
}

@test "asks for a password" {
  [ "$(code_of http://127.0.0.1/private/)" = 401 ]
  says private -u ann:secret http://127.0.0.1/private/
}

@test "packs what it sends, fills in templates, and lists directories" {
  page --compressed -D $home/headers http://127.0.0.1/large.txt | cmp - $www/large.txt
  grep -qi '^content-encoding: gzip' $home/headers
  says 'asked for tea' 'http://127.0.0.1/page.html?what=tea'
  page -f http://127.0.0.1/dir/ | grep -q listed.txt
}

@test "reloads under traffic, and answers all" {
  local before reader
  before=$(main_pid)
  (for _ in {1..300}; do page -f http://127.0.0.1/dir/listed.txt || echo lost; done >$home/traffic 2>&1) 3>&- &
  reader=$!
  write '' 'respond /reloaded "by now"'
  timeout 20 systemctl reload "$UNIT"
  says 'by now' http://127.0.0.1/reloaded
  wait $reader
  [ "$(sort $home/traffic | uniq -c | awk '{ print $1, $2 }')" = '300 listed' ]
  [ "$(main_pid)" = "$before" ]
}

@test "a reload with a mistake is refused, and changes nothing" {
  echo 'this is { no configuration' >>$conf
  run ! systemctl reload "$UNIT"
  says hello http://127.0.0.1/
}

@test "takes a new configuration through its interface, and remembers it" {
  caddy adapt --config $conf 2>/dev/null | sed 's/own key/by interface/' >$home/new.json
  [ "$(code_of -H 'Content-Type: application/json' --data-binary @$home/new.json $admin/load)" = 200 ]
  eventually says 'by interface' --cacert $secret/cert.pem --resolve fenced.example:443:127.0.0.1 https://fenced.example/
  grep -q 'by interface' /var/lib/caddy/.config/caddy/autosave.json
  cmp $conf $home/conf
  timeout 20 systemctl reload "$UNIT"
  eventually says 'own key' --cacert $secret/cert.pem --resolve fenced.example:443:127.0.0.1 https://fenced.example/
}

@test "logs each request, and begins a new file when one is full" {
  local n
  rm -f /var/log/caddy/access*.gz
  for n in {1..1500}; do printf 'url = "http://127.0.0.1/none?%d%0600d"\noutput = /dev/null\n' "$n" 0; done >$home/many
  curl -s --max-time 40 --parallel --parallel-max 20 -K $home/many
  eventually is_rotated
  page -o /dev/null http://127.0.0.1/?after
  eventually grep -q '?after' /var/log/caddy/access.log
  [ "$(stat -c %U /var/log/caddy/access.log)" = caddy ]
}

is_rotated() { find /var/log/caddy -name 'access-*' | grep -q .; }

@test "publishes its own figures, its memory, files and start among them" {
  page -f $admin/metrics >$home/metrics
  grep -q '^process_resident_memory_bytes [1-9]' $home/metrics
  grep -q '^process_open_fds [1-9]' $home/metrics
  grep -q '^process_start_time_seconds [1-9]' $home/metrics
}

@test "runs as its own user on ports below 1024, and logs to the journal" {
  grep -P '^[UG]id:' "/proc/$(main_pid)/status" >$home/ids
  [ "$(awk '{ print $2, $3, $4, $5 }' $home/ids | paste -sd ' ')" = "$(u=$(id -u caddy) g=$(id -g caddy) && echo "$u $u $u $u $g $g $g $g")" ]
  configure
  eventually answers
  eventually journalled 'serving initial configuration'
}

@test "keeps its certificates over a restart" {
  local before
  before=$(sha256sum $data/pki/authorities/local/root.crt)
  restart
  eventually says hello --cacert $data/pki/authorities/local/root.crt https://localhost/
  [ "$(sha256sum $data/pki/authorities/local/root.crt)" = "$before" ]
}

# bats test_tags=option:home
@test "serves pages from /home" {
  configure '' '' "http://192.0.2.10 {
    root * /home/ann/www
    file_server
  }"
  eventually says 'at home' http://192.0.2.10/
}

# bats test_tags=option:elsewhere
@test "writes a log, and keeps its certificates, on another volume" {
  install -d -o caddy -g caddy /srv/fenced-logs
  configure 'storage file_system /srv/fenced-logs/storage' '' ':8099 {
    log {
      output file /srv/fenced-logs/access.log
    }
    respond "logged"
  }'
  eventually says logged http://127.0.0.1:8099/
  eventually test -s /srv/fenced-logs/access.log
  eventually test -s /srv/fenced-logs/storage/pki/authorities/local/root.key
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 20 systemctl stop "$UNIT"
  ended_well
  run ! pgrep -x caddy
  run ! answers
  configure
  eventually answers
}
