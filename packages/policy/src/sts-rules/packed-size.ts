/**
 * Our packed size of session policies and tags. AWS's packing is secret; only three points of it are known, so this function
 * promises no more than to grow with what is passed. Calibrated on: nine tags of 252 characters each, key and value
 * together, 498 %; the six tags of an EKS pod identity, about 74 %; one short S3 statement, 11 to 16 %.
 */
import type { StsProblem } from './problem.ts'

export interface Packed {
  /** Inline session policy documents. */
  readonly policies: readonly string[]
  readonly policyArns: readonly string[]
  readonly tags: readonly { readonly key: string; readonly value: string }[]
}

/** Characters of text that does not compress. */
const BUDGET = 456
const SHORTEST_REPEAT = 4
/** A reference to text that came before costs about as much as two characters. */
const REPEAT_COST = 2
/** What most policies begin with or hold: known to both sides, so it costs no more than a reference. */
const KNOWN =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::"]}]}' +
  '"Effect":"Deny","Condition":{"StringEquals":{"arn:aws:iam::aws:policy/'

/** Percentage of the budget, rounded up; above 100 the call is refused with PackedPolicyTooLarge. */
export function packedPolicySize(packed: Packed): number {
  const tags = packed.tags.reduce((sum, tag) => sum + tag.key.length + tag.value.length, 0)
  const policies = [...packed.policies, ...packed.policyArns].reduce((sum, text) => sum + compressedLength(text), 0)
  return Math.ceil(((tags + policies) * 100) / BUDGET)
}

/**
 * PackedPolicyTooLarge above 100 percent, with the text for tags or the one for policies.
 * @param percent `packedPolicySize` of it, for callers who have it already
 */
export function checkPackedSize(packed: Packed, percent = packedPolicySize(packed)): StsProblem | undefined {
  if (percent <= 100) return undefined
  const message =
    packed.policies.length + packed.policyArns.length === 0
      ? `Packed size of session tags consumes ${percent}% of allotted space.`
      : `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`
  return { code: 'PackedPolicyTooLarge', message, httpStatus: 400 }
}

const LENGTHS_MAX = 256
const lengths = new Map<string, number>()

/** Sessions are refreshed with the same policies: their lengths are kept for the texts that came last. */
function compressedLength(text: string): number {
  const known = lengths.get(text)
  if (known !== undefined) return known
  const length = countedLength(text)
  if (text.length > KEPT_LENGTH_MAX) return length
  if (lengths.size >= LENGTHS_MAX) lengths.clear()
  lengths.set(text, length)
  return length
}

/** A session policy has 2,048 characters at most. */
const KEPT_LENGTH_MAX = 2048

/** Length of a text when every run of four characters or more that came before costs a reference. Linear in the text. */
function countedLength(text: string): number {
  const seen = new Map<string | number, number>()
  const all = KNOWN + text
  const lastSeen = (gram: string | number): number | undefined => seen.get(gram) ?? KNOWN_GRAMS.get(gram)
  let cost = 0
  let at = KNOWN.length
  while (at < all.length) {
    const before = at + SHORTEST_REPEAT <= all.length ? lastSeen(gramAt(all, at)) : undefined
    let length = 1
    if (before !== undefined) {
      length = SHORTEST_REPEAT
      while (at + length < all.length && all[before + length] === all[at + length]) length++
    }
    cost += before === undefined ? 1 : REPEAT_COST
    for (let step = 0; step < length; step++) seen.set(gramAt(all, at + step), at + step)
    at += length
  }
  return cost
}

/** Four characters: as one number where they are of one byte each, which a map finds faster; shorter at the text's end. */
function gramAt(text: string, at: number): string | number {
  const [a, b, c, d] = [text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2), text.charCodeAt(at + 3)]
  return (a | b | c | d) < 256 && at + SHORTEST_REPEAT <= text.length
    ? ((a * 256 + b) * 256 + c) * 256 + d
    : text.slice(at, at + SHORTEST_REPEAT)
}

const KNOWN_GRAMS: ReadonlyMap<string | number, number> = new Map(
  Array.from({ length: KNOWN.length - SHORTEST_REPEAT + 1 }, (_, at) => [gramAt(KNOWN, at), at]),
)
