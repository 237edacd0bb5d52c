/** The whole list as it stood in the page, whatever a search leaves of it later. */
export const list = document.querySelector<HTMLUListElement>('[data-list]')!
export const allRows = [...list.querySelectorAll<HTMLLIElement>('li')]
