/** Laws of the decision, held by enumeration over every combination of layer states and by random policies. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compilePolicy } from '../compile.ts'
import { requestContext } from '../context-keys.ts'
import type { AttachedPolicy, LayerName, PolicySet, Principal, RequestContext } from '../types.ts'
import { decide } from './decide.ts'
import { explain } from './explain.ts'

const A = '111122223333'
const B = '444455556666'
const resource = 'arn:aws:s3:::data/a'

const attach = (name: string, ...statements: readonly object[]): AttachedPolicy => ({
  name,
  policy: compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
})
const body = { Action: 's3:GetObject', Resource: '*', Principal: '*' }
const allow = attach('allow', { Effect: 'Allow', ...body })
const deny = attach('deny', { Effect: 'Deny', ...body })
const both = attach('both', { Effect: 'Allow', ...body }, { Effect: 'Deny', ...body })
const silent = attach('silent')

/** undefined: the type is not in use. */
type State = AttachedPolicy | undefined
const STATES: readonly State[] = [undefined, silent, allow, deny, both]
const denies = (state: State): boolean => state === deny || state === both
const allows = (state: State): boolean => state === allow || state === both

interface World {
  readonly identity: State
  readonly resource: State
  readonly boundary: State
  readonly session: State
  readonly scp: State
  readonly rcp: State
}

const NAMES = ['identity', 'resource', 'boundary', 'session', 'scp', 'rcp'] as const

/** 15,625 worlds. */
function* worlds(): Generator<World> {
  for (let number = 0; number < STATES.length ** NAMES.length; number++) {
    let rest = number
    const states = NAMES.map((name) => {
      const state = STATES[rest % STATES.length]
      rest = Math.floor(rest / STATES.length)
      return [name, state] as const
    })
    yield Object.fromEntries(states) as unknown as World
  }
}

const setOf = (world: World): PolicySet => ({
  identity: world.identity ? [world.identity] : [],
  resource: world.resource,
  boundary: world.boundary,
  session: world.session && [world.session],
  scp: world.scp && [[allow], [world.scp]],
  rcp: world.rcp && [[world.rcp]],
})

const session: Principal = {
  kind: 'role-session',
  accountId: A,
  arn: `arn:aws:sts::${A}:assumed-role/app/s`,
  userId: 'AROAAPP:s',
  roleArn: `arn:aws:iam::${A}:role/app`,
}
const user: Principal = { kind: 'user', accountId: A, arn: `arn:aws:iam::${A}:user/alice`, userId: 'AIDAALICE' }
const root: Principal = { kind: 'root', accountId: A, arn: `arn:aws:iam::${A}:root` }
const anonymous: Principal = { kind: 'anonymous' }
const service: Principal = { kind: 'service', name: 'cloudtrail.amazonaws.com' }

const ask = (principal: Principal, resourceAccount: string): RequestContext => ({
  principal,
  action: 's3:GetObject',
  resource,
  resourceAccount,
  context: requestContext({}),
})

const CALLERS: readonly (readonly [name: string, request: RequestContext])[] = [
  ['a session at home', ask(session, A)],
  ['a session abroad', ask(session, B)],
  ['a user at home', ask(user, A)],
  ['root at home', ask(root, A)],
  ['anonymous', ask(anonymous, A)],
  ['a service', ask(service, A)],
]

/** Layers that can deny this caller. */
function reach({ principal }: RequestContext): readonly (keyof World)[] {
  if (principal.kind === 'root') return ['resource', 'scp', 'rcp', 'session']
  return 'accountId' in principal ? NAMES : ['resource', 'rcp']
}

for (const [name, request] of CALLERS) {
  test(`a deny within reach wins, and nothing else denies explicitly: ${name}`, () => {
    for (const world of worlds()) {
      const denied = reach(request).some((layer) => denies(world[layer]))
      const { reason } = decide(request, setOf(world))
      assert.equal(reason.startsWith('explicit-deny:'), denied, JSON.stringify(shown(world)))
    }
  })

  test(`no grant, no access: ${name}`, () => {
    for (const world of worlds()) {
      if (allows(world.identity) || allows(world.resource) || request.principal.kind === 'root') continue
      assert.equal(decide(request, setOf(world)).effect, 'Deny', JSON.stringify(shown(world)))
    }
  })

  test(`one allow more never closes, one deny more never opens: ${name}`, () => {
    for (const world of worlds()) {
      const before = decide(request, setOf(world)).effect
      for (const layer of NAMES) {
        const state = world[layer]
        if (state === silent && before === 'Allow') {
          assert.equal(decide(request, setOf({ ...world, [layer]: allow })).effect, 'Allow', layer)
        }
        if (state === silent && before === 'Deny') {
          assert.equal(decide(request, setOf({ ...world, [layer]: deny })).effect, 'Deny', layer)
        }
      }
    }
  })
}

