/**
 * Both engines on every operator, with and without set operators and IfExists, over lists of up to two values of the
 * policy and of the request from one group of values that are easily taken for each other. A walk over all of them in
 * long steps; `UNDERSTUDY_AGREEMENT` asks for another number of steps.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decide, requestContext, type ContextValue, type PolicySet, type RequestContext } from '@understudy/policy'
import { OPERATOR_NAMES, VALUES } from './alphabet.ts'
import { specDecide } from './decide.ts'
import { KNOWN } from './known.ts'
import { attached } from './rows.ts'

const STEPS = Number(process.env['UNDERSTUDY_AGREEMENT'] ?? 200_000) / 4

const KEY = 'x:key'

const pairsOf = (values: readonly string[]): readonly (readonly string[])[] => [
  [],
  ...values.map((value) => [value]),
  ...values.flatMap((first) => values.map((second) => [first, second])),
]

interface Space {
  readonly operators: readonly string[]
  readonly wanted: readonly (readonly string[])[]
  readonly actual: readonly (ContextValue | undefined)[]
}

const spaces: readonly Space[] = Object.entries(VALUES).flatMap(([family, groups]) =>
  groups.map((group) => ({
    operators: (OPERATOR_NAMES[family] ?? []).flatMap((name) =>
      ['', 'ForAllValues:', 'ForAnyValue:'].flatMap((set) =>
        name === 'Null' ? [set + name] : [set + name, `${set}${name}IfExists`],
      ),
    ),
    wanted: pairsOf(group),
    actual: [undefined, ...group, ...pairsOf(group)],
  })),
)
const sizeOf = ({ operators, wanted, actual }: Space): number => operators.length * wanted.length * actual.length * 2

/** The case of a number: operator, effect, values wanted and values received. */
function caseAt(space: Space, number: number): readonly [RequestContext, PolicySet] {
  let rest = number
  const pick = <T>(list: readonly T[]): T => {
    const found = list[rest % list.length]
    rest = Math.floor(rest / list.length)
    return found as T
  }
  const effect = pick(['Allow', 'Deny'])
  const actual = pick(space.actual)
  const Condition = { [pick(space.operators)]: { [KEY]: pick(space.wanted) } }
  const free = { Effect: 'Allow', Action: '*', Resource: '*' }
  const tested = { ...free, Effect: effect, Condition }
  const document = { Version: '2012-10-17', Statement: effect === 'Allow' ? tested : [free, tested] }
  const accountId = '111122223333'
  const principal = { kind: 'user', accountId, arn: `arn:aws:iam::${accountId}:user/a`, userId: 'AIDA' } as const
  const context = requestContext(actual === undefined ? {} : { [KEY]: actual })
  return [
    { principal, action: 's3:GetObject', resource: 'arn:aws:s3:::b/k', context },
    { identity: [attached('i', document)] },
  ]
}

test('the engines agree on every condition operator', (t) => {
  const total = spaces.reduce((sum, space) => sum + sizeOf(space), 0)
  // An odd step that shares no factor with the sizes comes by every operator and every value.
  const step = Math.max(1, Math.floor(total / STEPS)) | 1
  let compared = 0
  for (const space of spaces) {
    for (let at = 0; at < sizeOf(space); at += step) {
      const [request, set] = caseAt(space, at)
      if (KNOWN.some(({ covers }) => covers(request, set))) continue
      compared += 1
      const { reason } = specDecide(request, set)
      const says = decide(request, set).reason
      if (says !== reason)
        assert.fail(
          `decide ${says}, spec ${reason}: ${JSON.stringify([set.identity[0]?.policy.text, request.context.get(KEY)])}`,
        )
    }
  }
  assert.ok(compared >= Math.min(STEPS, total) / 2, `${compared} of ${total}`)
  t.diagnostic(`${compared} of ${total} cases`)
})
