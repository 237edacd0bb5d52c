import { inspect, undo } from '../install/commands.ts'
import type { InstallFile, Plan } from '../install/commands.ts'
import { ways } from '../install/ways.ts'
import { maskOf, readScore, resultText } from './result.ts'
import { readChoice, writeChoice } from './state.ts'
import type { Choice } from './state.ts'

const form = document.querySelector<HTMLFormElement>('[data-choose]')
const code = document.getElementById('drop-in')
if (form && code) follow(form, code)

/** Text, figure, commands and address follow what is chosen. */
function follow(form: HTMLFormElement, code: HTMLElement) {
  const radios = [...form.querySelectorAll<HTMLInputElement>('[name=stage]')]
  const boxes = [...form.querySelectorAll<HTMLInputElement>('[name=option]')]
  const select = form.querySelector<HTMLSelectElement>('[name=unit]')
  const parts = [...code.querySelectorAll<HTMLElement>('[data-part]')]
  const head = code.querySelector<HTMLElement>('[data-head]')!
  const result = document.querySelector<HTMLElement>('[data-result]')!
  const names = boxes.map(({ value }) => value)
  const last = radios.at(-1)

  const choice = (): Choice => ({
    stage: radios.find(({ checked }) => checked)?.value ?? '',
    options: boxes.filter(({ checked }) => checked).map(({ value }) => value),
    unit: select?.value ?? '',
  })

  const showText = (radio: HTMLInputElement) => {
    const { head: first = '', stage } = radio.dataset
    const end = parts.findLastIndex((part) => part.dataset['part'] === stage) + 1
    head.textContent = first
    code.replaceChildren(head, ...parts.slice(0, end))
  }

  const showFiles = (options: string[]): InstallFile[] =>
    [...document.querySelectorAll<HTMLElement>('[data-option-file]')].flatMap((holder) => {
      const { optionFile: name = '', url = '', sha256 = '' } = holder.dataset
      const isChosen = options.includes(name)
      holder.toggleAttribute('data-chosen', isChosen)
      const text = document.getElementById(`file-${name}`)?.textContent ?? ''
      return isChosen ? [{ name: `site-${name}.conf`, url, sha256, text }] : []
    })

  const showCommands = (plan: Plan) => {
    for (const { id, text } of ways) {
      const command = document.getElementById(`command-${id}`)
      if (command) command.textContent = text(plan)
    }
    const all = ['hardening.conf', ...names.map((name) => `site-${name}.conf`)]
    document.getElementById('command-look')!.textContent = inspect(plan.unit)
    document.getElementById('undo')!.textContent = undo(plan.unit, all)
  }

  const showResult = ({ options }: Choice, radio: HTMLInputElement) => {
    const { before, label = '' } = form.dataset
    if (before === undefined) return
    const after = readScore(radio.dataset['scores'] ?? '', maskOf(options, names))
    const tried = boxes.find(({ value }) => value === options[0])?.dataset['measured'] === 'true'
    const measured = options.length === 0 || (options.length === 1 && radio === last && tried)
    result.textContent = resultText({ before, after, measured, label })
  }

  const unitOf = () => select?.selectedOptions[0]?.dataset['unit'] ?? defaultUnit
  const defaultUnit =
    /systemctl edit (\S+)/.exec(document.getElementById('command-edit')?.textContent ?? '')?.[1] ??
    ''

  const show = () => {
    const chosen = choice()
    const radio = radios.find(({ value }) => value === chosen.stage) ?? last
    if (radio) showText(radio)
    const { url = '', sha256 = '' } = radio?.dataset ?? {}
    const main = { name: 'hardening.conf', url, sha256, text: code.textContent }
    showCommands({ unit: unitOf(), files: [main, ...showFiles(chosen.options)] })
    if (radio) showResult(chosen, radio)
    const path = url && new URL(url).pathname
    for (const link of document.querySelectorAll<HTMLAnchorElement>('[data-download]')) {
      link.href = path
    }
    const sum = document.querySelector<HTMLAnchorElement>('[data-checksum]')
    if (sum) sum.href = `${path}.sha256`
  }

  form.addEventListener('submit', (event) => event.preventDefault())
  form.addEventListener('change', () => {
    show()
    history.replaceState(
      history.state,
      '',
      location.pathname + writeChoice(choice()) + location.hash,
    )
  })
  const asked = readChoice(location.search, {
    stages: radios.map(({ value }) => value),
    options: names,
    units: [...(select?.options ?? [])].map(({ value }) => value),
  })
  for (const radio of radios) radio.checked = radio.value === asked.stage
  for (const box of boxes) box.checked = asked.options.includes(box.value)
  if (select) select.value = asked.unit
  if (writeChoice(asked)) show()
}
