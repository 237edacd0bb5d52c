#!/usr/bin/env bats
# What Dovecot must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

settings=/etc/dovecot/local.conf
first=/etc/dovecot/conf.d/05-fenced-probe.conf
helpers=/etc/dovecot/fenced
vmail=/var/vmail
ann=ann@example.org
carol=carol@example.org

# dialect OLD NEW: the lines that this version understands
dialect() {
  if dovecot --version | grep -q '^2\.3'; then echo "$1"; else echo "$2"; fi
}

# talk END ADDRESS LINE...: prints all that is answered, and says the next line when an answer ends, as the pattern END
# knows it; END=PATTERN in place of a line sets another one
talk() {
  timeout 25 perl -MIO::Socket::IP -MIO::Socket::UNIX -e '
    my ($end, $address, @lines) = @ARGV;
    my $socket = $address =~ /^(.*):(\d+)$/ ? IO::Socket::IP->new(PeerHost => $1, PeerPort => $2) : IO::Socket::UNIX->new(Peer => $address);
    $socket or die "$address: $!\n";
    $| = 1;
    while (1) {
      while (<$socket>) { s/\r//; print; last if /$end/ }
      $end = $1 if @lines && $lines[0] =~ /^END=(.*)/ && shift @lines;
      my $line = shift @lines // last;
      print $socket "$line\r\n";
    }' "$@"
}

# imap USER COMMAND...: from this machine, where no TLS is asked for; HOST is where it listens
imap() { talk '^a |^\* OK .*ready' "${HOST-127.0.0.1}:143" "a LOGIN $1 ${PASSWORD-secret}" "${@:2}"; }

# append USER MAILBOX SUBJECT [BODY]
append() {
  local mail=$'From: alice@localhost\r\n'"Subject: $3"$'\r\n\r\n'"${4-hello}"$'\r\n'
  imap "$1" "a APPEND \"$2\" {${#mail}+}"$'\r\n'"$mail" | grep -q '^a OK.*Append completed'
}

# has USER MAILBOX SUBJECT
has() { imap "$1" "a EXAMINE \"$2\"" "a SEARCH HEADER SUBJECT $3" | grep -q '^\* SEARCH [1-9]'; }

# carries USER MAILBOX: what goes into a mailbox, which it makes, comes out again
carries() {
  local mark
  mark=$(fresh)
  if [ "$2" != INBOX ]; then imap "$1" "a CREATE \"$2\"" >/dev/null; fi
  append "$1" "$2" "$mark" "body of $mark"
  imap "$1" "a SELECT \"$2\"" 'a FETCH * BODY[TEXT]' | grep -qx "body of $mark"
}

# lmtp ADDRESS RECIPIENT SUBJECT [BODY [FROM]]
lmtp() {
  talk '^\d{3} ' "$1" 'LHLO client' "MAIL FROM:<${5-alice@localhost}>" "RCPT TO:<$2>" DATA \
    "From: ${5-alice@localhost}"$'\r\n'"To: $2"$'\r\n'"Subject: $3"$'\r\nMessage-ID: <'"$3@localhost"$'>\r\n\r\n'"${4-hello}"$'\r\n.'
}
deliver() { lmtp /run/dovecot/lmtp "$@" | grep -q '^250 .* Saved$'; }

# sieve USER SCRIPT: stores a script, and makes it the one that is in force
sieve() {
  local login
  login=$(printf '\0%s\0secret' "$1" | base64)
  talk '^(OK|NO|BYE)' 127.0.0.1:4190 "AUTHENTICATE \"PLAIN\" \"$login\"" "PUTSCRIPT \"fenced\" {${#2}+}"$'\r\n'"$2" 'SETACTIVE "fenced"' | tee /run/fenced-sieve
  [ "$(grep -c '^OK' /run/fenced-sieve)" = 4 ]
}

answers() { talk '.' 127.0.0.1:143 2>/dev/null | grep -q '^\* OK .*ready'; }

# with LINES: runs with these at the end of the usual settings
with() {
  { cat /run/fenced-usual && echo "$1"; } >$settings
  restart
  eventually answers
}

usual() {
  cat <<'EOF'
auth_failure_delay = 0
service lmtp {
  inet_listener lmtp {
    port = 24
  }
}
EOF
  dialect 'namespace inbox {
  separator = /
}
protocol lmtp {
  mail_plugins = $mail_plugins sieve
}
plugin {
  sieve = file:~/sieve;active=~/.dovecot.sieve
}' 'namespace inbox {
  separator = /
}
protocol lmtp {
  auth_username_format = %{user | lower}
  mail_plugins {
    sieve = yes
  }
}
sieve_script personal {
  driver = file
  path = ~/sieve
  active_path = ~/.dovecot.sieve
}'
}

