/** The laws of suggestions in random worlds of all layers: they allow the request, and open nothing else unwarned. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compilePolicy } from '../compile.ts'
import { applied } from '../conformance/apply-suggestion.ts'
import { requestContext } from '../context-keys.ts'
import type { AttachedPolicy, PolicySet, Principal, RequestContext } from '../types.ts'
import { decide } from './decide.ts'
import { explain } from './explain.ts'

const A = '111122223333'
const B = '444455556666'
const roleArn = `arn:aws:iam::${A}:role/app`
const target = `arn:aws:iam::${A}:role/target`
const callers: readonly Principal[] = [
  { kind: 'user', accountId: A, arn: `arn:aws:iam::${A}:user/alice`, userId: 'AIDAALICE' },
  { kind: 'user', accountId: B, arn: `arn:aws:iam::${B}:user/bob`, userId: 'AIDABOB' },
  {
    kind: 'role-session',
    accountId: A,
    arn: `arn:aws:sts::${A}:assumed-role/app/s`,
    userId: 'AROAAPP:s',
    roleArn,
  },
  { kind: 'service', name: 'ec2.amazonaws.com' },
]
const ACTIONS = ['s3:GetObject', 's3:PutObject', 's3:GetObjectTagging', 'sts:AssumeRole', 'sts:TagSession']
const RESOURCES = ['arn:aws:s3:::data/a', 'arn:aws:s3:::data/b', target]

const some = <T>(...values: readonly T[]) => fc.constantFrom(...values)
const list = (...values: readonly string[]) => fc.subarray([...values], { minLength: 1 })
const condition = some(
  {},
  {},
  {},
  { StringEquals: { 'aws:PrincipalTag/team': 'blue' } },
  { StringNotEquals: { 'aws:PrincipalTag/team': 'blue' } },
  { Bool: { 'aws:SecureTransport': 'true' } },
  { ArnNotLike: { 'aws:PrincipalArn': `arn:aws:iam::${A}:user/*` } },
  { Null: { 'sts:ExternalId': 'false' } },
)
const element = (name: string, ...values: readonly string[]) =>
  fc.oneof(
    { weight: 4, arbitrary: list(...values).map((all) => ({ [name]: all })) },
    { weight: 1, arbitrary: list(...values).map((all) => ({ [`Not${name}`]: all })) },
  )
const named = some<unknown>('*', { AWS: A }, { AWS: B }, { AWS: roleArn }, { Service: 'ec2.amazonaws.com' })

const statement = (principals: boolean, resources: boolean) =>
  fc
    .record({
      effect: some('Allow', 'Allow', 'Deny'),
      action: element('Action', ...ACTIONS, 's3:Get*', 's3:*', '*'),
      resource: resources ? element('Resource', ...RESOURCES, 'arn:aws:s3:::data/*', '*') : fc.constant({}),
      condition,
      principal: principals ? named.map((Principal) => ({ Principal })) : fc.constant({}),
    })
    .map(({ effect, action, resource, condition: Condition, principal }) => ({
      Effect: effect,
      ...principal,
      ...action,
      ...resource,
      ...(Object.keys(Condition).length === 0 ? {} : { Condition }),
    }))

const policy = (name: string, principals = false, resources = true): fc.Arbitrary<AttachedPolicy> =>
  fc.array(statement(principals, resources), { maxLength: 3 }).map((statements) => ({
    name,
    policy: compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
  }))
const maybe = (one: fc.Arbitrary<AttachedPolicy>) => fc.option(one, { nil: undefined, freq: 1 })

const world: fc.Arbitrary<PolicySet> = fc.record({
  identity: fc.oneof(fc.tuple(policy('identity 1')), fc.tuple(policy('identity 1'), policy('identity 2'))),
  resource: maybe(policy('resource', true)),
  trust: maybe(policy('trust', true, false)),
  boundary: maybe(policy('boundary')),
  session: fc.option(fc.tuple(policy('session')), { nil: undefined }),
  scp: fc.option(fc.tuple(fc.tuple(policy('scp 0')), fc.tuple(policy('scp 1'))), { nil: undefined }),
})

const requests = fc
  .record({
    principal: some(...callers),
    action: some(...ACTIONS),
    resource: some(...RESOURCES),
    team: some('blue', 'red', undefined),
    secure: some('true', 'false'),
  })
  .map(({ principal, action, resource, team, secure }) => ask(principal, action, resource, { team, secure }))

function ask(
  principal: Principal,
  action: string,
  resource: string,
  keys: { readonly team: string | undefined; readonly secure: string },
): RequestContext {
  const arn = principal.kind === 'role-session' ? principal.roleArn : 'arn' in principal ? principal.arn : undefined
  const entries: [string, string][] = [['aws:SecureTransport', keys.secure]]
  if (keys.team !== undefined) entries.push(['aws:PrincipalTag/team', keys.team])
  if (arn !== undefined) entries.push(['aws:PrincipalArn', arn])
  if (principal.kind === 'service') entries.push(['aws:PrincipalServiceName', principal.name])
  return { principal, action, resource, resourceAccount: A, context: requestContext(entries) }
}

const effectOf = (request: RequestContext, set: PolicySet): string => decide(request, set).effect

/** The same caller under the same circumstances, about everything else. */
const others = (request: RequestContext): readonly RequestContext[] =>
  ACTIONS.flatMap((action) => RESOURCES.map((resource) => ({ ...request, action, resource }))).filter(
    // A trust policy belongs to its role: for its actions there is no other resource.
    ({ action, resource }) =>
      action !== request.action || (resource !== request.resource && !request.action.startsWith('sts:')),
  )

