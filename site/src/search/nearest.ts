import { createSearch } from './rank.ts'

/** On the page of what is not there: the service whose name is nearest to the address. */
const links = [...document.querySelectorAll<HTMLAnchorElement>('[data-id]')]
const near = document.querySelector<HTMLElement>('[data-near]')!

const search = createSearch(
  links.map(({ dataset, textContent }) => ({
    id: dataset['id']!,
    name: textContent.trim(),
    units: dataset['units']!.split(' '),
    keywords: [],
    category: '',
    summary: '',
  })),
)

/** The first part of an address, which is a service's id; nothing where it is no text. */
function asked(): string {
  try {
    return decodeURIComponent(location.pathname.split('/')[1] ?? '')
  } catch {
    return ''
  }
}

const name = asked()
const [id] = name ? search(name) : []
const link = links.find(({ dataset }) => dataset['id'] === id)
if (link) {
  const copy = link.cloneNode() as HTMLAnchorElement
  copy.textContent = link.textContent.trim()
  near.append('Did you mean ', copy, '?')
}
