import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findMounts } from './cgroup.ts'
import { isAlive, owner } from './owner.ts'

test('a host with one tree of cgroups has all its controllers there', () => {
  const mountinfo = `22 1 8:1 / / rw - ext4 /dev/sda1 rw
30 22 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate
`
  assert.deepEqual(findMounts(mountinfo), {
    ...{ unified: '/sys/fs/cgroup', pids: undefined, memory: undefined },
  })
})

test('a host with the old trees beside it is limited through those', () => {
  const mountinfo = `30 22 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw
31 30 0:27 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
32 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
33 30 0:29 / /sys/fs/cgroup/memory rw shared:5 - cgroup cgroup rw,memory
34 30 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
`
  assert.deepEqual(findMounts(mountinfo), {
    unified: '/sys/fs/cgroup/unified',
    pids: '/sys/fs/cgroup/pids',
    memory: '/sys/fs/cgroup/memory',
  })
})

test('a host without is told what it lacks', () => {
  assert.throws(() => findMounts('22 1 8:1 / / rw - ext4 /dev/sda1 rw\n'), /no cgroup2 mounted/)
})

const skip = process.platform === 'linux' ? false : 'there is no /proc here'
test(
  'this process is alive, and one of the same id that began at another time is not',
  { skip },
  () => {
    assert.ok(isAlive(owner))
    assert.ok(!isAlive(`${process.pid}-1`))
    assert.ok(!isAlive('4194304-1'))
  },
)
