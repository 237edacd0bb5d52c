#!/usr/bin/env bats
# What ProFTPD must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

conf=/etc/proftpd/proftpd.conf
more=/etc/proftpd/conf.d/fenced-probe.conf
home=/srv/fenced-probe
# Bob lives where users usually do, and ann elsewhere.
ann=/srv/fenced-ann
bob=/home/bob
log=/var/log/proftpd/proftpd.log
transfers=/var/log/proftpd/xferlog
key=/etc/ssl/private/fenced-probe.key

# as NAME: as that user; each takes what curl takes
as() { curl -sSg --max-time 15 -u "$1:secret" "${@:2}"; }
ftp() { as ann "$@"; }
anonymous() { curl -sSg --max-time 15 "$@"; }
answers() { [ "$(ftp ftp://127.0.0.1/kept.txt 2>/dev/null)" = kept ]; }
logged() { grep -q -- "$1" "${2-$log}"; }
journal_has() { journalctl -q -o cat --since=-20s | grep -q "$1"; }

# configure LINE...: the package's settings, and these; SWITCH, a sed script, changes the package's own
configure() {
  sed "${SWITCH-}" $home/package >$conf
  printf '%s\n' "$@" >$more
  restart
  eventually greets
}
greets() { [[ $(exec 2>/dev/null; open 127.0.0.1 "${PORT-21}" && reply) == 220* ]]; }

# A conversation by hand, through file descriptor 9: open HOST [PORT], say COMMAND..., close
open() { exec 9<>"/dev/tcp/$1/${2-21}"; }
close() { exec 9>&-; }
reply() {
  local line
  while IFS= read -r -t 10 line <&9; do
    printf '%s\n' "${line%$'\r'}"
    [[ $line != [0-9][0-9][0-9]' '* ]] || return 0
  done
  return 1
}
say() {
  printf '%s\r\n' "$*" >&9
  reply
}
log_in() {
  open "${2-127.0.0.1}" "${PORT-21}"
  reply
  say USER "$1"
  say PASS secret | grep '^230'
}
# is CODE COMMAND...: whether that is the answer
is() {
  local said
  said=$(say "${@:2}")
  echo "$said"
  [[ $said == "$1"* ]]
}

# listener ADDRESS: takes one connection on port 40021, and tells who came and what they sent
listener() {
  rm -f $home/heard
  perl -MIO::Socket::IP -e '
    alarm 15;
    my $all = IO::Socket::IP->new(LocalHost => $ARGV[0], LocalPort => 40021, Listen => 1, ReuseAddr => 1) or die $@;
    open my $ready, ">", "/srv/fenced-probe/ready"; close $ready;
    my $one = $all->accept or die;
    print "from ", $one->peerport, "\n", <$one>' "$1" >$home/heard 3>&- 9>&- &
  eventually test -e $home/ready
  rm $home/ready
}

setup_file() {
  mkdir -p $home
  [ -e $home/package ] || cp -p $conf $home/package
  for user in ann bob carol virtual; do
    id $user || useradd -s /bin/bash -d "$(home_of $user)" $user
    echo "$user:secret" | chpasswd
  done 2>/dev/null
  stock
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=ftp.example -keyout $key -out $home/certificate 2>/dev/null
  openssl rsa -aes128 -passout pass:open -in $key -out $home/locked-key 2>/dev/null
  [ -e $home/host-key ] || ssh-keygen -q -m PEM -t rsa -b 2048 -N '' -f $home/host-key
  [ -e $home/user-key ] || ssh-keygen -q -m PEM -t rsa -b 2048 -N '' -f $home/user-key
  seq 200000 >$home/large
  configure
  eventually answers
}

home_of() {
  case $1 in
  bob) echo $bob ;;
  *) echo "/srv/fenced-$1" ;;
  esac
}

# stock: each user with one file, and nothing that an earlier test has left
stock() {
  for user in ann bob virtual; do
    local place
    place=$(home_of $user)
    rm -rf "${place:?}"
    install -d -m 700 -o $user -g $user "$place"
    echo kept >"$place/kept.txt"
    chown $user: "$place/kept.txt"
  done
  rm -rf /srv/fenced-carol /srv/ftp/pub /srv/ftp/incoming
  install -d -m 755 /srv/ftp/pub
  install -d -m 755 -o ftp -g nogroup /srv/ftp/incoming
  echo 'for everybody' >/srv/ftp/pub/file.txt
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  close
  if mountpoint -q $ann/volume; then umount $ann/volume; fi
  rm -f /etc/ftpusers /etc/shutmsg
  if cmp -s $conf $home/package && [ ! -s $more ] && [ "$BATS_TEST_COMPLETED" ]; then return; fi
  SWITCH='' configure
  : >$more
  eventually answers
}