# maildir PATH: where mail lies, for everybody
maildir() {
  dialect "mail_location = maildir:$1" "mail_driver = maildir
mail_path = $1
mail_inbox_path = $1"
}

# place: where a virtual user's mail lies
place() { dialect 'userdb_mail=maildir:~/Maildir' 'userdb_mail_driver=maildir userdb_mail_path=~/Maildir userdb_mail_inbox_path=~/Maildir'; }

setup_file() {
  local user
  for user in alice bob; do
    id $user >/dev/null 2>&1 || useradd -m $user
    echo "$user:secret" | chpasswd
    pkill -KILL -u $user || true
    rm -rf /var/mail/$user /home/$user/{mail,Maildir,sieve,.dovecot*,seen}
  done
  id vmail >/dev/null 2>&1 || useradd --system --home-dir $vmail --shell /usr/sbin/nologin vmail
  # A user of the mail alone, whom nobody turns away for a low number.
  usermod -u 5000 vmail
  rm -rf $vmail /srv/fenced-mail $helpers
  install -d -o vmail -g vmail -m 770 $vmail /srv/fenced-mail
  install -d $helpers
  for user in ann carol; do
    echo "$user@example.org:{PLAIN}secret:$(id -u vmail):$(id -g vmail)::$vmail/example.org/$user::$(place)"
  done >/etc/dovecot/fenced-users
  dialect 'passdb {
  driver = passwd-file
  args = /etc/dovecot/fenced-users
}
userdb {
  driver = passwd-file
  args = /etc/dovecot/fenced-users
}' 'passdb passwd-file {
  passwd_file_path = /etc/dovecot/fenced-users
}
userdb passwd-file {
  passwd_file_path = /etc/dovecot/fenced-users
}' >$first
  usual >/run/fenced-usual
  cp /run/fenced-usual $settings
  alone || true
  restart || true
  PATIENCE=15 eventually answers || true
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  cmp -s /run/fenced-usual $settings && [ -n "$BATS_TEST_COMPLETED" ] && return
  with '' || true
}

teardown_file() {
  rm -f $settings $first
  restart || true
}

@test "lets the machine's users log in by PAM, over IPv4 and IPv6" {
  HOST=127.0.0.1 imap bob 'a NOOP' | grep -q '^a OK.*Logged in'
  HOST=::1 imap bob 'a NOOP' | grep -q '^a OK.*Logged in'
}

@test "turns away whoever has a wrong password" {
  # From an address that is not used much, since it lets those wait who were wrong before.
  HOST=::1 PASSWORD=wrong imap $ann | grep -q '^a NO'
  HOST=::1 PASSWORD=wrong imap bob | grep -q '^a NO'
}

@test "keeps the mail of system users in /var/mail and in their home directories" {
  deliver bob inbox
  carries bob INBOX
  carries bob 'sorted/into folders'
  [ "$(stat -c %U /var/mail/bob)" = bob ]
  [ -s '/home/bob/mail/sorted/into folders' ]
}

@test "keeps Maildirs in home directories" {
  with "$(maildir '~/Maildir')"
  carries bob INBOX
  carries bob old
  imap bob 'a RENAME old new' 'a SELECT new' 'a COPY 1 INBOX' 'a STORE 1 +FLAGS (\Deleted kept)' 'a EXPUNGE' 'a DELETE new' >/run/fenced-out
  [ "$(grep -c '^a OK' /run/fenced-out)" = 7 ]
  [ "$(find /home/bob/Maildir/{cur,new} -type f -user bob | wc -l)" = 2 ]
  [ ! -e /home/bob/Maildir/.new ]
  sieve bob 'require ["fileinto"]; if header :contains "subject" "junk" { fileinto "Junk"; }'
  imap bob 'a CREATE Junk' >/dev/null
  deliver bob junkmail
  has bob Junk junkmail
  [ "$(stat -c %U /home/bob/sieve/fenced.sieve)" = bob ]
}

