const setting = 'fenced-keys'

/** WCAG 2.1.4: whoever dictates or hits keys by chance can turn the single-key shortcuts off. */
export function areKeysOn(): boolean {
  try {
    return localStorage.getItem(setting) !== 'off'
  } catch {
    return true
  }
}

export function setKeys(on: boolean) {
  try {
    if (on) localStorage.removeItem(setting)
    else localStorage.setItem(setting, 'off')
  } catch {
    // A browser that keeps nothing keeps the default.
  }
}

/** Runs the action when the key is pressed alone, outside any field. */
export function onKey(key: string, action: () => void) {
  document.addEventListener('keydown', (event) => {
    if (event.key !== key || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.defaultPrevented || isField(event.target) || !areKeysOn()) return
    event.preventDefault()
    action()
  })
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select')
}
