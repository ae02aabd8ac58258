import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicy, decide } from '../index.ts'
import type { AttachedPolicy, RequestContext } from '../index.ts'

const request: RequestContext = {
  principal: {
    kind: 'user',
    accountId: '111122223333',
    arn: 'arn:aws:iam::111122223333:user/alice',
    userId: 'AIDAALICE000000000000',
  },
  action: 's3:ListAllMyBuckets',
  resource: '*',
  resourceAccount: '111122223333',
  context: new Map(),
}
const policy = (statement: object): AttachedPolicy => ({
  name: 'p',
  policy: compilePolicy(
    JSON.stringify({ Version: '2012-10-17', Statement: { Action: 's3:ListAllMyBuckets', ...statement } }),
  ),
})

const cases: readonly [name: string, statement: object, want: string][] = [
  ['the ARN of all buckets', { Effect: 'Allow', Resource: 'arn:aws:s3:::*' }, 'identity'],
  ['everything', { Effect: 'Allow', Resource: '*' }, 'identity'],
  ['one bucket is not all', { Effect: 'Allow', Resource: 'arn:aws:s3:::reports' }, 'implicit-deny:identity'],
  ['all but the buckets', { Effect: 'Allow', NotResource: 'arn:aws:s3:::*' }, 'implicit-deny:identity'],
  ['a deny on the ARN', { Effect: 'Deny', Resource: 'arn:aws:s3:::*' }, 'explicit-deny:identity'],
]
for (const [name, statement, want] of cases)
  test(`ListAllMyBuckets: ${name}`, () => {
    assert.equal(decide(request, { identity: [policy(statement)] }).reason, want)
  })

test('another action is asked for one resource only', () => {
  const other = { Action: 's3:GetObject', Effect: 'Allow', Resource: 'arn:aws:s3:::*' }
  assert.equal(
    decide({ ...request, action: 's3:GetObject' }, { identity: [policy(other)] }).reason,
    'implicit-deny:identity',
  )
})