@test "keeps the mail of virtual users, all under one system user" {
  deliver $ann first
  has $ann INBOX first
  carries $ann 'a/b'
  [ "$(find $vmail/example.org/ann/Maildir/{cur,new} -type f -user vmail | wc -l)" = 1 ]
}

@test "keeps mail on another volume" {
  echo "dave@example.org:{PLAIN}secret:$(id -u vmail):$(id -g vmail)::/srv/fenced-mail/dave::$(place)" >>/etc/dovecot/fenced-users
  carries dave@example.org INBOX
  carries dave@example.org kept
  [ -d /srv/fenced-mail/dave/Maildir/.kept ]
}

@test "serves TLS, with a key that only root may read, also to other machines" {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout $helpers/key.pem -out $helpers/cert.pem 2>/dev/null
  chmod 600 $helpers/key.pem
  with "$(dialect "ssl_cert = <$helpers/cert.pem
ssl_key = <$helpers/key.pem" "ssl_server_cert_file = $helpers/cert.pem
ssl_server_key_file = $helpers/key.pem")"
  deliver $ann tls
  local address
  for address in imaps://localhost pop3s://localhost; do
    curl -sS --max-time 10 --cacert $helpers/cert.pem -u $ann:secret $address/ >/run/fenced-out
  done
  grep -q '^1 ' /run/fenced-out
  curl -sS --max-time 10 --ssl-reqd --cacert $helpers/cert.pem -u $ann:secret imap://localhost/ -X 'STATUS INBOX (MESSAGES)' | grep -q 'MESSAGES [1-9]'
  for address in 192.0.2.10 '[2001:db8::10]'; do
    curl -sS --max-time 10 -k -u bob:secret "imaps://$address/" | grep -q INBOX
  done
}

@test "hands mail out by POP3, and deletes it" {
  rm -rf $vmail/example.org/carol
  deliver $carol first 'this one'
  deliver $carol second 'that one'
  curl -sS --max-time 10 -u $carol:secret 'pop3://127.0.0.1/1' | grep -q 'this one'
  talk '^(\+OK|-ERR)' ::1:110 "USER $carol" 'PASS secret' 'DELE 1' QUIT >/run/fenced-out
  grep -q '^+OK Logging out, messages deleted' /run/fenced-out
  curl -sS --max-time 10 -u $carol:secret 'pop3://127.0.0.1/' >/run/fenced-out
  [ "$(grep -c '^[0-9]' /run/fenced-out)" = 1 ]
  grep -rq 'that one' $vmail/example.org/carol/Maildir
  run ! grep -rq 'this one' $vmail/example.org/carol/Maildir
}

@test "takes mail over LMTP, also over the network and also a large one" {
  lmtp 192.0.2.10:24 $ann four | grep -q ' Saved$'
  lmtp 2001:db8::10:24 $ann six | grep -q ' Saved$'
  has $ann INBOX four
  has $ann INBOX six
  deliver $ann large "$(head -c 90000 /dev/urandom | base64)"
  has $ann INBOX large
  lmtp /run/dovecot/lmtp nobody@example.org lost | grep -q '^550 '
}

@test "tells a client that waits of new mail" {
  rm -rf $vmail/example.org/carol
  deliver $carol before
  imap $carol 'a SELECT INBOX' 'END=^\* 2 EXISTS' 'a IDLE' 'END=^a ' DONE >/run/fenced-idle 3>&- &
  local client=$!
  eventually grep -q '^+ idling' /run/fenced-idle
  # One of an earlier client may still be there.
  eventually imap_runs_as vmail
  deliver $carol after
  wait $client
  grep -q '^a OK Idle completed' /run/fenced-idle
}

imap_runs_as() { [ "$(ps -o user= -C imap | sort -u)" = "$1" ]; }

@test "sorts mail by scripts that users store themselves" {
  sieve $ann 'require ["fileinto", "mailbox", "imap4flags", "regex", "variables"];
if header :regex "subject" "^sort-([0-9a-z]+)$" {
  addflag "\\Flagged";
  fileinto :create "sorted/${1}";
}'
  deliver $ann sort-regex
  has $ann sorted/regex sort-regex
  run ! sieve $ann 'nonsense'
}

