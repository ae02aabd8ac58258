/** The texts of wire-facts, "Authentication errors": one line for each fault and dialect. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { Credentials, Dialect } from '@understudy/wire'
import { instant, knownAccountId } from '../domain/brands.ts'
import type { SessionFacts } from './caller.ts'
import type { NotIdentified } from './identify.ts'
import { keyRefusal } from './key-refusals.ts'

const credentials = { accessKeyId: 'ASIAKEY', sessionToken: 'the-token' } as Partial<Credentials> as Credentials

const INVALID_CLIENT = '403 InvalidClientTokenId The security token included in the request is invalid.'
const EXPIRED = '403 ExpiredToken The security token included in the request is expired'
const INVALID_KEY =
  '403 InvalidAccessKeyId The AWS Access Key Id you provided does not exist in our records. AWSAccessKeyId=ASIAKEY'
const INVALID_TOKEN = '400 InvalidToken The provided token is malformed or otherwise invalid. Token-0=the-token'
const S3_EXPIRED = '400 ExpiredToken The provided token has expired. Token-0=the-token'

const rows: readonly (readonly [why: NotIdentified, query: string, s3: string, diagnosis: string])[] = [
  ['unknown-key', INVALID_CLIENT, INVALID_KEY, 'AUTH.UNKNOWN_KEY'],
  ['inactive-key', INVALID_CLIENT, INVALID_KEY, 'AUTH.INACTIVE_KEY'],
  ['token-missing', INVALID_CLIENT, INVALID_KEY, 'AUTH.TOKEN_MISSING'],
  ['token-unexpected', INVALID_CLIENT, INVALID_TOKEN, 'AUTH.TOKEN_INVALID'],
  ['token-malformed', INVALID_CLIENT, INVALID_TOKEN, 'AUTH.TOKEN_INVALID'],
  ['token-of-another-key', INVALID_CLIENT, INVALID_KEY, 'AUTH.TOKEN_INVALID'],
  ['token-changed', INVALID_CLIENT, INVALID_TOKEN, 'AUTH.TOKEN_INVALID'],
  ['expired', EXPIRED, S3_EXPIRED, 'AUTH.EXPIRED'],
  ['holder-gone', INVALID_CLIENT, INVALID_KEY, 'AUTH.HOLDER_GONE'],
  ['ended', INVALID_CLIENT, INVALID_KEY, 'AUTH.SESSION_ENDED'],
]

function said(why: NotIdentified, dialect: Dialect) {
  const refusal = keyRefusal({ ok: false, why }, credentials, dialect)
  const fields = refusal.fields.map(([name, value]) => ` ${name}=${value}`).join('')
  return { text: `${refusal.status} ${refusal.code} ${refusal.message}${fields}`, refusal }
}

for (const [why, query, s3, diagnosis] of rows)
  test(why, () => {
    for (const [dialect, want] of [
      ['sts', query],
      ['iam', query],
      ['s3', s3],
    ] as const) {
      const { text, refusal } = said(why, dialect)
      assert.equal(text, want, dialect)
      assert.equal(refusal.diagnosis, diagnosis)
      assert.ok((refusal.explanation ?? '').length > 10)
      assert.ok(!JSON.stringify([refusal.explanation, refusal.details ?? '']).includes('the-token'))
    }
  })

const expired: SessionFacts = {
  accessKeyId: 'ASIAKEY',
  account: knownAccountId('111122223333'),
  issuedAt: instant(Date.UTC(2026, 0, 2, 2, 4, 5)),
  expiresAt: instant(Date.UTC(2026, 0, 2, 3, 4, 5)),
  holder: { kind: 'role', name: 'Reader', path: '/', id: 'AROAREADER' },
  sessionName: 'me',
  sessionPolicies: [],
  sessionPolicyArns: [],
  tags: [],
  transitiveKeys: [],
  proof: { kind: 'assume-role' },
  chain: { first: { arn: 'arn:aws:iam::111122223333:user/bob', accessKeyId: 'AKIABOB' }, length: 1 },
}
const born: readonly (readonly [proof: SessionFacts['proof'], words: RegExp])[] = [
  [{ kind: 'web-identity', provider: 'accounts.google.com', claims: {} }, /for a token of `accounts\.google\.com`/],
  [{ kind: 'saml', providerArn: 'arn:p', claims: {} }, /for an assertion of `arn:p`/],
  [{ kind: 'service', service: 'lambda.amazonaws.com' }, /to lambda\.amazonaws\.com/],
  [
    { kind: 'instance', instanceArn: 'arn:i', roleDelivery: '2.0', vpcId: 'v', privateIp: '10.0.0.1' },
    /to `arn:i` .* has had newer ones since/,
  ],
]
test('an expired session says how it began and when it ended, to the operator', () => {
  const told = (facts: SessionFacts) =>
    keyRefusal({ ok: false, why: 'expired', expired: facts }, credentials, 'sts').explanation ?? ''
  assert.equal(
    told(expired),
    'The session `arn:aws:sts::111122223333:assumed-role/Reader/me` was issued at 2026-01-02T02:04:05Z with the key AKIABOB of ' +
      '`arn:aws:iam::111122223333:user/bob` and expired at 2026-01-02T03:04:05Z (session time). A program that runs longer has to ask again.',
  )
  for (const [proof, words] of born) assert.match(told({ ...expired, proof, chain: { length: 0 } }), words)
})

test('no token was sent: none is shown', () => {
  const without = { accessKeyId: 'AKIAKEY' } as Partial<Credentials> as Credentials
  assert.deepEqual(keyRefusal({ ok: false, why: 'expired' }, without, 's3').fields, [])
})
