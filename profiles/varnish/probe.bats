#!/usr/bin/env bats
# What Varnish must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

PATIENCE=20
vcl=/etc/varnish/default.vcl
arguments=/etc/systemd/system/$UNIT.d/zz-fenced-probe.conf
home=/srv/fenced-probe
at=http://127.0.0.1:6081

get() { curl -sSg --max-time 10 "$@"; }
code_of() { get -o /dev/null -w '%{http_code}' "$@"; }
answers_with() { [ "$(code_of "${@:2}")" = "$1" ]; }
answers() { [ "$(code_of $at/health 2>/dev/null)" = 200 ]; }
says() { [ "$(get "${@:2}" 2>/dev/null)" = "$1" ]; }
order() { timeout 20 varnishadm "$@"; }
reload() { timeout 30 systemctl reload "$UNIT"; }
start_again() { restart && eventually answers; }
worker() { order pid | sed -n 's/^Worker: *//p'; }
# kept URL [ARGUMENT...]: the second answer is the first one
kept() {
  local first
  first=$(get "$@")
  [ -n "$first" ]
  [ "$(get "$@")" = "$first" ]
}

# with ARGUMENT...: runs with the package's arguments and these
with() {
  mkdir -p "${arguments%/*}"
  printf '[Service]\nExecStart=\n%s %s\n' "$(cat $home/command)" "$*" >"$arguments"
  systemctl daemon-reload
  start_again
}

# Answers with a word of its own each time, over TCP and a unix socket.
backend() {
  perl -MIO::Socket::IP -MIO::Socket::UNIX -e '
    unlink "/run/fenced-backend.sock";
    my %listeners = (four => IO::Socket::IP->new(LocalHost => "127.0.0.1", LocalPort => 8080, Listen => 512, ReuseAddr => 1),
      six => IO::Socket::IP->new(LocalHost => "::1", LocalPort => 8080, Listen => 512, ReuseAddr => 1, V6Only => 1),
      socket => IO::Socket::UNIX->new(Local => "/run/fenced-backend.sock", Listen => 512));
    chmod 0666, "/run/fenced-backend.sock";
    $SIG{CHLD} = "IGNORE";
    for my $name (keys %listeners) {
      $listeners{$name} or die "backend: $@ $!";
      next if fork;
      my $count = 0;
      while (my $client = $listeners{$name}->accept) {
        $count++;
        next if fork;
        my ($method, $path) = split " ", <$client> // exit;
        my ($length, $body, $upgrade) = (0, "", 0);
        while (($_ = <$client>) =~ /\S/) {
          $length = $1 if /^content-length: (\d+)/i;
          $upgrade = 1 if /^upgrade: websocket/i;
        }
        if ($upgrade) {
          syswrite $client, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
          syswrite $client, "echo $_" while <$client>;
          exit;
        }
        read $client, $body, $length if $length;
        my $said = "$name $method $path $count $$ " . length $body;
        $said = "<p>whole <esi:include src=\"/part\"/> page</p>" if $path =~ m{^/esi};
        $said = "x" x 20000000 if $path =~ m{^/large};
        print $client "HTTP/1.1 200 OK\r\nConnection: close\r\nCache-Control: max-age=300\r\nX-Path: $path\r\n",
          "Content-Type: text/html\r\nContent-Length: ", length $said, "\r\n\r\n$said";
        exit;
      }
      exit;
    }
    sleep 1 while wait != -1;' >>$home/out 2>&1 3>&- &
  echo $! >$home/backend.pid
}

end_backend() { pkill -f '^perl -MIO::Socket::IP -MIO::Socket::UNIX' || true; }