teardown_file() {
  cp $home/package $conf
  rm -f $more
}

@test "serves a user as packaged, who fetches, sends and lists" {
  [ "$(ftp 'ftp://[::1]/kept.txt')" = kept ]
  ftp -T $home/large ftp://127.0.0.1/large
  cmp $home/large $ann/large
  [ "$(stat -c '%U:%G %a' $ann/large)" = 'ann:ann 644' ]
  ftp ftp://127.0.0.1/large | cmp - $home/large
  ftp ftp://127.0.0.1/ | grep -qE '^-rw-r--r-- .* ann +ann +5 .* kept.txt'
  run ! curl -sS -u ann:wrong ftp://127.0.0.1/kept.txt
}

@test "serves other machines, over IPv4 and IPv6" {
  [ "$(ftp --connect-timeout 3 ftp://192.0.2.10/kept.txt)" = kept ]
  [ "$(ftp 'ftp://[2001:db8::10]/kept.txt')" = kept ]
}

@test "serves users who live in /home" {
  [ "$(as bob ftp://127.0.0.1/kept.txt)" = kept ]
  as bob -T $home/large 'ftp://[::1]/large'
  cmp $home/large $bob/large
  [ "$(stat -c '%U:%G %a' $bob/large)" = 'bob:bob 644' ]
}

@test "goes on where a transfer was cut, and appends" {
  configure 'AllowStoreRestart on' 'AllowRetrieveRestart on'
  head -c 1000000 $home/large >$ann/part
  chown ann: $ann/part
  ftp -C 1000000 -T $home/large ftp://127.0.0.1/part
  cmp $home/large $ann/part
  ftp -C 1200000 ftp://127.0.0.1/part | cmp - <(tail -c +1200001 $home/large)
  echo more | ftp -a -T - ftp://127.0.0.1/kept.txt
  [ "$(cat $ann/kept.txt)" = $'kept\nmore' ]
  echo kept >$ann/kept.txt
}

@test "makes, renames, copies and deletes, sets permissions, groups and times" {
  usermod -aG users ann
  cat /etc/hostname >$ann/draft
  chown ann: $ann/draft
  log_in ann
  is 257 MKD papers
  is 350 RNFR draft
  is 250 RNTO papers/final
  is 350 SITE CPFR papers/final
  is 250 SITE CPTO papers/copy
  is 200 SITE SYMLINK papers/copy papers/link
  is 200 SITE CHMOD 640 papers/final
  is 200 SITE CHGRP users papers/final
  is 213 MFMT 20200102030405 papers/final
  [ "$(stat -c '%U:%G %a' $ann/papers/final)" = 'ann:users 640' ]
  [ "$(TZ=UTC stat -c %y $ann/papers/final)" = '2020-01-02 03:04:05.000000000 +0000' ]
  cmp $ann/papers/link /etc/hostname
  is 250 DELE papers/final
  is 200 SITE RMDIR papers
  [ ! -e $ann/papers ]
}

@test "hands the group of a shared directory on" {
  install -d -m 2775 -g users $ann/shared
  chown ann $ann/shared
  log_in ann
  is 257 MKD shared/new
  [ "$(stat -c '%G %a' $ann/shared/new)" = 'users 2755' ]
}

@test "keeps users from what is not theirs" {
  log_in ann
  is 550 CWD $bob
  is 550 DELE /etc/passwd
  run ! ftp ftp://127.0.0.1//etc/shadow
  [ "$(ftp ftp://127.0.0.1//etc/hostname)" = "$(cat /etc/hostname)" ]
}

# calls_back ADDRESS COMMAND...: what a file looks like that the server brings, and from which port
calls_back() {
  log_in ann "$1"
  listener "$1"
  is 200 TYPE I
  is 200 "${@:2}"
  is 150 RETR kept.txt
  [[ $(reply) == 226* ]]
  close
  eventually logged kept $home/heard
}

@test "calls back, over IPv4 and IPv6" {
  calls_back 127.0.0.1 PORT 127,0,0,1,156,85
  [ "$(tail -n 1 $home/heard)" = kept ]
  calls_back ::1 EPRT '|2|::1|40021|'
  [ "$(tail -n 1 $home/heard)" = kept ]
  [ "$(ftp -P 127.0.0.1 ftp://127.0.0.1/kept.txt)" = kept ]
}

