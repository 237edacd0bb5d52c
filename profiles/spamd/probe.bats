#!/usr/bin/env bats
# What SpamAssassin's daemon must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

options=/etc/default/spamd
rules=/etc/spamassassin/fenced-probe.cf
plugins=/etc/spamassassin/fenced-probe.pre
key=/etc/spamassassin/fenced-probe.key
certificate=/etc/spamassassin/fenced-probe.pem
data=/var/lib/spamassassin/fenced-probe
log=/var/log/spamd.log
# A line that every spam filter takes for spam.
gtube='XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'

# mail SUBJECT [BODY]
mail() {
  printf 'From: Ann <ann@example.org>\nTo: alice@example.net\nDate: %s\nMessage-ID: <%s@example.org>\nSubject: %s\n\n%s\n' \
    "$(date -R)" "$RANDOM$RANDOM" "$1" "${2-A plain letter about the weather in spring.}"
}

# ask ARGUMENT...: what it makes of the mail on stdin
ask() { timeout 40 spamc -t 35 -x "$@"; }
pings() { timeout 5 spamc -x -K -d "$1" 2>/dev/null | grep -q '^SPAMD/'; }
answers() { pings 127.0.0.1 && pings ::1; }
hit() { mail "${@:2}" | ask -y | grep -q "$1"; }

configure() {
  echo "OPTIONS=\"$*\"" >$options
  restart
  PATIENCE=40 eventually answers
}

usual="--create-prefs --max-children 4 --helper-home-dir --allow-tell --listen 0.0.0.0 --listen [::]:783
  --listen ssl:127.0.0.1:784 --server-key $key --server-cert $certificate
  --listen /run/fenced-spamd.sock --socketowner mail --socketgroup mail --socketmode 0660
  --allowed-ips 127.0.0.1,::1,192.0.2.10,2001:db8::10"
usual=$(tr -s ' \n' ' ' <<<"$usual")

# A name server that lists 203.0.113.7, and knows nothing else.
name_server() {
  perl -MIO::Socket::INET -e '
    my $socket = IO::Socket::INET->new(Proto => "udp", LocalAddr => "127.0.0.1:5353") or die "bind: $!\n";
    while (my $from = $socket->recv(my $query, 4096)) {
      my ($at, @labels) = 12;
      while (my $length = ord substr $query, $at, 1) { push @labels, substr $query, $at + 1, $length; $at += $length + 1 }
      my ($question, $type) = (substr($query, 12, $at - 7), unpack "n", substr $query, $at + 1, 2);
      my $listed = lc join(".", @labels) eq "7.113.0.203.list.example" && $type == 1;
      my $answer = $listed ? pack("nnnNnC4", 0xC00C, 1, 1, 60, 4, 127, 0, 0, 2) : "";
      $socket->send(substr($query, 0, 2) . pack("nnnnn", $listed ? 0x8180 : 0x8183, 1, $listed ? 1 : 0, 0, 0) . $question . $answer, 0, $from);
    }' >/run/fenced-dns.out 2>&1 3>&- &
  echo $! >/run/fenced-dns.pid
}

rules() {
  cat <<'EOF'
dns_server [127.0.0.1]:5353
allow_user_rules 1
bayes_min_spam_num 3
bayes_min_ham_num 3
header FENCED_SUBJECT Subject =~ /fenced-subject/
score FENCED_SUBJECT 7.5
header FENCED_LIST eval:check_rbl('fenced-lastexternal', 'list.example.')
tflags FENCED_LIST net
score FENCED_LIST 3.3
ifplugin Mail::SpamAssassin::Plugin::ExtractText
extracttext_external fenced /bin/sh -c "id -un; cat {}"
extracttext_use fenced .fnc application/x-fenced
body FENCED_INSIDE /words-inside-alice/
score FENCED_INSIDE 2.2
endif
EOF
}

setup_file() {
  id alice >/dev/null 2>&1 || useradd -m alice
  rm -rf /home/alice/.spamassassin $data $log*
  install -d -o debian-spamd -g debian-spamd $data
  if [ ! -e $key ]; then
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost -keyout $key -out $certificate 2>/dev/null
    chmod 600 $key
  fi
  # It asks for the name of whoever connects.
  grep -q fenced-lan /etc/hosts || printf '192.0.2.10 fenced-lan\n2001:db8::10 fenced-lan6\n' >>/etc/hosts
  echo 'loadplugin Mail::SpamAssassin::Plugin::ExtractText' >$plugins
  rules >$rules
  if [ -e /run/fenced-dns.pid ]; then kill "$(cat /run/fenced-dns.pid)" 2>/dev/null || true; fi
  name_server
  # The one that the lab has just started may still be compiling its rules, and then it does not stop well.
  systemctl kill --signal=KILL "$UNIT" || true
  systemctl stop "$UNIT" || true
  configure "$usual" || true
}

