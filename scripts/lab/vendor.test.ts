import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSchema } from '../registry.ts'
import { vendorSettings } from './vendor.ts'

const { directives } = readSchema()

test('vendorSettings keeps what the catalogue or the score knows, continued lines joined, drop-ins last', () => {
  const cat = `# /usr/lib/systemd/system/x.service
[Unit]
Description=X
DefaultDependencies=no
[Service]
Type=forking
# PrivateTmp=no
PrivateTmp=true
CapabilityBoundingSet=CAP_SETUID \\
  CAP_SETGID
ExecStart=/usr/bin/x

# /usr/lib/systemd/system/x.service.d/10-vendor.conf
[Service]
UMask=0007
RootDirectory=/srv/x
[Install]
Alias=y.service
`
  assert.deepEqual(vendorSettings(cat, directives, '257'), [
    'Unit.DefaultDependencies=no',
    'PrivateTmp=true',
    'CapabilityBoundingSet=CAP_SETUID    CAP_SETGID',
    'UMask=0007',
    'RootDirectory=/srv/x',
  ])
})

test('vendorSettings finds nothing in other text', () => {
  assert.deepEqual(vendorSettings('No files found for x.service.\n', directives, '257'), [])
})
