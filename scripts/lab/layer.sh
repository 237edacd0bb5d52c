# Installs the packages given as arguments inside a platform's root. Nothing is started: policy-rc.d says no to every start.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 APT_CONFIG=/run/fenced/apt.conf
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
[ ! -s /run/fenced/preseed ] || debconf-set-selections </run/fenced/preseed
set -- -qq -o Dir::Etc::sourcelist=/run/fenced/sources.list -o Dir::Etc::sourceparts=- -o Dir::Cache::pkgcache= \
  -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root -o APT::Keep-Downloaded-Packages=true -o Dpkg::Use-Pty=0 \
  -o Acquire::Languages=none -- "$@"
options=
while [ "$1" != -- ]; do
  options="$options $1"
  shift
done
shift
# shellcheck disable=SC2086 # one word an option, none holds a blank
{
  apt-get $options --error-on=any update
  apt-get $options -y --no-install-recommends install -- "$@"
}
rm -f /usr/sbin/policy-rc.d
