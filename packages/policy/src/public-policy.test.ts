import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicy } from './compile.ts'
import { readRecords, withoutRecordings } from './conformance/recordings.ts'
import { isPublicPolicy } from './public-policy.ts'
import { parsePolicy } from './validation/parse.ts'

const granted = (condition: object, principal: unknown = '*'): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: principal,
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::bkt/*',
      Condition: condition,
    },
  })

const cases: readonly [name: string, condition: object, want: boolean][] = [
  ['nothing narrows it', {}, true],
  ['a fixed organization', { StringEquals: { 'aws:PrincipalOrgID': 'o-abc' } }, false],
  ['a pattern of organizations', { StringLike: { 'aws:PrincipalOrgID': 'o-*' } }, true],
  ['an office', { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }, false],
  ['half of the internet', { IpAddress: { 'aws:SourceIp': '0.0.0.0/1' } }, true],
  ['everywhere but one place', { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }, true],
  [
    'the access points of one account',
    { StringLike: { 's3:DataAccessPointArn': 'arn:aws:s3:eu-west-1:111122223333:accesspoint/*' } },
    false,
  ],
]
for (const [name, condition, want] of cases) {
  test(name, () => assert.equal(isPublicPolicy(compilePolicy(granted(condition))), want))
}

test('a grant to an account is not public', () =>
  assert.equal(isPublicPolicy(compilePolicy(granted({}, { AWS: '111122223333' }))), false))

interface PublicRecord {
  readonly id: string
  readonly given: { readonly statements?: readonly object[] }
  readonly answer: { readonly isPublic?: boolean; readonly status?: number; readonly code?: string }
}
const FILE = 'native-s3.json'

test('what S3 called public', { skip: withoutRecordings(FILE) }, () => {
  const rows = readRecords<PublicRecord>(FILE).filter(({ id, given }) => id.startsWith('s3-public') && given.statements)
  assert.ok(rows.length > 40)
  for (const { id, given, answer } of rows) {
    const text = JSON.stringify({ Version: '2012-10-17', Statement: given.statements })
    const parsed = parsePolicy(text, 's3-bucket', { bucket: 'bkt' })
    assert.equal(parsed.ok ? 'stored' : parsed.code, answer.code ?? 'stored', `${id} ${text}`)
    if (parsed.ok) assert.equal(isPublicPolicy(parsed.policy), answer.isPublic, `${id} ${text}`)
  }
})