# write [RECV [MORE]]: the configuration that all tests share, and what one of them adds
write() {
  cat >$vcl <<VCL
vcl 4.1;
import std;
import directors;
backend default {
  .host = "127.0.0.1";
  .port = "8080";
  .probe = { .url = "/health"; .interval = 500ms; .timeout = 5s; .initial = 3; .window = 4; .threshold = 1; }
}
backend named { .host = "localhost"; .port = "8080"; }
backend six { .host = "::1"; .port = "8080"; }
backend socket { .path = "/run/fenced-backend.sock"; }
backend nobody { .host = "127.0.0.1"; .port = "9"; }
acl purgers { "127.0.0.1"; "::1"; }
sub vcl_init {
  new both = directors.round_robin();
  both.add_backend(default);
  both.add_backend(six);
}
sub vcl_recv {
  $1
  if (req.method == "PURGE") {
    if (client.ip !~ purgers) { return (synth(405)); }
    return (purge);
  }
  if (req.method == "BAN") {
    ban("obj.http.x-path ~ " + req.http.x-ban);
    return (synth(200));
  }
  if (req.http.upgrade ~ "(?i)websocket") { return (pipe); }
  if (req.url ~ "^/named/") { set req.backend_hint = named; }
  if (req.url ~ "^/six/") { set req.backend_hint = six; }
  if (req.url ~ "^/socket/") { set req.backend_hint = socket; }
  if (req.url ~ "^/nobody/") { set req.backend_hint = nobody; }
  if (req.url ~ "^/both/") { set req.backend_hint = both.backend(); return (pass); }
  if (req.url ~ "^/old/[a-z]+/[0-9]{2,4}$") {
    set req.url = regsub(req.url, "^/old/([a-z]+)/([0-9]+)$", "/new/\2/\1");
  }
  if (req.url ~ "^/deep/((?:ab|cd)(?:/x)?)+$") { return (synth(297)); }
  if (req.url == "/file") { return (synth(700)); }
  if (req.url ~ "^/noted") { std.syslog(6, "noted " + req.url); }
}
sub vcl_pipe {
  if (req.http.upgrade) {
    set bereq.http.upgrade = req.http.upgrade;
    set bereq.http.connection = req.http.connection;
  }
}
sub vcl_backend_response {
  if (bereq.url ~ "^/esi") { set beresp.do_esi = true; }
  set beresp.do_gzip = true;
}
sub vcl_synth {
  if (resp.status == 700) {
    set resp.status = 200;
    set resp.body = std.fileread("/etc/varnish/fenced.txt");
    return (deliver);
  }
}
$2
VCL
}

setup_file() {
  mkdir -p $home
  end_backend
  systemctl stop varnishncsa.service || true
  [ -e $home/package ] || cp -p $vcl $home/package
  sed -n '/^ExecStart=/,/[^\\]$/p' "$(systemctl show -p FragmentPath --value "$UNIT")" | tr -d '\\\n' | tr -s ' ' >$home/command
  rm -f "$arguments"
  systemctl daemon-reload
  rm -rf /var/lib/varnish/fenced* /run/fenced*
  echo 'from a file' >/etc/varnish/fenced.txt
  head -c 3000000 /dev/urandom >$home/upload
  backend
  write
  cp $vcl $home/vcl
  restart || true
  eventually answers || true
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  cmp -s $vcl $home/vcl && [ ! -e "$arguments" ] && [ -n "$BATS_TEST_COMPLETED" ] && return 0
  cp $home/vcl $vcl
  rm -f "$arguments"
  systemctl daemon-reload
  start_again || true
}

teardown_file() {
  end_backend
  systemctl stop varnishncsa.service || true
  cp $home/package $vcl
}

@test "passes requests on, and answers the next time from memory" {
  local host
  for host in 127.0.0.1 '[::1]'; do
    [[ $(get "http://$host:6081/first$host") == 'four GET /first'* ]]
    kept "http://$host:6081/first$host"
  done
  [[ $(get -d some $at/first) == 'four POST /first '*' 4' ]]
  get -D - -o /dev/null $at/first | grep -qi '^x-varnish: '
}

@test "serves other machines" {
  local host
  for host in 192.0.2.10 '[2001:db8::10]'; do
    kept "http://$host:6081/other"
  done
}

@test "speaks HTTP/2" {
  order param.set feature +http2
  [ "$(get --http2-prior-knowledge -o /dev/null -w '%{http_version} %{http_code}' $at/second)" = '2 200' ]
}

