/** A value beside the pattern that it does not match: where they part. */

const LETTERS = /[.*+?^${}()|[\]\\]/g

/** Whether a pattern with `*` and `?` matches. @param fold without regard to case */
export function matches(
  pattern: string,
  value: string,
  how: { readonly wild: boolean; readonly fold?: boolean },
): boolean {
  const source = how.wild
    ? pattern.replace(LETTERS, (letter) => (letter === '*' ? '.*' : letter === '?' ? '.' : `\\${letter}`))
    : pattern.replace(LETTERS, '\\$&')
  return new RegExp(`^${source}$`, how.fold === true ? 'isu' : 'su').test(value)
}

/** `they part at character 10: …`, from 1, as far as the pattern is literal. */
export function difference(pattern: string, value: string, wild: boolean): string {
  const end = wild && pattern.includes('*') ? pattern.indexOf('*') : pattern.length
  const fits = (index: number): boolean => pattern[index] === value[index] || (wild && pattern[index] === '?')
  let at = 0
  while (at < end && at < value.length && fits(at)) at++
  if (at === end && end < pattern.length)
    return `what follows \`${value.slice(0, at)}\` does not fit \`${pattern.slice(end)}\``
  if (at === value.length) return `the value ends where the pattern goes on with \`${excerpt(pattern, at)}\``
  if (at === pattern.length) return `the pattern ends where the value goes on with \`${excerpt(value, at)}\``
  return `first difference at character ${at + 1}: \`${excerpt(value, at)}\` where the pattern has \`${excerpt(pattern, at)}\``
}

const EXCERPT = 24
const excerpt = (text: string, at: number): string =>
  text.length - at > EXCERPT ? `${text.slice(at, at + EXCERPT)}…` : text.slice(at)
