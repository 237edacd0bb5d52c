type Content = string | Node | Node[] | undefined

/** A copy of a template with its marked parts filled in. Text stays text, whatever it holds; what has no content goes. */
export function fromTemplate(name: string, parts: Record<string, Content> = {}): HTMLElement {
  const template = document.querySelector<HTMLTemplateElement>(`template[data-name="${name}"]`)!
  const copy = template.content.firstElementChild!.cloneNode(true) as HTMLElement
  for (const place of [...copy.querySelectorAll<HTMLElement>('[data-part]')]) {
    const part = place.dataset['part']!
    if (!Object.hasOwn(parts, part)) continue
    const content = parts[part]
    if (content === undefined || content === '') place.remove()
    else place.replaceChildren(...[content].flat())
  }
  return copy
}
