#!/usr/bin/env bats
# What nginx must still do. Runs as root inside a booted machine; the lab sets UNIT.

bats_require_minimum_version 1.5.0

home=/srv/fenced-probe
logs=/var/log/nginx
conf=/etc/nginx/conf.d
main=/etc/nginx/modules-enabled/99-probe.conf # read outside of http {}

eventually() {
  local end=$((SECONDS + 5))
  while [ $SECONDS -lt $end ]; do
    if "$@"; then return 0; fi
    sleep 0.05
  done
  echo "waited 5 seconds for: $*"
  return 1
}

get() { curl -sS --max-time 10 "$@"; }
status() { get -o /dev/null -w '%{http_code}' "$@"; }
answers() { [ "$(get --max-time 1 "$1" 2>/dev/null)" = "$2" ]; }
master() { systemctl show -p MainPID --value "$UNIT"; }
workers() { pgrep -u www-data -f '^nginx: worker process$'; }
gone() { ! kill -0 "$@" 2>/dev/null; }

# begin PORT PATH: asks for a file, and reads no more of the answer than its first line
begin() {
  exec 9<>"/dev/tcp/127.0.0.1/$1"
  printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >&9
  read -r -t 10 line <&9
  [[ $line == *' 200 '* ]]
}

# ends_as FILE: reads what is left of the answer; true if FILE is its body
ends_as() {
  timeout 20 tail -c "$(stat -c %s "$1")" <&9 | cmp - "$1"
  exec 9>&-
}

# site NAME: adds the configuration on stdin, and waits until nginx works by it
site() {
  cat >"$conf/probe-$1.conf"
  reload
}

reload() {
  local turn=$RANDOM$RANDOM
  echo "server { listen 127.0.0.1:8099; return 200 $turn; }" >"$conf/probe-turn.conf"
  systemctl reload "$UNIT"
  eventually answers http://127.0.0.1:8099/ $turn
  # An old worker still answers on the ports that it knows, until it is named as one that shuts down.
  eventually one_a_processor
}

one_a_processor() { [ "$(workers | wc -l)" = "$(nproc)" ]; }

