/**
 * The decision when not all of the request is known: allowed or denied whatever the open keys hold, or dependent on some of
 * them. It is `decide` that answers, for the two extremes and for sample values of the open keys.
 */
import { decide } from '../decision/decide.ts'
import type { ContextValue, Decision, PolicySet, RequestContext } from '../types.ts'
import { bentSet, openStatements, type OpenStatement, type Openness } from './open-statements.ts'
import { samplesOf, type Samples } from './samples.ts'

/** One value for each key that the answer depends on; undefined: the key is absent. */
export type Example = Readonly<Record<string, ContextValue | undefined>>

export interface PartialDecision {
  readonly outcome: 'allowed' | 'denied' | 'depends'
  /** Keys that the answer depends on, as documents spell them; none unless it depends. */
  readonly keys: readonly string[]
  /** The decision where nothing is open; with open keys the one that refuses, if there is one. */
  readonly decision: Decision
  /** Values with which the request is allowed, where such were found. */
  readonly allowedWith?: Example
}

/** Assignments that are tried at most; beyond, the answer names all open keys. */
const TRIED_MAX = 2048

/** Decides a request whose open keys may hold anything. Pure, and bounded in time. */
export function decidePartly(request: RequestContext, set: PolicySet, openness: Openness): PartialDecision {
  const open = openStatements(request, set, openness)
  const worst = decide(request, open.length === 0 ? set : bentSet(set, open, 'Deny', openness))
  if (open.length === 0) return settled(worst)
  const best = decide(request, bentSet(set, open, 'Allow', openness))
  if (worst.effect === best.effect) return settled(worst)
  const keys = [...new Set(open.flatMap((one) => [...one.keys]))]
  const samples = keys.map((key) => samplesOf(key, open, openness(key) === 'any'))
  const count = samples.reduce((product, { values }) => product * values.length, 1)
  const spelled = spellings(open)
  if (count > TRIED_MAX) return { outcome: 'depends', keys: keys.map(spelled), decision: worst }
  return byTrial(request, set, { samples, spelled, worst })
}

const settled = (decision: Decision): PartialDecision => ({
  outcome: decision.effect === 'Allow' ? 'allowed' : 'denied',
  keys: [],
  decision,
})

interface Trial {
  readonly samples: readonly Samples[]
  readonly spelled: (key: string) => string
  readonly worst: Decision
}

type Assignment = readonly number[]

/** Decides every assignment. One answer for all of them is the answer where the samples are complete. */
function byTrial(request: RequestContext, set: PolicySet, { samples, spelled, worst }: Trial): PartialDecision {
  const assignments = assignmentsOf(samples)
  const answers = assignments.map((assignment) => decide(assigned(request, samples, assignment), set))
  const allowed = answers.findIndex(({ effect }) => effect === 'Allow')
  const denied = answers.findIndex(({ effect }) => effect === 'Deny')
  const [first = worst] = answers
  if ((allowed < 0 || denied < 0) && samples.every(({ complete }) => complete)) return settled(first)
  const deciding = allowed < 0 || denied < 0 ? samples : decidingKeys(samples, assignments, answers)
  const plain = assignments.findIndex(
    (assignment, index) => answers[index]?.effect === 'Allow' && isPlain(assignment, samples, deciding),
  )
  const witness = assignments[plain < 0 ? allowed : plain]
  return {
    outcome: 'depends',
    keys: deciding.map(({ key }) => spelled(key)),
    decision: answers[denied] ?? worst,
    ...(witness ? { allowedWith: exampleOf(samples, plain < 0 ? samples : deciding, witness, spelled) } : {}),
  }
}

/** Are the keys that do not decide absent, or where they must be there, of a value that no policy names? */
const isPlain = (assignment: Assignment, samples: readonly Samples[], deciding: readonly Samples[]): boolean =>
  samples.every((one, at) => assignment[at] === 0 || deciding.includes(one))

function assignmentsOf(samples: readonly Samples[]): readonly Assignment[] {
  return samples.reduce<readonly Assignment[]>(
    (before, { values }) => before.flatMap((start) => values.map((_, index) => [...start, index])),
    [[]],
  )
}

function assigned(request: RequestContext, samples: readonly Samples[], assignment: Assignment): RequestContext {
  const context = new Map(request.context)
  for (const [at, { key, values }] of samples.entries()) {
    const value = values[assignment[at] ?? 0]
    if (value === undefined) context.delete(key)
    else context.set(key, value)
  }
  return { ...request, context }
}

/** Keys that alone can turn an answer. All, where none alone does. */
function decidingKeys(
  samples: readonly Samples[],
  assignments: readonly Assignment[],
  answers: readonly Decision[],
): readonly Samples[] {
  const deciding = samples.filter((_, at) => {
    const seen = new Map<string, string>()
    return assignments.some((assignment, index) => {
      const others = assignment.toSpliced(at, 1).join()
      const effect = answers[index]?.effect ?? 'Deny'
      const before = seen.get(others) ?? effect
      seen.set(others, before)
      return before !== effect
    })
  })
  return deciding.length > 0 ? deciding : samples
}

const exampleOf = (
  samples: readonly Samples[],
  deciding: readonly Samples[],
  assignment: Assignment,
  spelled: Trial['spelled'],
): Example =>
  Object.fromEntries(
    deciding.map((one) => [spelled(one.key), one.values[assignment[samples.indexOf(one)] ?? 0]] as const),
  )

/** A key as the first condition spells it; variables are known in lower case only. */
function spellings(open: readonly OpenStatement[]): (key: string) => string {
  const written = new Map(
    open.flatMap(({ statement }) => statement.conditions).map(({ key, keyAsWritten }) => [key, keyAsWritten]),
  )
  return (key) => written.get(key) ?? key
}