@test "answers in the name of those on holiday, and passes mail on, through sendmail" {
  local mark
  mark=$(fresh)
  sieve $ann "require [\"vacation\", \"copy\"]; vacation :handle \"$mark\" :addresses \"$ann\" :subject \"away-$mark\" \"gone fishing\"; redirect :copy \"alice@localhost\";"
  deliver $ann "asks-$mark"
  has $ann INBOX "asks-$mark"
  PATIENCE=15 eventually grep -q "^Subject: away-$mark" /var/mail/alice
  PATIENCE=15 eventually grep -q "^Subject: asks-$mark" /var/mail/alice
  sieve $ann "require [\"reject\"]; reject \"no-$mark\";"
  # The sender gets a mail, or the mail server the refusal.
  lmtp /run/dovecot/lmtp $ann refused >/run/fenced-out
  grep -q "no-$mark" /run/fenced-out || PATIENCE=15 eventually grep -q "no-$mark" /var/mail/alice
}

@test "answers in the name of those on holiday through the mail server's port" {
  with 'submission_host = 127.0.0.1:25'
  local mark
  mark=$(fresh)
  sieve $ann "require [\"vacation\"]; vacation :handle \"$mark\" :addresses \"$ann\" :subject \"away-$mark\" \"gone fishing\";"
  deliver $ann "asks-$mark"
  PATIENCE=15 eventually grep -q "^Subject: away-$mark" /var/mail/alice
  rm -f $vmail/example.org/ann/.dovecot.sieve
}

@test "pipes mail through programs of the administrator, also when a user moves it" {
  printf '#!/bin/sh\nid -un >"$HOME/seen-$1" && cat >>"$HOME/seen-$1"\n' >$helpers/learn
  printf '#!/bin/sh\nsed "s/^Subject: .*/Subject: rewritten/"\n' >$helpers/rewrite
  chmod 755 $helpers/learn $helpers/rewrite
  echo 'require ["vnd.dovecot.pipe", "copy"]; pipe :copy "learn" ["spam"];' >$helpers/learn.sieve
  echo 'require "vnd.dovecot.filter"; if header :contains "subject" "plain" { filter "rewrite"; }' >$helpers/before.sieve
  with "$(dialect "protocol imap {
  mail_plugins = \$mail_plugins imap_sieve
}
plugin {
  sieve_plugins = sieve_extprograms sieve_imapsieve
  sieve_global_extensions = +vnd.dovecot.pipe +vnd.dovecot.filter
  sieve_pipe_bin_dir = $helpers
  sieve_filter_bin_dir = $helpers
  sieve_before = $helpers/before.sieve
  imapsieve_mailbox1_name = Junk
  imapsieve_mailbox1_causes = COPY APPEND
  imapsieve_mailbox1_before = file:$helpers/learn.sieve
}" "protocol imap {
  mail_plugins {
    imap_sieve = yes
  }
}
sieve_plugins {
  sieve_extprograms = yes
  sieve_imapsieve = yes
}
sieve_global_extensions {
  vnd.dovecot.pipe = yes
  vnd.dovecot.filter = yes
}
sieve_pipe_bin_dir = $helpers
sieve_filter_bin_dir = $helpers
sieve_script before {
  type = before
  path = $helpers/before.sieve
}
mailbox Junk {
  sieve_script learn {
    type = before
    cause = copy
    path = $helpers/learn.sieve
  }
}")"
  sievec $helpers/learn.sieve || true
  deliver $ann plain
  has $ann INBOX rewritten
  imap $ann 'a CREATE Junk' 'a SELECT INBOX' 'a COPY 1 Junk' >/run/fenced-out
  [ "$(head -n 1 $vmail/example.org/ann/seen-spam)" = vmail ]
  grep -q '^Subject: ' $vmail/example.org/ann/seen-spam
}

# The user as whom the mail server of this machine speaks with Dovecot.
mta() { dialect Debian-exim postfix; }

@test "checks passwords for the machine's mail server, on a socket that belongs to it" {
  local socket login
  socket=$(dialect /run/dovecot/fenced-auth /var/spool/postfix/private/auth)
  with "service auth {
  unix_listener $socket {
    mode = 0660
    user = $(mta)
    group = $(mta)
  }
}"
  [ "$(stat -c '%U:%G %a' "$socket")" = "$(mta):$(mta) 660" ]
  login=$(printf '\0bob\0secret' | base64)
  printf 'VERSION\t1\t2\nCPID\t%s\nAUTH\t1\tPLAIN\tservice=smtp\tresp=%s\n' $$ "$login" >/run/fenced-ask
  asks "$socket" | grep -q $'^OK\t1\tuser=bob'
  login=$(printf '\0%s\0wrong' $ann | base64)
  printf 'VERSION\t1\t2\nCPID\t%s\nAUTH\t1\tPLAIN\tservice=smtp\tresp=%s\n' $$ "$login" >/run/fenced-ask
  asks "$socket" | grep -q $'^FAIL\t1\tuser='$ann
}

