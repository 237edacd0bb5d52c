#!/usr/bin/env bats
# What vsftpd must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

conf=/etc/vsftpd.conf
home=/srv/fenced-probe
# Bob lives where users usually do, and ann elsewhere.
ann=/srv/fenced-ann
bob=/home/bob
log=/var/log/vsftpd.log
key=/etc/ssl/private/fenced-probe.pem

# as NAME: as that user; each takes what curl takes
as() { curl -sSg --max-time 15 -u "$1:secret" "${@:2}"; }
ftp() { as ann "$@"; }
anonymous() { curl -sSg --max-time 15 "$@"; }
answers() { [ "$(ftp ftp://127.0.0.1/kept.txt 2>/dev/null)" = kept ]; }
logged() { grep -q -- "$1" "${2-$log}"; }

# configure LINE...: the usual settings, and these
configure() {
  cat $home/usual - >$conf <<<"$(printf '%s\n' "$@")"
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
  open "${2-127.0.0.1}"
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
  (cat $home/package && echo write_enable=YES && echo local_umask=022) >$home/usual
  for user in ann bob carol virtual; do
    id $user || useradd -s /bin/bash -d "$(home_of $user)" $user
    echo "$user:secret" | chpasswd
  done 2>/dev/null
  stock
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=ftp.example -keyout $home/key -out $home/certificate 2>/dev/null
  (umask 077 && cat $home/key $home/certificate >$key)
  seq 200000 >$home/large
  configure
  eventually answers
  cp $conf $home/settings
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
  rm -rf /srv/fenced-carol /srv/ftp/*
  install -d -m 755 /srv/ftp/pub
  install -d -m 755 -o ftp -g ftp /srv/ftp/incoming
  echo 'for everybody' >/srv/ftp/pub/file.txt
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  close
  if mountpoint -q $ann/volume; then umount $ann/volume; fi
  rm -f /etc/pam.d/fenced-probe
  sed -i /vsftpd/d /etc/hosts.allow /etc/hosts.deny
  if cmp -s $conf $home/settings && [ "$BATS_TEST_COMPLETED" ]; then return; fi
  configure
  eventually answers
}

teardown_file() { cp $home/package $conf; }

@test "starts as packaged, and lets a user fetch files, but send none" {
  cat $home/package >$conf
  restart
  eventually answers
  [ "$(ftp 'ftp://[::1]/kept.txt')" = kept ]
  run ! ftp -T $home/large ftp://127.0.0.1/large
  [ ! -e $ann/large ]
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

@test "takes a large file and hands it out again, and counts its bytes" {
  ftp -T $home/large ftp://127.0.0.1/large
  cmp $home/large $ann/large
  [ "$(stat -c '%U:%G %a' $ann/large)" = 'ann:ann 644' ]
  ftp ftp://127.0.0.1/large | cmp - $home/large
  log_in ann
  is "213 $(stat -c %s $home/large)" SIZE large
}

@test "keeps what users send to themselves, where nothing else was asked for" {
  configure local_umask=077
  ftp -T $home/large ftp://127.0.0.1/private
  [ "$(stat -c %a $ann/private)" = 600 ]
}

@test "goes on where a transfer was cut, and appends" {
  head -c 1000000 $home/large >$ann/part
  chown ann: $ann/part
  ftp -C 1000000 -T $home/large ftp://127.0.0.1/part
  cmp $home/large $ann/part
  ftp -C 1200000 ftp://127.0.0.1/part | cmp - <(tail -c +1200001 $home/large)
  echo more | ftp -a -T - ftp://127.0.0.1/kept.txt
  [ "$(cat $ann/kept.txt)" = $'kept\nmore' ]
  echo kept >$ann/kept.txt
}

@test "makes, renames and deletes, sets permissions and times" {
  log_in ann
  is 257 MKD papers
  is 250 CWD papers
  close
  echo draft | ftp -T - ftp://127.0.0.1/papers/draft
  log_in ann
  is 350 RNFR papers/draft
  is 250 RNTO papers/final
  is 200 SITE CHMOD 640 papers/final
  is 213 MDTM 20200102030405 papers/final
  [ "$(stat -c '%U %a' $ann/papers/final)" = 'ann 640' ]
  [ "$(TZ=UTC stat -c %y $ann/papers/final)" = '2020-01-02 03:04:05.000000000 +0000' ]
  is 250 DELE papers/final
  is 250 RMD papers
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

@test "lists files with their owners by name, the whole tree if asked" {
  configure text_userdb_names=YES ls_recurse_enable=YES
  install -d -o ann $ann/deep/deeper
  touch $ann/deep/deeper/leaf $ann/.hidden
  chown bob $ann/deep/deeper
  ftp -X 'LIST -R' ftp://127.0.0.1/ >$home/list
  grep -qE '^-rw-.* ann +ann +5 .* kept.txt' $home/list
  grep -qE '^drwx.* bob +' $home/list
  grep -q 'leaf' $home/list
  ftp -X 'LIST -a' ftp://127.0.0.1/ | grep -q '\.hidden'
}

@test "changes the ends of lines of texts, if it is told to" {
  configure ascii_download_enable=YES ascii_upload_enable=YES
  printf 'one\ntwo\n' >$ann/text
  log_in ann
  listener 127.0.0.1
  is 200 TYPE A
  is 200 EPRT '|1|127.0.0.1|40021|'
  is 150 RETR text
  [[ $(reply) == 226* ]]
  eventually logged two $home/heard
  cmp $home/heard <(printf 'from 20\none\r\ntwo\r\n')
  printf 'one\ntwo\n' | ftp -B --crlf -T - ftp://127.0.0.1/sent
  cmp $ann/sent <(printf 'one\ntwo\n')
}

@test "calls back from port 20, over IPv4 and IPv6" {
  log_in ann 127.0.0.1
  listener 127.0.0.1
  is 200 PORT 127,0,0,1,156,85
  is 150 RETR kept.txt
  [[ $(reply) == 226* ]]
  eventually logged kept $home/heard
  [ "$(cat $home/heard)" = $'from 20\nkept' ]
  close
  log_in ann ::1
  listener ::1
  is 200 EPRT '|2|::1|40021|'
  is 150 RETR kept.txt
  [[ $(reply) == 226* ]]
  eventually logged kept $home/heard
  [ "$(cat $home/heard)" = $'from 20\nkept' ]
  [ "$(ftp -P 127.0.0.1 ftp://127.0.0.1/kept.txt)" = kept ]
}

@test "waits for data on the ports that it may use, at the address that it is to name" {
  configure pasv_min_port=50000 pasv_max_port=50003 pasv_address=192.0.2.10 listen=YES listen_ipv6=NO
  log_in ann
  for _ in 1 2 3; do
    say PASV | grep -E '^227 .*192,0,2,10,195,8[0-3]\)'
  done
  say EPSV | grep -E '^229 .*\|\|\|5000[0-3]\|'
  close
  [ "$(ftp ftp://127.0.0.1/kept.txt)" = kept ]
}

@test "finds the address that it is to name by its name" {
  configure pasv_address=localhost pasv_addr_resolve=YES listen=YES listen_ipv6=NO
  log_in ann
  say PASV | grep '^227 .*127,0,0,1,'
}

@test "encrypts passwords and data, and takes no password without" {
  encrypt
  # With TLS 1.3 a client that has sent all closes before it has read the server's tickets, and some transfers fail.
  ftp -k --ssl-reqd --tls-max 1.2 -T $home/large ftp://127.0.0.1/secret
  cmp $home/large $ann/secret
  ftp -k --ssl-reqd 'ftp://[::1]/secret' | cmp - $home/large
  ftp -k --ssl-reqd ftp://127.0.0.1/ | grep -q secret
  run ! ftp ftp://127.0.0.1/secret
  [[ $output == *530* || $output == *denied* ]]
}

encrypt() {
  configure ssl_enable=YES rsa_cert_file=$key rsa_private_key_file=$key force_local_data_ssl=YES force_local_logins_ssl=YES "$@"
}

@test "speaks TLS from the beginning, on port 990" {
  PORT=990 encrypt_from_the_beginning
  [ "$(ftp -k --ssl-reqd ftps://127.0.0.1/kept.txt)" = kept ]
  ftp -k --ssl-reqd ftps://127.0.0.1/ | grep -q kept.txt
}

encrypt_from_the_beginning() {
  cat $home/usual - >$conf <<<$'implicit_ssl=YES\nlisten_port=990\nssl_enable=YES\nrsa_cert_file='$key$'\nrsa_private_key_file='$key
  restart
  eventually ftp -k --ssl-reqd ftps://127.0.0.1/ -o /dev/null
}

@test "asks for a certificate of the client" {
  encrypt require_cert=YES validate_cert=YES ca_certs_file=$home/certificate
  [ "$(ftp -k --ssl-reqd --cert $home/certificate --key $home/key ftp://127.0.0.1/kept.txt)" = kept ]
  run ! ftp -k --ssl-reqd ftp://127.0.0.1/kept.txt
}

@test "serves strangers, and shows them nothing else" {
  configure anonymous_enable=YES local_enable=NO
  [ "$(anonymous ftp://127.0.0.1/pub/file.txt)" = 'for everybody' ]
  [ "$(anonymous 'ftp://[::1]/' | wc -l)" = 2 ]
  run ! anonymous ftp://127.0.0.1//etc/passwd
  run ! anonymous -T $home/large ftp://127.0.0.1/incoming/large
  run ! ftp ftp://127.0.0.1/kept.txt
}

@test "takes files of strangers, and gives them to somebody who will look at them" {
  configure anonymous_enable=YES anon_upload_enable=YES anon_mkdir_write_enable=YES chown_uploads=YES chown_username=bob
  anonymous --ftp-create-dirs -T $home/large ftp://127.0.0.1/incoming/new/large
  cmp $home/large /srv/ftp/incoming/new/large
  [ "$(stat -c '%U %a' /srv/ftp/incoming/new/large)" = 'bob 600' ]
  [ "$(stat -c %U /srv/ftp/incoming/new)" = ftp ]
}

@test "serves strangers with one process each, if it is told to" {
  configure anonymous_enable=YES local_enable=NO one_process_model=YES
  [ "$(anonymous ftp://127.0.0.1/pub/file.txt)" = 'for everybody' ]
  log_in anonymous
  [ "$(users)" = 'ftp root' ]
  [ "$(processes | wc -l)" = 2 ]
}

@test "locks users into their homes, those in a list not" {
  echo virtual >$home/free
  configure chroot_local_user=YES allow_writeable_chroot=YES chroot_list_enable=YES chroot_list_file=$home/free
  log_in ann
  is '257 "/"' PWD
  is 550 SIZE $ann/kept.txt
  is 213 SIZE /kept.txt
  close
  ftp -T $home/large ftp://127.0.0.1/locked
  cmp $home/large $ann/locked
  log_in virtual
  is '257 "/srv/fenced-virtual"' PWD
}

@test "locks users into the directory that /etc/passwd names, or another one for each" {
  install -d -m 755 $home/roots/ann
  install -d -m 755 -o ann $home/roots/ann/write
  configure chroot_local_user=YES local_root=$home/roots/'$USER' user_sub_token='$USER'
  log_in ann
  is '257 "/"' PWD
  close
  ftp -T $home/large ftp://127.0.0.1/write/locked
  cmp $home/large $home/roots/ann/write/locked
  usermod -d $home/roots/ann/./write ann
  configure chroot_local_user=YES passwd_chroot_enable=YES
  log_in ann
  usermod -d $ann ann
  is '257 "/write"' PWD
}

@test "knows users that the machine does not, each with settings of their own" {
  install -d $home/users
  install -d -m 755 -o virtual /srv/fenced-virtual/{dora,emil}
  printf '%s:%s\n' dora "$(openssl passwd -6 secret)" emil "$(openssl passwd -6 secret)" >/etc/vsftpd.fenced-passwords
  chmod 600 /etc/vsftpd.fenced-passwords
  printf '%s required pam_pwdfile.so pwdfile /etc/vsftpd.fenced-passwords\n' auth >/etc/pam.d/fenced-probe
  echo 'account required pam_permit.so' >>/etc/pam.d/fenced-probe
  echo write_enable=NO >$home/users/emil
  configure pam_service_name=fenced-probe guest_enable=YES guest_username=virtual virtual_use_local_privs=YES \
    user_sub_token='$USER' local_root=/srv/fenced-virtual/'$USER' chroot_local_user=YES allow_writeable_chroot=YES user_config_dir=$home/users
  as dora -T $home/large ftp://127.0.0.1/large
  cmp $home/large /srv/fenced-virtual/dora/large
  [ "$(stat -c %U /srv/fenced-virtual/dora/large)" = virtual ]
  run ! as emil -T $home/large ftp://127.0.0.1/large
  [ ! -e /srv/fenced-virtual/emil/large ]
  run ! ftp ftp://127.0.0.1/
  [ -z "$(as emil ftp://127.0.0.1/)" ]
}

@test "turns away root, whoever has no shell or is in a list" {
  echo root:secret | chpasswd
  run ! as root ftp://127.0.0.1/
  [[ $output == *530* || $output == *denied* ]]
  usermod -s /usr/sbin/nologin carol
  run ! as carol ftp://127.0.0.1/
  echo bob >$home/refused
  configure userlist_enable=YES userlist_file=$home/refused
  run ! as bob ftp://127.0.0.1/
  [ "$(ftp ftp://127.0.0.1/kept.txt)" = kept ]
}

@test "tells the journal of wrong passwords, for fail2ban and the like" {
  run ! curl -sS --max-time 15 -u bob:wrong --interface 127.0.0.2 ftp://127.0.0.1/
  eventually journal_has 'pam_unix(vsftpd:auth): authentication failure.*rhost=.*127.0.0.2.*user=bob'
  eventually logged 'FAIL LOGIN: Client "::ffff:127.0.0.2"'
}

journal_has() { journalctl -q -o cat --since=-20s | grep -q "$1"; }

@test "opens a session of the system's for each login, and makes a home at the first" {
  usermod -s /bin/bash carol
  rm -rf /srv/fenced-carol
  (cat /etc/pam.d/vsftpd && echo 'session required pam_mkhomedir.so umask=0077') >/etc/pam.d/fenced-probe
  configure session_support=YES pam_service_name=fenced-probe
  log_in carol
  is '257 "/srv/fenced-carol"' PWD
  loginctl list-sessions | grep -q carol
  [ "$(stat -c '%U %a' /srv/fenced-carol /srv/fenced-carol/.bashrc)" = $'carol 700\ncarol 600' ]
  say QUIT
  close
  eventually journal_has 'session closed for user carol'
}

@test "keeps the part that serves a session from the network and from others" {
  log_in ann
  local worker monitor
  worker=$(pgrep -u ann -x vsftpd)
  monitor=$(pgrep -u nobody -x vsftpd)
  [ "$(readlink "/proc/$worker/ns/net")" != "$(readlink /proc/1/ns/net)" ]
  [ "$(readlink "/proc/$worker/ns/ipc")" != "$(readlink "/proc/$(main_pid)/ns/ipc")" ]
  [ "$(awk '/^CapEff:/ { print $2 }' "/proc/$worker/status")" = 0000000000000000 ]
  [ "$(readlink "/proc/$monitor/root")" = /run/vsftpd/empty ]
  close
}

@test "serves users without walls of its own" {
  configure isolate=NO isolate_network=NO seccomp_sandbox=NO
  ftp -T $home/large ftp://127.0.0.1/open
  cmp $home/large $ann/open
  ftp ftp://127.0.0.1/ | grep -q kept.txt
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
  install -d -o ann $home/bound
  echo bound >$home/bound/file
  mount --bind $home/bound $ann/volume
  [ "$(ftp ftp://127.0.0.1/volume/file)" = bound ]
}

@test "turns away machines by /etc/hosts.deny, and gives others settings of their own" {
  echo 'ftpd_banner=another word' >$home/per-machine
  configure tcp_wrappers=YES
  echo 'vsftpd: 127.0.0.2' >>/etc/hosts.deny
  echo "vsftpd: 127.0.0.1: setenv VSFTPD_LOAD_CONF $home/per-machine" >>/etc/hosts.allow
  [ "$(open 127.0.0.1; reply)" = '220 another word' ]
  run ! ftp --interface 127.0.0.2 ftp://127.0.0.1/kept.txt
  [[ $(open ::1; reply) == 220* ]]
}

@test "logs each transfer, in its own form and the usual one, and every command" {
  configure dual_log_enable=YES log_ftp_protocol=YES
  local name
  name=$(fresh)
  echo x | ftp -T - "ftp://127.0.0.1/$name"
  eventually logged "OK UPLOAD: Client \"::ffff:127.0.0.1\", \"$ann/$name\", 2 bytes"
  eventually logged "FTP command: .*\"STOR $name\""
  eventually logged "127.0.0.1 2 $ann/$name b _ i r ann ftp 0 \* c" /var/log/xferlog
  [ "$(stat -c '%U %a' /var/log/xferlog)" = 'root 600' ]
}

@test "logs to the system's log" {
  configure syslog_enable=YES
  local name
  name=$(fresh)
  echo x | ftp -T - "ftp://127.0.0.1/$name"
  eventually journal_has "OK UPLOAD: Client \"::ffff:127.0.0.1\", \"$ann/$name\""
}

@test "has its log rotated as the package does it" {
  local name
  name=$(fresh)
  echo x | ftp -T - "ftp://127.0.0.1/$name"
  logrotate --force /etc/logrotate.d/vsftpd
  [ "$(stat -c '%U:%G %a' $log)" = 'root:adm 640' ]
  logged "$name" $log.1
  echo x | ftp -T - "ftp://127.0.0.1/again-$name"
  eventually logged "again-$name"
}

@test "follows a change of its settings on a reload, and goes on with a session" {
  local before
  before=$(main_pid)
  log_in ann
  cat $home/usual - >$conf <<<'ftpd_banner=changed'
  systemctl reload "$UNIT"
  eventually says_changed
  [ "$(main_pid)" = "$before" ]
  is 213 SIZE kept.txt
}

says_changed() { [ "$(open 127.0.0.1; reply)" = '220 changed' ]; }

@test "listens on one address alone, and on another port" {
  PORT=2121 configure listen=YES listen_ipv6=NO listen_address=127.0.0.1 listen_port=2121
  [ "$(ftp ftp://127.0.0.1:2121/kept.txt)" = kept ]
  run ! ftp ftp://192.0.2.10:2121/kept.txt
}

@test "serves twelve at a time, no more if it is told so, and shows who they are" {
  configure max_clients=12 setproctitle_enable=YES
  perl -MIO::Socket::INET -e '
    sub connected { IO::Socket::INET->new(PeerAddr => "127.0.0.1:21", Timeout => 5) or die $@ }
    for (1 .. 12) {
      my $one = connected();
      push @all, $one;
      for my $word ("USER ann", "PASS secret", "SIZE kept.txt") { <$one>; print $one "$word\r\n" }
    }
    for (@all) { <$_> =~ /^213 5/ or die }
    readline(connected()) =~ /^421/ or die "no limit";
    system "vsftpdwho"' >$home/who
  [ "$(grep -c '^ann .*127.0.0.1.*ann' $home/who)" = 12 ]
}

@test "goes on when a session crashes" {
  local before
  before=$(main_pid)
  log_in ann
  kill -SEGV "$(pgrep -u ann -x vsftpd)"
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

@test "makes the empty directory that it needs, as after a boot" {
  systemctl stop "$UNIT"
  rm -rf /run/vsftpd
  restart
  eventually answers
  [ "$(stat -c %U /run/vsftpd/empty)" = root ]
}

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  answers
  [ "$(ftp 'ftp://[::1]/kept.txt')" = kept ]
  run ! ftp --connect-timeout 1 ftp://192.0.2.10/kept.txt
}

# bats test_tags=option:no-home
@test "serves users who live elsewhere, and strangers" {
  configure anonymous_enable=YES
  [ "$(ftp ftp://127.0.0.1/kept.txt)" = kept ]
  [ "$(anonymous ftp://127.0.0.1/pub/file.txt)" = 'for everybody' ]
}

# bats test_tags=option:locked
@test "stores in homes and below /srv and /var/www what locked users send" {
  mkdir -p /var/www
  configure chroot_local_user=YES allow_writeable_chroot=YES
  ftp -T $home/large ftp://127.0.0.1/locked
  cmp $home/large $ann/locked
  local place
  for place in /var/www/fenced-carol /home/fenced-carol; do
    eventually usermod -d $place -s /bin/bash carol
    install -d -o carol $place
    as carol -T $home/large ftp://127.0.0.1/locked
    eventually usermod -d /srv/fenced-carol carol
    cmp $home/large $place/locked
    rm -r $place
  done
}

# bats test_tags=option:no-isolate
@test "locks users in without namespaces of its own" {
  configure isolate=NO isolate_network=NO chroot_local_user=YES allow_writeable_chroot=YES
  log_in ann
  is '257 "/"' PWD
  [ "$(readlink "/proc/$(pgrep -u ann -x vsftpd)/ns/net")" = "$(readlink /proc/1/ns/net)" ]
}

# Last: the others need it running.
@test "stops cleanly, with a session open, and leaves nothing behind" {
  log_in ann
  timeout 20 systemctl stop "$UNIT"
  ended_well
  run ! pgrep -x vsftpd
  run ! greets
  systemctl start "$UNIT"
  eventually answers
}
