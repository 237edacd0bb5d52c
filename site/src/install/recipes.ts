import { directoryOf, runningUnits } from './commands.ts'
import type { Plan } from './commands.ts'

/** A playbook; the checksum is the page's, so nothing else is ever installed. */
export function ansible({ unit, files }: Plan): string {
  const directory = directoryOf(unit)
  const handler = `Restart ${unit}`
  const tasks = files.map(
    ({ name, url, sha256 }) => `    - name: Install ${name}
      ansible.builtin.get_url:
        url: ${url}
        checksum: sha256:${sha256}
        dest: ${directory}/${name}
        mode: '0644'
      notify: ${handler}
`,
  )
  const running = runningUnits(unit)
  // The module knows no patterns.
  const action =
    running === unit
      ? `      ansible.builtin.systemd:
        name: ${unit}
        state: restarted
        daemon_reload: true`
      : `      ansible.builtin.shell: systemctl daemon-reload && systemctl restart '${running}'`
  return `- name: Harden ${unit}
  hosts: all
  become: true
  tasks:
    - name: Make the directory of its drop-ins
      ansible.builtin.file:
        path: ${directory}
        state: directory
        mode: '0755'
${tasks.join('')}  handlers:
    - name: ${handler}
${action}`
}

/** The files as a package of units: what the distribution's own module sets in the unit stays, and these come after it. */
export function nixos({ unit, files }: Plan): string {
  const lines = files.map(
    ({ name, url, sha256 }) => `    install -D -m 0644 \${pkgs.fetchurl {
      url = "${url}";
      hash = "sha256-${base64(sha256)}";
    }} $out${directoryOf(unit)}/${name}`,
  )
  return `systemd.packages = [
  (pkgs.runCommand "fenced" { } ''
${lines.join('\n')}
  '')
];`
}

/** Writes the texts themselves, since a first boot may have no network yet. */
export function cloudInit({ unit, files }: Plan): string {
  const written = files.map(
    ({ name, text }) => `  - path: ${directoryOf(unit)}/${name}
    permissions: '0644'
    content: |
${text.trimEnd().replace(/^(?=.)/gm, '      ')}
`,
  )
  return `#cloud-config
write_files:
${written.join('')}runcmd:
  - [systemctl, daemon-reload]
  - [systemctl, try-restart, '${runningUnits(unit)}']`
}

function base64(hex: string): string {
  const bytes = hex.match(/../g)?.map((pair) => parseInt(pair, 16)) ?? []
  return btoa(String.fromCharCode(...bytes))
}
