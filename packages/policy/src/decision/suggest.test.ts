import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { compilePolicy } from '../compile.ts'
import { applied } from '../conformance/apply-suggestion.ts'
import { questionOf, type EvaluationRow, type Question } from '../conformance/evaluation.ts'
import type { AttachedPolicy, PolicySet, RequestContext } from '../types.ts'
import { decide } from './decide.ts'
import { explain } from './explain.ts'

const file = new URL('../../conformance/policy-vectors.json', import.meta.url)
const { evaluation } = JSON.parse(readFileSync(file, 'utf8')) as { readonly evaluation: readonly EvaluationRow[] }

/** Adds the keys that every call of the principal carries. */
function realistic({ request, set }: Question): Question {
  const { principal } = request
  const context = new Map(request.context)
  const arn = principal.kind === 'role-session' ? principal.roleArn : 'arn' in principal ? principal.arn : undefined
  if (arn !== undefined) context.set('aws:principalarn', arn)
  if (principal.kind === 'service') context.set('aws:principalservicename', principal.name)
  if (principal.kind === 'anonymous') context.set('aws:principalaccount', 'anonymous')
  return { request: { ...request, context }, set }
}

const refused = evaluation
  .map((row) => ({ id: row.id, ...realistic(questionOf(row)) }))
  .filter(({ request, set }) => /^(?:ex|im)plicit/.test(decide(request, set).reason))

test('there are refusals to try', () => assert.ok(refused.length > 120))

test('all suggestions together allow the request', () => {
  for (const { id, request, set } of refused) {
    const { suggestions } = explain(request, set)
    assert.ok(suggestions.length > 0, id)
    const after = suggestions.reduce(applied, set)
    assert.equal(decide(request, after).effect, 'Allow', `${id} ${JSON.stringify(suggestions)}`)
  }
})

test('without a warning, no other action, resource or caller gains anything', () => {
  let compared = 0
  for (const { id, request, set } of refused) {
    const { suggestions } = explain(request, set)
    if (suggestions.some((one) => one.warning !== undefined)) continue
    const after = suggestions.reduce(applied, set)
    const onResource = suggestions.every((one) => ['resource', 'trust', 'rcp'].includes(one.layer))
    for (const other of neighbours(request, onResource)) {
      assert.deepEqual(effectOf(other, after), effectOf(other, set), `${id} ${other.action} ${other.resource}`)
      compared++
    }
  }
  assert.ok(compared > 200, `${compared}`)
})

const effectOf = (request: RequestContext, set: PolicySet): string => decide(request, set).effect

/** Requests that differ in one respect. */
function neighbours(request: RequestContext, callers: boolean): readonly RequestContext[] {
  const { principal } = request
  const others: RequestContext[] = [
    { ...request, action: `${request.action}X` },
    ...['s3:PutObject', 'ec2:RunInstances'].flatMap((action) =>
      action === request.action ? [] : [{ ...request, action }],
    ),
    // A trust policy belongs to its role: there is no other resource to ask it about.
    ...(request.resource === '*' || request.action.startsWith('sts:')
      ? []
      : [{ ...request, resource: `${request.resource}x` }]),
  ]
  if (!callers || principal.kind !== 'user') return others
  const arn = `${principal.arn}-other`
  const context = new Map(request.context).set('aws:principalarn', arn)
  return [...others, { ...request, context, principal: { ...principal, arn, userId: 'AIDAOTHER' } }]
}

test('a managed policy of AWS is not to be edited', () => {
  const aws: AttachedPolicy = {
    name: 'ReadOnlyAccess',
    arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess',
    policy: compilePolicy('{"Version":"2012-10-17","Statement":[]}'),
  }
  const found = refused.find(({ request: { principal } }) => principal.kind === 'user')
  assert.ok(found)
  const [one] = explain({ ...found.request, resourceAccount: '111122223333' }, { identity: [aws] }).suggestions
  assert.deepEqual([one?.policy, one?.patch[0]?.path, one?.owner], ['new inline policy', '', '111122223333'])
})

test('nothing is suggested where a policy of AWS denies', () => {
  const deny = compilePolicy('{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}')
  const task: AttachedPolicy = {
    name: 'task',
    arn: 'arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy',
    policy: deny,
  }
  const found = refused.find(({ request: { principal } }) => principal.kind === 'user')
  assert.ok(found)
  const own: AttachedPolicy = { name: 'own', policy: deny }
  assert.equal(explain(found.request, { identity: [own] }).suggestions.length > 0, true)
  for (const identity of [[task], [task, own]]) {
    assert.equal(decide(found.request, { identity }).effect, 'Deny')
    assert.deepEqual(explain(found.request, { identity }).suggestions, [])
  }
})
