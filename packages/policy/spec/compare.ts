/** Asks both engines, and makes a case on which they differ as small as it gets. */
import { decide, requestContext, type AttachedPolicy, type PolicySet, type RequestContext } from '@understudy/policy'
import { chanceFrom } from './chance.ts'
import { specDecide } from './decide.ts'
import type { Documents, Json } from './generate-documents.ts'
import { generate, type Question } from './generate.ts'
import { KNOWN, ownLayers } from './known.ts'
import { attached } from './rows.ts'

/** Requests that are asked about one set of policies. */
const REQUESTS = 4

export interface Case {
  readonly documents: Documents
  readonly question: Question
}

export interface Run {
  /** How many requests both engines have decided. */
  readonly compared: number
  /** How often the slow engine gave each reason. */
  readonly reasons: ReadonlyMap<string, number>
  /** How many more were not compared, by the known disagreement that they show. */
  readonly passedOver: ReadonlyMap<string, number>
  /** The first difference, made small: what each engine says, and the case. */
  readonly difference?: Difference
}

export interface Difference extends Case {
  readonly seed: number
  readonly decide: string
  readonly spec: string
}

/** Compares the engines on `count` requests; each set of policies has its own seed, counted up from `seed`. */
export function run(seed: number, count: number): Run {
  const reasons = new Map<string, number>()
  const passedOver = new Map<string, number>()
  let compared = 0
  for (let at = seed; compared < count; at += 1) {
    const { documents, questions } = generate(chanceFrom(at), REQUESTS)
    const all = policySetOf(documents)
    for (const question of questions) {
      const request = requestOf(question)
      const set = ownLayers(request, all)
      const known = KNOWN.find(({ covers }) => covers(request, set))
      if (known) {
        passedOver.set(known.id, (passedOver.get(known.id) ?? 0) + 1)
        continue
      }
      const { reason } = specDecide(request, set)
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
      compared += 1
      if (differ(request, set))
        return { compared, reasons, passedOver, difference: { seed: at, ...smallest({ documents, question }) } }
    }
  }
  return { compared, reasons, passedOver }
}

/** When several layers deny, either engine may name any of them; all else has to be equal. */
function differ(request: RequestContext, set: PolicySet): boolean {
  const fast = decide(request, set)
  const slow = specDecide(request, set)
  if (fast.effect !== slow.effect) return true
  return fast.reason !== slow.reason && !slow.denying.some((layer) => fast.reason === `explicit-deny:${layer}`)
}

/** Documents as a set of policies. */
export function policySetOf(documents: Documents): PolicySet {
  // Each policy of a set lies one or two lists deep; a document is an object, a list is one.
  const read = (layer: string, value: Json): unknown =>
    Array.isArray(value) ? value.map((each: Json) => read(layer, each)) : attached(layer, value)
  return Object.fromEntries(
    Object.entries(documents).map(([layer, value]) => [layer, read(layer, value) as AttachedPolicy]),
  ) as unknown as PolicySet
}

/** A question as a request. */
export const requestOf = (question: Question): RequestContext => ({
  ...question,
  context: requestContext(question.context),
})

function asked({ documents, question }: Case): readonly [RequestContext, PolicySet] {
  const request = requestOf(question)
  return [request, ownLayers(request, policySetOf(documents))]
}

/** Takes away whatever can go while the engines still differ. */
function smallest(found: Case): Omit<Difference, 'seed'> {
  let best = found
  for (;;) {
    const size = JSON.stringify(best).length
    const smaller = reductions(best).find((one) => JSON.stringify(one).length < size && stillDiffers(one))
    if (!smaller) break
    best = smaller
  }
  const [request, set] = asked(best)
  return { decide: decide(request, set).reason, spec: specDecide(request, set).reason, ...best }
}

function stillDiffers({ documents, question }: Case): boolean {
  // Taking away can spoil a document (a Statement with nothing in it): the engines are not asked about those.
  if (/"(Statement|Action|NotAction|Resource|NotResource)":\[\]/.test(JSON.stringify(documents))) return false
  const [request, set] = asked({ documents, question })
  return !KNOWN.some(({ covers }) => covers(request, set)) && differ(request, set)
}

function reductions({ documents, question }: Case): readonly Case[] {
  const { context, flags } = question
  return [
    ...lesser(documents, 1).map((less) => ({ documents: { identity: [], ...(less as Documents) }, question })),
    ...lesser(context, 1).map((less) => ({
      documents,
      question: { ...question, context: less as Question['context'] },
    })),
    ...lesser({ ...flags }, 1).map((less) => ({
      documents,
      question: { ...question, flags: less as Question['flags'] },
    })),
  ]
}

/** Every value that lacks one member of a list, or of an object down to `depth`; a Condition goes whole or in parts. */
function lesser(value: Json, depth: number): readonly Json[] {
  if (Array.isArray(value)) {
    const items = value as readonly Json[]
    const [only] = items
    const unwrapped = items.length === 1 && typeof only === 'string' ? [only] : []
    const without = items.map((_, at) => items.filter((_item, other) => other !== at))
    const within = items.flatMap((item, at) => lesser(item, 0).map((less) => items.with(at, less)))
    return [...unwrapped, ...without, ...within]
  }
  if (typeof value !== 'object') return []
  const fields = Object.entries(value as Readonly<Record<string, Json>>)
  return fields.flatMap(([name, field], at) => {
    const condition = name === 'Condition'
    const without = Object.fromEntries(fields.filter((_, other) => other !== at))
    const within = lesser(field, condition ? 2 : depth - 1).map((less) => ({ ...value, [name]: less }))
    return depth > 0 || condition ? [without, ...within] : within
  })
}