teardown_file() {
  kill "$(cat /run/fenced-dns.pid)" || true
  rm -f $rules $plugins
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  [ -n "$BATS_TEST_COMPLETED" ] && return
  rules >$rules
  configure "$usual" || true
}

@test "tells spam from other mail, over IPv4 and IPv6" {
  mail 'good news' | ask -d 127.0.0.1 -c
  mail 'good news' | ask -d ::1 -c
  mail 'bad news' "$gtube" >/run/fenced-mail
  run -1 ask -d 127.0.0.1 -c </run/fenced-mail
  [[ $output == 10[0-9][0-9].* ]]
  run -1 ask -d ::1 -c </run/fenced-mail
}

@test "marks mail in its head, and leaves the rest as it was" {
  mail 'fenced-subject' 'these words' | ask >/run/fenced-out
  grep -q '^X-Spam-Flag: YES' /run/fenced-out
  tr -d '\n\t' </run/fenced-out | grep -q 'X-Spam-Status: Yes, .*FENCED_SUBJECT'
  grep -q '^these words$' /run/fenced-out
}

@test "serves other machines that it knows" {
  mail 'good news' | ask -d 192.0.2.10 -c
  mail 'good news' | ask -d 2001:db8::10 -c
}

@test "serves TLS, with a key that only root may read" {
  [ "$(stat -c '%U %a' $key)" = 'root 600' ]
  printf 'PING SPAMC/1.2\r\n\r\n' | timeout 10 openssl s_client -quiet -connect 127.0.0.1:784 2>/dev/null | grep -q '^SPAMD/1.* PONG'
}

@test "listens on a socket that belongs to the mail server" {
  [ "$(stat -c '%U:%G %a' /run/fenced-spamd.sock)" = 'mail:mail 660' ]
  mail 'good news' | setpriv --reuid mail --regid mail --clear-groups timeout 40 spamc -x -U /run/fenced-spamd.sock -c
}

@test "makes the settings of a user, and follows them" {
  mail 'fenced-subject' | ask -u alice -y | grep -q FENCED_SUBJECT
  [ "$(stat -c %U /home/alice/.spamassassin/user_prefs)" = alice ]
  echo 'score FENCED_SUBJECT 0' >>/home/alice/.spamassassin/user_prefs
  mail 'fenced-subject' | ask -u alice -y >/run/fenced-out
  run ! grep -q FENCED_SUBJECT /run/fenced-out
  mail 'fenced-subject' | ask -u root -y | grep -q FENCED_SUBJECT
}

@test "learns what each user takes for spam" {
  local n
  for n in 1 2 3 4; do
    mail "offer $n" "cheapest miraculous pills and watches, wonderful quality, order number $n" | ask -u alice -L spam
    mail "letter $n" "the committee meets on thursday to discuss the garden, item number $n" | ask -u alice -L ham
  done >/run/fenced-out
  grep -q 'successfully un/learned' /run/fenced-out
  [ "$(stat -c %U /home/alice/.spamassassin/bayes_toks)" = alice ]
  mail 'offer' 'cheapest miraculous pills and watches, wonderful quality' | ask -u alice -y | grep -qE 'BAYES_(80|95|99)'
}

@test "asks blocklists by DNS" {
  mail 'not listed' | ask -y >/run/fenced-out
  run ! grep -q FENCED_LIST /run/fenced-out
  { printf 'Received: from relay.example.org (relay.example.org [203.0.113.7])\n\tby mx.example.net with ESMTP id 1; %s\n' "$(date -R)" && mail listed; } | ask -y | grep -q FENCED_LIST
}

@test "reads attachments through a program, as the user whose mail it is" {
  mail_with_file | ask -u alice -y | grep -q FENCED_INSIDE
}

mail_with_file() {
  printf 'From: ann@example.org\nTo: alice@example.net\nDate: %s\nMessage-ID: <%s@example.org>\nSubject: a file\nMIME-Version: 1.0\n' "$(date -R)" "$RANDOM"
  printf 'Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nsee the file\n'
  printf -- '--b\nContent-Type: application/x-fenced; name="a.fnc"\nContent-Disposition: attachment; filename="a.fnc"\n\nwords-inside-alice\n--b--\n'
}