# asks SOCKET: as the mail server's user, until it is answered
asks() {
  setpriv --reuid "$(mta)" --regid "$(mta)" --clear-groups timeout 15 perl -MIO::Socket::UNIX -e '
    my $socket = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "$ARGV[0]: $!\n";
    print $socket <STDIN>;
    $socket->flush;
    while (<$socket>) { print; last if /^(OK|FAIL)/ }' "$1" </run/fenced-ask
}

@test "works together with Postfix, which sends for whoever logs in and delivers to it" {
  if [ "$PLATFORM" = debian-12 ]; then skip 'the mail server here is Exim'; fi
  with "service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
service lmtp {
  unix_listener /var/spool/postfix/private/dovecot-lmtp {
    mode = 0600
    user = postfix
    group = postfix
  }
}"
  postconf -e smtpd_sasl_auth_enable=yes smtpd_sasl_type=dovecot smtpd_sasl_path=private/auth \
    virtual_mailbox_domains=example.org virtual_transport=lmtp:unix:private/dovecot-lmtp
  postfix status 2>/dev/null || postfix start
  postfix reload
  local mark
  mark=$(fresh)
  eventually swaks -S 3 --server 127.0.0.1 --auth PLAIN --auth-user bob --auth-password secret -f bob@localhost -t $ann --h-Subject "$mark"
  PATIENCE=15 eventually has $ann INBOX "$mark"
  alone
}

# alone: Postfix asks Dovecot for nothing; without that socket it would take no mail at all
alone() {
  if [ "$PLATFORM" = debian-12 ]; then return; fi
  postconf -X smtpd_sasl_auth_enable virtual_mailbox_domains virtual_transport
  if postfix status 2>/dev/null; then postfix reload 2>/dev/null; fi
}

@test "refuses mail for who has used up their quota, and warns them by a script" {
  printf '#!/bin/sh\necho "$1 $2 $(id -un)" >>%s/warned\n' $vmail >$helpers/warn
  chmod 755 $helpers/warn
  with "$(dialect 'mail_plugins = $mail_plugins quota
protocol lmtp {
  mail_plugins = quota sieve
}
protocol imap {
  mail_plugins = $mail_plugins imap_quota
}
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage=100K
  quota_grace = 0
  quota_status_success = DUNNO
  quota_status_overquota = 552 5.2.2 Mailbox is full
  quota_warning = storage=50%% quota-warning 50 %u
}
service quota-status {
  executable = quota-status -p postfix
  inet_listener {
    port = 12340
  }
}' 'mail_plugins {
  quota = yes
}
protocol imap {
  mail_plugins {
    imap_quota = yes
  }
}
quota_status_success = DUNNO
quota_status_overquota = 552 5.2.2 Mailbox is full
quota "User quota" {
  storage_size = 100k
  storage_grace = 0
  warning warn-50 {
    quota_storage_percentage = 50
    execute quota-warning {
      args = 50 %{user}
    }
  }
}
service quota-status {
  executable = quota-status -p postfix
  inet_listener quota-status {
    port = 12340
  }
}')
service quota-warning {
  executable = script $helpers/warn
  user = vmail
  unix_listener quota-warning {
    user = vmail
  }
}"
  rm -rf $vmail/example.org/carol $vmail/warned
  deliver $carol fits "$(head -c 50000 /dev/urandom | base64)"
  eventually grep -qx "50 $carol vmail" $vmail/warned
  lmtp /run/dovecot/lmtp $carol toomuch "$(head -c 50000 /dev/urandom | base64)" | grep -q '^\(452 4\|552 5\).2.2 .*[Qq]uota'
  imap $carol 'a GETQUOTAROOT INBOX' | grep -q 'STORAGE [67][0-9] 100'
  policy 500 | grep -q '^action=DUNNO'
  policy 90000 | grep -q '^action=552'
}

# policy SIZE: what Postfix would be told of a mail of this size
policy() {
  printf 'request=smtpd_access_policy\nrecipient=%s\nsize=%s\n\n' $carol "$1" |
    timeout 10 perl -MIO::Socket::INET -e '
      my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:12340") or die "connect: $!\n";
      print $socket <STDIN>;
      $socket->flush;
      print scalar <$socket>'
}

