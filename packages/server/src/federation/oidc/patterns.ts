/** A value beside the pattern that it does not match: where they part. */

/**
 * Whether a pattern with `*` and `?` matches. Steps back to the last star only, so no pattern and no value make it slow.
 * @param how.fold without regard to case
 */
export function matches(
  pattern: string,
  value: string,
  how: { readonly wild: boolean; readonly fold?: boolean },
): boolean {
  const [glob, text] = how.fold === true ? [pattern.toLowerCase(), value.toLowerCase()] : [pattern, value]
  if (!how.wild) return glob === text
  let at = 0
  let star = -1
  let resume = 0
  let index = 0
  while (index < text.length) {
    if (glob[at] === '*') {
      star = at++
      resume = index
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === text[index])) {
      at++
      index++
    } else if (star >= 0) {
      at = star + 1
      index = ++resume
    } else return false
  }
  while (glob[at] === '*') at++
  return at === glob.length
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
