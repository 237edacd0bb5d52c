#!/usr/bin/env bats
# What Postfix must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

home=/srv/fenced-probe
conf=/etc/postfix
queue=/var/spool/postfix
certificate=/etc/ssl/certs/fenced-probe.pem
key=/etc/ssl/private/fenced-probe.key
arrived=$home/arrived

# post FROM TO WORD [CURL ARGUMENT]...: hands in a mail with this subject by SMTP, to port 25 unless another address comes last
post() {
  local where=smtp://127.0.0.1/client.example
  [[ ${!#} != smtp* ]] || where=
  printf 'From: %s\nTo: %s\nSubject: %s\n\nText of %s\n' "$1" "$2" "$3" "$3" |
    timeout 20 curl -sS --crlf --cacert $certificate --mail-from "$1" --mail-rcpt "$2" -T - "${@:4}" $where
}

# says CODE COMMAND...: the server refuses with this
says() {
  run "${@:2:4}" -v "${@:6}"
  [ "$status" != 0 ]
  [[ $output == *"< $1"* ]]
}

# has WORD PATH...: the mail has got there
has() { grep -rqs -- "$1" "${@:2}"; }
# reaches WORD PATH...: it gets there; who waits for it has an end as soon as nothing is on its way any more
reaches() {
  local end=$((SECONDS + 15)) idle=0
  while ((SECONDS <= end && idle < 6)); do
    if has "$@"; then return 0; fi
    if [ -z "$(find $queue/maildrop $queue/incoming $queue/active -type f 2>/dev/null)" ]; then idle=$((idle + 1)); else idle=0; fi
    sleep 0.1
  done
  has "$@" || {
    echo "it is not there: $*"
    return 1
  }
}

program() { cat >"$1" && chmod 755 "$1"; }
master() { tr -d ' ' <$queue/pid/master.pid; }
listens() { [ -n "$(ss -Hltn "sport = :$1")" ]; }
answers() { [[ $(timeout 3 bash -c 'exec 3<>/dev/tcp/127.0.0.1/25 && head -n 1 <&3') == 220* ]]; }
reload() { timeout 30 systemctl reload "$UNIT"; }
waits() { postqueue -p | grep -q "$1"; }
start_again() { restart && eventually answers; }

# beside NAME COMMAND...: a program of its own, outside of the unit that is tried
beside() {
  systemctl stop "fenced-$1" 2>/dev/null || true
  systemd-run -q --collect --unit="fenced-$1" -p KillSignal=SIGKILL "${@:2}"
}

# The servers that Postfix sends mail to: plain on 2525; with TLS and log-in on 2587; plain on the port that is named.
servers() {
  program $home/bin/servers <<'END'
#!/usr/bin/python3
import asyncio, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult

class Keep:
    def __init__(self, port):
        self.path = f'/srv/fenced-probe/arrived/{port}'
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith('gone@'):
            return '550 nobody here'
        envelope.rcpt_tos.append(address)
        return '250 known'
    async def handle_DATA(self, server, session, envelope):
        with open(self.path, 'ab') as file:
            file.write(f'for {envelope.rcpt_tos} from {session.peer[0]} tls {session.ssl is not None}\n'.encode() + envelope.content)
        return '250 kept'

def login(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b'smart', b'secret'))

async def main():
    loop = asyncio.get_running_loop()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain('/etc/ssl/certs/fenced-probe.pem', '/etc/ssl/private/fenced-probe.key')
    for port in map(int, sys.argv[1:]):
        secure = {}
        if port == 2587:
            secure = dict(tls_context=context, require_starttls=True, authenticator=login, auth_required=True)
        await loop.create_server(lambda port=port, secure=secure: SMTP(Keep(port), hostname='far', **secure), None, port)
    await asyncio.Event().wait()

asyncio.run(main())
END
  beside servers $home/bin/servers 2525 2587
}

dovecot() {
  local version
  version=$(command dovecot --version)
  {
    if [[ $version == 2.3.* ]]; then
      cat <<END
passdb {
  driver = passwd-file
  args = scheme=plain $home/passwd
}
userdb {
  driver = static
  args = uid=vmail gid=vmail home=$home/vmail/dovecot/%u
}
mail_location = maildir:~/mail
ssl = no
END
    else
      cat <<END
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
passdb passwd-file {
  passwd_file_path = $home/passwd
}
userdb static {
  fields {
    uid = vmail
    gid = vmail
    home = $home/vmail/dovecot/%{user}
  }
}
mail_driver = maildir
mail_path = ~/mail
ssl = no
END
    fi
    cat <<END
protocols = lmtp
service auth {
  unix_listener $queue/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
  unix_listener auth-userdb {
    mode = 0600
    user = vmail
  }
}
service lmtp {
  unix_listener $queue/private/dovecot-lmtp {
    mode = 0600
    user = postfix
    group = postfix
  }
}
END
  } >/etc/dovecot/dovecot.conf
  printf 'ann:{PLAIN}secret::::::\nlda@lda.example:{PLAIN}x::::::\nlmtp@lmtp.example:{PLAIN}x::::::\n' >$home/passwd
  systemctl restart dovecot
}

# A filter of its own that signs, as people run it: once on a socket in the chroot, once on a port.
signers() {
  install -d -m 750 -o opendkim -g opendkim $queue/opendkim
  gpasswd -a postfix opendkim >/dev/null
  if [ ! -e $home/dkim.private ]; then openssl genrsa -out $home/dkim.private 2048 2>/dev/null; fi
  chown opendkim $home/dkim.private && chmod 600 $home/dkim.private
  signer unix local:$queue/opendkim/opendkim.sock
  signer tcp inet:8892@127.0.0.1
}

signer() {
  printf '%s\n' 'UMask 007' 'Mode s' 'Domain signed.example' "Selector $1" "KeyFile $home/dkim.private" \
    'UserID opendkim' 'InternalHosts 0.0.0.0/0' "Socket $2" >"$home/dkim.$1"
  beside "dkim-$1" opendkim -f -x "$home/dkim.$1"
}

people() {
  local name
  for name in alice bob carol dave; do
    id $name >/dev/null 2>&1 || useradd -m -s /bin/bash $name
    rm -rf /home/$name/{Maildir,received,sorted,.forward,.procmailrc}
  done
  id vmail >/dev/null 2>&1 || useradd -r -m -d $home/vmail -s /usr/sbin/nologin vmail
  id filter >/dev/null 2>&1 || useradd -r -d /var/spool/filter -s /usr/sbin/nologin filter
  echo alice:secret | chpasswd
  rm -rf /var/mail/* $home/vmail/* $arrived $home/state
  chmod 755 $home/vmail
  install -d -o nobody $home/state
  install -d $arrived
  install -d -o filter -g filter -m 750 /var/spool/filter

  program /home/bob/receive <<'END'
#!/bin/sh
{ echo "as $(id -un)"; cat; } >>"$HOME/received"
END
  printf '%s\n' '/home/bob/Maildir/' '"|/home/bob/receive"' >/home/bob/.forward
  printf ':0\n* ^Subject: sort\n| formail -A "X-Sorted: yes" >> $HOME/sorted\n' >/home/carol/.procmailrc
  program /home/dave/answer <<'END'
#!/bin/sh
subject=$(sed -n 's/^Subject: //p')
printf 'To: %s\nSubject: away %s\n\nI am away\n' "$SENDER" "$subject" | /usr/sbin/sendmail -f dave "$SENDER"
END
  printf '%s\n' '\dave, "|/home/dave/answer"' >/home/dave/.forward
  chown -R bob: /home/bob
  chown -R carol: /home/carol
  chown -R dave: /home/dave
}

programs() {
  program $home/bin/ticket <<END
#!/bin/sh
{ echo "as \$(id -un)"; cat; } >>$home/state/ticket
END
  cp $home/bin/ticket $home/usual/
  program $home/bin/patient <<END
#!/bin/sh
{ echo "nice \$(nice -n 5 nice) \$(ionice -c 3 echo idle) \$(taskset -c 0 echo one)"; cat; } >>$home/state/patient
END
  program $home/bin/policy <<'END'
#!/usr/bin/perl
$| = 1;
while (<>) {
  $of{$1} = $2 if /^(\w+)=(.*)/;
  next if $_ ne "\n";
  print 'action=', $of{sender} =~ /^evil@/ ? 'REJECT you are known' : "PREPEND X-Policy: $of{client_address} by $<", "\n\n";
}
END
  program $home/bin/filter <<'END'
#!/bin/sh
umask 077
file=/var/spool/filter/mail.$$
trap 'rm -f $file' EXIT
{ echo "X-Filtered: by $(id -un)"; cat; } >$file || exit 75
/usr/sbin/sendmail -G -i "$@" <$file
END
  cat >>/etc/aliases <<END
ticket: "|$home/bin/ticket"
patient: "|$home/bin/patient"
archive: $home/state/archive
team: :include:$conf/probe-team
END
  newaliases
}

tables() {
  local type=$1
  printf '%s\n' alice box@virtual.example >$conf/probe-team
  printf '%s\n' 'far.example smtp:far.example:2525' 'smart.example smtp:[smart.example]:2587' 'late.example smtp:[127.0.0.1]:2599' \
    'lda.example dovecot:' 'lmtp.example lmtp:unix:private/dovecot-lmtp' >$conf/probe-transport
  printf '%s\n' '[smart.example]:2587 smart:secret' >$conf/probe-password
  printf '%s\n' 'vera@virtual.example virtual.example/vera/' 'box@virtual.example virtual.example/box' >$conf/probe-boxes
  postmap lmdb:$conf/probe-transport "$type:$conf/probe-password" "$type:$conf/probe-boxes"
  chmod 600 $conf/probe-password*
  printf '%s\n' '/^Subject: (forbidden)/ REJECT no $1 mail' >$conf/probe-headers
  printf '%s\n' '/^bad-([a-z]+)@/ REJECT $1 is bad' >$conf/probe-senders
  rm -f $home/alias.db
  sqlite3 $home/alias.db "CREATE TABLE alias (address TEXT, goto TEXT); INSERT INTO alias VALUES ('sales@fenced.example', 'alice@fenced.example');"
  printf '%s\n' "dbpath = $home/alias.db" "query = SELECT goto FROM alias WHERE address='%s'" >$conf/probe-alias.cf
  printf '%s\n' 'pwcheck_method: saslauthd' 'mech_list: PLAIN LOGIN' 'saslauthd_path: /run/saslauthd/mux' >$conf/sasl/smtpd.conf
}

setup_file() {
  local name type
  mkdir -p $home/bin $home/package $home/usual
  chmod 755 $home
  cp -n $conf/m{ain,aster}.cf /etc/aliases $home/package/
  cp $home/package/*.cf $conf/
  cp $home/package/aliases /etc/
  systemctl stop "$UNIT" || true
  find $queue/{active,bounce,corrupt,defer,deferred,flush,hold,incoming,maildrop,trace} -type f -delete
  rm -f /var/lib/postfix/{verify_cache,postscreen_cache}.*
  type=$(postconf -h default_database_type)
  if [ ! -e $key ]; then
    install -d -m 700 /etc/ssl/private
    (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost,DNS:smart.example -keyout $key -out $certificate 2>/dev/null)
    chmod 644 $certificate
  fi
  echo 'nameserver 127.0.0.1' >/etc/resolv.conf
  beside dns dnsmasq -k -C /dev/null --listen-address=127.0.0.1 --bind-interfaces --no-resolv --no-hosts -u root \
    --mx-host=far.example,mx.far.example,10 --host-record=mx.far.example,127.0.0.9 --host-record=smart.example,127.0.0.1 \
    --host-record=listed.bl.example,127.0.0.2 --address=/10.2.0.192.bl.example/127.0.0.2 --local=/#/
  people
  programs
  tables "$type"
  servers
  dovecot
  signers
  install -d $queue/run/saslauthd
  beside saslauthd saslauthd -d -a pam -m $queue/run/saslauthd -n 1
  postconf -e 'mydestination = fenced.example, localhost' 'myorigin = fenced.example' 'relay_domains = lda.example, lmtp.example, late.example' \
    "transport_maps = lmdb:$conf/probe-transport" "smtpd_tls_cert_file = $certificate" "smtpd_tls_key_file = $key" \
    'smtpd_tls_security_level = may' 'smtp_tls_policy_maps = inline:{{[smart.example]:2587 = secure}}' "smtp_tls_CAfile = $certificate" \
    'smtp_sasl_auth_enable = yes' "smtp_sasl_password_maps = $type:$conf/probe-password" 'smtp_sasl_security_options = noanonymous' \
    'smtpd_sasl_type = dovecot' 'smtpd_sasl_path = private/auth' 'mailbox_command =' 'mailbox_command_maps = inline:{carol=/usr/bin/procmail}' \
    'virtual_mailbox_domains = virtual.example' "virtual_mailbox_base = $home/vmail" "virtual_mailbox_maps = $type:$conf/probe-boxes" \
    "virtual_uid_maps = static:$(id -u vmail)" "virtual_gid_maps = static:$(id -g vmail)" \
    "virtual_alias_maps = proxy:sqlite:$conf/probe-alias.cf" "header_checks = regexp:$conf/probe-headers" \
    "smtpd_sender_restrictions = check_sender_access pcre:$conf/probe-senders" 'fast_flush_domains = late.example' \
    'smtpd_milters = unix:opendkim/opendkim.sock' 'non_smtpd_milters = inet:127.0.0.1:8892' 'milter_default_action = tempfail' \
    'address_verify_map = lmdb:$data_directory/verify_cache' 'postscreen_cache_map = lmdb:$data_directory/postscreen_cache' \
    'postscreen_greet_wait = 1s' 'postscreen_dnsbl_sites = bl.example' 'postscreen_dnsbl_action = enforce' 'unverified_recipient_reject_code = 550' 'address_verify_poll_delay = 1s' \
    'message_size_limit = 20000000' 'minimal_backoff_time = 300s' 'dovecot_destination_recipient_limit = 1' \
    'smtpd_tls_session_cache_database = lmdb:$data_directory/smtpd_scache'
  cat >>$conf/master.cf <<END
submission inet n - y - - smtpd
  -o syslog_name=postfix/submission -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
465 inet n - y - - smtpd
  -o smtpd_tls_wrappermode=yes -o smtpd_sasl_auth_enable=yes -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
2526 inet n - y - - smtpd
  -o smtpd_client_restrictions=reject_rbl_client,bl.example
  -o { smtpd_recipient_restrictions = check_policy_service unix:private/policy }
2527 inet n - y - 1 postscreen
2530 inet n - y - - smtpd
  -o content_filter=filter:dummy
2528 inet n - y - - smtpd
  -o smtpd_sasl_type=cyrus -o smtpd_sasl_path=smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
2529 inet n - y - - smtpd
  -o smtpd_recipient_restrictions=reject_unverified_recipient
smtpd pass - - y - - smtpd
dnsblog unix - - y - 0 dnsblog
tlsproxy unix - - y - 0 tlsproxy
policy unix - n n - 0 spawn
  user=nobody argv=$home/bin/policy
filter unix - n n - 10 pipe
  flags=Rq user=filter argv=$home/bin/filter -f \${sender} -- \${recipient}
dovecot unix - n n - - pipe
  flags=DRhu user=vmail:vmail argv=/usr/lib/dovecot/dovecot-lda -f \${sender} -d \${recipient}
END
  cp $conf/m{ain,aster}.cf $home/usual/
  start_again || true
}

teardown_file() {
  for name in dns servers late dkim-unix dkim-tcp saslauthd; do systemctl stop fenced-$name 2>/dev/null || true; done
  cp $home/package/*.cf $conf/
  restart || true
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  local name same=1
  systemctl stop fenced-late 2>/dev/null || true
  cp $home/usual/ticket $home/bin/
  for name in main master; do
    if ! cmp -s $home/usual/$name.cf $conf/$name.cf; then
      cp $home/usual/$name.cf $conf/
      same=
    fi
  done
  if [ "$BATS_TEST_COMPLETED" ] && [ "$same" ]; then return; fi
  if answers; then
    reload || true
    sleep 0.3
    eventually answers || true
  else
    start_again || true
  fi
}

@test "takes mail over IPv4 and IPv6, also from other machines, and leaves it in the mailbox" {
  local word
  word=$(fresh)
  post joe@client.example alice@fenced.example "$word-1"
  post joe@client.example alice@fenced.example "$word-2" 'smtp://[::1]/client.example'
  post joe@client.example alice@fenced.example "$word-3" --interface 192.0.2.10 smtp://192.0.2.10/client.example
  post joe@client.example alice@fenced.example "$word-4" --interface 2001:db8::10 'smtp://[2001:db8::10]/client.example'
  for n in 1 2 3 4; do reaches "^Subject: $word-$n" /var/mail/alice; done
  [ "$(stat -c '%U %G' /var/mail/alice)" = 'alice mail' ]
}

@test "refuses mail for other domains and for users that are not there" {
  says 454 post joe@client.example x@elsewhere.example word --interface 192.0.2.10 smtp://192.0.2.10/client.example
  says 550 post joe@client.example nobody-here@fenced.example word
}

@test "takes its own addresses for its own" {
  local word
  word=$(fresh)
  post joe@client.example 'alice@[192.0.2.10]' "$word"
  post joe@client.example 'alice@[IPv6:2001:db8::10]' "$word-6"
  reaches "^Subject: $word-6" /var/mail/alice
  reaches "^Subject: $word$" /var/mail/alice
}

@test "sends mail to the host that the DNS names" {
  local word
  word=$(fresh)
  post alice@fenced.example x@far.example "$word"
  reaches "^Subject: $word" $arrived/2525
}

@test "hands mail to a smarthost over TLS, knows its certificate and logs in there" {
  local word
  word=$(fresh)
  post alice@fenced.example x@smart.example "$word"
  reaches "^Subject: $word" $arrived/2587
  grep -q 'x@smart.example.* tls True' $arrived/2587
  postconf -e "smtp_tls_CAfile = /etc/hostname"
  reload
  post alice@fenced.example x@smart.example "$word-untrusted"
  eventually waits x@smart.example
  run ! has "$word-untrusted" $arrived/2587
  postsuper -d ALL
}

@test "takes mail from the programs of any user, a large one too" {
  local word
  word=$(fresh)
  { printf 'To: x@far.example\nSubject: %s\n\n' "$word" && head -c 3000000 /dev/urandom | base64 -w 76 && echo "end of $word"; } |
    runuser -u alice -- /usr/sbin/sendmail -t
  reaches "end of $word" $arrived/2525
  runuser -u bob -- mailq >/dev/null
}

@test "delivers to a Maildir at home, and starts what ~/.forward names as that user" {
  local word
  word=$(fresh)
  post joe@client.example bob@fenced.example "$word"
  reaches "^Subject: $word" /home/bob/Maildir/new
  reaches "^Subject: $word" /home/bob/received
  grep -qx 'as bob' /home/bob/received
  [ "$(stat -c %U /home/bob/Maildir)" = bob ]
}

@test "starts programs that aliases name, and writes to files and lists there" {
  local word
  word=$(fresh)
  install -d -o vmail -g vmail $home/vmail/virtual.example
  post joe@client.example ticket@fenced.example "$word"
  post joe@client.example archive@fenced.example "$word"
  post joe@client.example team@fenced.example "$word"
  reaches "^Subject: $word" $home/state/ticket
  grep -qx 'as nobody' $home/state/ticket
  reaches "^Subject: $word" $home/state/archive
  reaches "^Subject: $word" /var/mail/alice
  reaches "^Subject: $word" $home/vmail/virtual.example/box
}

@test "starts programs that leave others the precedence" {
  post joe@client.example patient@fenced.example word
  reaches '^nice 5 idle one' $home/state/patient
}

@test "starts programs that make directories which hand their group on" {
  rm -rf $home/state/shared
  program $home/bin/ticket <<END
#!/bin/sh
umask 007
mkdir -m 2770 $home/state/shared && cat >$home/state/shared/mail
END
  post joe@client.example ticket@fenced.example word
  reaches '^Subject: word' $home/state/shared/mail
  [ "$(stat -c %a $home/state/shared)" = 2770 ]
}

@test "a program that answers for an absent user sends mail itself" {
  local word
  word=$(fresh)
  post alice@fenced.example dave@fenced.example "$word"
  reaches "^Subject: away $word" /var/mail/alice
  reaches "^Subject: $word" /var/mail/dave
}

@test "delivers through procmail, to the mailbox and by rules" {
  local word
  word=$(fresh)
  rm -f /var/mail/carol
  post joe@client.example carol@fenced.example "$word"
  reaches "^Subject: $word" /var/mail/carol
  [ "$(stat -c %U /var/mail/carol)" = carol ]
  post joe@client.example carol@fenced.example "sort $word"
  reaches "^Subject: sort $word" /home/carol/sorted
  grep -q '^X-Sorted: yes' /home/carol/sorted
}

@test "hands mail to Dovecot by a program, also below a directory that hands its group on" {
  local word
  word=$(fresh)
  rm -rf $home/vmail/dovecot
  install -d -m 2770 -o vmail -g vmail $home/vmail/dovecot
  post joe@client.example lda@lda.example "$word"
  reaches "^Subject: $word" $home/vmail/dovecot
}

@test "hands mail to Dovecot by LMTP" {
  local word
  word=$(fresh)
  install -d -m 2770 -o vmail -g vmail $home/vmail/dovecot
  post joe@client.example lmtp@lmtp.example "$word"
  reaches "^Subject: $word" $home/vmail/dovecot
}

@test "keeps virtual mailboxes on another volume, as their own user" {
  local word
  word=$(fresh)
  install -d -o vmail -g vmail $home/vmail/virtual.example
  post joe@client.example vera@virtual.example "$word"
  post joe@client.example box@virtual.example "$word"
  reaches "^Subject: $word" $home/vmail/virtual.example/vera/new
  reaches "^Subject: $word" $home/vmail/virtual.example/box
  [ "$(stat -c %U $home/vmail/virtual.example/{vera,box} | sort -u)" = vmail ]
}

@test "takes mail from those who log in over TLS, on ports 587 and 465" {
  local word
  word=$(fresh)
  post ann@fenced.example x@far.example "$word-1" --ssl-reqd --user ann:secret smtp://localhost:587/client.example
  post ann@fenced.example x@far.example "$word-2" --user ann:secret smtps://localhost:465/client.example
  reaches "^Subject: $word-1" $arrived/2525
  reaches "^Subject: $word-2" $arrived/2525
  says 535 post ann@fenced.example x@far.example word --ssl-reqd --user ann:wrong smtp://localhost:587/client.example
  says 554 post ann@fenced.example x@far.example word --ssl-reqd smtp://localhost:587/client.example
}

@test "knows those who log in through Cyrus SASL and saslauthd" {
  local word
  word=$(fresh)
  post alice@fenced.example x@far.example "$word" --user alice:secret smtp://127.0.0.1:2528/client.example
  reaches "^Subject: $word" $arrived/2525
  says 535 post alice@fenced.example x@far.example word --user alice:wrong smtp://127.0.0.1:2528/client.example
}

@test "asks milters, on a socket in its chroot and on a port" {
  local word
  word=$(fresh)
  post ann@signed.example alice@fenced.example "$word"
  reaches "^Subject: $word" /var/mail/alice
  grep -q 's=unix;' /var/mail/alice
  printf 'From: ann@signed.example\nTo: alice@fenced.example\nSubject: %s-own\n\nx\n' "$word" | sendmail -t
  reaches "^Subject: $word-own" /var/mail/alice
  grep -q 's=tcp;' /var/mail/alice
}

@test "starts a policy service, and asks block lists" {
  local word
  word=$(fresh)
  post joe@client.example alice@fenced.example "$word" smtp://127.0.0.1:2526/client.example
  reaches "^Subject: $word" /var/mail/alice
  grep -q "^X-Policy: 127.0.0.1 by $(id -u nobody)" /var/mail/alice
  says 554 post evil@client.example alice@fenced.example word smtp://127.0.0.1:2526/client.example
  says 554 post joe@client.example alice@fenced.example word --interface 192.0.2.10 smtp://192.0.2.10:2526/client.example
}

@test "runs mail through a filter that hands it back" {
  local word
  word=$(fresh)
  post joe@client.example alice@fenced.example "$word" smtp://127.0.0.1:2530/client.example
  reaches "^Subject: $word" /var/mail/alice
  grep -q '^X-Filtered: by filter' /var/mail/alice
}

@test "keeps robots out with postscreen, and speaks TLS there" {
  local word
  word=$(fresh)
  post joe@client.example alice@fenced.example "$word" --interface 2001:db8::10 'smtp://[2001:db8::10]:2527/client.example'
  reaches "^Subject: $word" /var/mail/alice
  says 550 post joe@client.example alice@fenced.example word --ssl-reqd -k --interface 192.0.2.10 smtp://192.0.2.10:2527/client.example
  [ "$(stat -c %U /var/lib/postfix/postscreen_cache.lmdb)" = postfix ]
}

@test "asks other servers whether an address exists, and remembers it" {
  local word
  word=$(fresh)
  eventually post joe@client.example x@far.example "$word" smtp://127.0.0.1:2529/client.example
  reaches "^Subject: $word" $arrived/2525
  eventually says 550 post joe@client.example gone@far.example word smtp://127.0.0.1:2529/client.example
  [ -s /var/lib/postfix/verify_cache.lmdb ]
}

@test "looks up addresses in SQLite, and checks senders and headers by patterns" {
  local word
  word=$(fresh)
  post joe@client.example sales@fenced.example "$word"
  reaches "^Subject: $word" /var/mail/alice
  says 550 post joe@client.example alice@fenced.example forbidden
  says 554 post bad-joe@client.example alice@fenced.example word
}

@test "returns mail that cannot be delivered" {
  local word
  word=$(fresh)
  printf 'To: gone@far.example\nSubject: %s\n\nx\n' "$word" | runuser -u alice -- sendmail -t
  reaches "^Subject: $word" /var/mail/alice
  grep -q '550 nobody here' /var/mail/alice
}

@test "keeps mail that has to wait over a restart, and delivers it as soon as it is told to" {
  local word
  word=$(fresh)
  post joe@client.example x@late.example "$word"
  eventually waits 'Connection refused'
  start_again
  waits x@late.example
  beside late $home/bin/servers 2599
  eventually listens 2599
  runuser -u alice -- postqueue -s late.example
  eventually has "^Subject: $word" $arrived/2599
}

@test "lets the administrator hold, release, requeue, flush and delete what waits" {
  local word id
  word=$(fresh)
  post "$word@client.example" x@late.example "$word"
  eventually waits "$word@client.example"
  id=$(postqueue -p | awk "/$word@client.example/"' { sub(/[*!]/, "", $1); print $1; exit }')
  postsuper -h "$id"
  postqueue -p | grep -q "^$id!"
  postcat -q "$id" | grep -q "^Subject: $word"
  postsuper -H "$id"
  postsuper -r ALL
  eventually waits "$word@client.example"
  beside late $home/bin/servers 2599
  eventually listens 2599
  postqueue -f
  eventually has "^Subject: $word" $arrived/2599
  systemctl stop fenced-late
  post joe@client.example x@late.example "$word"
  eventually waits x@late.example
  postsuper -d ALL
  run ! waits x@late.example
}

@test "takes two hundred mails at once" {
  local word
  word=$(fresh)
  timeout 60 smtp-source -s 20 -m 200 -S "$word" -f joe@client.example -t x@far.example 127.0.0.1:25
  PATIENCE=25 eventually all_there "$word"
}

all_there() { [ "$(grep -c "^Subject: $1" $arrived/2525)" = 200 ]; }

@test "opens and closes ports on a reload, without dropping who is connected" {
  local before word
  word=$(fresh)
  before=$(master)
  exec 5<>/dev/tcp/127.0.0.1/25
  read -r -t 5 <&5
  printf '2533 inet n - y - - smtpd\n' >>$conf/master.cf
  postconf -e 'smtpd_banner = fenced-new'
  reload
  eventually post joe@client.example alice@fenced.example "$word" smtp://127.0.0.1:2533/client.example
  [[ $(timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/2533 && head -n 1 <&3') == '220 fenced-new'* ]]
  printf 'NOOP\r\n' >&5
  read -r -t 5 line <&5
  [[ $line == 250* ]]
  exec 5>&-
  cp $home/usual/master.cf $conf/
  reload
  eventually closed 2533
  [ "$(master)" = "$before" ]
}

closed() { ! listens "$1"; }

@test "takes a renewed certificate on a reload" {
  (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=renewed \
    -keyout $home/renewed.key -out $home/renewed.pem 2>/dev/null)
  postconf -e "smtpd_tls_cert_file = $home/renewed.pem" "smtpd_tls_key_file = $home/renewed.key"
  reload
  eventually shows_certificate renewed
}

shows_certificate() {
  timeout 10 openssl s_client -starttls smtp -connect 127.0.0.1:25 </dev/null 2>/dev/null | openssl x509 -noout -subject | grep -q "$1"
}

@test "logs each mail to the journal" {
  local word
  word=$(fresh)
  post "$word@client.example" alice@fenced.example "$word"
  eventually journalled "postfix|from=<$word@client.example>"
  eventually journalled "from=<$word@client.example>"
  eventually journalled 'to=<alice@fenced.example>.*status=sent'
}

@test "logs to a file of its own, and has it rotated by its own command" {
  local word
  word=$(fresh)
  rm -f /var/log/mail.log*
  postconf -e maillog_file=/var/log/mail.log
  start_again
  post "$word-1@client.example" alice@fenced.example "$word"
  eventually grep -q "from=<$word-1@client.example>" /var/log/mail.log
  postfix logrotate
  eventually logged_anew "$word-2"
  zgrep -q "from=<$word-1@client.example>" /var/log/mail.log.*
  cp $home/usual/main.cf $conf/
  start_again
}

logged_anew() {
  post "$1@client.example" alice@fenced.example word
  grep -q "from=<$1@client.example>" /var/log/mail.log
}

@test "makes directories of the queue that are missing, and what its chroot needs" {
  timeout 30 systemctl stop "$UNIT"
  rm -rf $queue/flush $queue/etc/resolv.conf
  start_again
  [ "$(stat -c '%U %a' $queue/flush)" = 'postfix 700' ]
  cmp $queue/etc/resolv.conf /etc/resolv.conf
  [ "$(stat -c %a $queue/etc/resolv.conf)" = 644 ]
}

@test "runs what faces the network as postfix, locked into the queue" {
  local pid
  exec 5<>/dev/tcp/127.0.0.1/587
  read -r -t 5 <&5
  pid=$(for pid in $(of_name smtpd); do [ "$(readlink "/proc/$pid/root")" != $queue ] || echo "$pid"; done | head -n 1)
  [ -n "$pid" ]
  [ "$(ps -o user= -p "$pid")" = postfix ]
  grep -qP '^CapEff:\t0+$' "/proc/$pid/status"
  exec 5>&-
}

@test "starts a process anew that has crashed" {
  local old word
  word=$(fresh)
  old=$(of_name qmgr)
  kill -KILL "$old"
  eventually gone "$old"
  post joe@client.example alice@fenced.example "$word"
  reaches "^Subject: $word" /var/mail/alice
}

of_name() { for pid in $(processes); do [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != "$1" ] || echo "$pid"; done; }

@test "starts again after its master has been killed, and loses no mail" {
  local word
  word=$(fresh)
  post joe@client.example x@late.example "$word"
  eventually waits x@late.example
  kill -KILL "$(master)"
  eventually is_down
  start_again
  waits x@late.example
  postsuper -d ALL
}

is_down() { [ "$(systemctl show -p ActiveState --value "$UNIT")" != active ] && [ -z "$(processes)" ]; }

# bats test_tags=option:tmp
@test "a program puts a file into everybody's /tmp" {
  rm -f /tmp/fenced-probe
  program $home/bin/ticket <<<$'#!/bin/sh\ncat >/tmp/fenced-probe\n'
  post joe@client.example ticket@fenced.example word
  reaches '^Subject: word' /tmp/fenced-probe
}

# bats test_tags=option:etc
@test "a program writes below /etc" {
  install -d -o nobody /etc/fenced-probe
  rm -f /etc/fenced-probe/*
  program $home/bin/ticket <<<$'#!/bin/sh\ncat >/etc/fenced-probe/list\n'
  post joe@client.example ticket@fenced.example word
  reaches '^Subject: word' /etc/fenced-probe/list
}

# bats test_tags=option:jit
@test "a program in PHP compiles regular expressions" {
  program $home/bin/ticket <<END
#!/bin/sh
php -d pcre.jit=1 -r 'echo preg_match("/^(Fr|To)+(?=o)./m", file_get_contents("php://stdin")), "\n";' >$home/state/php 2>&1
END
  rm -f $home/state/php
  post joe@client.example ticket@fenced.example word
  eventually test -s $home/state/php
  [ "$(cat $home/state/php)" = 1 ]
}

# bats test_tags=option:monitor
@test "a program reports on the machine and its processes" {
  program $home/bin/ticket <<END
#!/bin/sh
{ free; ps -C systemd -o comm=; } >$home/state/report 2>&1
END
  rm -f $home/state/report
  post joe@client.example ticket@fenced.example word
  reaches '^Mem: *[1-9]' $home/state/report
  grep -qx systemd $home/state/report
}

# bats test_tags=option:local
@test "neither takes mail from other machines nor connects to them" {
  local word
  word=$(fresh)
  post joe@client.example alice@fenced.example "$word"
  reaches "^Subject: $word" /var/mail/alice
  run ! post joe@client.example alice@fenced.example word --connect-timeout 1 --interface 192.0.2.10 smtp://192.0.2.10/client.example
  run ! post joe@client.example alice@fenced.example word --connect-timeout 1 --interface 2001:db8::10 'smtp://[2001:db8::10]/client.example'
}

# Last: the others need it running.
@test "stops cleanly, with what waits on disk" {
  post joe@client.example x@late.example word
  eventually waits x@late.example
  timeout 30 systemctl stop "$UNIT"
  ended_well
  run ! listens 25
  [ -z "$(processes)" ]
  [ -n "$(find $queue/deferred -type f)" ]
}
