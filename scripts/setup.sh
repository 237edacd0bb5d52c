#!/bin/sh
# Installs what `npm start` and `npm test` need, and says so first. Plain sh: it runs before anything is installed.
set -eu

purpose=${1:-start}
say() { printf 'setup: %s\n' "$*" >&2; }

major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
if [ "$major" -lt 20 ]; then
  say "Node 20 or newer is needed to begin with; install the package nodejs of your distribution or of nodejs.org"
  exit 1
fi

# npm ci takes ten seconds; it is needed only when the lockfile is not the one that was installed.
stamp=node_modules/.fenced-lock
if ! cmp -s package-lock.json "$stamp" || [ ! -x node_modules/.bin/node ]; then
  say "installing the packages of package-lock.json into node_modules (npm ci)"
  npm ci --no-audit --no-fund >&2
  cp package-lock.json "$stamp"
fi

[ "$purpose" = test ] || exit 0

# What the checks run on: a browser, and the lab's tools.
missing=
want() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
want chromium chromium
want shellcheck shellcheck
want mmdebstrap mmdebstrap
want systemd-nspawn systemd-container
want unshare util-linux
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  say "not installed and no apt-get to install it with:$missing; the tests that need it are reported as skipped"
  exit 0
fi
if [ "$(id -u)" -eq 0 ]; then
  as_root=
elif command -v sudo >/dev/null 2>&1; then
  as_root=sudo
else
  say "not installed, and neither root nor sudo to install it with:$missing; the tests that need it are reported as skipped"
  exit 0
fi
say "installing Debian packages with apt-get:$missing"
$as_root apt-get -q update >&2
# shellcheck disable=SC2086 # one word a package
DEBIAN_FRONTEND=noninteractive $as_root apt-get -q -y install --no-install-recommends $missing >&2
