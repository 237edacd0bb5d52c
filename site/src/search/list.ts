/** The whole list as it stood in the page, whatever a search leaves of it later. */
export const list = document.querySelector<HTMLUListElement>('[data-list]')!
export const allRows = [...list.querySelectorAll<HTMLLIElement>('li')]

/** More than any screen shows. */
const atOnce = 40
/** So few that a key pressed meanwhile need not wait for them. */
const atATime = 100

let next = 0

/** Shows these rows instead: what is in sight with the next frame, the rest of a long list bit by bit after it. */
export function showRows(rows: HTMLLIElement[]) {
  clearTimeout(next)
  list.replaceChildren(...rows.slice(0, atOnce))
  const more = (start: number) => {
    if (start >= rows.length) return
    next = window.setTimeout(() => {
      list.append(...rows.slice(start, start + atATime))
      more(start + atATime)
    })
  }
  more(atOnce)
}
