#!/usr/bin/env bats
# What OpenLDAP's server must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

home=/srv/fenced-probe
settings=/etc/default/slapd
conf=/etc/ldap/slapd.d
data=/var/lib/ldap
certificate=/etc/ldap/fenced-probe.crt
key=/etc/ssl/private/fenced-probe.key
here='dc=nodomain'
manager="cn=admin,$here"
main_db='olcDatabase={1}mdb,cn=config'
log=/var/log/slapd

export LDAPTLS_CACERT=$certificate LDAPSASL_NOCANON=on

# AT is where, if not at ldap://127.0.0.1/
find_entries() { ldapsearch -x -LLL -o nettimeout=5 -l 10 -H "${AT-ldap://127.0.0.1/}" "$@"; }
change() { timeout 10 ldapmodify -x -o nettimeout=5 -H "${AT-ldap://127.0.0.1/}" -D "$manager" -w secret "$@"; }
who() { timeout 10 ldapwhoami -o nettimeout=5 -H "${AT-ldap://127.0.0.1/}" "$@"; }
# value ATTRIBUTE DN: of that entry
value() { find_entries -o ldif-wrap=no -s base -b "$2" "$1" | sed -n "s/^$1::* //p"; }
has_value() { [ "$(value "$2" "$3" 2>/dev/null)" = "$1" ]; }
answers() { has_value nodomain dc $here; }
server() { cat /run/slapd/slapd.pid; }
as() { setpriv --reuid "$1" --regid "$(id -g "$1")" --clear-groups "${@:2}"; }

# configure: what comes on stdin, as root through the socket
configure() {
  touch $home/changed
  timeout 20 ldapmodify -Q -Y EXTERNAL -H ldapi:/// >/dev/null
}

# person NAME [LINE...]: an entry with these lines beside the usual ones
person() {
  printf '%s\n' "dn: uid=$1,ou=people,$here" 'changetype: add' 'objectClass: inetOrgPerson' "uid: $1" "cn: $1" "sn: $1" "${@:2}"
}
add() { person "$@" | change >/dev/null; }
dn_of() { echo "uid=$1,ou=people,$here"; }

# set_up NAME VALUE: in the package's settings
set_up() {
  touch $home/changed
  sed -i "/^\(export \)\?$1=/d" $settings
  # Debian 12 reads it with a shell, which keeps to itself what it is not told to export.
  if [ "$PLATFORM" = debian-12 ]; then echo "export $1=\"$2\""; else echo "$1=\"$2\""; fi >>$settings
}

start_again() {
  restart
  eventually answers
}

