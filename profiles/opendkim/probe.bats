#!/usr/bin/env bats
# What OpenDKIM must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.
# shellcheck disable=SC2119,SC2120 # where no socket is named, it is the usual one

load probe

home=/srv/fenced-probe
main=/etc/opendkim.conf
keys=/etc/dkimkeys
own=/run/opendkim/opendkim.sock
jail=/var/spool/postfix/opendkim

# talk SOCKET FROM LINE...: hands a mail from this client and sender to the filter, as a mail server does, and says what came of it
talk() {
  cat >$home/talk.lua <<END
conn = mt.connect("$1", 40, 0.1)
if conn == nil then error("no connection") end
mt.conninfo(conn, "client.example", os.getenv("CLIENT") or "127.0.0.1")
mt.macro(conn, SMFIC_MAIL, "i", "job" .. os.time())
mt.mailfrom(conn, "<$2>")
mt.rcptto(conn, "<someone@far.example>")
mail = io.open("$home/mail")
body = ""
inside = false
for line in mail:lines() do
  if inside then body = body .. line .. "\r\n"
  elseif line == "" then inside = true
  else
    local name, value = line:match("^([^:]+): ?(.*)")
    mt.header(conn, name, value)
  end
end
mt.eoh(conn)
mt.bodystring(conn, body)
mt.eom(conn)
reply = mt.getreply(conn)
if reply == SMFIR_ACCEPT then print("reply accept")
elseif reply == SMFIR_CONTINUE then print("reply continue")
elseif reply == SMFIR_REJECT then print("reply reject")
elseif reply == SMFIR_TEMPFAIL then print("reply tempfail")
else print("reply " .. tostring(reply)) end
for _, name in ipairs({ "DKIM-Signature", "Authentication-Results", "X-Lua" }) do
  local value = mt.getheader(conn, name, 0)
  if value ~= nil then print(name .. ": " .. value) end
end
mt.disconnect(conn)
END
  timeout 20 miltertest -s $home/talk.lua
}

# mail FROM TEXT [LINE...]: what talk hands in; more lines stand before the usual ones
mail() {
  { printf '%s\n' "${@:3}" | grep . || true; } >$home/mail
  printf '%s\n' "From: <$1>" 'To: <someone@far.example>' 'Subject: test' 'Date: Fri, 01 Jan 2027 00:00:00 +0000' "Message-ID: <$2@x>" '' "$2" >>$home/mail
}

# signs SOCKET FROM WORDS: mail from there is signed, and the signature has these words in it
signs() {
  mail "$2" "$(fresh)"
  talk "$1" "$2" >$home/said
  tr -d '\t\n' <$home/said | grep -q 'DKIM-Signature: ' && tr -d '\t\n' <$home/said | grep -qF -- "$3"
}

# judges CLIENT WORDS: the mail in $home/mail, when it comes from that client
judges() {
  CLIENT=$1 talk "local:$own" someone@signed.example >$home/said
  grep -q "^Authentication-Results: .*" $home/said && tr -d '\t\n' <$home/said | grep -qF -- "$2"
}

# signature: the one in $home/said, as a line
signature() { sed -n '/^DKIM-Signature/,/^[A-Z][A-Za-z-]*: /p' $home/said | sed '1!{/^[A-Z]/d}' | tr -d '\n' | tr '\t' ' '; }

# answers [SOCKET]
answers() { signs "${1:-local:$own}" ann@signed.example 's=first;'; }

# anew: a stop by the service itself takes five seconds, in which its library waits
anew() {
  systemctl kill --signal=KILL "$UNIT" || true
  systemctl stop "$UNIT" || true
  rm -f $own $jail/opendkim.sock
  restart
}

# with LINE...: runs with these lines beside the usual ones; a name that is given takes the place of the usual one
with() {
  local line
  cp $home/usual.conf $main
  for line in "$@"; do
    sed -i "/^${line%%[[:space:]]*}[[:space:]]/d" $main
    printf '%s\n' "$line" >>$main
  done
  anew
}

# alone: with one key, and no tables
alone() {
  grep -v '^KeyTable\|^SigningTable' $home/usual.conf >$main
  printf '%s\n' 'Domain signed.example' 'Selector first' "KeyFile $keys/first.private" >>$main
  anew
}

key() {
  opendkim-genkey -D $keys -b 2048 -d "$2" -s "$1"
  chown opendkim: $keys/"$1".private
  chmod 600 $keys/"$1".private
}