test('in any world the suggestions together allow the request', () => {
  let refused = 0
  fc.assert(
    fc.property(requests, world, (request, set) => {
      if (effectOf(request, set) === 'Allow') return
      refused++
      const { suggestions } = explain(request, set)
      assert.ok(suggestions.length > 0)
      assert.equal(effectOf(request, suggestions.reduce(applied, set)), 'Allow', JSON.stringify(suggestions))
    }),
    { numRuns: 1500 },
  )
  assert.ok(refused > 500, `${refused}`)
})

test('in any world nothing else changes for the caller, unless a suggestion warns', () => {
  const changed = new Set<string>()
  let compared = 0
  fc.assert(
    fc.property(requests, world, (request, set) => {
      if (effectOf(request, set) === 'Allow') return
      const { suggestions } = explain(request, set)
      if (suggestions.some(({ warning }) => warning !== undefined)) return
      const after = suggestions.reduce(applied, set)
      for (const { layer } of suggestions) changed.add(layer)
      for (const other of others(request)) {
        compared++
        assert.equal(effectOf(other, after), effectOf(other, set), `${other.action} ${JSON.stringify(suggestions)}`)
      }
    }),
    { numRuns: 3000 },
  )
  assert.ok(compared > 2000, `${compared}`)
  assert.ok(changed.size >= 4, [...changed].join())
})

test('in any world an edit of the resource side opens nothing to other callers, unless it warns', () => {
  let compared = 0
  fc.assert(
    fc.property(requests, world, (request, set) => {
      if (effectOf(request, set) === 'Allow') return
      const { suggestions } = explain(request, set)
      const side = suggestions.filter(
        ({ layer, warning }) => /^(?:resource|trust)$/.test(layer) && warning === undefined,
      )
      if (side.length === 0) return
      const after = side.reduce(applied, set)
      const secure = String(request.context.get('aws:securetransport'))
      for (const principal of callers.filter((one) => one !== request.principal)) {
        const team = request.context.get('aws:principaltag/team') as string | undefined
        const other = ask(principal, request.action, request.resource, { team, secure })
        compared++
        assert.equal(effectOf(other, after), effectOf(other, set), `${principal.kind} ${JSON.stringify(side)}`)
      }
    }),
    { numRuns: 2000 },
  )
  assert.ok(compared > 500, `${compared}`)
})