const shown = (world: World) => Object.fromEntries(NAMES.map((name) => [name, world[name]?.name]))

test('cross-account access needs both sides and every limit', () => {
  for (const world of worlds()) {
    const grants = allows(world.identity) && allows(world.resource)
    const limits = (['boundary', 'session', 'scp'] as const).every(
      (name) => world[name] === undefined || allows(world[name]),
    )
    const denied = NAMES.some((name) => denies(world[name]))
    const want = grants && limits && !denied ? 'Allow' : 'Deny'
    assert.equal(decide(ask(session, B), setOf(world)).effect, want, JSON.stringify(shown(world)))
  }
})

test('explain agrees with decide in every world, and blocks exactly when it denies', () => {
  let number = 0
  for (const world of worlds()) {
    if (number++ % 7 !== 0) continue
    for (const [, request] of CALLERS) {
      const { effect, reason, blocking } = explain(request, setOf(world))
      assert.deepEqual({ effect, reason }, pick(decide(request, setOf(world))))
      assert.equal(blocking.length > 0, effect === 'Deny')
      if (effect === 'Deny') assert.ok(blocking.includes(reason.split(':')[1] as LayerName))
    }
  }
})

const pick = ({ effect, reason }: ReturnType<typeof decide>) => ({ effect, reason })

const values = fc.constantFrom('a', 'b', 'A', '*', 'a*', '', '1', '203.0.113.1')
const condition = fc.dictionary(
  fc.constantFrom(
    'StringEquals',
    'StringNotEquals',
    'StringLike',
    'ForAnyValue:StringLike',
    'ForAllValues:StringEquals',
    'NumericLessThan',
    'IpAddress',
    'NotIpAddress',
    'Null',
    'BoolIfExists',
    'ArnLike',
  ),
  fc.dictionary(
    fc.constantFrom('aws:username', 'aws:TagKeys', 'aws:PrincipalTag/t'),
    fc.array(values, { maxLength: 3 }),
    { maxKeys: 2 },
  ),
  { maxKeys: 2 },
)
const statement = fc.record({
  Effect: fc.constantFrom('Allow', 'Deny'),
  Action: fc.uniqueArray(fc.constantFrom('s3:GetObject', 's3:*', '*', 'ec2:*', 'S3:getobject'), { minLength: 1 }),
  Resource: fc.uniqueArray(fc.constantFrom('*', resource, 'arn:aws:s3:::data/${aws:username}', 'arn:aws:s3:::other'), {
    minLength: 1,
  }),
  Condition: condition,
})
const context = fc.dictionary(fc.constantFrom('aws:username', 'aws:PrincipalTag/t'), values, { maxKeys: 2 })

test('the order of statements and policies never matters', () => {
  fc.assert(
    fc.property(fc.array(statement, { maxLength: 5 }), context, (statements, keys) => {
      const request = { ...ask(user, A), context: requestContext({ ...keys, 'aws:TagKeys': ['a', 'b'] }) }
      const forward = decide(request, { identity: [attach('p', ...statements)] })
      const backward = decide(request, { identity: [attach('p', ...[...statements].reverse())] })
      const apart = decide(request, { identity: statements.map((one) => attach('p', one)) })
      assert.deepEqual([pick(backward), pick(apart)], [pick(forward), pick(forward)])
    }),
    { numRuns: 500 },
  )
})

test('deciding twice, and explaining between, gives the same', () => {
  fc.assert(
    fc.property(fc.array(statement, { maxLength: 4 }), context, (statements, keys) => {
      const request = { ...ask(session, A), context: requestContext(keys) }
      const set: PolicySet = { identity: [attach('p', ...statements)] }
      const first = decide(request, set)
      assert.deepEqual(pick(explain(request, set)), pick(first))
      assert.deepEqual(decide(request, set), first)
    }),
    { numRuns: 300 },
  )
})