# The zone in which keys are published, and who wants to hear of signatures that fail.
records() {
  local name
  echo 'txt-record=_report._domainkey.signed.example,"ra=www-data"'
  for name in first second; do
    printf 'txt-record=%s._domainkey.signed.example,"v=DKIM1; k=rsa; p=","%s","%s"\n' $name \
      "$(openssl rsa -in $keys/$name.private -pubout 2>/dev/null | grep -v - | tr -d '\n' | cut -c 1-200)" \
      "$(openssl rsa -in $keys/$name.private -pubout 2>/dev/null | grep -v - | tr -d '\n' | cut -c 201-)"
  done
}

setup_file() {
  mkdir -p $home /srv/fenced-data
  chmod 755 $home
  systemctl stop "$UNIT" || true
  [ -e $home/package.conf ] || cp $main $home/package.conf
  if [ ! -e $keys/second.private ]; then
    key first signed.example
    key second signed.example
  fi
  rm -rf /srv/fenced-data/* $home/said $home/many.*
  chown opendkim: /srv/fenced-data
  install -d -m 750 -o opendkim -g opendkim $jail
  postconf -e 'myhostname = fenced.example' 'mydestination = localhost, signed.example' 'inet_interfaces = loopback-only' \
    'milter_default_action = tempfail' 'non_smtpd_milters = unix:opendkim/opendkim.sock'
  postfix stop 2>/dev/null || true
  systemctl stop fenced-dns 2>/dev/null || true
  {
    printf '%s\n' no-resolv no-hosts listen-address=127.0.0.1 bind-interfaces local=/#/
    records
  } >$home/dns.conf
  systemd-run -q --collect --unit=fenced-dns -p KillSignal=SIGKILL dnsmasq -k -u root -C $home/dns.conf
  echo 'nameserver 127.0.0.1' >/etc/resolv.conf
  printf '%s\n' '*@signed.example first' '*@other.example second' >$home/signing
  printf '%s\n' "first signed.example:first:$keys/first.private" "second other.example:second:$keys/second.private" >$home/keys
  printf '%s\n' 127.0.0.1 ::1 192.0.2.0/28 >$home/trusted
  {
    grep -v '^TrustAnchorFile' $home/package.conf
    printf '%s\n' 'Mode sv' "KeyTable file:$home/keys" "SigningTable refile:$home/signing" "InternalHosts file:$home/trusted" \
      "ExternalIgnoreList file:$home/trusted" 'Nameservers 127.0.0.1' 'LogWhy yes' 'AuthservID fenced.example'
  } >$home/usual.conf
  cp $home/usual.conf $main
  anew || true
}

teardown_file() {
  systemctl stop fenced-dns 2>/dev/null || true
  postfix stop 2>/dev/null || true
  cp $home/package.conf $main
  anew || true
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  chown opendkim:opendkim $keys/*.private
  chmod 600 $keys/*.private
  printf '%s\n' '*@signed.example first' '*@other.example second' >$home/signing
  if [ "$BATS_TEST_COMPLETED" ] && cmp -s $home/usual.conf $main; then return; fi
  usermod -g opendkim opendkim 2>/dev/null
  # A key that a group may read counts as unsafe where the group has further members.
  gpasswd -d postfix opendkim 2>/dev/null || true
  postfix stop 2>/dev/null || true
  postconf -e 'non_smtpd_milters = unix:opendkim/opendkim.sock'
  cp $home/usual.conf $main
  chmod 644 $main
  anew || true
}

@test "starts as packaged, with DNSSEC, and passes mail on" {
  cp $home/package.conf $main
  anew
  mail ann@signed.example "$(fresh)"
  CLIENT=198.51.100.7 eventually passes
  is_up
}

passes() { talk "local:$own" ann@signed.example | grep -qE '^reply (accept|continue)'; }

@test "signs mail of each domain with the key of that domain" {
  eventually answers
  signs "local:$own" joe@other.example 'd=other.example;s=second;'
  mail joe@elsewhere.example "$(fresh)"
  talk "local:$own" joe@elsewhere.example >$home/said
  run ! grep DKIM-Signature $home/said
}

@test "checks signatures by the key that the DNS names" {
  local word signature
  word=$(fresh)
  mail ann@signed.example "$word"
  talk "local:$own" ann@signed.example >$home/said
  grep -q '^DKIM-Signature: ' $home/said
  signature=$(signature)
  mail ann@signed.example "$word" "$signature"
  judges 198.51.100.7 'dkim=pass'
  mail ann@signed.example "$word-changed" "$signature"
  judges 198.51.100.7 'dkim=fail'
}

@test "signs for the machines that it is told to trust only" {
  mail ann@signed.example "$(fresh)"
  CLIENT=192.0.2.10 talk "local:$own" ann@signed.example | grep -q DKIM-Signature
  CLIENT=198.51.100.7 talk "local:$own" ann@signed.example >$home/said
  run ! grep DKIM-Signature $home/said
}

@test "lets its group use its socket, and nobody else" {
  [ "$(stat -c '%U %G %a' $own)" = 'opendkim opendkim 770' ]
}

@test "listens on ports, over IPv4 and IPv6" {
  with 'Socket inet:8891@127.0.0.1'
  eventually answers inet:8891@127.0.0.1
  with 'Socket inet:8891'
  eventually answers inet:8891@192.0.2.10
  with 'Socket inet6:8891@[::1]'
  eventually greets ::1
  with 'Socket inet6:8891'
  eventually greets 2001:db8::10
}

# greets ADDRESS: the first words of a mail server, by hand, since miltertest knows no IPv6
greets() {
  [ "$(timeout 3 bash -c "exec 3<>/dev/tcp/$1/8891 && printf '\0\0\0\015O\0\0\0\006\0\0\001\377\0\037\377\377' >&3 && head -c 5 <&3 | tail -c 1")" = O ]
}

@test "signs what Postfix takes, by a socket in the chroot of Postfix" {
  local word
  word=$(fresh)
  with "Socket local:$jail/opendkim.sock"
  eventually answers "local:$jail/opendkim.sock"
  [ "$(stat -c '%U %a' $jail/opendkim.sock)" = 'opendkim 770' ]
  adduser -q postfix opendkim
  postfix_runs
  mail ann@signed.example "$word"
  sendmail -f ann@signed.example www-data@localhost <$home/mail
  eventually delivered "$word"
  delivered "$word" | grep -q '^DKIM-Signature: .*d=signed.example'
}

postfix_runs() { postfix status 2>/dev/null || postfix start 3>&-; }

# delivered WORD: the mail with this word
delivered() {
  awk -v word="$1" '/^From / { if (index(mail, word)) exit; mail = "" } { mail = mail $0 "\n" } END { if (!index(mail, word)) exit 1; printf "%s", mail }' \
    /var/mail/www-data 2>/dev/null
}

@test "signs with one key that only its group may read" {
  chown root:opendkim $keys/first.private
  chmod 640 $keys/first.private
  alone
  eventually answers
}

@test "runs as its own user, without rights" {
  [ "$(users)" = opendkim ]
  grep -qP '^CapEff:\t0+$' "/proc/$(main_pid)/status"
}

@test "takes a new configuration and new tables on a reload" {
  local before
  before=$(main_pid)
  printf '%s\n' '*@signed.example first' '*@other.example second' '*@new.example first' >$home/signing
  sed -i 's/^Mode .*/Mode s/' $main
  timeout 20 systemctl reload "$UNIT"
  eventually signs "local:$own" joe@new.example 's=first;'
  [ "$(main_pid)" = "$before" ]
}