@test "goes on where the disk's own quota cannot be asked" {
  with "$(dialect 'mail_plugins = quota
protocol lmtp {
  mail_plugins = quota sieve
}
plugin {
  quota = fs:User quota
}' 'mail_plugins {
  quota = yes
}
quota "User quota" {
  driver = fs
}')"
  carries $ann INBOX
}

@test "opens mailboxes to all, in a directory that hands its group on" {
  groupadd -f readers
  rm -rf $vmail/public
  install -d -o root -g readers -m 2770 $vmail/public
  with "mail_access_groups = readers
namespace public {
  type = public
  separator = /
  prefix = Public/
  subscriptions = no
$(dialect "  location = maildir:$vmail/public:INDEXPVT=~/public" "  mail_driver = maildir
  mail_path = $vmail/public
  mail_index_private_path = ~/public")
}"
  carries $ann Public/News
  [ "$(stat -c '%U:%G' $vmail/public/.News/cur)" = vmail:readers ]
}

@test "runs a script after each login" {
  printf '#!/bin/sh\necho "$USER" >>/var/lib/dovecot/fenced-logins\nexec "$@"\n' >$helpers/login
  chmod 755 $helpers/login
  rm -f /var/lib/dovecot/fenced-logins
  with "service imap {
  executable = imap imap-postlogin
}
service imap-postlogin {
  executable = script-login $helpers/login
  unix_listener imap-postlogin {
  }
}"
  carries $ann INBOX
  grep -qx $ann /var/lib/dovecot/fenced-logins
}

@test "makes the home directory of a user at their first login" {
  id newcomer >/dev/null 2>&1 || useradd -M newcomer
  echo newcomer:secret | chpasswd
  rm -rf /home/newcomer
  [ -e /run/fenced-pam ] || cp /etc/pam.d/dovecot /run/fenced-pam
  echo 'session required pam_mkhomedir.so' >>/etc/pam.d/dovecot
  { dialect 'passdb {
  driver = pam
  args = session=yes dovecot
}' 'passdb pam {
  session = yes
}'; cat $first; } >/run/fenced-first
  cp $first /run/fenced-before
  cp /run/fenced-first $first
  restart
  eventually answers
  carries newcomer kept || { cp /run/fenced-before $first; cp /run/fenced-pam /etc/pam.d/dovecot; false; }
  cp /run/fenced-before $first
  cp /run/fenced-pam /etc/pam.d/dovecot
  [ "$(stat -c %U /home/newcomer /home/newcomer/.profile | sort -u)" = newcomer ]
}

@test "is looked after by doveadm, also over HTTP" {
  with "doveadm_password = fenced
service doveadm {
  inet_listener http {
    port = 8080
  }
}"
  deliver $ann looked
  imap $ann 'END=^nothing' 'a NOOP' >/dev/null 2>&1 3>&- &
  eventually logged_in $ann
  doveadm kick $ann
  eventually logged_out $ann
  doveadm user $ann | grep -q $vmail/example.org/ann
  curl -sS --max-time 10 -u doveadm:fenced -H 'Content-Type: application/json' http://127.0.0.1:8080/doveadm/v1 \
    -d "[[\"mailboxStatus\",{\"user\":\"$ann\",\"field\":[\"messages\"],\"mailboxMask\":[\"INBOX\"]},\"t\"]]" | grep -q '"messages":"[1-9]'
  doveadm service status | grep -q imap-login
}

logged_in() { doveadm who 2>/dev/null | grep -q "^$1 "; }
logged_out() { ! logged_in "$1"; }

@test "shows figures to Prometheus" {
  with 'service stats {
  inet_listener http {
    port = 9900
  }
}
metric imap_command {
  filter = event=imap_command_finished
}'
  imap $ann 'a NOOP' >/dev/null
  eventually figures
}