@test "calls back from port 20, for firewalls that ask for it" {
  configure 'RootRevoke off'
  calls_back 127.0.0.1 PORT 127,0,0,1,156,85
  [ "$(cat $home/heard)" = $'from 20\nkept' ]
  calls_back ::1 EPRT '|2|::1|40021|'
  [ "$(cat $home/heard)" = $'from 20\nkept' ]
}

@test "waits for data on the ports that it may use, at the address that it is to name" {
  configure 'PassivePorts 50000 50003' 'MasqueradeAddress 192.0.2.10'
  log_in ann
  for _ in 1 2 3; do
    say PASV | grep -E '^227 .*192,0,2,10,195,8[0-3]\)'
  done
  say EPSV | grep -E '^229 .*\|\|\|5000[0-3]\|'
  close
  [ "$(ftp ftp://127.0.0.1/kept.txt)" = kept ]
}

# encrypt LINE...: TLS, and these
encrypt() {
  configure 'LoadModule mod_tls.c' 'TLSEngine on' 'TLSLog /var/log/proftpd/tls.log' "TLSRSACertificateFile $home/certificate" \
    "TLSRSACertificateKeyFile $key" "$@"
}

@test "encrypts passwords and data, and takes no password without" {
  encrypt 'TLSRequired on'
  # With TLS 1.3 a client that has sent all closes before it has read the server's tickets, and some transfers fail.
  ftp -k --ssl-reqd --tls-max 1.2 -T $home/large ftp://127.0.0.1/secret
  cmp $home/large $ann/secret
  ftp -k --ssl-reqd --tls-max 1.2 'ftp://[::1]/secret' | cmp - $home/large
  ftp -k --ssl-reqd --tls-max 1.2 ftp://127.0.0.1/ | grep -q secret
  run ! ftp ftp://127.0.0.1/secret
  [ "$status" != 28 ]
  logged 'TLS/TLS-C negotiation\|TLSv1.2' /var/log/proftpd/tls.log
}

@test "speaks TLS from the beginning, on port 990" {
  configure 'LoadModule mod_tls.c' '<VirtualHost 0.0.0.0>' 'Port 990' 'TLSEngine on' 'TLSOptions UseImplicitSSL NoSessionReuseRequired' \
    "TLSRSACertificateFile $home/certificate" "TLSRSACertificateKeyFile $key" '</VirtualHost>'
  [ "$(ftp -k --ssl-reqd ftps://127.0.0.1/kept.txt)" = kept ]
  ftp -k --ssl-reqd ftps://127.0.0.1/ | grep -q kept.txt
}

@test "asks for a certificate of the client" {
  encrypt 'TLSVerifyClient on' "TLSCACertificateFile $home/certificate" 'TLSOptions NoSessionReuseRequired'
  [ "$(ftp -k --ssl-reqd --cert $home/certificate --key $key ftp://127.0.0.1/kept.txt)" = kept ]
  run ! ftp -k --ssl-reqd ftp://127.0.0.1/kept.txt
  [ "$status" != 28 ]
}

@test "asks a program for the word that opens its key, and keeps sessions of TLS in shared memory" {
  printf '#!/bin/sh\necho open\n' >$home/word
  chmod 700 $home/word
  configure 'LoadModule mod_tls.c' 'LoadModule mod_tls_shmcache.c' 'TLSEngine on' "TLSPassPhraseProvider $home/word" \
    "TLSRSACertificateFile $home/certificate" "TLSRSACertificateKeyFile $home/locked-key" 'TLSSessionCache shm:/file=/run/fenced-sessions'
  [ "$(ftp -k --ssl-reqd --tls-max 1.2 ftp://127.0.0.1/kept.txt)" = kept ]
  [ -e /run/fenced-sessions ]
  grep -q SYSV "/proc/$(main_pid)/maps"
}

strangers() {
  configure '<Anonymous ~ftp>' 'User ftp' 'Group nogroup' 'UserAlias anonymous ftp' 'RequireValidShell off' 'MaxClients 10' \
    "$@" '</Anonymous>'
}