@test "reaches backends by name, over IPv6 and by a unix socket" {
  [[ $(get $at/named/a) == *' GET /named/a '* ]]
  [[ $(get $at/six/a) == 'six GET /six/a '* ]]
  [[ $(get $at/socket/a) == 'socket GET /socket/a '* ]]
  [ "$(code_of $at/nobody/a)" = 503 ]
}

@test "shares requests between two backends, and leaves out a sick one" {
  [ "$(for _ in 1 2 3 4; do get $at/both/a; echo; done | cut -d ' ' -f 1 | sort | uniq -c | tr -s ' ')" = $' 2 four\n 2 six' ]
  order backend.list | grep -E 'default' | grep -qi healthy
  order backend.set_health default sick
  [ "$(for _ in 1 2 3 4; do get $at/both/a; echo; done | cut -d ' ' -f 1 | sort -u)" = six ]
  order backend.set_health default auto
  eventually answers
}

@test "forgets a page on a purge, for those who may ask for it" {
  local first
  first=$(get $at/purged)
  [ "$(code_of --interface 192.0.2.10 -X PURGE http://192.0.2.10:6081/purged)" = 405 ]
  says "$first" $at/purged
  [ "$(code_of -X PURGE $at/purged)" = 200 ]
  [ "$(get $at/purged)" != "$first" ]
}

@test "forgets what a ban names, from VCL and from the command line" {
  local a b
  a=$(get $at/banned/a) b=$(get $at/stays/b)
  [ "$(code_of -X BAN -H 'X-Ban: ^/banned/' $at/)" = 200 ]
  [ "$(get $at/banned/a)" != "$a" ]
  says "$b" $at/stays/b
  order ban req.url '~' '^/stays/'
  [ "$(get $at/stays/b)" != "$b" ]
  order ban.list | grep -q '/stays/'
}

@test "puts pages together, and compresses them" {
  [[ $(get $at/esi) == '<p>whole four GET /part '*' page</p>' ]]
  [ "$(get -H 'Accept-Encoding: gzip' -D - -o /dev/null $at/packed | grep -ci '^content-encoding: gzip')" = 1 ]
  [[ $(get --compressed $at/packed) == 'four GET /packed '* ]]
}

@test "passes large pages and uploads on" {
  [ "$(get $at/large | wc -c)" = 20000000 ]
  [ "$(get $at/large | wc -c)" = 20000000 ]
  [[ $(get --data-binary @$home/upload $at/upload) == 'four POST /upload '*' 3000000' ]]
}

@test "lets websockets through" {
  perl -MIO::Socket::INET -e '
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:6081", Timeout => 5) or die "connect: $@";
    alarm 10;
    print $socket "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    my $line = <$socket>;
    $line =~ / 101 / or die "no websocket: $line";
    while ($line = <$socket>) { last if $line eq "\r\n" }
    print $socket "hello\n";
    <$socket> eq "echo hello\n" or die "no echo"'
}

@test "rewrites addresses by regular expressions" {
  [[ $(get $at/old/page/123) == 'four GET /new/123/page '* ]]
  [[ $(get $at/old/page/12345) == 'four GET /old/page/12345 '* ]]
  get "$at/old/$(head -c 6000 /dev/zero | tr '\0' a)/1" | grep -q '^four GET /old/aaa'
}

@test "matches long addresses against nested expressions" {
  [ "$(code_of "$at/deep/$(printf 'ab/xcd%.0s' {1..150})")" = 297 ]
  [ "$(code_of "$at/deep/$(printf 'ab/xcd%.0s' {1..150})y")" = 200 ]
}

@test "reads a file, and writes to syslog, where VCL says so" {
  local mark
  mark=$(fresh)
  says 'from a file' $at/file
  get "$at/noted/$mark"
  eventually noted "$mark"
}

noted() { journalctl -q -o cat --since=-20s | grep -q "noted /noted/$1"; }