figures() { curl -sS --max-time 5 http://127.0.0.1:9900/metrics | grep -qE '^dovecot_imap_command_total [1-9]'; }

@test "says who logs in to the journal, or to a file that it opens anew when it has been rotated" {
  imap $ann 'a NOOP' >/dev/null
  eventually journalled "imap-login: .*log.*user=<$ann>"
  with 'log_path = /var/log/dovecot.log'
  imap $ann 'a NOOP' >/dev/null
  eventually grep -q "imap-login: .*user=<$ann>" /var/log/dovecot.log
  mv /var/log/dovecot.log /var/log/dovecot.log.1
  doveadm log reopen
  imap $ann 'a NOOP' >/dev/null
  eventually grep -q "imap-login: .*user=<$ann>" /var/log/dovecot.log
  rm -f /var/log/dovecot.log.1
}

@test "puts a changed setting in force on a reload, and keeps its clients" {
  local before
  before=$(main_pid)
  rm -rf $vmail/example.org/carol
  deliver $carol before
  imap $carol 'a SELECT INBOX' 'END=^\* 2 EXISTS' 'a IDLE' 'END=^a ' DONE >/run/fenced-idle 3>&- &
  local client=$!
  eventually grep -q '^+ idling' /run/fenced-idle
  echo 'login_greeting = Fenced is ready' >>$settings
  timeout 20 systemctl reload "$UNIT"
  eventually greets 'Fenced is ready'
  deliver $carol after
  wait $client
  grep -q '^a OK Idle completed' /run/fenced-idle
  [ "$(main_pid)" = "$before" ]
}

greets() { talk '.' 127.0.0.1:143 | grep -q "$1"; }

@test "ends helpers that have nothing to do, and replaces those that crash" {
  with "service stats {
  $(dialect idle_kill idle_kill_interval) = 1s
}
service indexer {
  $(dialect idle_kill idle_kill_interval) = 1s
}"
  deliver $ann indexed
  doveadm index -q -u $ann INBOX
  eventually helper indexer
  PATIENCE=15 eventually no_helper indexer
  local helper
  helper=$(helper auth)
  imap $ann >/dev/null
  helper=$(helper auth)
  kill -SEGV "$helper"
  eventually imap_works
  [ "$(helper auth)" != "$helper" ]
}

helper() { pgrep -f "^dovecot/$1( |$)"; }
no_helper() { ! helper "$1"; }
imap_works() { imap $ann 2>/dev/null | grep -q '^a OK'; }

@test "shuts strangers in a directory of their own, as users who own nothing" {
  talk '.' 127.0.0.1:143 'END=^nothing' 'a NOOP' >/dev/null 2>&1 3>&- &
  eventually helper imap-login
  local login
  login=$(helper imap-login | head -n 1)
  [ "$(readlink "/proc/$login/root")" = /run/dovecot/login ]
  [ "$(ps -o user= -p "$login")" = dovenull ]
  [ "$(users)" = 'dovecot dovenull root' ]
  kill $!
}

@test "may note logins in the audit log, without which PAM turns everybody away where the kernel keeps one" {
  # Here it keeps none, so that this asks for the right alone, which is the 29th.
  imap bob 'END=^nothing' 'a NOOP' >/dev/null 2>&1 3>&- &
  eventually helper auth
  local worker
  worker=$(helper auth | tail -n 1)
  kill $!
  [ $((16#$(sed -n 's/^CapBnd:[[:space:]]*//p' "/proc/$worker/status") >> 29 & 1)) = 1 ]
}

@test "serves many clients at once" {
  with 'mail_max_userip_connections = 100'
  timeout 60 perl -MIO::Socket::INET -e '
    my @open = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:143", Timeout => 5) or die "client $_: $!\n" } 1 .. 25;
    for my $socket (@open) {
      my $line = <$socket>;
      print $socket "a LOGIN ann\@example.org secret\r\n";
      $socket->flush;
    }
    for my $socket (@open) {
      my $line = <$socket> // die "closed\n";
      $line = <$socket> if $line =~ /^\*/;
      $line =~ /^a OK/ or die $line;
    }'
}

@test "keeps all mail over a restart" {
  local mark
  mark=$(fresh)
  deliver $ann "$mark"
  restart
  eventually answers
  has $ann INBOX "$mark"
}

@test "starts again after a crash" {
  local before
  before=$(main_pid)
  kill -KILL "$before"
  eventually failed
  restart
  eventually answers
  is_another "$before"
  carries $ann INBOX
}

failed() { [ "$(systemctl show -p ActiveState --value "$UNIT")" = failed ]; }

# Last: the others need it running.
@test "stops cleanly" {
  timeout 40 systemctl stop "$UNIT"
  ended_well
  [ -z "$(ss -Hltn 'sport = :143')" ]
  run ! pgrep -f '^dovecot/'
  restart
  eventually answers
}