@test "serves strangers, and shows them nothing else" {
  strangers '<Directory *>' '<Limit WRITE>' DenyAll '</Limit>' '</Directory>'
  [ "$(anonymous ftp://127.0.0.1/pub/file.txt)" = 'for everybody' ]
  anonymous 'ftp://[::1]/' | grep -q pub
  run ! anonymous ftp://127.0.0.1//etc/passwd
  run ! anonymous -T $home/large ftp://127.0.0.1/incoming/large
  [ ! -e /srv/ftp/incoming/large ]
  local worker
  open 127.0.0.1
  reply
  say USER anonymous
  is 230 PASS a@b.example
  worker=$(pgrep -u ftp -x proftpd)
  [ "$(readlink "/proc/$worker/root")" = /srv/ftp ]
}

@test "takes files of strangers" {
  strangers '<Directory incoming>' 'Umask 027 027' '<Limit ALL>' AllowAll '</Limit>' '</Directory>'
  anonymous -T $home/large ftp://127.0.0.1/incoming/large
  cmp $home/large /srv/ftp/incoming/large
  [ "$(stat -c '%U:%G %a' /srv/ftp/incoming/large)" = 'ftp:nogroup 640' ]
}

@test "gives what users send to somebody who will look at it" {
  install -d -m 755 -o ann $ann/incoming
  configure 'RootRevoke off' "<Directory $ann/incoming>" 'UserOwner bob' 'GroupOwner games' '</Directory>'
  ftp -T $home/large ftp://127.0.0.1/incoming/large
  cmp $home/large $ann/incoming/large
  [ "$(stat -c '%U:%G %a' $ann/incoming/large)" = 'bob:games 644' ]
}

@test "locks users into their homes, those of a group not" {
  configure 'DefaultRoot ~ !users'
  usermod -G '' ann
  usermod -G users bob
  log_in ann
  is '257 "/"' PWD
  is 550 SIZE $ann/kept.txt
  is 200 TYPE I
  is 213 SIZE /kept.txt
  close
  ftp -T $home/large ftp://127.0.0.1/locked
  cmp $home/large $ann/locked
  ftp ftp://127.0.0.1/ | grep -qE ' ann +ann .* locked'
  log_in bob
  is '257 "/home/bob"' PWD
}

@test "makes a home at the first login" {
  rm -rf /srv/fenced-carol
  configure 'CreateHome on 700 skel /etc/skel'
  log_in carol
  is '257 "/srv/fenced-carol"' PWD
  [ "$(stat -c '%U:%G %a' /srv/fenced-carol)" = 'carol:carol 700' ]
  [ "$(stat -c %U:%G /srv/fenced-carol/.bashrc)" = carol:carol ]
}

@test "knows users that the machine does not" {
  local uid
  uid=$(id -u virtual)
  rm -f $home/passwd $home/group
  install -d -m 755 -o virtual /srv/fenced-virtual/{dora,emil}
  for user in dora emil; do
    echo secret | ftpasswd --passwd --sha512 --stdin --file $home/passwd --name $user --uid "$uid" --gid "$uid" \
      --home /srv/fenced-virtual/$user --shell /bin/false
  done
  ftpasswd --group --file $home/group --name readers --gid 60001 --member emil
  chmod 600 $home/passwd $home/group
  configure 'AuthOrder mod_auth_file.c' "AuthUserFile $home/passwd" "AuthGroupFile $home/group" 'RequireValidShell off' 'DefaultRoot ~' \
    '<Limit WRITE>' 'DenyGroup readers' '</Limit>'
  as dora -T $home/large ftp://127.0.0.1/large
  cmp $home/large /srv/fenced-virtual/dora/large
  [ "$(stat -c %U /srv/fenced-virtual/dora/large)" = virtual ]
  run ! as emil -T $home/large ftp://127.0.0.1/large
  [ ! -e /srv/fenced-virtual/emil/large ]
  [ -z "$(as emil ftp://127.0.0.1/)" ]
  run ! ftp ftp://127.0.0.1/
}

@test "asks a database for its users, and counts their logins in it" {
  local uid
  uid=$(id -u virtual)
  rm -f $home/users.db
  sqlite3 $home/users.db "CREATE TABLE users (userid, passwd, uid, gid, homedir, shell, count INTEGER);
    INSERT INTO users VALUES ('fred', '$(openssl passwd -6 secret)', $uid, $uid, '/srv/fenced-virtual', '/bin/false', 0);"
  configure 'LoadModule mod_sql.c' 'LoadModule mod_sql_sqlite.c' 'SQLBackend sqlite3' 'SQLAuthTypes Crypt' 'SQLAuthenticate users' \
    "SQLConnectInfo $home/users.db" 'AuthOrder mod_sql.c' 'RequireValidShell off' \
    "SQLNamedQuery count UPDATE \"count = count + 1 WHERE userid = '%u'\" users" 'SQLLog PASS count'
  [ "$(as fred ftp://127.0.0.1/kept.txt)" = kept ]
  [ "$(sqlite3 $home/users.db 'SELECT count FROM users')" = 1 ]
}