@test "says in the journal what it has found" {
  mail "fenced-subject" | ask -c >/dev/null || true
  eventually journalled 'spamd: result: Y .*FENCED_SUBJECT'
}

@test "works on many mails at once" {
  local n pids=()
  for n in 1 2 3 4 5 6 7 8; do
    { mail 'fenced-subject' | ask -y >/run/fenced-out.$n; } 3>&- &
    pids+=($!)
  done
  for n in "${pids[@]}"; do wait "$n" || true; done
  [ "$(grep -l FENCED_SUBJECT /run/fenced-out.[1-8] | wc -l)" = 8 ]
}

@test "starts a new worker when one crashes" {
  local worker
  worker=$(pgrep -f '^spamd child' | head -n 1)
  kill -KILL "$worker"
  eventually gone "$worker"
  hit FENCED_SUBJECT fenced-subject
  eventually two_workers
}

two_workers() { [ "$(pgrep -fc '^spamd child')" -ge 2 ]; }

@test "follows a changed rule after a reload" {
  sed -i 's/^score FENCED_SUBJECT .*/score FENCED_SUBJECT 0.1/' $rules
  timeout 30 systemctl reload "$UNIT"
  PATIENCE=40 eventually scores_little
  rules >$rules
  timeout 30 systemctl reload "$UNIT"
  PATIENCE=40 eventually marks
}

scores_little() { mail fenced-subject | ask -c 2>/dev/null | grep -q '^-\?[01]\.'; }
marks() { ! mail fenced-subject | ask -c >/run/fenced-out 2>/dev/null && grep -q '^[5-9]' /run/fenced-out; }

@test "logs to a file, and opens it anew after a rotation" {
  configure "$usual --syslog $log"
  hit FENCED_SUBJECT fenced-subject
  eventually grep -q 'spamd: result: Y .*FENCED_SUBJECT' $log
  [ "$(stat -c %a $log)" = 644 ]
  mv $log $log.1
  timeout 30 systemctl reload "$UNIT"
  PATIENCE=40 eventually logs_anew $log
  configure "$usual"
}

logs_anew() { hit FENCED_SUBJECT fenced-subject && grep -q 'spamd: result: Y' "$1"; }

@test "runs as one user for all, with words learnt, settings and log in a directory of that user" {
  configure "--max-children 2 --allow-tell -x -u debian-spamd -g debian-spamd --virtual-config-dir=$data/%u -H $data -s $data/spamd.log"
  workers_are debian-spamd
  mail 'offer' 'cheap things' | ask -u ann@example.org -L spam
  find $data -user debian-spamd -name bayes_toks | grep -q .
  hit FENCED_SUBJECT fenced-subject
  mv $data/spamd.log $data/spamd.log.1
  timeout 30 systemctl reload "$UNIT"
  PATIENCE=40 eventually logs_anew $data/spamd.log
  eventually workers_are debian-spamd
  configure "$usual"
}

# workers_are USER: all of them, and there are no more than two
workers_are() {
  [ "$(pgrep -fc '^spamd child')" -le 2 ] && [ "$(for pid in $(pgrep -f '^spamd child'); do ps -o ruser:32= -p "$pid"; done | sort -u)" = "$1" ]
}

@test "says in the journal what is wrong with its rules" {
  echo 'fenced_nonsense yes' >>$rules
  restart
  PATIENCE=40 eventually journalled 'fenced_nonsense'
  PATIENCE=40 eventually answers
  rules >$rules
}

@test "comes back after a crash" {
  local before
  before=$(main_pid)
  kill -KILL "$before"
  eventually is_another "$before"
  PATIENCE=40 eventually answers
  hit FENCED_SUBJECT fenced-subject
}

# bats test_tags=option:local
@test "does not serve other machines" {
  pings 127.0.0.1
  run ! pings 192.0.2.10
  run ! pings 2001:db8::10
}

# bats test_tags=option:shared
@test "sees no home directories, and writes nowhere but in its own" {
  local root
  root=/proc/$(main_pid)/root
  rm -f /srv/fenced-spamd $data/fenced-spamd
  [ -d /home/alice ]
  [ ! -e "$root/home/alice" ]
  run ! touch "$root/srv/fenced-spamd"
  touch "$root$data/fenced-spamd"
}

# Last: the others need it running.
@test "stops cleanly" {
  timeout 40 systemctl stop "$UNIT"
  ended_well
  [ -z "$(ss -Hltn 'sport = :783')" ]
  run ! pgrep -f '^spamd child'
  restart
  PATIENCE=40 eventually answers
}
