#!/usr/bin/env bats
# What the Docker Registry must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

conf=/etc/docker/registry/config.yml
users=/etc/docker/registry/htpasswd
secret=/etc/docker/fenced
data=/var/lib/docker-registry
home=/srv/fenced-probe
image=$home/image
here=http://127.0.0.1:5000
kind=application/vnd.docker.distribution.manifest.v2+json

page() { curl -sSg --max-time 20 "$@"; }
code_of() { page -o /dev/null -w '%{http_code}' "$@"; }
answers() { [ "$(code_of "${1-$here}/v2/" "${@:2}" 2>/dev/null)" = 200 ]; }
digest_of() { echo "sha256:$(sha256sum <"$1" | cut -d ' ' -f 1)"; }
location() { sed -n 's/^[Ll]ocation: \(.*\)\r$/\1/p'; }

# begin NAME [ARGUMENT...]: where to send what comes
begin() { page -f -X POST -D - -o /dev/null "${at-$here}/v2/$1/blobs/uploads/" "${@:2}" | location; }
# end PLACE FILE [ARGUMENT...]: sends the rest of it, or all; says how it went
end() {
  local mark='?'
  [[ $1 != *\?* ]] || mark='&'
  code_of -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$2" "$1${mark}digest=$(digest_of "$2")" "${@:3}"
}
# push NAME:TAG [ARGUMENT...]: the image, with its layer
push() {
  local file
  for file in layer config; do [ "$(end "$(begin "${1%:*}" "${@:2}")" $image/$file "${@:2}")" = 201 ]; done
  [ "$(code_of -X PUT -H "Content-Type: $kind" --data-binary @$image/manifest "${at-$here}/v2/${1/://manifests/}" "${@:2}")" = 201 ]
}
manifest() { page -f -H "Accept: $kind" "${at-$here}/v2/${1/://manifests/}" "${@:2}"; }
# pull NAME:TAG [ARGUMENT...]: it is the image, to the last byte
pull() {
  manifest "$@" | cmp - $image/manifest &&
    page -f -L "${at-$here}/v2/${1%:*}/blobs/$(digest_of $image/config)" "${@:2}" | cmp - $image/config &&
    page -f -L "${at-$here}/v2/${1%:*}/blobs/$(digest_of $image/layer)" "${@:2}" | cmp - $image/layer
}
# kept: the layer's file
kept() { find "${1-$data}/docker/registry/v2/blobs" -path "*/$(digest_of $image/layer | cut -d : -f 2)/data" -size +0 | grep -q .; }

# settings [LINE...]: $root, $storage and $http say what is different
settings() {
  cat <<YAML
version: 0.1
log: { level: info, fields: { service: registry }${log:+, $log} }
storage: { filesystem: { rootdirectory: ${root-$data} }, cache: { blobdescriptor: inmemory }, ${storage-delete: { enabled: true \}} }
http: { addr: "${address-:5000}", secret: fenced, headers: { X-Content-Type-Options: [nosniff] }${http:+, $http} }
health: { storagedriver: { enabled: true, interval: 10s, threshold: 3 } }
YAML
  (($# == 0)) || printf '%s\n' "$@"
}

configure() {
  settings "$@" >$conf
  restart
}

# Notes what is posted to it, and takes mail.
listener() {
  perl -MIO::Socket::INET -e '
    my ($home) = @ARGV;
    my $web = fork // die;
    my $port = $web ? 5003 : 2525;
    my $listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$port", Listen => 8, ReuseAddr => 1) or die "listener: $!";
    exit if $web && fork;
    open my $log, ">>", "$home/" . ($web ? "events" : "mail") or die;
    $log->autoflush;
    while (my $client = $listener->accept) {
      if ($web) {
        my ($length, $body) = (0, "");
        while (($_ = <$client>) =~ /\S/) { $length = $1 if /^content-length: (\d+)/i }
        read $client, $body, $length;
        print $log $body, "\n";
        print $client "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
      } else {
        print $client "220 fenced\r\n";
        while (<$client>) {
          print $log $_;
          if (/^EHLO/) { print $client "250-fenced\r\n250 AUTH PLAIN\r\n" }
          elsif (/^AUTH/) { print $client "235 welcome\r\n" }
          elsif (/^DATA/) { print $client "354 go on\r\n"; while (<$client>) { print $log $_; last if /^\.\r/ } print $client "250 taken\r\n" }
          elsif (/^QUIT/) { print $client "221 bye\r\n"; last }
          else { print $client "250 so be it\r\n" }
        }
      }
      close $client;
    }' $home >>$home/out 2>&1 3>&-
}

stop_helpers() {
  pkill -f '^perl -MIO::Socket' || true
  systemctl -q stop fenced-upstream 2>/dev/null || true
  systemctl reset-failed fenced-upstream 2>/dev/null || true
}

setup_file() {
  mkdir -p $home $secret $image
  stop_helpers
  if [ ! -e $secret/key.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout $secret/key.pem -out $secret/cert.pem 2>/dev/null
    chgrp -R docker-registry $secret && chmod 640 $secret/key.pem
    cp -p $conf $home/package
    mkdir -p $home/root
    head -c 3000000 /dev/urandom >$home/root/file
    tar -C $home/root -cf $home/layer.tar .
    gzip -1 -n <$home/layer.tar >$image/layer
    printf '{"architecture":"amd64","os":"linux","config":{"Cmd":["/bin/true"]},"rootfs":{"type":"layers","diff_ids":["%s"]}}' \
      "$(digest_of $home/layer.tar)" >$image/config
    printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s","size":%d,"digest":"%s"},"layers":[{"mediaType":"%s","size":%d,"digest":"%s"}]}' \
      $kind application/vnd.docker.container.image.v1+json "$(stat -c %s $image/config)" "$(digest_of $image/config)" \
      application/vnd.docker.image.rootfs.diff.tar.gzip "$(stat -c %s $image/layer)" "$(digest_of $image/layer)" >$image/manifest
  fi
  listener
  configure || true
  eventually answers || true
  cp $conf $home/settings
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  systemctl -q stop fenced-upstream 2>/dev/null || true
  cmp -s $conf $home/settings && [ "$BATS_TEST_COMPLETED" ] && return
  configure || true
  eventually answers
}

teardown_file() { stop_helpers; }

@test "starts as packaged, and lets in whom its file knows" {
  # Debian 12's names the directory instead of the file.
  sed "s#path: /etc/docker/registry\$#path: $users#" $home/package >$conf
  htpasswd -bcBC 4 $users ann hello
  restart
  eventually answers $here -u ann:hello
  [ "$(code_of $here/v2/)" = 401 ]
  [ "$(code_of -u ann:goodbye $here/v2/)" = 401 ]
  push packaged:one -u ann:hello
  pull packaged:one -u ann:hello
  run ! manifest packaged:one
}

@test "takes an image, and gives it back" {
  push "taken:$BATS_TEST_NUMBER"
  pull "taken:$BATS_TEST_NUMBER"
  kept
  [ "$(code_of -I $here/v2/taken/blobs/"$(digest_of $image/layer)")" = 200 ]
  [ "$(page -r 100-199 "$here/v2/taken/blobs/$(digest_of $image/layer)" | cmp -n 100 -i 0:100 - $image/layer && echo same)" = same ]
}

@test "says what it has" {
  push listed/deep/name:one
  push listed/deep/name:two
  page $here/v2/listed/deep/name/tags/list >$home/tags
  grep -q '"one"' $home/tags
  grep -q '"two"' $home/tags
  [[ $(page $here/v2/_catalog) == *'"listed/deep/name"'* ]]
}

@test "takes an image of the newer kind, which names others" {
  push index:one
  printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s","size":%d,"digest":"%s","platform":{"architecture":"amd64","os":"linux"}}]}' \
    $kind "$(stat -c %s $image/manifest)" "$(digest_of $image/manifest)" >$home/index
  [ "$(code_of -X PUT -H 'Content-Type: application/vnd.oci.image.index.v1+json' --data-binary @$home/index $here/v2/index/manifests/all)" = 201 ]
  page -f -H 'Accept: application/vnd.oci.image.index.v1+json' $here/v2/index/manifests/all | cmp - $home/index
}

@test "takes a layer in pieces, and goes on after a restart" {
  local place
  head -c 2000000 /dev/urandom >$home/blob
  place=$(begin pieces)
  place=$(head -c 700000 $home/blob | page -f -X PATCH -D - -o /dev/null -H 'Content-Type: application/octet-stream' --data-binary @- "$place" | location)
  restart
  eventually answers
  [[ $(page -D - -o /dev/null "$place") == *'0-699999'* ]]
  place=$(tail -c +700001 $home/blob | page -f -X PATCH -D - -o /dev/null -H 'Content-Type: application/octet-stream' --data-binary @- "$place" | location)
  [ "$(code_of -X PUT "$place&digest=$(digest_of $home/blob)")" = 201 ]
  page -f "$here/v2/pieces/blobs/$(digest_of $home/blob)" | cmp - $home/blob
}

@test "shares a layer with another name, without sending it again" {
  push "origin:one"
  local name
  name=copy-$(fresh)
  [ "$(code_of -X POST "$here/v2/$name/blobs/uploads/?mount=$(digest_of $image/layer)&from=origin")" = 201 ]
  page -f "$here/v2/$name/blobs/$(digest_of $image/layer)" | cmp - $image/layer
}

@test "refuses what is not what it says" {
  [ "$(code_of -X PUT -H 'Content-Type: application/octet-stream' --data-binary @$image/layer "$(begin refused)&digest=$(digest_of $image/config)")" = 400 ]
  [ "$(code_of -X PUT -H "Content-Type: $kind" --data-binary @$image/manifest $here/v2/refused/manifests/one)" = 400 ]
  [ "$(code_of $here/v2/refused/manifests/none)" = 404 ]
}

@test "lets go of an image, and frees its room" {
  root=$data/emptied configure
  eventually answers
  push gone:one
  kept $data/emptied
  [ "$(code_of -X DELETE "$here/v2/gone/manifests/$(digest_of $image/manifest)")" = 202 ]
  [ "$(code_of -H "Accept: $kind" $here/v2/gone/manifests/one)" = 404 ]
  runuser -u docker-registry -- docker-registry garbage-collect $conf
  run ! kept $data/emptied
  # It remembers what it had until it is started again.
  restart
  eventually answers
  push gone:one
  pull gone:one
}

@test "deletes nothing, or takes nothing, if told so" {
  push stays:one
  storage='delete: { enabled: false }' configure
  eventually answers
  [ "$(code_of -X DELETE "$here/v2/stays/manifests/$(digest_of $image/manifest)")" = 405 ]
  storage='maintenance: { readonly: { enabled: true } }' configure
  eventually answers
  [ "$(code_of -X POST $here/v2/stays/blobs/uploads/)" = 405 ]
  pull stays:one
}

@test "serves over TLS, to those with a certificate alone if told so" {
  [ "$(stat -c '%G %a' $secret/key.pem)" = 'docker-registry 640' ]
  http="tls: { certificate: $secret/cert.pem, key: $secret/key.pem }" configure
  eventually answers https://localhost:5000 --cacert $secret/cert.pem
  at=https://localhost:5000 push secure:one --cacert $secret/cert.pem
  at=https://localhost:5000 pull secure:one --cacert $secret/cert.pem
  http="tls: { certificate: $secret/cert.pem, key: $secret/key.pem, clientcas: [$secret/cert.pem] }" configure
  eventually answers https://localhost:5000 --cacert $secret/cert.pem --cert $secret/cert.pem --key $secret/key.pem
  run ! answers https://localhost:5000 --cacert $secret/cert.pem
}

@test "sends clients to another place for a token" {
  configure "auth: { token: { realm: 'https://login.fenced/token', service: registry, issuer: fenced, rootcertbundle: $secret/cert.pem } }"
  eventually challenges
}

challenges() { page -D - -o /dev/null $here/v2/ 2>/dev/null | grep -qi '^www-authenticate: Bearer realm="https://login.fenced/token"'; }

# upstream: another registry, at every address
upstream() {
  install -d -o docker-registry $home/upstream
  root=$home/upstream address=:5001 settings >$home/upstream.yml
  systemd-run -q --unit=fenced-upstream -p User=docker-registry docker-registry serve $home/upstream.yml
  eventually answers http://127.0.0.1:5001
}

@test "mirrors another registry, and keeps what was asked for" {
  upstream
  at=http://127.0.0.1:5001 push mirrored:one
  eventually rm -rf $data/mirror
  root=$data/mirror configure 'proxy: { remoteurl: "http://127.0.0.1:5001" }'
  eventually answers
  pull mirrored:one
  eventually kept $data/mirror
  systemctl stop fenced-upstream
  pull mirrored:one
}

@test "mirrors a registry elsewhere, over IPv4 and IPv6" {
  local other
  upstream
  at=http://127.0.0.1:5001 push faraway:one
  for other in 192.0.2.10 '[2001:db8::10]'; do
    eventually rm -rf $data/mirror
    root=$data/mirror configure "proxy: { remoteurl: 'http://$other:5001' }"
    eventually answers
    pull faraway:one
  done
}

@test "tells another program what was pushed and pulled" {
  local name
  name=told-$(fresh)
  configure 'notifications: { endpoints: [{ name: fenced, url: "http://127.0.0.1:5003/", timeout: 2s, threshold: 3, backoff: 1s }] }'
  eventually answers
  push "$name:one"
  pull "$name:one"
  eventually told "\"action\": *\"push\".*\"repository\": *\"$name\""
  eventually told "\"action\": *\"pull\".*\"repository\": *\"$name\""
}

told() { tr -d '\n' <$home/events | grep -q -- "$1"; }

@test "mails its errors, if told so" {
  local name
  name=missing-$(fresh)
  log='hooks: [{ type: mail, levels: [error], options: { smtp: { addr: "127.0.0.1:2525", username: ann, password: hello, insecure: true }, from: registry@fenced, to: [root@fenced] } }]' \
    configure
  eventually answers
  [ "$(code_of "$here/v2/$name/manifests/one")" = 404 ]
  eventually grep -q "$name" $home/mail
  grep -q '^RCPT TO:<root@fenced>' $home/mail
}

@test "publishes its own figures, its memory, files and start among them" {
  http='debug: { addr: "127.0.0.1:5002", prometheus: { enabled: true, path: /metrics } }' configure
  eventually answers
  eventually page -f -o $home/metrics http://127.0.0.1:5002/metrics
  grep -q '^registry_http_requests_total{.*} [1-9]' $home/metrics
  grep -q '^process_resident_memory_bytes [1-9]' $home/metrics
  grep -q '^process_open_fds [1-9]' $home/metrics
  grep -q '^process_start_time_seconds [1-9]' $home/metrics
  [ "$(page http://127.0.0.1:5002/debug/health)" = '{}' ]
}

@test "serves other machines, over IPv4 and IPv6" {
  at=http://192.0.2.10:5000 push wide:four
  at=http://192.0.2.10:5000 pull wide:four
  at='http://[2001:db8::10]:5000' push wide:six
  at='http://[2001:db8::10]:5000' pull wide:six
}

@test "serves this machine over IPv6" {
  at='http://[::1]:5000' push near:six
  at='http://[::1]:5000' pull near:six
}

@test "serves a hundred, ten at a time" {
  local n
  push many:one
  for n in {1..100}; do
    ((n == 1)) || echo next
    printf 'url = "%s/v2/many/blobs/%s"\noutput = "/dev/null"\nwrite-out = "%%{http_code} %%{size_download}\\n"\n' $here "$(digest_of $image/config)"
  done >$home/many
  [ "$(curl -sg --max-time 40 --parallel --parallel-max 10 -K $home/many | grep -c "^200 $(stat -c %s $image/config)$")" = 100 ]
}

@test "logs to the journal, who asked and what went wrong, as JSON if told so" {
  local name
  name=logged-$(fresh)
  [ "$(code_of "$here/v2/$name/manifests/one")" = 404 ]
  eventually journalled "GET /v2/$name/manifests/one.* 404 "
  eventually journalled "level=error .*$name"
  log='formatter: json' configure
  eventually answers
  eventually journalled '^\{.*"msg":"listening on'
}

@test "says what is wrong with its configuration" {
  echo 'wrong: [' >>$conf
  restart || true
  eventually journalled 'configuration error'
  run ! answers
}

@test "keeps what it has over a restart" {
  push kept:one
  restart
  eventually answers
  pull kept:one
}

@test "has all of it after a crash" {
  local before
  push crashed:one
  before=$(main_pid)
  kill -KILL "$before"
  eventually gone "$before"
  restart
  eventually answers
  pull crashed:one
}

@test "runs as its own user, with as many files as the unit allows" {
  [ "$(users)" = docker-registry ]
  awk '/^Max open files/ { exit !($4 >= $5 - 1) }' "/proc/$(main_pid)/limits"
}

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  run ! answers http://192.0.2.10:5000 --max-time 2
}

# bats test_tags=option:elsewhere
@test "keeps images on another volume" {
  install -d -o docker-registry -m 700 /srv/fenced-images
  root=/srv/fenced-images configure
  eventually answers
  push elsewhere:one
  pull elsewhere:one
  kept /srv/fenced-images
}

# bats test_tags=option:socket
@test "listens on a unix socket" {
  install -d -o docker-registry /run/docker-registry
  address=/run/docker-registry/socket http='net: unix' configure
  eventually answers http://registry --unix-socket /run/docker-registry/socket
  push socket:one --unix-socket /run/docker-registry/socket
  pull socket:one --unix-socket /run/docker-registry/socket
}

# bats test_tags=option:low-port
@test "listens on a port below 1024" {
  address=:79 configure
  eventually answers http://127.0.0.1:79
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 20 systemctl stop "$UNIT"
  ended_well
  run ! pgrep -f '^/usr/bin/docker-registry serve /etc'
  run ! answers
  configure
  eventually answers
}
