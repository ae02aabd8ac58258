/** Results that follow from a text alone, kept for the texts that came last: clients refresh sessions with the same policy. */

/** Texts that are kept; half of them are let go together. */
const TEXTS_MAX = 512

/**
 * @param make gives the same result for the same text, and throws nothing
 * @param lengthMax longer texts are worked out each time, so that what is kept stays small. Characters
 */
export function byText<T>(lengthMax: number, make: (text: string) => T): (text: string) => T {
  let recent = new Map<string, T>()
  let older = new Map<string, T>()
  return (text) => {
    const known = recent.get(text)
    if (known !== undefined) return known
    const result = older.get(text) ?? make(text)
    if (text.length > lengthMax) return result
    if (recent.size >= TEXTS_MAX / 2) {
      older = recent
      recent = new Map()
    }
    recent.set(text, result)
    return result
  }
}
