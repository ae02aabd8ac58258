/** What is known of an action alone, and the tables that remember it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { candidates } from '../actions.ts'
import { compilePolicy } from '../compile.ts'
import { requestContext } from '../context-keys.ts'
import type { Principal, RequestContext } from '../types.ts'
import { actionFacts, factsOf } from './facts.ts'
import { isRcpAction } from './rcp-services.ts'

const A = '111122223333'
const B = '444455556666'
const alice: Principal = { kind: 'user', accountId: A, arn: `arn:aws:iam::${A}:user/alice`, userId: 'AIDAALICE' }
const ec2: Principal = { kind: 'service', name: 'ec2.amazonaws.com' }
const object = { action: 's3:GetObject', resource: 'arn:aws:s3:::data/a' }
const assume = { action: 'sts:AssumeRole', resource: `arn:aws:iam::${A}:role/app` }
const all = { Effect: 'Allow', Action: '*', Resource: '*' }
const request = (principal: Principal, given: Partial<RequestContext>): RequestContext => ({
  principal,
  action: 's3:GetObject',
  resource: '*',
  resourceAccount: A,
  context: requestContext({}),
  ...given,
})

test('facts of an action', () => {
  const facts = factsOf(request(alice, { ...assume, action: 'STS:assumerole' }))
  assert.deepEqual(facts, {
    action: {
      name: 'sts:assumerole',
      isStsOrIam: true,
      isTrust: true,
      isKms: false,
      isRescue: false,
      isRcp: true,
    },
    side: 'trust',
    strict: true,
    sameAccount: true,
  })
  assert.equal(actionFacts('iam:GetRole').isStsOrIam, true)
  assert.equal(factsOf(request(ec2, object)).sameAccount, false)
  assert.equal(factsOf({ principal: ec2, ...object, context: requestContext({}) }).sameAccount, false)
  assert.equal(factsOf({ principal: alice, ...object, context: requestContext({}) }).sameAccount, true)
  assert.equal(factsOf(request(alice, { ...object, resourceAccount: B })).sameAccount, false)
})

test('a statement without Action speaks of none', () => {
  const policy = compilePolicy('{"Statement":{"Effect":"Allow","Resource":"*"}}')
  assert.deepEqual(candidates(policy, 's3:GetObject'), { allows: [], denies: [] })
})

test('services in reach of resource control policies', () => {
  for (const name of [
    'aoss:x',
    'budgets:x',
    'cognito-idp:x',
    'dynamodb:x',
    'fis:x',
    'health:x',
    'logs:x',
    'pricing:x',
    's3:GetObject',
    'SQS:x',
    'wafv2:x',
    'xray:x',
    'kms:Decrypt',
    'cloudsearch:x',
    'cloudtrail-data:x',
    'comprehend:x',
    'comprehendmedical:x',
    'fms:x',
    'opensearch:x',
    'notifications:x',
    'secretsmanager:x',
    'transfer:x',
    'workspaces:x',
    's3:x:y',
  ]) {
    assert.equal(isRcpAction(name), true, name)
  }
  for (const name of ['kms:RetireGrant', 'ec2:RunInstances', 'iam:GetRole', 's3', 'cloudsearchcloudtrail-data:x', '']) {
    assert.equal(isRcpAction(name), false, name)
  }
})

test('many actions are asked about, and the tables that remember them start again', () => {
  const Statement = [
    { ...all, Action: 's3:Get*' },
    { ...all, Effect: 'Deny', Action: 's3:GetX*' },
  ]
  const policy = compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement }))
  for (let index = 0; index < 600; index++) {
    const { allows, denies } = candidates(policy, `s3:GetX${index}`)
    assert.deepEqual([allows.length, denies.length], [1, 1])
    assert.ok(policy.byAction.size <= 256)
  }
  const names = Array.from({ length: 4200 }, (_none, index) => actionFacts(`s3:GetX${index}`).name)
  assert.equal(names.at(-1), 's3:getx4199')
  assert.equal(candidates(policy, 's3:GetX599'), candidates(policy, 's3:GetX599'))
  assert.equal(actionFacts('s3:GetX4999'), actionFacts('s3:GetX4999'))
})
