/** Escape sequences of a terminal: colours, and links as systemd prints them around unit names. */
const escapes = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g

/** Text as it was before a terminal dressed it: no colours, line ends of one kind, no invisible marks in front. */
export function plainText(text: string): string {
  return text
    .replace(escapes, '')
    .replace(/\r\n?/g, '\n')
    .replace(/^\ufeff/, '')
    .replace(/\u00a0/g, ' ')
}
