/** Every policy that AWS manages is read, kept, compiled, and decides as its statements say. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicy, decide, parsePolicy, requestContext, significantLength } from '@understudy/policy'
import type { AttachedPolicy, Decision, RequestContext } from '@understudy/policy'
import { readJson } from '../../packages/policy/src/language/json.ts'
import type { JsonNode } from '../../packages/policy/src/language/json.ts'
import { loadManagedPolicyCatalogue } from '../../packages/server/src/entities/catalogue/load.ts'
import { covered, missed } from './derive.ts'
import type { Derived, Statement } from './derive.ts'

const policies = loadManagedPolicyCatalogue().all()
const CUSTOMER_MAX = 6144
const ACCOUNT = '111122223333'

const attach = (name: string, ...statements: readonly object[]): AttachedPolicy => ({
  name,
  policy: compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
})
const all = { Action: '*', Resource: '*' }
/** Roles and keys must give access themselves; these name the account, which leaves the answer to identity policies. */
const delegated = attach('delegated', { Effect: 'Allow', Principal: { AWS: ACCOUNT }, ...all })

const statementsOf = (text: string): readonly Statement[] => {
  const { Statement: statements } = JSON.parse(text) as { readonly Statement: Statement | readonly Statement[] }
  return [statements].flat() as readonly Statement[]
}

/** The size limit of customers does not hold for AWS: longer documents are read in pieces. */
function partsOf(text: string): readonly string[] {
  if (significantLength(text) <= CUSTOMER_MAX) return [text]
  const pieces = statementsOf(text).flatMap((statement) => {
    const element = statement.Action === undefined ? 'NotAction' : 'Action'
    const actions = [statement[element] ?? []].flat()
    const starts = Array.from({ length: Math.ceil(actions.length / 50) }, (_none, index) => index * 50)
    return starts.map((from) => ({ ...statement, [element]: actions.slice(from, from + 50) }))
  })
  return pieces.map((statement) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] }))
}

function plain(node: JsonNode): unknown {
  if (node.kind === 'object') return Object.fromEntries(node.members.map(({ name, value }) => [name, plain(value)]))
  if (node.kind === 'array') return node.items.map(plain)
  if (node.kind === 'null') return null
  return node.kind === 'string' ? node.value : JSON.parse(node.value)
}

test('all are read, kept and compiled', () => {
  assert.ok(policies.length > 1400)
  for (const { arn, text } of policies) {
    const read = readJson(text)
    assert.ok(read.ok, arn)
    assert.deepEqual(plain(read.root), JSON.parse(text), arn)
    for (const part of partsOf(text)) {
      const parsed = parsePolicy(part, 'managed')
      assert.ok(parsed.ok, `${arn} ${JSON.stringify(parsed)}`)
    }
    const { statements, text: kept } = compilePolicy(text)
    assert.equal(kept, text)
    assert.deepEqual(
      statements.map(({ effect, sid }) => [effect, sid]),
      statementsOf(text).map((row) => [row.Effect, (row as { readonly Sid?: string }).Sid]),
      arn,
    )
  }
})

function ask(
  { action, resource, keys }: Derived,
  identity: readonly AttachedPolicy[],
  resourceAccount: string = ACCOUNT,
): Decision {
  const request: RequestContext = {
    principal: { kind: 'user', accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/alice`, userId: 'AIDAALICE' },
    action,
    resource,
    resourceAccount,
    context: requestContext(keys),
  }
  const own = resourceAccount === ACCOUNT ? { resource: delegated, trust: delegated } : {}
  return decide(request, { identity, ...own })
}

/** Settled before any policy is read. */
const NO_QUESTION = new Set(['sts:getcalleridentity', 'sts:getsessiontoken', 'sts:getscopedcredentials'])

/** Keys and roles say that their own policy took part. */
const ALLOWED = /^identity(?:\+resource|\+trust)?$/

/** Each statement alone; a Deny beside a statement that allows everything. */
function alone(statement: Statement): readonly AttachedPolicy[] {
  return [
    attach('alone', statement),
    ...(statement.Effect === 'Deny' ? [attach('all', { Effect: 'Allow', ...all })] : []),
  ]
}

test('each statement covers what it says, and nothing that misses one of its elements', () => {
  const counts = { statements: 0, missed: 0, open: 0 }
  for (const { arn, text } of policies) {
    for (const [index, statement] of statementsOf(text).entries()) {
      const identity = alone(statement)
      const [hit, miss] =
        statement.Effect === 'Allow' ? [ALLOWED, /^implicit-deny:identity$/] : [/^explicit-deny:identity$/, ALLOWED]
      const request = covered(statement)
      if (NO_QUESTION.has(request.action.toLowerCase())) continue
      const shown = `${arn} statement ${index}`
      assert.match(ask(request, identity).reason, hit, `${shown} ${JSON.stringify([statement, request])}`)
      const others = missed(statement)
      for (const other of others) {
        assert.match(ask(other, identity).reason, miss, `${shown} ${JSON.stringify([statement, other])}`)
      }
      counts.statements++
      counts.missed += others.length
      if (others.length === 0) {
        // What allows everything still opens no door of another account; what denies everything denies there too.
        const want = statement.Effect === 'Allow' ? 'implicit-deny:resource' : 'explicit-deny:identity'
        assert.equal(ask(request, identity, '444455556666').reason, want, shown)
        counts.open++
      }
    }
  }
  assert.ok(counts.statements > 8000, JSON.stringify(counts))
  assert.ok(counts.missed > 2 * counts.statements, JSON.stringify(counts))
})
