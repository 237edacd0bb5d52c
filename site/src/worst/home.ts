/** Home stays light: what the section needs comes when it is opened. */
const section = document.querySelector<HTMLDetailsElement>('[data-worst]')!

async function start() {
  if (!section.open) return
  const { showWorst } = await import('./show.ts')
  showWorst()
}

section.addEventListener('toggle', start)
if (location.hash === '#worst') section.open = true
void start()