@test "runs scripts in Lua" {
  printf 'odkim.add_header(ctx, "X-Lua", "by a script")\n' >$home/final.lua
  with "FinalPolicyScript $home/final.lua"
  eventually answers
  mail ann@signed.example "$(fresh)"
  talk "local:$own" ann@signed.example | grep -q '^X-Lua: by a script'
}

@test "starts itself anew after a crash, where it is told to" {
  local child
  with 'AutoRestart yes' 'AutoRestartRate 10/1h'
  eventually answers
  [ "$(processes | wc -l)" = 2 ]
  child=$(processes | grep -vx "$(main_pid)")
  kill -SEGV "$child"
  eventually gone "$child"
  eventually answers
  is_up
}

@test "keeps serving when it is reloaded with a mistake" {
  local before
  before=$(main_pid)
  echo 'Nonsense yes' >>$main
  timeout 20 systemctl reload "$UNIT"
  # It reads it when the next mail comes.
  eventually refuses
  answers
  [ "$(main_pid)" = "$before" ]
}

refuses() { answers && journalled 'configuration error at line'; }

@test "says to the journal what is wrong with its configuration" {
  with "KeyTable file:/nowhere/fenced-keys" || true
  eventually journalled '/nowhere/fenced-keys'
}

@test "reads its tables from databases" {
  printf '%s\n' first "signed.example:first:$keys/first.private" | db5.3_load -T -t hash $home/keys.db
  with "KeyTable db:$home/keys.db"
  eventually answers
}