usual() {
  cat >"$conf/probe.conf" <<'EOF'
error_log /var/log/nginx/probe-warnings.log warn;
proxy_cache_path /var/cache/nginx/probe keys_zone=named:1m;
proxy_cache_path /var/lib/nginx/probe-cache keys_zone=plain:1m;
upstream app { server unix:/run/fenced-probe/app.sock; }
server {
  listen 8080;
  listen [::]:8080;
  listen unix:/run/fenced-probe/nginx.sock;
  root /var/www/html;
  add_header X-Cache $upstream_cache_status;
  error_page 404 /probe-404.html;
  client_max_body_size 0;
  location /pam/ { auth_pam closed; auth_pam_service_name fenced-probe; alias /var/www/html/; }
  location /secret/ { auth_basic closed; auth_basic_user_file /etc/nginx/probe.htpasswd; alias /var/www/html/; }
  location /threads/ { aio threads; sendfile off; alias /var/www/html/; }
  location /status { stub_status; }
  location /image { image_filter size; alias /var/www/html/probe.gif; }
  location /app/ { proxy_pass http://app/; client_body_buffer_size 8k; }
  location /app/large { proxy_pass http://app/large; proxy_buffer_size 4k; proxy_buffers 2 4k; proxy_busy_buffers_size 4k; }
  location /named/ { proxy_pass http://app/; proxy_cache named; proxy_cache_valid 1m; }
  location /plain/ { proxy_pass http://app/; proxy_cache plain; proxy_cache_valid 1m; }
  location /byname/ { resolver 127.0.0.1:5399 ipv6=off; set $name app.example; proxy_pass http://$name:8098/; }
  location /journal { access_log syslog:server=unix:/dev/log,nohostname,tag=fenced_probe; return 200 ok; }
}
server {
  listen 443 ssl;
  listen [::]:443 ssl;
  listen 443 quic reuseport;
  listen [::]:443 quic reuseport;
  http2 on;
  server_name localhost;
  ssl_certificate /etc/ssl/certs/fenced-probe.pem;
  ssl_certificate_key /etc/ssl/private/fenced-probe.key;
  location / { return 200 "$server_protocol over $ssl_protocol\n"; }
}
EOF
  if [[ $(nginx -v 2>&1) == *nginx/1.22.* ]]; then sed -i '/http2 on;/d; / quic /d; s/ ssl;/ ssl http2;/' "$conf/probe.conf"; fi
  top
}

# top [LINE...]: the configuration outside of http {}
top() {
  if [ $# = 0 ]; then set -- 'worker_priority 3;' 'worker_rlimit_nofile 12345;'; fi
  printf '%s\n' "$@" 'stream { server { listen 127.0.0.1:8097; proxy_pass 127.0.0.1:80; } }' >$main
  if ! grep -q '^worker_cpu_affinity' /etc/nginx/nginx.conf; then echo 'worker_cpu_affinity auto;' >>$main; fi
}

# application ADDRESS...: answers HTTP on TCP addresses and unix sockets until the end of the probe
application() {
  perl -MIO::Socket::INET -MIO::Socket::UNIX -e '
    my ($home, @addresses) = @ARGV;
    my ($address, $listener);
    for (@addresses) {
      $address = $_;
      unlink $address;
      $listener = $address =~ m{^/} ? IO::Socket::UNIX->new(Local => $address, Listen => 64)
        : IO::Socket::INET->new(LocalAddr => $address, Listen => 64, ReuseAddr => 1);
      $listener or die "$address: $!";
      chmod 0666, $address;
      last if !fork;
      undef $listener;
    }
    $listener or exit;
    $SIG{CHLD} = "IGNORE";
    open my $pids, ">>", "$home/pids" or die;
    print $pids "$$\n";
    close $pids;
    while (1) {
      my $client = $listener->accept or next;
      next if fork;
      my ($method, $path) = split " ", <$client>;
      my $length = 0;
      while (($_ = <$client>) =~ /\S/) { $length = $1 if /^content-length: (\d+)/i }
      if ($length) { read $client, my $body, $length; open my $file, ">", "$home/upload" or die; print $file $body; close $file }
      my $from = $address =~ m{^/} ? "here" : $client->peerhost;
      my $answer = $path eq "/large" ? "0123456789abcdef" x 1048576 : "$method $path by $$ for $from\n";
      print $client "HTTP/1.0 200 OK\r\nContent-Length: " . length($answer) . "\r\n\r\n$answer";
      exit;
    }' "$home" "$@" >>"$home/application.out" 2>&1 3>&-
}

# Knows one address, that of the application, for every name.
name_server() {
  perl -MIO::Socket::INET -e '
    my $dns = IO::Socket::INET->new(LocalAddr => "127.0.0.1:5399", Proto => "udp") or die "name server: $!";
    exit if fork;
    open my $pids, ">>", "$ARGV[0]/pids" or die;
    print $pids "$$\n";
    close $pids;
    while (defined $dns->recv(my $asked, 512)) {
      my $head = pack "n5", 0x8180, 1, 1, 0, 0;
      $dns->send(substr($asked, 0, 2) . $head . substr($asked, 12) . pack("n3Nn", 0xC00C, 1, 1, 1, 4) . "\x7F\0\0\1");
    }' "$home" >>"$home/application.out" 2>&1 3>&-
}

stop_applications() {
  if [ -e $home/pids ]; then xargs kill <$home/pids 2>/dev/null || true; fi
  rm -f $home/pids
}

setup_file() {
  mkdir -p $home /run/fenced-probe /var/cache/nginx
  chmod 755 /run/fenced-probe
  rm -f $conf/probe-*.conf $logs/probe-*.log* $logs/error.log.* /run/fenced-probe/*
  rm -rf /var/cache/nginx/probe /var/lib/nginx/probe-cache
  for log in access error; do : >>$logs/$log.log; truncate -s 0 $logs/$log.log; done
  if [ ! -e /etc/ssl/private/fenced-probe.key ]; then
    (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout /etc/ssl/private/fenced-probe.key -out $home/certificate 2>/dev/null)
    install -m 644 $home/certificate /etc/ssl/certs/fenced-probe.pem
  fi
  printf '%s\n' "auth required pam_listfile.so item=user sense=allow onerr=fail file=$home/pam-users" \
    'account required pam_permit.so' >/etc/pam.d/fenced-probe
  echo ann >$home/pam-users
  install -m 640 -g www-data <(echo "ann:$(openssl passwd -apr1 secret)") /etc/nginx/probe.htpasswd
  head -c 6000000 /dev/urandom >$home/large
  perl -e 'print "0123456789abcdef" x 1048576' >$home/answer
  cp $home/large /var/www/html/probe-large
  cp $home/answer /var/www/html/probe-slow
  echo 'a file' >/var/www/html/probe.txt
  echo 'not here' >/var/www/html/probe-404.html
  printf 'GIF87a\3\0\2\0\200\0\0\0\0\0\377\377\377,\0\0\0\0\3\0\2\0\0\2\2\204Q\0;' >/var/www/html/probe.gif
  stop_applications
  name_server
  application /run/fenced-probe/app.sock 127.0.0.1:8098
  usual
  systemctl reset-failed "$UNIT" || true
  systemctl restart "$UNIT" || true
}

teardown_file() { stop_applications; }

# What a test has added is out of the way of the next one, even if it failed.
teardown() {
  rm -f $conf/probe-*.conf
  top
  sed '/# fenced$/d' /etc/hosts >$home/hosts
  cmp -s $home/hosts /etc/hosts || cp $home/hosts /etc/hosts
  ip address delete 169.254.169.254/32 dev lo 2>/dev/null || true
  if [ -e $home/addresses ]; then
    while read -r device address; do ip address add "$address" dev "$device" nodad; done <$home/addresses
    rm $home/addresses
  fi
}

@test "serves a static file" {
  [ "$(get http://127.0.0.1/probe.txt)" = 'a file' ]
  get http://127.0.0.1/probe-large | cmp - $home/large
}

@test "serves other machines, over IPv4 and IPv6" {
  [ "$(get http://192.0.2.10/probe.txt)" = 'a file' ]
  [ "$(get 'http://[2001:db8::10]/probe.txt')" = 'a file' ]
}

@test "serves a second port, and a unix socket" {
  [ "$(get 'http://[::1]:8080/probe.txt')" = 'a file' ]
  [ "$(get --unix-socket /run/fenced-probe/nginx.sock http://localhost/probe.txt)" = 'a file' ]
}

@test "serves TLS with a key that only root may read" {
  [ "$(stat -c '%U %a' /etc/ssl/private/fenced-probe.key)" = 'root 600' ]
  [ "$(get --http1.1 --cacert /etc/ssl/certs/fenced-probe.pem https://localhost/)" = 'HTTP/1.1 over TLSv1.3' ]
  [ "$(get --http1.1 --tls-max 1.2 --cacert /etc/ssl/certs/fenced-probe.pem https://localhost/)" = 'HTTP/1.1 over TLSv1.2' ]
}

@test "speaks HTTP/2" {
  [ "$(get --http2 --cacert /etc/ssl/certs/fenced-probe.pem https://localhost/)" = 'HTTP/2.0 over TLSv1.3' ]
}

@test "speaks HTTP/3" {
  if [[ $(nginx -v 2>&1) == *nginx/1.22.* ]]; then skip 'this nginx speaks no HTTP/3'; fi
  # A worker that has only just started may send the first packet away.
  eventually speaks_http3
}

speaks_http3() {
  [ "$(get --http3-only --cacert /etc/ssl/certs/fenced-probe.pem https://localhost/ 2>/dev/null)" = 'HTTP/3.0 over TLSv1.3' ]
}

@test "asks PAM" {
  [ "$(status -u bob:any http://127.0.0.1:8080/pam/probe.txt)" = 401 ]
  [ "$(get -u ann:any http://127.0.0.1:8080/pam/probe.txt)" = 'a file' ]
}

@test "asks for a password" {
  [ "$(status http://127.0.0.1:8080/secret/probe.txt)" = 401 ]
  [ "$(get -u ann:secret http://127.0.0.1:8080/secret/probe.txt)" = 'a file' ]
}

@test "passes requests on to an application's unix socket" {
  [[ $(get http://127.0.0.1:8080/app/hello) == 'GET /hello by '* ]]
}

@test "finds an upstream by its name at run time" {
  [[ $(get http://127.0.0.1:8080/byname/) == 'GET / by '* ]]
}

@test "takes an upload that does not fit into memory" {
  rm -f $home/upload
  [[ $(get -T $home/large http://127.0.0.1:8080/app/upload) == 'PUT /upload by '* ]]
  cmp $home/upload $home/large
  grep -q 'request body is buffered to a temporary file /var/lib/nginx/body/' $logs/probe-warnings.log*
}

@test "keeps a large answer on disk for a slow client" {
  begin 8080 /app/large
  eventually grep -q 'upstream response is buffered to a temporary file /var/lib/nginx/proxy/' $logs/probe-warnings.log
  ends_as $home/answer
}

@test "makes its temporary directories anew" {
  systemctl stop "$UNIT"
  rm -rf /var/lib/nginx/{body,fastcgi,proxy,scgi,uwsgi}
  systemctl start "$UNIT"
  [ "$(stat -c '%U %a' /var/lib/nginx/body)" = 'www-data 700' ]
  [[ $(get -T $home/large http://127.0.0.1:8080/app/upload) == 'PUT /upload by '* ]]
  cmp $home/upload $home/large
}

@test "keeps a cache in /var/cache/nginx, over a restart too" {
  keeps_cache named /var/cache/nginx/probe
  answer=$(get http://127.0.0.1:8080/named/kept)
  systemctl restart "$UNIT"
  eventually answers http://127.0.0.1:8080/named/kept "$answer"
}

@test "keeps a cache beside its temporary files" {
  keeps_cache plain /var/lib/nginx/probe-cache
}

keeps_cache() {
  local url=http://127.0.0.1:8080/$1/$RANDOM
  get -D - $url | grep -q '^X-Cache: MISS'
  get -D - $url | grep -q '^X-Cache: HIT'
  [ "$(get $url)" = "$(get $url)" ]
  [ -n "$(find "$2" -type f -user www-data)" ]
}

@test "makes the directory of a new cache itself, in memory as on disk" {
  rm -rf /run/fenced-cache /dev/shm/fenced-cache /var/lib/nginx/fenced-cache
  for place in /run /dev/shm /var/lib/nginx; do
    echo "proxy_cache_path $place/fenced-cache keys_zone=new${place//\//_}:1m;"
    echo "server { listen 8096; server_name ${place//\//_}; location / { proxy_pass http://app; proxy_cache new${place//\//_}; proxy_cache_valid 1m; } }"
  done | site cache
  for place in /run /dev/shm /var/lib/nginx; do
    get -H "Host: ${place//\//_}" http://127.0.0.1:8096/ -o /dev/null
    [ -n "$(find $place/fenced-cache -type f -user www-data)" ]
  done
}

@test "runs a worker for every processor, as www-data" {
  eventually one_a_processor
  for worker in $(workers); do
    [ "$(awk '/^[UG]id:/ {print $2, $3, $4, $5}' "/proc/$worker/status" | sort -u)" = '33 33 33 33' ]
    [ "$(awk '/^Groups:/ {print $2, $3}' "/proc/$worker/status")" = '33 ' ]
    grep -qP '^CapEff:\t0+$' "/proc/$worker/status"
  done
}

@test "keeps each worker on a processor of its own" {
  eventually one_a_processor
  [ "$(for worker in $(workers); do grep Cpus_allowed_list "/proc/$worker/status"; done | sort -u | wc -l)" = "$(nproc)" ]
  run ! grep -h 'sched_setaffinity() failed' $logs/error.log $logs/error.log.1
}

@test "gives its workers the priority and the number of files that were asked for" {
  workers
  for worker in $(workers); do
    [ "$(ps -o ni= -p "$worker" | tr -d ' ')" = 3 ]
    [ "$(awk '/^Max open files/ {print $4}' "/proc/$worker/limits")" = 12345 ]
  done
}

@test "reads files in threads" {
  get http://127.0.0.1:8080/threads/probe-large | cmp - $home/large
}

@test "runs its dynamic modules: images, and TCP passed on" {
  [ "$(get http://127.0.0.1:8080/image | tr -d ' \r\n')" = '{"img":{"width":3,"height":2,"type":"gif"}}' ]
  [ "$(get http://127.0.0.1:8097/probe.txt)" = 'a file' ]
}

@test "compiles Lua at run time" {
  site lua <<'EOF'
server {
  listen 8096;
  location / {
    content_by_lua_block {
      local found, sum = 0, 0
      for i = 1, 3000000 do sum = sum + i % 7 end
      for i = 1, 3000 do if ngx.re.find("request " .. i, [[(\d)\1$]], "jo") then found = found + 1 end end
      ngx.say(sum, " ", found)
    }
  }
}
EOF
  [ "$(get http://127.0.0.1:8096/)" = '8999997 300' ]
}

@test "compiles regular expressions to machine code, if asked to" {
  top 'pcre_jit on;'
  site jit <<<'server { listen 8096; location ~ "^/(a|b)+[0-9]$" { return 200 "matched $1"; } }'
  [ "$(get http://127.0.0.1:8096/abba1)" = 'matched a' ]
  for worker in $(workers); do grep -qE 'r[w-]xp 0+ 00:00 0 +$' "/proc/$worker/maps"; done
}

@test "shows its status" {
  get http://127.0.0.1:8080/status | grep -q '^Active connections: [1-9]'
}

@test "logs each request, and the reason behind an error page" {
  local name=missing-$RANDOM$RANDOM
  [ "$(get "http://127.0.0.1/$name?first" -o /dev/null -w '%{http_code}')" = 404 ]
  [ "$(get "http://127.0.0.1:8080/$name")" = 'not here' ]
  eventually grep -q "GET /$name?first HTTP/1.1\" 404" $logs/access.log
  eventually grep -q "/$name\" failed (2: No such file" $logs/probe-warnings.log
}

@test "logs to the journal" {
  local mark=$RANDOM$RANDOM
  [ "$(get "http://127.0.0.1:8080/journal?$mark")" = ok ]
  eventually journalled $mark
}

journalled() { journalctl -t fenced_probe -o cat -n 20 | grep -q "journal?$1"; }

@test "lets others read its process id and new logs as before" {
  rm -f $logs/probe-new.log
  site new <<<'server { listen 8096; access_log /var/log/nginx/probe-new.log; return 200; }'
  get http://127.0.0.1:8096/
  setpriv --reuid nobody --regid nogroup --clear-groups cat /run/nginx.pid | grep -qx "$(master)"
  eventually setpriv --reuid nobody --regid nogroup --groups adm grep -q 'GET / HTTP' $logs/probe-new.log
}

@test "reloads under traffic, without one failed request" {
  local old
  old=$(workers)
  get -H 'Connection: close' -o /dev/null -w '%{http_code}\n' 'http://127.0.0.1/probe.txt?[1-600]' >$home/codes 3>&- &
  reload
  reload
  wait $!
  [ "$(sort $home/codes | uniq -c | tr -s ' ')" = ' 600 200' ]
  for worker in $old; do eventually gone "$worker"; done
}

@test "keeps serving when it is reloaded with a mistake" {
  echo 'nonsense;' >$conf/probe-mistake.conf
  run ! systemctl reload "$UNIT"
  [ "$(get http://127.0.0.1/probe.txt)" = 'a file' ]
}

@test "has its logs rotated as the package does it, more than once" {
  for turn in first second; do
    local mark=$turn-$RANDOM$RANDOM
    get "http://127.0.0.1/?before-$mark" -o /dev/null
    get "http://127.0.0.1:8080/missing-before-$mark" -o /dev/null
    logrotate -f /etc/logrotate.d/nginx
    [ "$(stat -c '%U %G %a' $logs/access.log)" = 'www-data adm 640' ]
    grep -q "?before-$mark" $logs/access.log.1
    eventually logged_anew "$mark"
  done
}

logged_anew() {
  get "http://127.0.0.1:8080/missing-after-$1" -o /dev/null
  grep -q "missing-after-$1" $logs/access.log && grep -q "missing-after-$1" $logs/probe-warnings.log
}

@test "changes to a new binary with a download under way" {
  local old
  old=$(cat /run/nginx.pid)
  begin 80 /probe-slow
  kill -USR2 "$old"
  eventually test -s /run/nginx.pid.oldbin -a -s /run/nginx.pid
  kill -QUIT "$old"
  [ "$(get http://127.0.0.1/probe.txt)" = 'a file' ]
  ends_as /var/www/html/probe-slow
  eventually gone "$old"
  eventually followed
  [ "$(get http://127.0.0.1/probe.txt)" = 'a file' ]
}

followed() { [ "$(master)" = "$(cat /run/nginx.pid)" ] && systemctl -q is-active "$UNIT"; }

@test "finishes a download before it restarts" {
  begin 80 /probe-slow
  systemctl restart "$UNIT" 3>&- 9>&- &
  eventually pgrep -f '^nginx: worker process is shutting down'
  ends_as /var/www/html/probe-slow
  wait $!
  [ "$(get http://127.0.0.1/probe.txt)" = 'a file' ]
}

# bats test_tags=option:home
@test "serves files and sockets in home directories" {
  install -d -m 755 /home/ann /home/ann/public_html
  echo 'from home' >/home/ann/public_html/index.html
  application /home/ann/app.sock
  site home <<<'server { listen 8096; location / { alias /home/ann/public_html/; } location /app { proxy_pass http://unix:/home/ann/app.sock; } }'
  [ "$(get http://127.0.0.1:8096/)" = 'from home' ]
  [[ $(get http://127.0.0.1:8096/app) == 'GET /app by '* ]]
}

# bats test_tags=option:tmp
@test "reaches an application's socket in /tmp" {
  application /tmp/fenced-app.sock
  site tmp <<<'server { listen 8096; location / { proxy_pass http://unix:/tmp/fenced-app.sock; } }'
  [[ $(get http://127.0.0.1:8096/) == 'GET / by '* ]]
}

# bats test_tags=option:writes
@test "writes below /srv and /var/www, and logs beside /var/log/nginx" {
  for place in /srv /var/www; do
    install -d -o www-data $place/fenced-dav
    site dav <<EOF
server {
  listen 8096;
  root $place/fenced-dav;
  dav_methods PUT DELETE;
  client_body_temp_path $place/fenced-dav/.new;
  client_max_body_size 0;
  access_log /var/log/fenced-probe.log;
}
EOF
    [[ $(status -T $home/large http://127.0.0.1:8096/large) == 20[14] ]]
    cmp $home/large $place/fenced-dav/large
  done
  eventually grep -q 'PUT /large' /var/log/fenced-probe.log
}

# bats test_tags=option:priority
@test "gives its workers a priority above the usual" {
  top 'worker_priority -3;' 'worker_rlimit_nofile 12345;'
  reload
  eventually limits_are 12345 -3
}

limits_are() {
  local worker
  worker=$(workers | tail -n 1)
  [ "$(awk '/^Max open files/ {print $4}' "/proc/$worker/limits") $(ps -o ni= -p "$worker" | tr -d ' ')" = "$*" ]
}

# bats test_tags=option:local
@test "does not serve other machines" {
  [ "$(get http://127.0.0.1/probe.txt)" = 'a file' ]
  [ "$(get 'http://[::1]/probe.txt')" = 'a file' ]
  run ! get --connect-timeout 0.5 --interface 192.0.2.10 http://192.0.2.10/probe.txt
  run ! get --connect-timeout 0.5 --interface 2001:db8::10 'http://[2001:db8::10]/probe.txt'
}

# bats test_tags=option:cloud
@test "does not ask the cloud for credentials" {
  ip address replace 169.254.169.254/32 dev lo
  application 169.254.169.254:8095
  [[ $(get http://169.254.169.254:8095/) == 'GET / by '* ]]
  site cloud <<<'server { listen 8096; location / { proxy_connect_timeout 300ms; proxy_pass http://169.254.169.254:8095; } }'
  [[ $(status http://127.0.0.1:8096/) == 50[24] ]]
}

# bats test_tags=option:transparent
@test "shows applications the client's address instead of its own" {
  site transparent <<<'server { listen 8096; location / { proxy_bind $remote_addr transparent; proxy_pass http://127.0.0.1:8098; } }'
  [[ $(get --interface 127.0.0.77 http://127.0.0.1:8096/) == 'GET / by '*' for 127.0.0.77' ]]
}

# bats test_tags=option:ipv4-only
@test "asks a named upstream over IPv4 alone where the machine has no IPv6" {
  printf '%s dual.example # fenced\n' 127.0.0.1 2001:db8::99 >>/etc/hosts
  ip -6 -o address show | awk '$4 != "::1/128" {print $2, $4}' >$home/addresses
  for scope in global link; do ip -6 address flush scope $scope; done
  site names <<<'server { listen 8096; location / { proxy_next_upstream off; proxy_pass http://dual.example:8098; } }'
  for _ in {1..6}; do [[ $(get http://127.0.0.1:8096/) == 'GET / by '* ]]; done
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -x nginx
  [ ! -e /run/nginx.pid ]
  [ ! -e /run/fenced-probe/nginx.sock ]
  systemctl start "$UNIT"
  [ "$(get http://127.0.0.1/probe.txt)" = 'a file' ]
}
