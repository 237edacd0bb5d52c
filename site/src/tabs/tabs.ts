for (const holder of document.querySelectorAll<HTMLElement>('[data-tabs]')) {
  const tabs = [...holder.querySelectorAll<HTMLElement>('[role=tab]')]
  const panelOf = (tab: HTMLElement) =>
    document.getElementById(tab.getAttribute('aria-controls') ?? '')
  for (const tab of tabs) {
    const panel = panelOf(tab)
    // Only now is it one: without a script the panels are sections.
    panel?.setAttribute('role', 'tabpanel')
    panel?.removeAttribute('aria-label')
    panel?.setAttribute('aria-labelledby', tab.id)
  }
  const select = (chosen: HTMLElement) => {
    for (const tab of tabs) {
      tab.setAttribute('aria-selected', String(tab === chosen))
      tab.tabIndex = tab === chosen ? 0 : -1
      panelOf(tab)?.toggleAttribute('data-open', tab === chosen)
    }
  }
  const move = new Map([
    ['ArrowRight', 1],
    ['ArrowLeft', -1],
  ])
  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener('click', () => select(tab))
    tab.addEventListener('keydown', (event) => {
      const by = move.get(event.key)
      const ends = event.key === 'Home' ? tabs[0] : event.key === 'End' ? tabs.at(-1) : undefined
      const next = by ? tabs[(index + by + tabs.length) % tabs.length] : ends
      if (!next) return
      event.preventDefault()
      select(next)
      next.focus()
    })
  }
}
