import { origin, repository } from '../../../scripts/core/site.ts'

interface Address {
  path: string
  summary: string
  type: string
  /** A file of /schema/ that the answer is as. */
  schema?: string
}

/** Every address that programs fetch. A name in braces is a parameter. */
export const addresses: Address[] = [
  {
    path: '/profiles.json',
    summary: 'Every profile with its figures, and where its drop-in is',
    type: 'application/json',
    schema: 'profiles.schema.json',
  },
  {
    path: '/{service}/profile.json',
    summary: 'One profile with everything that was measured',
    type: 'application/json',
    schema: 'published.schema.json',
  },
  { path: '/{service}/hardening.conf', summary: 'The drop-in', type: 'text/plain' },
  {
    path: '/{service}/hardening.conf.sha256',
    summary: 'Its checksum, as sha256sum -c reads it',
    type: 'text/plain',
  },
  {
    path: '/{service}/site-{option}.conf',
    summary: 'An option, as a second drop-in',
    type: 'text/plain',
  },
  {
    path: '/{service}/stages/{stage}.conf',
    summary: 'The drop-in up to and including a stage',
    type: 'text/plain',
  },
  {
    path: '/{service}/systemd-{version}/hardening.conf',
    summary: 'The drop-in for a systemd that does not know all of it yet; index.tsv names them',
    type: 'text/plain',
  },
  {
    path: '/{service}/ansible.yaml',
    summary: 'A playbook for the Ansible role, with the checksum of the drop-in',
    type: 'text/plain',
  },
  {
    path: '/{service}/nixos.nix',
    summary: 'The drop-in as a NixOS module; nothing was measured on NixOS',
    type: 'text/plain',
  },
  {
    path: '/{service}/cloud-init.yaml',
    summary: 'The drop-in as user data for cloud-init',
    type: 'text/plain',
  },
  {
    path: '/{service}/badge.svg',
    summary: 'A badge with the exposure before and after; only of what was measured',
    type: 'image/svg+xml',
  },
  {
    path: '/{service}/card.png',
    summary: 'The same as a picture of 1200 by 630 pixels',
    type: 'image/png',
  },
  {
    path: '/{service}/feed.xml',
    summary: 'What changed in one profile, as Atom',
    type: 'application/atom+xml',
  },
  { path: '/feed.xml', summary: 'What changed in all of them', type: 'application/atom+xml' },
  {
    path: '/fenced.sh',
    summary: 'Tries drop-ins on a server, installs them and takes them back',
    type: 'text/plain',
  },
  {
    path: '/fenced.sh.sha256',
    summary: 'Its checksum, as sha256sum -c reads it',
    type: 'text/plain',
  },
  {
    path: '/index.tsv',
    summary: 'Every unit, figure and drop-in, for a shell; its first lines say what its rows are',
    type: 'text/plain',
  },
  {
    path: '/messages.tsv',
    summary: 'What the journal says of a sandbox that is too tight, for a shell',
    type: 'text/plain',
  },
  {
    path: '/ansible/fenced.tar.gz',
    summary: 'The Ansible role, with all drop-ins in it',
    type: 'application/gzip',
  },
  {
    path: '/fenced.tar.gz',
    summary: 'All drop-ins, laid out under usr/lib/systemd/system for an image',
    type: 'application/gzip',
  },
  {
    path: '/fenced.deb',
    summary: 'The same as a Debian package',
    type: 'application/vnd.debian.binary-package',
  },
  {
    path: '/SHA256SUMS',
    summary: 'The checksums of everything that a machine fetches, for a copy of the site',
    type: 'text/plain',
  },
]

interface Known {
  services: string[]
  stages: readonly string[]
}

/** An OpenAPI description of what the site answers to programs. */
export function openApi({ services, stages }: Known) {
  const parameters: Record<string, object> = {
    service: { description: 'The id of a profile.', schema: { type: 'string', enum: services } },
    stage: {
      description: 'The last stage that is wanted, of those that the profile uses.',
      schema: { type: 'string', enum: stages },
    },
    version: {
      description: 'The oldest systemd that knows all of it, as index.tsv names it.',
      schema: { type: 'string', pattern: '^[0-9]+$' },
    },
    option: {
      description: 'A key of the options in profile.json.',
      schema: { type: 'string' },
    },
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Fenced',
      version: '1',
      summary: 'systemd hardening profiles, each line proven by experiment',
      description:
        'Static files. Nothing asks for a key, any page may fetch them, and a cache may hold them for five minutes. An id never changes; a profile that gets another one goes on to answer at the old one.',
      license: { name: 'CC0-1.0', url: 'https://creativecommons.org/publicdomain/zero/1.0/' },
      contact: { url: repository },
    },
    jsonSchemaDialect: 'http://json-schema.org/draft-07/schema#',
    servers: [{ url: origin }],
    paths: Object.fromEntries(
      addresses.map((address) => [address.path, { get: operation(address, parameters) }]),
    ),
  }
}

function operation({ path, summary, type, schema }: Address, known: Record<string, object>) {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  const body = schema ? { $ref: `${origin}/schema/${schema}` } : { type: 'string' }
  return {
    operationId: path.replace(/[{}]/g, '').replace(/\W+/g, '_').replace(/^_/, ''),
    summary,
    ...(names.length > 0 && {
      parameters: names.map((name) => ({ name, in: 'path', required: true, ...known[name] })),
    }),
    responses: {
      200: { description: summary, content: { [type]: { schema: body } } },
      404: { description: 'There is nothing at this address.' },
    },
  }
}