@test "takes orders from who can read its secret" {
  [ "$(stat -c '%U %a' /etc/varnish/secret)" = 'root 600' ]
  order ping | grep -q PONG
  order status | grep -q running
  order -T localhost:6082 -S /etc/varnish/secret param.show default_ttl | grep -q 120
  order param.set default_ttl 99
  order param.show default_ttl | grep -q 99
  order param.set default_ttl 120
  run ! setpriv --reuid nobody --regid nogroup --clear-groups varnishadm ping
}

@test "compiles further configurations while it runs" {
  local before
  before=$(worker)
  write 'if (req.url == "/which") { return (synth(299)); }'
  order vcl.load fenced $vcl
  order vcl.use fenced
  eventually answers_with 299 $at/which
  cp $home/vcl $vcl
  reload
  [ "$(code_of $at/which)" = 200 ]
  order vcl.discard fenced
  order vcl.list | grep -q '^active'
  [ "$(worker)" = "$before" ]
}

@test "compiles C that stands in a configuration" {
  order param.set vcc_feature +allow_inline_c || order param.set vcc_allow_inline_c on
  printf 'C{\n#include <unistd.h>\nstatic int fenced(void) { return getppid() > 1; }\n}C\n' >$home/inline
  write '' "$(cat $home/inline)"
  order vcl.load inline $vcl
  order vcl.discard inline
}

@test "takes a changed configuration on a reload, without one failed request" {
  local before requests
  before=$(main_pid)
  curl -sS --max-time 20 -o /dev/null -w '%{http_code}\n' "$at/steady?[1-1500]" >$home/codes 3>&- &
  requests=$!
  write 'if (req.url == "/which") { return (synth(298)); }'
  reload
  [ "$(code_of $at/which)" = 298 ]
  wait $requests
  [ "$(sort $home/codes | uniq -c | tr -s ' ')" = ' 1500 200' ]
  [ "$(main_pid)" = "$before" ]
}

@test "keeps serving when it is reloaded with a mistake" {
  local first
  first=$(get $at/mistake)
  echo nonsense >>$vcl
  run ! reload
  says "$first" $at/mistake
}

@test "shows what it does, to those who may see it" {
  local mark
  mark=$(fresh)
  get "$at/$mark" >$home/page
  eventually seen "$mark"
  as_log varnishstat -1 | grep -q '^MAIN.cache_miss *[1-9]'
  as_log varnishncsa -d | grep -q "/$mark HTTP/1.1\" 200"
}

as_log() { setpriv --reuid varnishlog --regid varnish --clear-groups timeout 10 "$@"; }
seen() { as_log varnishlog -d -g request -q "ReqURL eq '/$1'" | grep -q 'VCL_call.*MISS'; }

@test "has its requests logged to a file, which is rotated as the package does it" {
  local mark log=/var/log/varnish/varnishncsa.log
  systemctl restart varnishncsa.service
  mark=$(fresh)
  eventually logged "before$mark"
  logrotate -f /etc/logrotate.d/varnish
  eventually logged "after$mark"
  [ -e $log.1 ] || [ -e $log.1.gz ]
  systemctl stop varnishncsa.service
}

logged() {
  get -o /dev/null "$at/$1"
  sleep 0.2
  grep -q "/$1 HTTP/1.1\" 200" /var/log/varnish/varnishncsa.log
}

@test "keeps pages in a file" {
  with -s disk=file,/var/lib/varnish/fenced.bin,64m
  write '' 'sub vcl_backend_response { if (bereq.url ~ "^/disk/") { set beresp.storage = storage.disk; } }'
  reload
  kept $at/disk/one
  order storage.list | grep -q disk
  [ "$(varnishstat -1 -f SMF.disk.g_bytes | awk '{print $2}')" -gt 0 ]
  [ "$(stat -c %s /var/lib/varnish/fenced.bin)" = $((64 * 1024 * 1024)) ]
}

