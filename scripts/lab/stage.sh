#!/bin/sh
# Runs as the first process of its own pid and mount namespace: nothing it mounts is seen outside, and everything ends with it.
# In the environment: LOWER, the layers below, newest first; UPPER, a directory to keep the changes in, or empty for a tmpfs of
# SIZE bytes; PROBE, a directory to hand in, or empty; CGROUP, the name of the cgroup with the limits. The working directory is the lab's cache.
set -eu

mkdir -p run
mount -t tmpfs -o "size=$SIZE,mode=755" tmpfs run
mkdir run/root
if [ -n "$UPPER" ]; then
  upper=$UPPER/upper
  work=$UPPER/work
else
  upper=run/upper
  work=run/work
fi
mkdir -p "$upper" "$work"
mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=$upper,workdir=$work" run/root

mkdir run/probe
if [ -n "$PROBE" ]; then
  cp -RP "$PROBE/." run/probe/
  # What all probes load lies beside their directories.
  if [ -e "$PROBE/../probe.bash" ]; then cp "$PROBE/../probe.bash" run/probe/; fi
  chmod -R u=rwX,go=rX run/probe
fi

# Where the host still has the old controllers, systemd inside finds the one tree that it wants.
[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || mount -t cgroup2 cgroup2 /sys/fs/cgroup
# The machine manages this one, and a cgroup that hands out controllers holds no process beside its children (cgroups(7)).
mkdir "/sys/fs/cgroup/$CGROUP/machine"
echo 0 >"/sys/fs/cgroup/$CGROUP/machine/cgroup.procs"
# With the usual priority, whatever that of the lab is: what a service may set depends on where it starts.
renice -n 0 -p $$ >/dev/null
exec "$@"
