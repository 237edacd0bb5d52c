#!/usr/bin/env bats
# What Prosody must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

conf=/etc/prosody/prosody.cfg.lua
hosts=/etc/prosody/conf.d/fenced-probe.cfg.lua
certs=/etc/prosody/certs
data=/var/lib/prosody
log=/var/log/prosody/prosody.log
home=/srv/fenced-probe

# The client: USER... -- WHO +XML | WHO ~REGEX | WHO !cut ...: connects each user, encrypts, logs in, and then sends and waits, in this order.
# A user whose name begins with - does not log in. AT is the address, TO the domain, and DIRECT=1 encrypts from the beginning.
write_client() {
  cat >$home/xmpp <<'EOF'
use strict; use IO::Socket::SSL; use MIME::Base64; $| = 1;
my $domain = $ENV{TO} // 'one.example';
my ($port, %socket, %heard) = $ENV{DIRECT} ? 5223 : 5222;
sub say_ { my ($who, $text) = @_; print { $socket{$who} } $text; $socket{$who}->flush }
sub wait_ {
  my ($who, $pattern) = @_;
  my $end = time + 15;
  until ($heard{$who} =~ s/.*?(?:$pattern)//s) {
    die "$who waited for $pattern, heard $heard{$who}\n" if time > $end;
    my $ready = $socket{$who}->can('pending') && $socket{$who}->pending;
    vec(my $in = '', fileno $socket{$who}, 1) = 1;
    next unless $ready || select $in, undef, undef, 1;
    my $read = sysread $socket{$who}, my $more, 65536;
    die "$who was left alone, waiting for $pattern, heard $heard{$who}\n" unless $read;
    $heard{$who} .= $more; print "$who < $more\n";
  }
}
my $stream = "<?xml version='1.0'?><stream:stream to='$domain' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";
while (defined(my $user = shift)) {
  last if $user eq '--';
  my $who = $user =~ s/^-//r;
  $heard{$who} = '';
  $socket{$who} = IO::Socket::IP->new(PeerHost => $ENV{AT} // '127.0.0.1', PeerPort => $port, Timeout => 5) or die "connect: $@\n";
  my @tls = (SSL_verify_mode => 0, SSL_hostname => $domain, SSL_alpn_protocols => ['xmpp-client']);
  if (!$ENV{DIRECT}) {
    say_($who, $stream); wait_($who, '</stream:features>');
    say_($who, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"); wait_($who, '<proceed');
    wait_($who, '/>') unless $heard{$who} =~ s{.*/>}{}s;
  }
  $heard{$who} = '';
  IO::Socket::SSL->start_SSL($socket{$who}, @tls) or die "TLS: $SSL_ERROR\n";
  say_($who, $stream); wait_($who, '</stream:features>');
  next if $user =~ /^-/ or $user ne $who;
  my $password = $ENV{PASSWORD} // 'secret';
  say_($who, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" . encode_base64("\0$who\0$password", '') . '</auth>');
  wait_($who, '<success');
  $heard{$who} = '';
  say_($who, $stream); wait_($who, '</stream:features>');
  say_($who, "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>probe</resource></bind></iq>");
  wait_($who, '<jid>');
}
for (@ARGV) {
  my ($who, $kind, $text) = /^(\S+) ([+~!])(.*)$/s or die "what is $_?\n";
  $kind eq '+' ? say_($who, $text) : $kind eq '~' ? wait_($who, $text) : close $socket{$who};
}
EOF
}
xmpp() { timeout 60 perl $home/xmpp "$@"; }
answers() { xmpp ann -- "ann +<iq type='get' id='p1'><ping xmlns='urn:xmpp:ping'/></iq>" "ann ~<iq[^>]*id='p1'[^>]*type='result'|<iq[^>]*type='result'[^>]*id='p1'" >/dev/null 2>&1; }
result() { printf "~<iq(?=[^>]*type='result')[^>]*id='%s'" "$1"; }
message() { printf "+<message to='%s' type='chat'><body>%s</body></message>" "$1" "$2"; }
logged() { grep -q -- "$1" "${2-$log}"; }
journal_has() { journalctl -q -o cat --since=-20s | grep -q "$1"; }

# configure [GLOBAL] [HOST] [MORE]: settings for the whole server, for the domain one.example, and what follows it
configure() {
  printf '%s\n' "${1-}" >$home/global
  sed "/^VirtualHost \"localhost\"/e cat $home/global" $home/package >$conf
  printf '%s\n' 'VirtualHost "one.example"' "${2-}" "${3-}" >$hosts
  restart
  eventually answers
}

setup_file() {
  mkdir -p $home
  chmod 755 $home
  [ -e $home/package ] || cp -p $conf $home/package
  write_client
  for name in one.example two.example share.one.example; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=$name -addext subjectAltName=DNS:$name \
      -keyout $certs/$name.key -out $certs/$name.crt 2>/dev/null
    chown root:prosody $certs/$name.key && chmod 640 $certs/$name.key
  done
  rm -rf $data/*%2eexample
  printf 'VirtualHost "one.example"\n' >$hosts
  restart
  for user in ann bob; do prosodyctl register $user one.example secret; done
  configure
  cp $conf $home/settings
  cp $hosts $home/settings-hosts
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  systemctl stop fenced-two fenced-names 2>/dev/null || true
  if cmp -s $conf $home/settings && cmp -s $hosts $home/settings-hosts && [ "$BATS_TEST_COMPLETED" ]; then return; fi
  rm -f /run/systemd/system/"$UNIT".d/zz-fenced-probe.conf
  systemctl daemon-reload
  configure
}

teardown_file() {
  cp $home/package $conf
  rm -rf $hosts $certs/*.example.{crt,key} $data/*%2eexample
}

@test "passes messages from one to the other, over IPv4 and IPv6" {
  local name
  name=$(fresh)
  for at in 127.0.0.1 ::1; do
    AT=$at xmpp ann bob -- 'bob +<presence/>' 'bob ~<presence' "ann $(message bob@one.example "$name")" "bob ~<body>$name</body>" \
      "bob $(message ann@one.example/probe "$name$name")" "ann ~<body>$name$name</body>"
  done
}

@test "serves other machines, over IPv4 and IPv6" {
  AT=192.0.2.10 xmpp ann --
  AT=2001:db8::10 xmpp ann --
}

@test "takes nobody without TLS, or with a wrong password" {
  (exec 9<>/dev/tcp/127.0.0.1/5222
    echo "<stream:stream to='one.example' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>" >&9
    while IFS= read -r -t 8 -d '>' part <&9; do
      echo "$part>"
      [[ $part != *'/stream:features' ]] || break
    done) >$home/plain
  grep -q 'urn:ietf:params:xml:ns:xmpp-tls' $home/plain
  run ! grep -q PLAIN $home/plain
  PASSWORD=wrong run ! xmpp ann --
  [[ $output == *not-authorized* ]]
}

@test "encrypts from the beginning, on a port of its own" {
  configure 'c2s_direct_tls_ports = { 5223 }'
  DIRECT=1 xmpp ann -- "ann +<iq type='get' id='p1'><ping xmlns='urn:xmpp:ping'/></iq>" "ann $(result p1)"
}

@test "reads a key that a group may read" {
  getent group fenced-keys >/dev/null || groupadd fenced-keys
  usermod -aG fenced-keys prosody
  install -d -m 710 -g fenced-keys /etc/ssl/fenced-probe
  install -m 640 -g fenced-keys $certs/one.example.key /etc/ssl/fenced-probe/key
  install -m 644 $certs/two.example.crt $home/two.crt
  configure '' 'ssl = { key = "/etc/ssl/fenced-probe/key", certificate = "/etc/prosody/certs/one.example.crt" }'
  rm -r /etc/ssl/fenced-probe
  restart
  run ! answers
}

@test "adds, changes and removes users, and lets strangers make accounts if it is told to" {
  prosodyctl register carol one.example first
  TO=one.example PASSWORD=first xmpp carol --
  configure 'allow_registration = true
    registration_invite_only = false'
  prosodyctl deluser carol@one.example
  PASSWORD=first run ! xmpp carol --
  xmpp -dave -- "dave +<iq type='set' id='r1'><query xmlns='jabber:iq:register'><username>dave</username><password>secret</password></query></iq>" \
    "dave $(result r1)"
  xmpp dave -- "dave +<iq type='set' id='c1' to='one.example'><query xmlns='jabber:iq:register'><username>dave</username><password>other</password></query></iq>" \
    "dave $(result c1)"
  PASSWORD=other xmpp dave --
  prosodyctl deluser dave@one.example
}

@test "keeps contacts, cards, bookmarks and blocked people over a restart" {
  local name
  name=$(fresh)
  xmpp ann -- "ann +<iq type='set' id='r1'><query xmlns='jabber:iq:roster'><item jid='bob@one.example' name='$name'/></query></iq>" "ann $(result r1)" \
    "ann +<iq type='set' id='v1'><vCard xmlns='vcard-temp'><FN>$name</FN></vCard></iq>" "ann $(result v1)" \
    "ann +<iq type='set' id='x1'><query xmlns='jabber:iq:private'><storage xmlns='fenced:probe'>$name</storage></query></iq>" "ann $(result x1)" \
    "ann +<iq type='set' id='b1'><block xmlns='urn:xmpp:blocking'><item jid='eve@one.example'/></block></iq>" "ann $(result b1)"
  restart
  eventually answers
  xmpp ann -- "ann +<iq type='get' id='r2'><query xmlns='jabber:iq:roster'/></iq>" "ann ~name='$name'" \
    "ann +<iq type='get' id='v2'><vCard xmlns='vcard-temp'/></iq>" "ann ~<FN>$name</FN>" \
    "ann +<iq type='get' id='x2'><query xmlns='jabber:iq:private'><storage xmlns='fenced:probe'/></query></iq>" "ann ~$name</storage>" \
    "ann +<iq type='get' id='b2'><blocklist xmlns='urn:xmpp:blocking'/></iq>" "ann ~eve@one.example"
}

@test "keeps messages for those who are away, over a restart, and an archive" {
  local name
  name=$(fresh)
  configure '' 'modules_enabled = { "mam" }'
  xmpp ann -- "ann $(message bob@one.example "$name")" "ann +<iq type='get' id='p1'><ping xmlns='urn:xmpp:ping'/></iq>" "ann $(result p1)"
  restart
  eventually answers
  xmpp bob -- 'bob +<presence/>' "bob ~<body>$name</body>"
  xmpp ann -- "ann +<iq type='set' id='m1'><query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'><max>5</max><before/></set></query></iq>" \
    "ann ~<body>$name</body>"
}

@test "lets a client come back to its session, with what it missed" {
  local name token
  name=$(fresh)
  xmpp ann -- "ann +<enable xmlns='urn:xmpp:sm:3' resume='true'/>" 'ann ~<enabled[^>]*>' 'ann !cut' >$home/resume
  token=$(grep -o "<enabled[^>]*" $home/resume | sed "s/.* id='\([^']*\)'.*/\1/")
  [ "$token" ]
  xmpp bob -- "bob $(message ann@one.example/probe "$name")" "bob +<iq type='get' id='p1'><ping xmlns='urn:xmpp:ping'/></iq>" "bob $(result p1)"
  sed "s/say_(\$who, \"<iq type='set' id='bind'.*/say_(\$who, \"<resume xmlns='urn:xmpp:sm:3' h='0' previd='$token'\/>\");/; s/'<jid>'/'<resumed'/" \
    $home/xmpp >$home/xmpp-resume
  timeout 60 perl $home/xmpp-resume ann -- "ann ~<body>$name</body>"
}

@test "runs rooms, with a history that outlives a restart" {
  local name join
  name=$(fresh)
  configure '' '' 'Component "rooms.one.example" "muc"
    modules_enabled = { "muc_mam" }
    muc_room_default_persistent = true'
  join="+<presence to='fenced@rooms.one.example/%s'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
  # shellcheck disable=SC2059
  xmpp ann bob -- "ann $(printf "$join" ann)" "ann ~<status code='110'" \
    "ann +<iq type='set' id='o1' to='fenced@rooms.one.example'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>" \
    "ann $(result o1)" "bob $(printf "$join" bob)" "bob ~<status code='110'" "ann ~fenced@rooms.one.example/bob" \
    "bob +<message to='fenced@rooms.one.example' type='groupchat'><body>$name</body></message>" "ann ~<body>$name</body>" "bob ~<body>$name</body>"
  restart
  eventually answers
  # shellcheck disable=SC2059
  xmpp ann -- "ann $(printf "$join" ann)" "ann ~<body>$name</body>"
}

@test "takes files, and hands them out by HTTP" {
  configure 'http_ports = { 5280 }' '' 'Component "share.one.example" "http_file_share"
    http_external_url = "http://share.one.example:5280/"'
  seq 20000 >$home/file
  xmpp ann -- "ann +<iq type='get' id='u1' to='share.one.example'><request xmlns='urn:xmpp:http:upload:0' filename='file.txt' size='$(stat -c %s $home/file)' content-type='text/plain'/></iq>" \
    'ann ~</slot>' >$home/slot
  local put get right
  put=$(grep -o "<put[^>]*" $home/slot | sed "s/.*url='\([^']*\)'.*/\1/")
  get=$(grep -o "<get[^>]*" $home/slot | sed "s/.*url='\([^']*\)'.*/\1/")
  right=$(sed -n "s/.*<header name='Authorization'>\([^<]*\)<.*/\1/p" $home/slot)
  curl -sSf --resolve share.one.example:5280:127.0.0.1 -H "Authorization: $right" -H 'Content-Type: text/plain' -T $home/file "$put"
  curl -sSf --resolve share.one.example:5280:127.0.0.1 "$get" | cmp - $home/file
  restart
  eventually answers
  curl -sSf --resolve share.one.example:5280:127.0.0.1 "$get" | cmp - $home/file
}

@test "serves clients by HTTP, by BOSH and websockets, also encrypted" {
  configure 'http_ports = { 5280 }
    https_ports = { 5281 }
    consider_bosh_secure = true
    consider_websocket_secure = true' 'modules_enabled = { "bosh", "websocket" }'
  curl -sS --resolve one.example:5280:127.0.0.1 -H 'Content-Type: text/xml' http://one.example:5280/http-bind -d \
    "<body xmlns='http://jabber.org/protocol/httpbind' rid='1000' to='one.example' hold='1' wait='10' ver='1.6' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'/>" >$home/bosh
  local session
  session=$(sed "s/.* sid='\([^']*\)'.*/\1/" $home/bosh)
  curl -sS --resolve one.example:5280:127.0.0.1 -H 'Content-Type: text/xml' http://one.example:5280/http-bind -d \
    "<body xmlns='http://jabber.org/protocol/httpbind' rid='1001' sid='$session'><auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>$(printf '\0ann\0secret' | base64)</auth></body>" |
    grep -q '<success'
  perl -MIO::Socket::SSL -e 'alarm 20;
    my $s = IO::Socket::SSL->new(PeerAddr => "127.0.0.1:5281", SSL_verify_mode => 0, SSL_hostname => "one.example") or die $SSL_ERROR;
    print $s "GET /xmpp-websocket HTTP/1.1\r\nHost: one.example:5281\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: xmpp\r\nSec-WebSocket-Version: 13\r\n\r\n";
    my ($line, $text) = ("", "<open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" to=\"one.example\" version=\"1.0\"/>");
    $line .= <$s> until $line =~ /\r\n\r\n$/;
    print $line;
    print $s pack("CC", 0x81, 0x80 | length $text), "\0\0\0\0", $text;
    my $all = "";
    until ($all =~ /PLAIN/) { sysread $s, $all, 4096, length $all or die $all }
    print $all' >$home/websocket
  grep -aq '^HTTP/1.1 101' $home/websocket
  grep -aq 'xmpp-framing' $home/websocket
  grep -aq 'PLAIN' $home/websocket
}

@test "serves web pages, and figures for those who watch it" {
  install -d $home/www
  echo page >$home/www/page.txt
  configure 'http_ports = { 5280 }
    statistics = "internal"
    statistics_interval = "manual"' "modules_enabled = { \"http_files\", \"http_openmetrics\" }
    http_files_dir = \"$home/www\""
  [ "$(curl -sSf --resolve one.example:5280:127.0.0.1 http://one.example:5280/files/page.txt)" = page ]
  curl -sSf --resolve one.example:5280:127.0.0.1 http://one.example:5280/metrics | grep -q '^process_cpu_seconds_total [0-9.]\+\|^process_resident_memory_bytes [0-9.]\+\|^prosody_'
}

@test "works with components that connect to it" {
  configure 'component_ports = { 5347 }' '' 'Component "gateway.one.example"
    component_secret = "shared"'
  perl -MDigest::SHA=sha1_hex -MIO::Socket::INET -e 'alarm 20;
    my $s = IO::Socket::INET->new("127.0.0.1:5347") or die $@;
    print $s "<stream:stream xmlns=\"jabber:component:accept\" xmlns:stream=\"http://etherx.jabber.org/streams\" to=\"gateway.one.example\">";
    my $all = "";
    until ($all =~ /\bid=\x27([^\x27]+)/) { sysread $s, $all, 4096, length $all or die }
    my ($id) = $all =~ /\bid=\x27([^\x27]+)/;
    print $s "<handshake>", sha1_hex($id . "shared"), "</handshake>";
    until ($all =~ m{<handshake}) { sysread $s, $all, 4096, length $all or die $all }
    print $s "<message from=\"x\@gateway.one.example\" to=\"bob\@one.example\" type=\"chat\"><body>through the gateway</body></message>";
    sysread $s, $all, 1' 3>&- &
  xmpp bob -- 'bob +<presence/>' 'bob ~<body>through the gateway</body>'
  kill $!
}

@test "carries files between those who are behind walls" {
  configure 'proxy65_ports = { 5000 }' '' 'Component "proxy.one.example" "proxy65"
    proxy65_address = "127.0.0.1"'
  xmpp ann -- "ann +<iq type='get' id='y1' to='proxy.one.example'><query xmlns='http://jabber.org/protocol/bytestreams'/></iq>" "ann ~<streamhost[^>]*port='5000'"
  rm -f $home/joined $home/activated $home/carried
  # The name of a stream is the hash of its number and of both ends, and who opened it has the second connection.
  perl -MDigest::SHA=sha1_hex -MIO::Socket::INET -e 'alarm 40;
    my $name = sha1_hex("s5bann\@one.example/probebob\@one.example/probe");
    for my $end (0, 1) {
      $s[$end] = IO::Socket::INET->new("127.0.0.1:5000") or die $@;
      print { $s[$end] } "\5\1\0"; sysread $s[$end], $got, 2; $got eq "\5\0" or die "greeting";
      print { $s[$end] } "\5\1\0\3\x28$name\0\0"; sysread $s[$end], $got, 47; substr($got, 0, 2) eq "\5\0" or die "connect";
    }
    open my $joined, ">", "$ARGV[0]/joined"; close $joined;
    select undef, undef, undef, 0.1 until -e "$ARGV[0]/activated";
    print { $s[1] } "carried along"; sysread $s[0], $got, 13;
    open my $carried, ">", "$ARGV[0]/carried"; print $carried $got' $home 3>&- &
  eventually test -e $home/joined
  xmpp ann -- "ann +<iq type='set' id='y2' to='proxy.one.example'><query xmlns='http://jabber.org/protocol/bytestreams' sid='s5b'><activate>bob@one.example/probe</activate></query></iq>" \
    "ann $(result y2)"
  touch $home/activated
  wait $!
  [ "$(cat $home/carried)" = 'carried along' ]
}

# names: a name server on this machine, which knows both domains
names() {
  systemctl reset-failed fenced-names 2>/dev/null || true
  systemd-run -q --unit fenced-names dnsmasq --keep-in-foreground --no-resolv --no-hosts --listen-address=127.0.0.54 --bind-interfaces --port=53 \
    --address=/one.example/127.0.0.1 --address=/two.example/127.0.0.2 \
    --srv-host=_xmpp-server._tcp.one.example,one.example,5269 --srv-host=_xmpp-server._tcp.two.example,two.example,5270
}

@test "exchanges messages with another server, whose name it looks up" {
  names
  install -d -o prosody $home/two
  local dns='unbound = { resolvconf = false, hoststxt = false, forward = { "127.0.0.54" } }
    s2s_secure_auth = false'
  cat >$home/two/prosody.cfg.lua <<EOF
    $dns
    data_path = "$home/two"
    pidfile = "$home/two/pid"
    log = { info = "$home/two/log" }
    certificates = "$certs"
    c2s_ports = { 5223 }
    s2s_ports = { 5270 }
    interfaces = { "127.0.0.2" }
    modules_enabled = { "roster", "saslauth", "tls", "dialback", "disco", "ping" }
    modules_disabled = { "http" }
    VirtualHost "two.example"
EOF
  systemctl reset-failed fenced-two 2>/dev/null || true
  systemd-run -q --unit fenced-two -p User=prosody prosody -F --config $home/two/prosody.cfg.lua
  configure "$dns"
  xmpp ann -- "ann +<iq type='get' id='far1' to='two.example'><ping xmlns='urn:xmpp:ping'/></iq>" "ann $(result far1)"
  logged 'two.example' $log
  grep -q 'one.example' $home/two/log
}

@test "keeps all in a database, if it is told to" {
  configure 'storage = "sql"
    sql = { driver = "SQLite3", database = "fenced.sqlite" }' 'authentication = "internal_plain"
    modules_disabled = { "s2s" }' || true
  prosodyctl register ann one.example secret
  local name
  name=$(fresh)
  xmpp ann -- "ann +<iq type='set' id='r1'><query xmlns='jabber:iq:roster'><item jid='bob@one.example' name='$name'/></query></iq>" "ann $(result r1)"
  restart
  eventually answers
  xmpp ann -- "ann +<iq type='get' id='r2'><query xmlns='jabber:iq:roster'/></iq>" "ann ~name='$name'"
  [ "$(stat -c %U $data/fenced.sqlite)" = prosody ]
  rm $data/fenced.sqlite*
}

@test "runs modules of the site's own" {
  install -d /usr/local/lib/prosody/modules
  printf 'module:hook("iq/host/fenced:probe:q", function (e) e.origin.send(require "util.stanza".reply(e.stanza):text_tag("own", "yes")); return true end)\n' \
    >/usr/local/lib/prosody/modules/mod_fenced_probe.lua
  configure '' 'modules_enabled = { "fenced_probe" }'
  xmpp ann -- "ann +<iq type='get' id='q1' to='one.example'><q xmlns='fenced:probe'/></iq>" 'ann ~<own>yes</own>'
  rm /usr/local/lib/prosody/modules/mod_fenced_probe.lua
}

@test "takes orders by prosodyctl, and by the shell" {
  prosodyctl status | grep -qi 'running'
  prosodyctl shell user list one.example | grep -q 'ann'
  prosodyctl shell c2s show >/dev/null
  prosodyctl check config | grep -qi 'done\|passed\|all checks'
}

@test "takes changed certificates and settings on a reload, and goes on with a session" {
  local before name
  before=$(main_pid)
  name=$(fresh)
  cp -p $certs/one.example.crt $home/one.crt
  cp -p $certs/one.example.key $home/one.key
  xmpp bob -- 'bob +<presence/>' 'bob ~<presence' "bob ~<body>$name</body>" >$home/stayed 2>&1 3>&- &
  eventually grep -q 'bob < .*<presence' $home/stayed
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=$name" -addext subjectAltName=DNS:one.example \
    -keyout $home/new.key -out $home/new.crt 2>/dev/null
  cat $home/new.crt >$certs/one.example.crt
  cat $home/new.key >$certs/one.example.key
  systemctl reload "$UNIT"
  eventually shows "$name"
  xmpp ann -- "ann $(message bob@one.example "$name")" "ann +<iq type='get' id='p1'><ping xmlns='urn:xmpp:ping'/></iq>" "ann $(result p1)"
  wait $!
  [ "$(main_pid)" = "$before" ]
  cat $home/one.crt >$certs/one.example.crt
  cat $home/one.key >$certs/one.example.key
  systemctl reload "$UNIT"
}
shows() { openssl s_client -starttls xmpp -xmpphost one.example -connect 127.0.0.1:5222 </dev/null 2>&1 | grep -q "CN *= *$1"; }

@test "logs to its file, and to the system's log" {
  local name
  name=$(fresh)
  configure 'log = { info = "/var/log/prosody/prosody.log", { levels = { min = "info" }, to = "syslog" } }'
  PASSWORD=wrong run ! xmpp "$name" --
  eventually logged "Client connected"
  eventually journal_has 'prosody\|Client connected'
}

@test "has its logs rotated as the package does it" {
  local before
  before=$(main_pid)
  answers
  eventually logged 'Client connected'
  logrotate --force /etc/logrotate.d/prosody
  [ "$(stat -c '%U:%G %a' $log)" = 'prosody:adm 640' ]
  logged 'Client connected' $log.1
  eventually connected_again
  holds $log
  [ "$(main_pid)" = "$before" ]
}
connected_again() { answers && logged 'Client connected'; }

@test "serves a hundred clients at once" {
  perl -MIO::Socket::INET -e 'alarm 30;
    my @all = map { IO::Socket::INET->new("127.0.0.1:5222") or die "$_: $@" } 1 .. 100;
    print $_ "<stream:stream to=\"one.example\" xmlns=\"jabber:client\" xmlns:stream=\"http://etherx.jabber.org/streams\" version=\"1.0\">" for @all;
    for (@all) { my $got = ""; until ($got =~ m{</stream:features>}) { sysread $_, $got, 4096, length $got or die } }' 3>&-
}

@test "runs as a user of its own, without any capability" {
  [ "$(users)" = prosody ]
  [ "$(awk '/^CapEff:/ { print $2 }' "/proc/$(main_pid)/status")" = 0000000000000000 ]
  [ "$(stat -c %U /run/prosody/prosody.pid)" = prosody ]
}

@test "comes back after a crash" {
  local before
  before=$(main_pid)
  kill -KILL "$before"
  eventually is_another "$before"
  eventually answers
}

@test "says what is wrong with its settings, and does not start" {
  echo 'nonsense here' >>$hosts
  restart || true
  eventually journalled 'fenced-probe.cfg.lua|error.*config|syntax'
  eventually not_running
  run ! answers
}
not_running() { [ "$(systemctl show -p ActiveState --value "$UNIT")" = failed ]; }

# bats test_tags=option:local
@test "serves this machine alone" {
  answers
  AT=::1 xmpp ann --
  AT=192.0.2.10 run ! timeout 3 perl $home/xmpp ann --
}

# bats test_tags=option:srv
@test "keeps its data below /srv" {
  install -d -o prosody -g prosody /srv/fenced-data
  configure 'data_path = "/srv/fenced-data"' || true
  prosodyctl register ann one.example secret
  eventually answers
  find /srv/fenced-data -name ann.dat | grep -q .
  rm -r /srv/fenced-data
}

# bats test_tags=option:low-ports
@test "listens on port 443" {
  mkdir -p /run/systemd/system/"$UNIT".d
  printf '[Service]\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n' >/run/systemd/system/"$UNIT".d/zz-fenced-probe.conf
  systemctl daemon-reload
  configure 'c2s_direct_tls_ports = { 443 }'
  sed 's/: 5222/: 443/; s/? 5223/? 443/' $home/xmpp >$home/xmpp-443
  DIRECT=1 timeout 60 perl $home/xmpp-443 ann --
}

# Last: the others need it running.
@test "stops cleanly, and tells its clients" {
  xmpp ann -- 'ann +<presence/>' 'ann ~<presence' 'ann ~<system-shutdown' >$home/told 2>&1 3>&- &
  eventually grep -q 'ann < .*<presence' $home/told
  timeout 20 systemctl stop "$UNIT"
  ended_well
  wait $!
  [ -z "$(processes)" ]
  run ! answers
  systemctl start "$UNIT"
  eventually answers
}
