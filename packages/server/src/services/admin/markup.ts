/** HTML in which everything that is put in is escaped, unless it is markup itself. Not named `html`: formatters rewrite blanks in such templates. */

export interface Markup {
  readonly markup: string
}

type Part = string | number | Markup | readonly Markup[]

/** Tag of a template: `` markup`<p>${text}</p>` ``. Escapes for text and for attribute values in double quotes. */
export const markup = (strings: TemplateStringsArray, ...parts: readonly Part[]): Markup => ({
  markup: strings.map((text, index) => text + (index < parts.length ? written(parts[index] ?? '') : '')).join(''),
})

function written(part: Part): string {
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part))
  return 'markup' in part ? part.markup : part.map((each) => each.markup).join('')
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => ESCAPES[letter] ?? letter)