@test "keeps what it has read of a mail, to look for mistakes" {
  with 'KeepTemporaryFiles yes' 'TemporaryDirectory /var/tmp'
  eventually answers
  find "/proc/$(main_pid)/root/var/tmp/" -user opendkim -type f -size +0 | grep -q .
}

@test "has the group that its user has been given" {
  usermod -g mail opendkim
  with 'Mode s'
  eventually answers
  [ "$(stat -c '%U %G' $own)" = 'opendkim mail' ]
}

@test "logs what it signs" {
  mail ann@signed.example "$(fresh)"
  talk "local:$own" ann@signed.example >$home/said
  eventually journalled 'DKIM-Signature field added \(s=first, d=signed.example\)'
}

@test "answers many at once" {
  local n pids=
  mail ann@signed.example "$(fresh)"
  talk "local:$own" ann@signed.example >$home/said
  for n in {1..40}; do
    timeout 20 miltertest -s $home/talk.lua >"$home/many.$n" 3>&- &
    pids="$pids $!"
  done
  for n in $pids; do wait "$n"; done
  [ "$(cat $home/many.* | grep -c '^DKIM-Signature')" = 40 ]
}

@test "makes its socket and the file with its process id anew" {
  timeout 20 systemctl stop "$UNIT"
  rm -f $own /run/opendkim/opendkim.pid
  restart
  eventually answers
  [ "$(cat /run/opendkim/opendkim.pid)" = "$(main_pid)" ]
}

@test "comes back after a crash" {
  local old
  old=$(main_pid)
  kill -SEGV "$old"
  eventually is_another "$old"
  eventually answers
}

# bats test_tags=option:root
@test "signs with a key that only root may read" {
  chown root: $keys/first.private
  chmod 600 $keys/first.private
  alone
  eventually answers
  [ "$(users)" = opendkim ]
}

# bats test_tags=option:root
@test "takes the group that UserID names" {
  with 'UserID opendkim:mail'
  eventually answers
  [ "$(stat -c '%U %G' $own)" = 'opendkim mail' ]
}

# bats test_tags=option:root
@test "reads a configuration that is for root alone" {
  cp $home/usual.conf $main
  chown root:root $main
  chmod 600 $main
  anew || true
  eventually answers
  # So the teardown makes it anew.
  echo >>$main
}

# bats test_tags=option:reports
@test "tells the signer of signatures that fail, through Postfix" {
  local word signature
  word=$(fresh)
  with 'SendReports yes' 'RequestReports yes' 'ReportAddress postmaster@fenced.example'
  eventually answers
  postconf -e 'non_smtpd_milters ='
  postfix_runs
  postfix reload
  mail ann@signed.example "$word"
  talk "local:$own" ann@signed.example >$home/said
  signature=$(signature)
  mail ann@signed.example "$word-changed" "$signature"
  judges 198.51.100.7 'dkim=fail'
  eventually delivered "$word-changed"
  delivered "$word-changed" | grep -q '^Subject: DKIM failure report'
}

# bats test_tags=option:elsewhere
@test "keeps figures on another volume" {
  rm -f /srv/fenced-data/figures
  with 'Statistics /srv/fenced-data/figures'
  eventually answers
  mail ann@signed.example "$(fresh)" 'DKIM-Signature: v=1; a=rsa-sha256; d=signed.example; s=first; h=from; bh=x; b=y'
  CLIENT=198.51.100.7 talk "local:$own" ann@signed.example >$home/said
  eventually test -s /srv/fenced-data/figures
}

# bats test_tags=option:home
@test "reads a key below /home" {
  install -d -m 700 -o opendkim /home/opendkim-keys
  cp -p $keys/second.private /home/opendkim-keys/
  printf '%s\n' 'first signed.example:first:/home/opendkim-keys/second.private' >$home/home-keys
  printf '%s\n' '*@signed.example first' >$home/home-signing
  with "KeyTable file:$home/home-keys" "SigningTable refile:$home/home-signing"
  eventually answers
}

# bats test_tags=option:local
@test "does not serve other machines" {
  answers
  with 'Socket inet:8891'
  eventually answers inet:8891@127.0.0.1
  run ! greets 192.0.2.10
  run ! greets 2001:db8::10
}

# Last: the others need it running.
@test "stops cleanly and leaves no socket behind" {
  timeout 20 systemctl stop "$UNIT"
  ended_well
  [ -z "$(processes)" ]
}