@test "listens on port 80, for a proxy, and on a unix socket" {
  with -a :80 -a :8443,PROXY -a /run/fenced-varnish.sock,user=nobody,group=varnish,mode=660
  kept http://127.0.0.1/low
  kept 'http://[::1]/low'
  [[ $(printf 'PROXY TCP4 198.51.100.7 192.0.2.10 5000 443\r\nGET /proxied HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' |
    timeout 10 nc -N 127.0.0.1 8443) == *'four GET /proxied '* ]]
  eventually came_from 198.51.100.7
  [ "$(stat -c '%U %G %a' /run/fenced-varnish.sock)" = 'nobody varnish 660' ]
  kept --unix-socket /run/fenced-varnish.sock http://a/socket-client
}

came_from() { varnishncsa -d | grep -q "^$1 .*/proxied"; }

@test "writes its process id, and has another name" {
  with -n fenced -P /run/fenced.pid
  grep -qx "$(main_pid)" /run/fenced.pid
  order -n fenced status | grep -q running
  varnishstat -n fenced -1 | grep -q '^MAIN.uptime'
}

@test "serves hundreds of clients at once" {
  eventually answers
  run -0 timeout 30 perl -MIO::Socket::INET -e '
    my @open = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:6081", Timeout => 5) or die "client $_: $!\n" } 1 .. 800;
    print $_ "GET /crowd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" and $_->flush for @open;
    for (@open) { (<$_> // "") =~ / 200 / or die "no answer\n" }'
}

@test "does its work as a user of its own, without any capability" {
  local status
  status=/proc/$(worker)/status
  [ "$(ps -o user:64= -p "$(worker)")" = vcache ]
  grep -qP '^CapEff:\t0+$' "$status"
  [ "$(awk '/^Gid:/ {print $2, $3, $4, $5}' "$status")" = "$(g=$(id -g varnish); echo "$g $g $g $g")" ]
}

@test "starts a new worker when one crashes" {
  local before
  before=$(worker)
  kill -SEGV "$before"
  eventually another_worker "$before"
  eventually answers
  kept $at/after-crash
}

another_worker() { [ -n "$(worker)" ] && [ "$(worker)" != "$1" ]; }

@test "ends a worker that hangs, and starts another" {
  local before
  with -p ping_interval=1 -p cli_timeout=5
  before=$(worker)
  [ "$before" -gt 1 ]
  kill -STOP "$before"
  PATIENCE=15 eventually journalled 'not responding'
  # It has been sent its end, which reaches it now.
  kill -CONT "$before"
  eventually another_worker "$before"
  eventually answers
  gone "$before"
}

@test "stops and starts its worker" {
  order stop
  run ! answers
  order start
  eventually answers
}

@test "comes back after a crash" {
  local before
  [ "$(systemctl show -p Restart --value "$UNIT")" != no ] || skip 'its own unit does not start it again'
  before=$(main_pid)
  kill -KILL "$before"
  eventually is_another "$before"
  eventually answers
}

@test "says to the journal what is wrong with its configuration" {
  echo nonsense >>$vcl
  restart || true
  eventually journalled 'nonsense'
}

# bats test_tags=option:local
@test "does not serve other machines" {
  answers
  kept 'http://[::1]:6081/local'
  run ! get --interface 192.0.2.10 --connect-timeout 1 http://192.0.2.10:6081/other
  run ! get --interface 2001:db8::10 --connect-timeout 1 'http://[2001:db8::10]:6081/other'
}

# bats test_tags=option:elsewhere
@test "keeps pages in a file on another volume" {
  mkdir -p /srv/fenced-cache
  with -s disk=file,/srv/fenced-cache/pages.bin,64m
  write '' 'sub vcl_backend_response { if (bereq.url ~ "^/disk/") { set beresp.storage = storage.disk; } }'
  reload
  kept $at/disk/one
  [ "$(varnishstat -1 -f SMF.disk.g_bytes | awk '{print $2}')" -gt 0 ]
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  local all pid
  all=$(processes)
  timeout 30 systemctl stop "$UNIT"
  # Debian 12's own unit kills the worker along with its manager, which then does not end well.
  [ "$PLATFORM" = debian-12 ] || ended_well
  for pid in $all; do gone "$pid"; done
  run ! answers
  start_again
}