@test "turns away root, and whoever has no shell or is in /etc/ftpusers" {
  echo root:secret | chpasswd
  run ! as root ftp://127.0.0.1/
  [[ $output == *denied* ]]
  usermod -s /usr/sbin/nologin carol
  run ! as carol ftp://127.0.0.1/
  usermod -s /bin/bash carol
  echo bob >/etc/ftpusers
  run ! as bob ftp://127.0.0.1/
  [[ $output == *denied* ]]
  [ "$(ftp ftp://127.0.0.1/kept.txt)" = kept ]
}

@test "tells of wrong passwords, for fail2ban and the like" {
  run ! curl -sS --max-time 15 -u bob:wrong --interface 127.0.0.2 ftp://127.0.0.1/
  eventually logged '127.0.0.2\[.*USER bob (Login failed): Incorrect password'
  eventually journal_has 'pam_unix(proftpd:auth): authentication failure.*rhost=127.0.0.2.*user=bob'
}

@test "may note logins in the audit log, without which PAM turns everybody away where the kernel keeps one" {
  # Here it keeps none, so that this asks for the right alone, which is the 29th.
  [ $((16#$(sed -n 's/^CapBnd:[[:space:]]*//p' "/proc/$(main_pid)/status") >> 29 & 1)) = 1 ]
}

@test "notes logins where the machine keeps them" {
  for file in wtmp lastlog; do
    [ -e /var/log/$file ] || install -m 664 -g utmp /dev/null /var/log/$file
    cp /var/log/$file $home/$file
  done
  configure 'WtmpLog on' 'UseLastlog on'
  log_in ann
  say QUIT
  run ! cmp $home/wtmp /var/log/wtmp
  run ! cmp $home/lastlog /var/log/lastlog
}

@test "lets files in by SFTP, for passwords and keys" {
  install -m 600 $home/host-key /etc/ssh/fenced-probe
  ssh-keygen -e -f $home/user-key.pub >$home/authorized-ann
  configure 'LoadModule mod_sftp.c' '<VirtualHost 0.0.0.0>' 'SFTPEngine on' 'Port 2222' 'AllowOverwrite on' 'SFTPLog /var/log/proftpd/sftp.log' \
    'SFTPHostKey /etc/ssh/fenced-probe' "SFTPAuthorizedUserKeys file:$home/authorized-%u" 'SFTPCompression delayed' 'DefaultRoot ~' '</VirtualHost>'
  eventually answers
  ftp -k -T $home/large sftp://127.0.0.1:2222/large
  cmp $home/large $ann/large
  rm -f $home/key-copy $home/fetched
  install -m 600 $home/user-key $home/key-copy
  printf 'get large %s\nput %s sent\nchmod 600 sent\nrename sent kept-sent\nls -l\n' $home/fetched $home/large >$home/batch
  timeout 30 sftp -q -b $home/batch -P 2222 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes \
    -i $home/key-copy ann@127.0.0.1 | grep -q kept-sent
  cmp $home/large $home/fetched
  cmp $home/large $ann/kept-sent
  [ "$(stat -c '%U %a' $ann/kept-sent)" = 'ann 600' ]
  rm /etc/ssh/fenced-probe
}

@test "takes orders by ftpdctl, and puts users out" {
  install -d /run/proftpd
  SWITCH='s/ControlsEngine off/ControlsEngine on/;s/ControlsInterval 5/ControlsInterval 1/;s/AdminControlsEngine off/AdminControlsEngine on/' \
    configure 'ControlsSocketACL allow user root' 'ControlsACLs all allow user root' 'AdminControlsACLs all allow user root'
  log_in ann
  ftpdctl -s /run/proftpd/proftpd.sock status all | grep 'UP'
  ftpdctl -s /run/proftpd/proftpd.sock kick user ann | grep 'kicked'
  eventually not_served
  ftpdctl -s /run/proftpd/proftpd.sock restart
  eventually answers
}
not_served() { ! pgrep -u ann -x proftpd; }

@test "shows who is there, and lets nobody in once it is told to shut" {
  log_in ann
  ftpwho -v | grep -q '\bann\b'
  ftpcount | grep -qE '1 user'
  close
  ftpshut -l 0 now fenced
  run ! ftp -v ftp://127.0.0.1/kept.txt
  echo "$output"
  [ "$status" != 28 ]
  ftpshut -R
  eventually answers
}

@test "bans who tries too many passwords" {
  install -d /run/proftpd
  SWITCH='s/ControlsEngine off/ControlsEngine on/;s/ControlsInterval 5/ControlsInterval 1/' \
    configure 'MaxLoginAttempts 1' 'BanEngine on' 'BanLog /var/log/proftpd/ban.log' 'BanTable /run/proftpd/ban.tab' \
    'BanOnEvent MaxLoginAttempts 1/00:10:00 00:10:00' 'ControlsSocketACL allow user root' 'BanControlsACLs all allow user root'
  curl -sS --interface 127.0.0.2 -u ann:secret ftp://127.0.0.1/kept.txt
  run ! curl -sS --interface 127.0.0.2 -u ann:wrong ftp://127.0.0.1/
  eventually banned
  run ! curl -sS --interface 127.0.0.2 -u ann:secret ftp://127.0.0.1/kept.txt
  answers
  ftpdctl -s /run/proftpd/proftpd.sock permit host 127.0.0.2
  curl -sS --interface 127.0.0.2 -u ann:secret ftp://127.0.0.1/kept.txt
}
banned() { ftpdctl -s /run/proftpd/proftpd.sock ban info | grep -q 127.0.0.2; }

@test "lets users send no more than their share" {
  install -d $home/quota
  rm -f $home/quota/*
  ftpquota --create-table --type=limit --table-path=$home/quota/limit
  ftpquota --create-table --type=tally --table-path=$home/quota/tally
  ftpquota --add-record --type=limit --table-path=$home/quota/limit --name=ann --quota-type=user --limit-type=hard --bytes-upload=1000 --units=byte
  SWITCH='s/QuotaEngine off/QuotaEngine on/' \
    configure "QuotaLimitTable file:$home/quota/limit" "QuotaTallyTable file:$home/quota/tally" "QuotaLog $home/quota/log"
  echo small | ftp -T - ftp://127.0.0.1/small
  [ "$(cat $ann/small)" = small ]
  ftpquota --show-records --type=tally --table-path=$home/quota/tally | grep -A9 ann | grep -qE '6\.00|6$'
  run ! ftp -T $home/large ftp://127.0.0.1/too-large
  [ ! -s $ann/too-large ]
}

@test "runs programs for what it is sent, and as it starts" {
  install -d -m 777 $home/ran
  rm -f $home/ran/*
  # shellcheck disable=SC2016
  printf '#!/bin/sh\nid -un >%s/ran/$1\necho "$2" >>%s/ran/$1\n' $home $home >$home/hook
  chmod 755 $home/hook
  configure 'ExecEngine on' 'ExecLog /var/log/proftpd/exec.log' "ExecOnCommand STOR $home/hook stored %f" "ExecOnRestart $home/hook restarted"
  echo x | ftp -T - ftp://127.0.0.1/told
  eventually logged "$ann/told" $home/ran/stored
  logged ann $home/ran/stored
  systemctl reload "$UNIT"
  eventually test -s $home/ran/restarted
  eventually answers
}

@test "turns away machines by lists of its own, and by what a directory says" {
  echo 'proftpd: 127.0.0.2' >$home/deny
  : >$home/allow
  configure 'WrapEngine on' "WrapTables file:$home/allow file:$home/deny" 'AllowOverride on'
  run ! ftp --interface 127.0.0.2 ftp://127.0.0.1/kept.txt
  [ "$(ftp ftp://127.0.0.1/kept.txt)" = kept ]
  install -d -o ann $ann/shut
  printf '<Limit WRITE>\nDenyAll\n</Limit>\n' >$ann/shut/.ftpaccess
  run ! ftp -T $home/large ftp://127.0.0.1/shut/large
  [ ! -e $ann/shut/large ]
}

@test "follows the permissions of ACLs" {
  mkdir -p $home/shared
  chmod 700 $home/shared
  setfacl -m u:ann:rwx $home/shared
  configure 'FACLEngine on'
  echo mine | ftp -T - ftp://127.0.0.1/$home/shared/ann
  [ "$(cat $home/shared/ann)" = mine ]
  run ! as bob ftp://127.0.0.1/$home/shared/ann
  rm -r $home/shared
}

@test "stores in /tmp what others find there" {
  rm -f /tmp/fenced-*
  echo shared | ftp -T - ftp://127.0.0.1//tmp/fenced-sent
  [ "$(cat /tmp/fenced-sent)" = shared ]
  echo handed >/tmp/fenced-left
  [ "$(ftp ftp://127.0.0.1//tmp/fenced-left)" = handed ]
}

@test "stores wherever users may write" {
  for place in /srv/fenced-site /var/www/fenced-site /mnt/fenced-site /opt/fenced-site /var/lib/fenced-site; do
    install -d -o ann $place
    echo page | ftp -T - ftp://127.0.0.1/$place/page.html
    [ "$(cat $place/page.html)" = page ]
    rm -r $place
  done
}

@test "sees what is mounted while it runs" {
  install -d -o ann $ann/volume
  mount -t tmpfs -o uid=ann fenced $ann/volume
  echo there | ftp -T - ftp://127.0.0.1/volume/file
  [ "$(cat $ann/volume/file)" = there ]
  umount $ann/volume
  run ! ftp ftp://127.0.0.1/volume/file
}

@test "serves another site on another address and port, with a log of its own" {
  configure '<VirtualHost 127.0.0.1>' 'ServerName other' 'Port 2121' "DefaultChdir $home/site" 'ExtendedLog /var/log/proftpd/fenced-site.log ALL' '</VirtualHost>'
  install -d -m 755 $home/site
  echo site >$home/site/page
  [ "$(ftp ftp://127.0.0.1:2121/page)" = site ]
  run ! ftp ftp://127.0.0.1/page
  eventually logged '"RETR page"' /var/log/proftpd/fenced-site.log
}

@test "logs each transfer, and into the system's log also from where it is locked in" {
  SWITCH='/^SystemLog/d' configure 'DefaultRoot ~' 'SyslogLevel info'
  local name
  name=$(fresh)
  echo x | ftp -T - "ftp://127.0.0.1/$name"
  eventually logged " 2 $ann/$name b _ i r ann ftp 0 \* c" $transfers
  run ! curl -sS -u bob:wrong ftp://127.0.0.1/
  eventually journal_has 'USER bob (Login failed)'
  eventually journal_has 'USER ann: Login successful\|FTP session closed'
}

@test "has its logs rotated as the package does it" {
  local name
  name=$(fresh)
  echo x | ftp -T - "ftp://127.0.0.1/$name"
  curl -s -u "$name:x" ftp://127.0.0.1/ || true
  eventually logged "$name" $transfers
  eventually logged "$name"
  logrotate --force /etc/logrotate.d/proftpd-core
  logged "$name" $transfers.1
  logged "$name" $log.1
  eventually answers
  echo x | ftp -T - "ftp://127.0.0.1/again-$name"
  eventually logged "again-$name" $transfers
  [ "$(stat -c '%U:%G %a' $transfers)" = 'root:adm 640' ]
  curl -s -u "again-$name:x" ftp://127.0.0.1/ || true
  eventually logged "again-$name"
  [ "$(stat -c '%U:%G %a' $log)" = 'root:adm 640' ]
}

@test "makes logs that others may read as before" {
  rm -f $log $transfers
  configure
  ftp -o /dev/null ftp://127.0.0.1/kept.txt
  [ "$(stat -c '%U %a' $log)" = 'root 640' ]
  [ "$(stat -c '%U %a' $transfers)" = 'root 644' ]
}

@test "follows a change of its settings on a reload, and goes on with a session" {
  local before
  before=$(main_pid)
  log_in ann
  echo 'ServerIdent on changed' >$more
  systemctl reload "$UNIT"
  eventually says_changed
  [ "$(main_pid)" = "$before" ]
  is 200 TYPE I
  is 213 SIZE kept.txt
}
says_changed() { [ "$(exec 2>/dev/null; open 127.0.0.1 && reply)" = '220 changed' ]; }

@test "serves twelve at a time, no more if it is told so" {
  configure 'MaxClients 12'
  perl -MIO::Socket::INET -e '
    sub connected { IO::Socket::INET->new(PeerAddr => "127.0.0.1:21", Timeout => 5) or die $@ }
    for (1 .. 12) {
      my $one = connected();
      push @all, $one;
      for my $word ("USER ann", "PASS secret", "TYPE I", "SIZE kept.txt") { <$one>; print $one "$word\r\n" }
    }
    for (@all) { <$_> =~ /^213 5/ or die }
    my $last = connected();
    for my $word ("USER ann", "PASS secret") { <$last>; print $last "$word\r\n" }
    readline($last) =~ /^530/ or die "no limit";
    for (1 .. 80) { @who = grep { /\bann\b/ } `ftpwho`; last if @who == 12; select undef, undef, undef, 0.1 }
    print scalar @who, "\n"' >$home/who
  [ "$(cat $home/who)" = 12 ]
}

@test "runs as a user of its own, and each session as the user who logged in" {
  eventually not_served
  [ "$(users)" = proftpd ]
  log_in ann
  [ "$(users)" = 'ann proftpd' ]
}

@test "goes on when a session crashes" {
  local before
  before=$(main_pid)
  log_in ann
  kill -SEGV "$(pgrep -u ann -x proftpd)"
  run ! is 200 NOOP
  close
  answers
  [ "$(main_pid)" = "$before" ]
}

@test "is found dead after a crash, and starts again" {
  kill -KILL "$(main_pid)"
  eventually failed
  run ! greets
  restart
  eventually answers
}
failed() { [ "$(systemctl is-failed "$UNIT")" = failed ]; }

@test "says what is wrong with its settings, and does not start" {
  echo 'NoSuchThing on' >>$conf
  restart || true
  eventually journalled "unknown configuration directive 'NoSuchThing'"
  run ! greets
}

# bats test_tags=option:mail
@test "starts programs that take the rights of a group and ask for the machine's addresses, as Postfix's sendmail does" {
  install -d -m 777 $home/ran
  rm -f $home/ran/*
  install -m 2755 -g mail /usr/bin/id $home/postdrop
  # shellcheck disable=SC2016
  printf '#!/bin/sh\n%s/postdrop >%s/ran/group\nperl -e "socket(S, 16, 3, 0) or die; print 1" >%s/ran/addresses\n' $home $home $home >$home/hook
  chmod 755 $home/hook
  configure 'ExecEngine on' "ExecOnCommand STOR $home/hook"
  echo x | ftp -T - ftp://127.0.0.1/told
  eventually test -s $home/ran/addresses
  logged 'egid=.*(mail)' $home/ran/group
}

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  answers
  [ "$(ftp 'ftp://[::1]/kept.txt')" = kept ]
  run ! ftp --connect-timeout 1 ftp://192.0.2.10/kept.txt
}

# bats test_tags=option:no-home
@test "serves users who live elsewhere, and strangers" {
  strangers
  [ "$(ftp ftp://127.0.0.1/kept.txt)" = kept ]
  [ "$(anonymous ftp://127.0.0.1/pub/file.txt)" = 'for everybody' ]
}

# bats test_tags=option:locked
@test "stores in homes and below /srv and /var/www what locked users send" {
  usermod -d /var/www/fenced-carol carol
  install -d -o carol /var/www/fenced-carol
  configure 'DefaultRoot ~'
  ftp -T $home/large ftp://127.0.0.1/locked
  cmp $home/large $ann/locked
  as carol -T $home/large ftp://127.0.0.1/locked
  usermod -d /srv/fenced-carol carol
  cmp $home/large /var/www/fenced-carol/locked
  rm -r /var/www/fenced-carol
}

# bats test_tags=option:tables-in-etc
@test "counts what users send in tables in /etc/proftpd" {
  rm -f /etc/proftpd/ftpquota.*
  ftpquota --create-table --type=limit --table-path=/etc/proftpd/ftpquota.limittab
  ftpquota --create-table --type=tally --table-path=/etc/proftpd/ftpquota.tallytab
  ftpquota --add-record --type=limit --table-path=/etc/proftpd/ftpquota.limittab --name=ann --quota-type=user --limit-type=hard --bytes-upload=9000 --units=byte
  SWITCH='s/QuotaEngine off/QuotaEngine on/' \
    configure 'QuotaLimitTable file:/etc/proftpd/ftpquota.limittab' 'QuotaTallyTable file:/etc/proftpd/ftpquota.tallytab'
  cp /etc/proftpd/ftpquota.tallytab $home/tally
  echo small | ftp -T - ftp://127.0.0.1/small
  run ! cmp $home/tally /etc/proftpd/ftpquota.tallytab
  rm /etc/proftpd/ftpquota.*
}

# Last: the others need it running.
@test "stops cleanly, with a session open, and leaves nothing behind" {
  log_in ann
  timeout 20 systemctl stop "$UNIT"
  ended_well
  run ! pgrep -x proftpd
  run ! greets
  systemctl start "$UNIT"
  eventually answers
}
