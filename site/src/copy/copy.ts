import { onKey } from '../shortcuts/keys.ts'

for (const holder of document.querySelectorAll<HTMLElement>('[data-copy]')) {
  const sources = holder.dataset['copy']!.split(' ').flatMap(
    (id) => document.getElementById(id) ?? [],
  )
  const button = holder.querySelector('button')
  const status = holder.querySelector('[role=status]')
  if (sources.length === 0 || !button || !status) continue
  const act = async () => {
    status.textContent = ''
    status.textContent = await copy(sources.filter((source) => source.getClientRects().length > 0))
  }
  button.addEventListener('click', act)
  const key = holder.dataset['copyKey']
  if (key) onKey(key, act)
}

/** Copies what is shown, a blank line between two texts, and says how it went; where the browser refuses, selects it. */
async function copy(shown: HTMLElement[]): Promise<string> {
  try {
    await navigator.clipboard.writeText(shown.map(({ textContent }) => textContent).join('\n'))
    return 'Copied.'
  } catch {
    const [first, ...more] = shown
    if (first) getSelection()?.selectAllChildren(first)
    first?.scrollIntoView({ block: 'nearest' })
    const rest = more.length > 0 ? ' Then the next text likewise.' : ''
    return `The browser refused. It is selected now: press Ctrl+C.${rest}`
  }
}
