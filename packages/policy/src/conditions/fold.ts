/**
 * Case folding of StringEqualsIgnoreCase (policy-semantics 3.6): Unicode lower-casing with its final-sigma rule, and
 * nothing beyond it; letters outside the basic plane keep their case.
 */
export function foldCase(text: string): string {
  const lower = text.toLowerCase()
  if (!/[\ud800-\udfff]/.test(text)) return lower
  let folded = ''
  let at = 0
  for (const character of text) {
    const length = character.toLowerCase().length
    folded += character.length > 1 ? character : lower.slice(at, at + length)
    at += length
  }
  return folded
}
