import { origin } from '../../../scripts/core/site.ts'
import type { Plan } from './commands.ts'

/** Where the role is, from the root. */
export const rolePath = '/ansible/fenced.tar.gz'

/** A playbook for the role; the checksums are the page's, so nothing else is ever installed. */
export function ansible({ files }: Plan): string {
  const [main] = files
  const [id = '', stage] = main ? partsOf(main.url) : []
  const options = files.slice(1).map(({ name }) => name.replace(/^site-(.*)\.conf$/, '$1'))
  return `# ansible-galaxy role install ${origin}${rolePath}
- name: Harden ${id}
  hosts: all
  become: true
  roles:
    - role: fenced
      vars:
        fenced_services:
          - id: ${id}
${stage ? `            stage: ${stage}\n` : ''}${
    options.length > 0 ? `            options: [${options.join(', ')}]\n` : ''
  }            sha256:
${files.map(({ name, sha256 }) => `              ${name}: ${sha256}`).join('\n')}`
}

/** The id and the stage that a published address is of. */
function partsOf(url: string): string[] {
  const [, id = '', stage = ''] = /([^/]+)\/(?:stages\/([^/]+)\.conf|[^/]+)$/.exec(url) ?? []
  return [id, stage]
}