# state DIRECTORY: brings settings, configuration and data to what is kept there
state() {
  timeout 40 systemctl stop "$UNIT"
  rm -rf $conf ${data:?}/*
  cp -a "$1/slapd.d" $conf
  cp -a "$1/data/." $data/
  cat "$1/settings" >$settings
}

keep_state() {
  rm -rf "$1"
  mkdir -p "$1"
  timeout 40 systemctl stop "$UNIT"
  cp -a $conf "$1/slapd.d"
  cp -a $data "$1/data"
  cp $settings "$1/settings"
}

make_certificate() {
  openssl req -x509 -new -key $key -days 30 -subj /CN=localhost -addext "subjectAltName=DNS:localhost,DNS:$(hostname)" "$@" 2>/dev/null
}

# end NAME: of what a test has started
end() {
  local pid
  if pid=$(cat "$home/$1.pid" 2>/dev/null); then
    if kill "$pid" 2>/dev/null; then eventually gone "$pid"; fi
    rm -f "$home/$1.pid"
  fi
}

# other: a second server, which copies ours, and has what ours copies and passes on
other() {
  local name
  end other
  rm -rf $home/other
  mkdir -p $home/other/{conf,ours,copied,passed}
  cat >$home/other.ldif <<END
dn: cn=config
objectClass: olcGlobal
cn: config
olcPidFile: $home/other/pid
olcTLSCertificateFile: $certificate
olcTLSCertificateKeyFile: $key
olcSaslHost: localhost

dn: cn=module,cn=config
objectClass: olcModuleList
cn: module
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb
olcModuleLoad: syncprov
olcModuleLoad: memberof
olcModuleLoad: ppolicy

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

include: file:///etc/ldap/schema/core.ldif
include: file:///etc/ldap/schema/cosine.ldif
include: file:///etc/ldap/schema/inetorgperson.ldif

dn: olcDatabase=mdb,cn=config
objectClass: olcMdbConfig
olcDatabase: mdb
olcSuffix: $here
olcDbDirectory: $home/other/ours
olcRootDN: $manager
olcSyncrepl: rid=001 provider=ldap://localhost starttls=critical tls_cacert=$certificate bindmethod=simple
  binddn="$manager" credentials=secret searchbase="$here" type=refreshAndPersist retry="1 +"
END
  for name in copied passed; do
    cat >>$home/other.ldif <<END

dn: olcDatabase=mdb,cn=config
objectClass: olcMdbConfig
olcDatabase: mdb
olcSuffix: dc=$name
olcDbDirectory: $home/other/$name
olcRootDN: cn=admin,dc=$name
olcRootPW: secret

dn: olcOverlay=syncprov,olcDatabase={$([ $name = copied ] && echo 2 || echo 3)}mdb,cn=config
objectClass: olcSyncProvConfig
olcOverlay: syncprov
END
  done
  slapadd -n 0 -F $home/other/conf -l $home/other.ldif
  chown -R openldap: $home/other
  start_other
  for name in copied passed; do
    printf '%s\n' "dn: dc=$name" 'objectClass: dcObject' 'objectClass: organization' "dc: $name" "o: $name" '' \
      "dn: cn=first,dc=$name" 'objectClass: device' 'cn: first' 'description: here from the beginning' |
      ldapadd -x -H ldap://127.0.0.1:3890 -D "cn=admin,dc=$name" -w secret >/dev/null
  done
}

start_other() {
  slapd -F $home/other/conf -h 'ldap://127.0.0.1:3890 ldap://[::1]:3890' -u openldap -g openldap 3>&-
  AT=ldap://127.0.0.1:3890 eventually find_entries -s base -b '' >/dev/null
  cp $home/other/pid $home/other.pid
}

setup_file() {
  local before
  mkdir -p $home
  chmod 755 $home
  if [ ! -e $home/package ]; then
    keep_state $home/package.new
    mv $home/package.new $home/package
    cp -a /etc/krb5.conf $home/krb5.conf
  fi
  for before in other kdc saslauthd; do end $before; done
  getent group ssl-cert >/dev/null || groupadd --system ssl-cert
  usermod -aG ssl-cert,sasl openldap
  id dora >/dev/null 2>&1 || useradd -m dora
  echo dora:dora-secret | chpasswd
  chgrp ssl-cert /etc/ssl/private
  chmod 710 /etc/ssl/private
  if [ ! -e $key ]; then
    openssl ecparam -genkey -name prime256v1 -noout -out $key
    chgrp ssl-cert $key
    chmod 640 $key
    make_certificate -out $certificate
  fi
  printf 'pwcheck_method: saslauthd\nsaslauthd_path: /run/saslauthd/mux\n' >/etc/ldap/sasl2/slapd.conf
  rm -rf $log
  install -d -o openldap -g openldap $log
  usual >$home/usual.out 2>&1 || true
}

# The configuration and the entries that all tests share.
usual() {
  state $home/package
  install -d -o openldap -g openldap $data/accesslog
  sed -i 's,^SLAPD_SERVICES=.*,SLAPD_SERVICES="ldap:/// ldapi:/// ldaps:///",' $settings
  restart
  AT=ldapi:/// eventually who -Y EXTERNAL -Q
  configure <<END
dn: cn=config
changetype: modify
replace: olcTLSCertificateFile
olcTLSCertificateFile: $certificate
-
replace: olcTLSCertificateKeyFile
olcTLSCertificateKeyFile: $key
-
replace: olcSaslHost
olcSaslHost: localhost
-
replace: olcAuthzRegexp
olcAuthzRegexp: uid=([^,]*),.*cn=(gssapi|scram-sha-256),cn=auth uid=\$1,ou=people,$here

dn: cn=module{0},cn=config
changetype: modify
add: olcModuleLoad
$(printf 'olcModuleLoad: %s\n' syncprov memberof refint unique ppolicy accesslog auditlog argon2 back_ldap)

dn: $main_db
changetype: modify
replace: olcRootPW
olcRootPW: secret

dn: olcDatabase=mdb,cn=config
changetype: add
objectClass: olcMdbConfig
olcDatabase: mdb
olcSuffix: cn=accesslog
olcDbDirectory: $data/accesslog
olcRootDN: $manager
olcDbIndex: default eq
olcAccess: to * by * read

dn: olcOverlay=syncprov,$main_db
changetype: add
objectClass: olcSyncProvConfig
olcOverlay: syncprov

dn: olcOverlay=memberof,$main_db
changetype: add
objectClass: olcMemberOf
olcOverlay: memberof

dn: olcOverlay=refint,$main_db
changetype: add
objectClass: olcRefintConfig
olcOverlay: refint
olcRefintAttribute: member

dn: olcOverlay=unique,$main_db
changetype: add
objectClass: olcUniqueConfig
olcOverlay: unique
olcUniqueURI: ldap:///?mail?sub

dn: olcOverlay=ppolicy,$main_db
changetype: add
objectClass: olcPPolicyConfig
olcOverlay: ppolicy

dn: olcOverlay=accesslog,$main_db
changetype: add
objectClass: olcAccessLogConfig
olcOverlay: accesslog
olcAccessLogDB: cn=accesslog
olcAccessLogOps: writes
olcAccessLogPurge: 07+00:00 01+00:00

dn: olcOverlay=auditlog,$main_db
changetype: add
objectClass: olcAuditlogConfig
olcOverlay: auditlog
olcAuditlogFile: $log/audit.ldif

dn: olcDatabase=monitor,cn=config
changetype: add
objectClass: olcMonitorConfig
olcDatabase: monitor
olcAccess: to * by * read
END
  {
    for unit in people groups policies; do
      printf '%s\n' "dn: ou=$unit,$here" 'changetype: add' 'objectClass: organizationalUnit' "ou: $unit" ''
    done
    printf '%s\n' "dn: cn=strict,ou=policies,$here" 'changetype: add' 'objectClass: device' 'objectClass: pwdPolicy' 'cn: strict' \
      'pwdAttribute: userPassword' 'pwdLockout: TRUE' 'pwdMaxFailure: 2' ''
    person ann 'userPassword: ann-secret'
    echo
    person dora 'userPassword: {SASL}dora'
  } | change >/dev/null
  keep_state $home/usual
  restart
  eventually answers
  rm -f $home/changed
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  local name
  for name in other kdc saslauthd; do end $name; done
  [ ! -e $home/hosts.deny ] || mv $home/hosts.deny /etc/hosts.deny
  cat $home/krb5.conf >/etc/krb5.conf
  if [ -e $home/changed ] || [ ! "$BATS_TEST_COMPLETED" ]; then
    state $home/usual
    rm -f $home/changed
    start_again
  fi
}

@test "starts as packaged, without a complaint" {
  local now
  touch $home/changed
  state $home/package
  now=$(date +%s.%N)
  restart
  eventually answers
  run ! eval "journalctl -q -u $UNIT -o cat --since=@$now | grep -iE 'bad system call|not permitted|read-only'"
  AT=ldapi:/// who -Y EXTERNAL -Q | grep -q '^dn:gidNumber=0+uidNumber=0,'
}

@test "takes, finds, changes and deletes entries, over IPv4 and IPv6" {
  edits_over ldap://127.0.0.1/
  edits_over 'ldap://[::1]/'
}

edits_over() {
  local AT=$1 name
  name=p$(fresh)
  add "$name" "mail: $name@example.org"
  find_entries -b $here "(mail=$name@example.org)" dn | grep -q "^dn: $(dn_of "$name")"
  printf '%s\n' "dn: $(dn_of "$name")" 'changetype: modify' 'replace: description' "description: changed" | change
  has_value changed description "$(dn_of "$name")"
  timeout 10 ldapdelete -x -H "$AT" -D "$manager" -w secret "$(dn_of "$name")"
  [ -z "$(find_entries -b $here "(uid=$name)" dn)" ]
}

@test "serves other machines" {
  edits_over ldap://192.0.2.10/
  edits_over 'ldap://[2001:db8::10]/'
}

@test "knows who comes through its socket, and lets everybody come" {
  AT=ldapi:/// who -Y EXTERNAL -Q | grep -q '^dn:gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth'
  as nobody ldapwhoami -Y EXTERNAL -Q -H ldapi:/// | grep -q "uidNumber=$(id -u nobody),cn=peercred"
}

@test "serves TLS with a key that only a group of its own may read" {
  [ "$(stat -c '%U:%G %a' $key)" = 'root:ssl-cert 640' ]
  AT=ldap://localhost who -x -ZZ -D "$(dn_of ann)" -w ann-secret
  AT=ldaps://localhost who -x -D "$(dn_of ann)" -w ann-secret
}

@test "knows clients by their certificate" {
  configure <<END
dn: cn=config
changetype: modify
replace: olcTLSCACertificateFile
olcTLSCACertificateFile: $certificate
-
replace: olcTLSVerifyClient
olcTLSVerifyClient: demand
END
  start_again
  AT=ldaps://localhost run ! who -x
  LDAPTLS_CERT=$certificate LDAPTLS_KEY=$key AT=ldaps://localhost who -Y EXTERNAL -Q | grep -qi '^dn:cn=localhost'
}

@test "takes a renewed certificate at a restart" {
  make_certificate -set_serial 4242 -out /etc/ldap/fenced-renewed.crt
  configure <<END
dn: cn=config
changetype: modify
replace: olcTLSCertificateFile
olcTLSCertificateFile: /etc/ldap/fenced-renewed.crt
END
  start_again
  eventually shows_serial 1092
}

shows_serial() {
  timeout 5 openssl s_client -connect 127.0.0.1:636 </dev/null 2>/dev/null | openssl x509 -noout -serial | grep -q "=$1$"
}

@test "takes changes of its configuration while it runs, and keeps them over a restart" {
  local before
  before=$(server)
  [ "$(find_entries -b ou=people,$here dn | grep -c '^dn:')" -gt 2 ]
  configure <<END
dn: $main_db
changetype: modify
replace: olcSizeLimit
olcSizeLimit: 1
-
add: olcDbIndex
olcDbIndex: mail eq
END
  run -4 find_entries -b ou=people,$here dn
  [ "$(server)" = "$before" ]
  grep -q 'olcSizeLimit: 1' "$conf/cn=config/olcDatabase={1}mdb.ldif"
  start_again
  run -4 find_entries -b ou=people,$here dn
}

@test "takes another schema, and a database that is made while it runs" {
  touch $home/changed
  ldapadd -Q -Y EXTERNAL -H ldapi:/// -f /etc/ldap/schema/dyngroup.ldif
  install -d -o openldap -g openldap $data/second
  configure <<END
dn: olcDatabase=mdb,cn=config
changetype: add
objectClass: olcMdbConfig
olcDatabase: mdb
olcSuffix: dc=second
olcDbDirectory: $data/second
olcDbMaxSize: 68719476736
olcRootDN: cn=admin,dc=second
olcRootPW: secret
olcAccess: to * by * read
END
  printf '%s\n' 'dn: dc=second' 'objectClass: dcObject' 'objectClass: groupOfURLs' 'dc: second' 'cn: second' |
    timeout 10 ldapadd -x -H ldap://127.0.0.1 -D cn=admin,dc=second -w secret
  start_again
  has_value second cn dc=second
}

@test "keeps passwords as Argon2, SSHA and SHA-512 of crypt" {
  local hash name
  for hash in '{ARGON2}$argon2' '{SSHA}' '{CRYPT}$6$'; do
    configure <<END
dn: olcDatabase={-1}frontend,cn=config
changetype: modify
replace: olcPasswordHash
olcPasswordHash: ${hash%%\$*}

dn: cn=config
changetype: modify
replace: olcPasswordCryptSaltFormat
olcPasswordCryptSaltFormat: \$6\$%.16s
END
    name=h$(fresh)
    add "$name"
    timeout 10 ldappasswd -x -H ldap://127.0.0.1 -D "$manager" -w secret -s "of-$name" "$(dn_of "$name")"
    [[ $(slapcat -o ldif-wrap=no -b $here -a "(uid=$name)" | sed -n 's/^userPassword:: //p' | base64 -d | tr -d '\0') == "$hash"* ]]
    who -x -D "$(dn_of "$name")" -w "of-$name"
    run -49 who -x -D "$(dn_of "$name")" -w wrong
  done
}

@test "locks out who guesses, also after a restart" {
  local name
  name=l$(fresh)
  add "$name" 'userPassword: right' "pwdPolicySubentry: cn=strict,ou=policies,$here"
  who -x -D "$(dn_of "$name")" -w right
  run -49 who -x -D "$(dn_of "$name")" -w wrong
  run -49 who -x -D "$(dn_of "$name")" -w wrong
  run -49 who -x -D "$(dn_of "$name")" -w right
  start_again
  run -49 who -x -D "$(dn_of "$name")" -w right
}

@test "knows the groups of each member, and keeps members and addresses consistent" {
  local name group
  name=m$(fresh)
  group="cn=g$name,ou=groups,$here"
  add "$name" "mail: $name@example.org"
  printf '%s\n' "dn: $group" 'changetype: add' 'objectClass: groupOfNames' "cn: g$name" "member: $(dn_of "$name")" "member: $(dn_of ann)" | change
  has_value "$group" memberOf "$(dn_of "$name")"
  run -19 add "x$name" "mail: $name@example.org"
  timeout 10 ldapdelete -x -H ldap://127.0.0.1 -D "$manager" -w secret "$(dn_of "$name")"
  eventually has_value "$(dn_of ann)" member "$group"
}

@test "records each change in a database and in a file, which begins anew when it is moved" {
  local name
  name=r$(fresh)
  add "$name"
  find_entries -b cn=accesslog "(reqDN=$(dn_of "$name"))" reqType | grep -q 'reqType: add'
  grep -q "^dn: $(dn_of "$name")" $log/audit.ldif
  [ "$(stat -c %U $log/audit.ldif)" = openldap ]
  mv $log/audit.ldif $log/audit.ldif.1
  add "again$name"
  grep -q "^dn: $(dn_of "again$name")" $log/audit.ldif
}

@test "is copied by another server, with each change, and what it missed" {
  local name
  name=c$(fresh)
  other
  AT=ldap://127.0.0.1:3890 eventually has_value ann cn "$(dn_of ann)"
  add "$name"
  AT=ldap://127.0.0.1:3890 eventually has_value "$name" cn "$(dn_of "$name")"
  end other
  add "later$name"
  start_other
  AT=ldap://127.0.0.1:3890 eventually has_value "later$name" cn "$(dn_of "later$name")"
}

@test "copies another server over TLS, with each change, and what it missed" {
  local name
  name=o$(fresh)
  other
  consume "bindmethod=simple binddn=\"cn=admin,dc=copied\" credentials=secret starttls=critical tls_cacert=$certificate"
  eventually has_value 'here from the beginning' description cn=first,dc=copied
  add_there "$name"
  eventually has_value "$name" cn "cn=$name,dc=copied"
  timeout 40 systemctl stop "$UNIT"
  add_there "later$name"
  start_again
  eventually has_value "later$name" cn "cn=later$name,dc=copied"
}

# consume WORDS: copies dc=copied from the other server, to which it goes as these words say
consume() {
  install -d -o openldap -g openldap $data/copied
  configure <<END
dn: olcDatabase=mdb,cn=config
changetype: add
objectClass: olcMdbConfig
olcDatabase: mdb
olcSuffix: dc=copied
olcDbDirectory: $data/copied
olcRootDN: cn=admin,dc=copied
olcAccess: to * by * read
olcSyncrepl: rid=002 provider=ldap://localhost:3890 searchbase="dc=copied" type=refreshAndPersist retry="1 +" $1
END
}

add_there() {
  printf '%s\n' "dn: cn=$1,dc=copied" 'objectClass: device' "cn: $1" |
    ldapadd -x -H ldap://127.0.0.1:3890 -D cn=admin,dc=copied -w secret
}

@test "passes questions on to another server" {
  other
  configure <<END
dn: olcDatabase=ldap,cn=config
changetype: add
objectClass: olcLDAPConfig
olcDatabase: ldap
olcSuffix: dc=passed
olcDbURI: ldap://localhost:3890
olcAccess: to * by * read
END
  eventually has_value 'here from the beginning' description cn=first,dc=passed
}

@test "lets people in by SCRAM" {
  AT=ldap://localhost who -Y SCRAM-SHA-256 -Q -U ann -w ann-secret | grep -qx "dn:$(dn_of ann)"
  AT=ldap://localhost run ! who -Y SCRAM-SHA-256 -Q -U ann -w wrong
}

@test "asks saslauthd for passwords that lie elsewhere" {
  install -d -g sasl -m 710 /run/saslauthd
  saslauthd -a shadow -n 1 -m /run/saslauthd 3>&-
  eventually test -s /run/saslauthd/saslauthd.pid
  cp /run/saslauthd/saslauthd.pid $home/saslauthd.pid
  eventually who -x -D "$(dn_of dora)" -w dora-secret
  run -49 who -x -D "$(dn_of dora)" -w wrong
}

# kerberos: a realm with ann, our service, and the name by which we go to others
kerberos() {
  local name
  cat >/etc/krb5.conf <<END
[libdefaults]
default_realm = FENCED.EXAMPLE
rdns = false
dns_lookup_kdc = false
dns_canonicalize_hostname = false
ignore_acceptor_hostname = true
[realms]
FENCED.EXAMPLE = {
kdc = 127.0.0.1:10088
}
[domain_realm]
localhost = FENCED.EXAMPLE
$(hostname) = FENCED.EXAMPLE
END
  export KRB5_KDC_PROFILE=$home/kdc.conf KRB5CCNAME=$home/tickets
  if [ ! -e $home/realm/principal.ok ]; then
    mkdir -p $home/realm
    printf '%s\n' '[realms]' 'FENCED.EXAMPLE = {' "database_name = $home/realm/principal" "key_stash_file = $home/realm/stash" \
      'kdc_listen = 127.0.0.1:10088' 'kdc_tcp_listen = 127.0.0.1:10088' '}' >$home/kdc.conf
    kdb5_util create -s -P secret -W 2>/dev/null || kdb5_util create -s -P secret
    kadmin.local -q 'addprinc -pw ann-secret ann'
    for name in ldap/localhost "ldap/$(hostname)" replica; do kadmin.local -q "addprinc -randkey $name"; done
    rm -f /etc/krb5.keytab $home/replica.keytab
    kadmin.local -q "ktadd -k /etc/krb5.keytab ldap/localhost ldap/$(hostname)"
    kadmin.local -q "ktadd -k $home/replica.keytab replica"
    chgrp openldap /etc/krb5.keytab
    chmod 640 /etc/krb5.keytab
    touch $home/realm/principal.ok
  fi
  krb5kdc -P $home/kdc.pid 3>&-
  eventually test -s $home/kdc.pid
}

@test "lets people in by Kerberos" {
  kerberos >$home/kerberos.out 2>&1
  start_again
  kinit ann <<<ann-secret
  AT=ldap://localhost who -Y GSSAPI -Q | grep -qx "dn:$(dn_of ann)"
}

@test "is backed up while it is written to, and comes back from that" {
  local name writer count
  name=b$(fresh)
  (for n in {1..30}; do person "$name-$n"; echo; done | change >$home/writer.out) 3>&- &
  writer=$!
  slapcat -b $here -l $home/during.ldif
  wait $writer
  slapadd -u -q -F $conf -b $here -l $home/during.ldif
  slapcat -b $here -l $home/backup.ldif
  count=$(find_entries -E pr=50/noprompt -b $here dn | grep -c '^dn:')
  touch $home/changed
  timeout 40 systemctl stop "$UNIT"
  rm $data/data.mdb $data/lock.mdb
  as openldap slapadd -q -F $conf -b $here -l $home/backup.ldif
  start_again
  [ "$(find_entries -E pr=50/noprompt -b $here dn | grep -c '^dn:')" = "$count" ]
  has_value "$name-30" cn "$(dn_of "$name-30")"
}

@test "says to syslog what it does, as soon as it is told to, and to a file of its own" {
  local name
  name=s$(fresh)
  configure <<END
dn: cn=config
changetype: modify
replace: olcLogLevel
olcLogLevel: stats
END
  find_entries -b $here "(uid=$name)" dn
  eventually syslogged "$name"
  [[ $(slapd -VV 2>&1) != *'slapd 2.5.'* ]] || skip 'OpenLDAP 2.5 writes no file of its own'
  configure <<END
dn: cn=config
changetype: modify
replace: olcLogFile
olcLogFile: $log/slapd.log
-
replace: olcLogFileRotate
olcLogFileRotate: 3 1 0
END
  set_up SLAPD_OPTIONS '-d stats'
  start_again
  find_entries -b $here "(uid=f$name)" dn
  eventually grep -q "(uid=f$name)" $log/slapd.log
}

syslogged() { journalctl -q -t slapd -o cat -n 200 | grep -qF "(uid=$1)"; }

@test "shows its own figures" {
  [ "$(value monitorCounter 'cn=Current,cn=Connections,cn=Monitor')" -ge 1 ] ||
    find_entries -s base -b 'cn=Current,cn=Connections,cn=Monitor' monitorCounter | grep -q 'monitorCounter: [1-9]'
  find_entries -s base -b cn=Monitor monitoredInfo | grep -q OpenLDAP
}

@test "serves five hundred at once" {
  run -0 timeout 20 perl -MIO::Socket::INET -e '
    my @open = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:389", Timeout => 5) or die "client $_: $!\n" } 1 .. 500;
    print $_ pack "H*", "300c020101600702010304008000" for @open;
    for my $n (0 .. $#open) {
      read $open[$n], my $answer, 14;
      unpack("H*", $answer) eq "300c02010161070a010004000400" or die "client $n is not welcome\n";
    }'
}

@test "turns away whom /etc/hosts.deny names" {
  edits_over ldap://192.0.2.10/
  cp /etc/hosts.deny $home/hosts.deny
  echo 'slapd: 192.0.2.10' >>/etc/hosts.deny
  AT=ldap://192.0.2.10 run ! who -x
  answers
}

@test "runs with a slapd.conf" {
  install -d -o openldap -g openldap $data/old
  cat >/etc/ldap/slapd.conf <<END
include /etc/ldap/schema/core.schema
pidfile /run/slapd/slapd.pid
argsfile /run/slapd/slapd.args
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix dc=old
directory $data/old
rootdn cn=admin,dc=old
rootpw secret
END
  set_up SLAPD_CONF /etc/ldap/slapd.conf
  restart
  printf '%s\n' 'dn: dc=old' 'objectClass: dcObject' 'objectClass: organization' 'dc: old' 'o: old' >$home/old.ldif
  eventually timeout 10 ldapadd -x -H ldap://127.0.0.1 -D cn=admin,dc=old -w secret -f $home/old.ldif
  restart
  eventually has_value old o dc=old
}

@test "runs as its own user, and says where" {
  [ "$(users)" = openldap ]
  [ "$(processes)" = "$(server)" ]
  as nobody cat /run/slapd/slapd.pid >/dev/null
  [ "$(awk '/^CapEff:/ { print $2 }' "/proc/$(server)/status")" = "$(printf '%016x' "$(capabilities)")" ]
}

# As root it gives up all of them; as its own user it holds the one for low ports.
capabilities() { if [ "$(systemctl show -p User --value "$UNIT")" ]; then echo $((1 << 10)); else echo 0; fi; }

@test "makes what it needs in /run, as after a boot" {
  timeout 40 systemctl stop "$UNIT"
  rm -rf /run/slapd
  start_again
  [ "$(stat -c '%U:%G %a' /run/slapd)" = 'openldap:openldap 755' ]
  as nobody ldapwhoami -Y EXTERNAL -Q -H ldapi:/// | grep -q uidNumber
}

@test "keeps what it was given over a restart, and over a crash" {
  local name before
  name=k$(fresh)
  add "$name"
  before=$(server)
  start_again
  [ "$(server)" != "$before" ]
  has_value "$name" cn "$(dn_of "$name")"
  add "then$name"
  before=$(server)
  kill -KILL "$before"
  eventually is_down
  start_again
  has_value "then$name" cn "$(dn_of "then$name")"
}

# As packaged, nobody starts it again.
is_down() { ! systemctl -q is-active "$UNIT"; }

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  AT=ldap://192.0.2.10 run ! who -x
  AT='ldap://[2001:db8::10]' run ! who -x
  answers
}

# bats test_tags=option:user
@test "holds, from its start, no right but that for low ports" {
  [ "$(awk '/^CapBnd:/ { print $2 }' "/proc/$(server)/status")" = 0000000000000400 ]
  [ "$(stat -c %U /run/slapd/ldapi)" = openldap ]
}

# bats test_tags=option:elsewhere
@test "keeps a database on another volume" {
  rm -rf /srv/fenced-ldap
  install -d -o openldap -g openldap /srv/fenced-ldap
  configure <<END
dn: olcDatabase=mdb,cn=config
changetype: add
objectClass: olcMdbConfig
olcDatabase: mdb
olcSuffix: dc=elsewhere
olcDbDirectory: /srv/fenced-ldap
olcRootDN: cn=admin,dc=elsewhere
olcRootPW: secret
olcAccess: to * by * read
END
  printf '%s\n' 'dn: dc=elsewhere' 'objectClass: dcObject' 'objectClass: organization' 'dc: elsewhere' 'o: elsewhere' |
    timeout 10 ldapadd -x -H ldap://127.0.0.1 -D cn=admin,dc=elsewhere -w secret
  start_again
  has_value elsewhere o dc=elsewhere
}

# bats test_tags=option:tmp
@test "copies another server with a Kerberos ticket that lies in /tmp" {
  kerberos >$home/kerberos.out 2>&1
  kinit -k -t $home/replica.keytab -c /tmp/krb5cc_fenced replica
  chown openldap /tmp/krb5cc_fenced
  set_up KRB5CCNAME /tmp/krb5cc_fenced
  set_up LDAPSASL_NOCANON on
  start_again
  other
  consume 'bindmethod=sasl saslmech=GSSAPI'
  eventually has_value 'here from the beginning' description cn=first,dc=copied
}

# Last: the others need it running.
@test "stops cleanly, leaves nothing behind, and starts again with its entries" {
  local name before
  name=e$(fresh)
  add "$name"
  before=$(server)
  timeout 40 systemctl stop "$UNIT"
  ended_well
  gone "$before"
  run ! answers
  start_again
  has_value "$name" cn "$(dn_of "$name")"
}
