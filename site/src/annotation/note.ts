const text = document.getElementById('drop-in')
const note = document.querySelector<HTMLElement>('[data-note]')
const lines = () => [...(text?.querySelectorAll<HTMLAnchorElement>('[data-line]') ?? [])]

if (text && note) {
  const hint = note.querySelector<HTMLElement>('[data-note-hint]')!
  const body = note.querySelector<HTMLElement>('[data-note-text]')!
  const close = note.querySelector<HTMLButtonElement>('[data-note-close]')!
  let active: HTMLAnchorElement | undefined

  /** Says of a line what its entry below says: there is one text for both. */
  const show = (line: HTMLAnchorElement | undefined) => {
    if (line === active) return
    active?.removeAttribute('data-active')
    active = line
    line?.setAttribute('data-active', '')
    const entry = line && document.getElementById(line.hash.slice(1))
    const copies = [...(entry?.children ?? [])].flatMap(({ childNodes }) =>
      [...childNodes].map((node) => node.cloneNode(true)),
    )
    body.replaceChildren(...copies)
    body.hidden = close.hidden = copies.length === 0
    hint.hidden = copies.length > 0
    note.toggleAttribute('data-open', copies.length > 0)
    note.scrollTop = 0
  }
  const lineOf = (target: EventTarget | null) =>
    (target as Element | null)
      ?.closest?.('[data-part]')
      ?.querySelector<HTMLAnchorElement>('[data-line]') ?? undefined

  text.addEventListener('pointerover', (event) => {
    const line = event.pointerType === 'mouse' ? lineOf(event.target) : undefined
    if (line) show(line)
  })
  text.addEventListener('focusin', (event) => {
    const line = lineOf(event.target)
    if (!line) return
    for (const other of lines()) other.tabIndex = other === line ? 0 : -1
    show(line)
  })
  text.addEventListener('click', (event) => {
    // Enter follows the link to the entry; a click or a tap shows it here.
    const isPointed = event.detail > 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey
    const line = lineOf(event.target)
    if (!line || !isPointed || getSelection()?.isCollapsed === false) return
    event.preventDefault()
    show(line)
  })
  text.addEventListener('keydown', (event) => {
    const all = lines()
    const at = all.indexOf(event.target as HTMLAnchorElement)
    const to = new Map([
      ['ArrowDown', at + 1],
      ['ArrowUp', at - 1],
      ['Home', 0],
      ['End', all.length - 1],
    ]).get(event.key)
    if (at < 0 || to === undefined) return
    event.preventDefault()
    all[to]?.focus()
  })
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') show(undefined)
  })
  close.addEventListener('click', () => show(undefined))
  // One stop for Tab; the arrows walk from there. Forty stops would be in everybody's way.
  for (const [index, line] of lines().entries()) line.tabIndex = index === 0 ? 0 : -1
}
