import { onKey } from '../shortcuts/keys.ts'

for (const holder of document.querySelectorAll<HTMLElement>('[data-copy]')) {
  const source = document.getElementById(holder.dataset['copy']!)
  const button = holder.querySelector('button')
  const status = holder.querySelector('[role=status]')
  if (!source || !button || !status) continue
  const act = async () => {
    status.textContent = ''
    status.textContent = await copy(source)
  }
  button.addEventListener('click', act)
  const key = holder.dataset['copyKey']
  if (key) onKey(key, act)
}

/** Copies the element's text and says how it went; where the browser refuses, selects it for Ctrl+C. */
async function copy(source: HTMLElement): Promise<string> {
  try {
    await navigator.clipboard.writeText(source.textContent)
    return 'Copied.'
  } catch {
    getSelection()?.selectAllChildren(source)
    source.scrollIntoView({ block: 'nearest' })
    return 'The browser refused. It is selected now: press Ctrl+C.'
  }
}
