/** Whatever stands in a token, reading it ends in claims or in a refusal of AWS's, never in a fault of ours. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { AwsError } from '../../errors/aws-error.ts'
import { checkTimes, standardClaims } from './claims.ts'
import { trustKeys } from './condition-keys.ts'
import { readKeySet } from './jwks.ts'
import { authorizedByIdp, sessionClaims } from './session-claims.ts'
import { originOf } from './subjects.ts'
import { readToken } from './token.ts'

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Runs; anything thrown but a refusal of 4xx fails. */
function refusedAtMost(use: () => void): void {
  try {
    use()
  } catch (error) {
    assert.ok(error instanceof AwsError, String(error))
    assert.ok(error.status >= 400 && error.status < 500)
  }
}

test('any text', () => {
  fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => refusedAtMost(() => readToken(text))))
})

test('no text keeps the process busy', () => {
  const started = performance.now()
  for (const text of [`${'\n'.repeat(19_999)}a`, `${'/'.repeat(19_999)} `, `${'a/'.repeat(9999)} x`])
    assert.throws(() => readToken(text), AwsError)
  assert.ok(performance.now() - started < 100)
})

test('any header and any claims', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (header, claims) =>
      refusedAtMost(() => readToken(`${part(header)}.${part(claims)}.AAAA`)),
    ),
  )
})

const AWS_CLAIMS = ['roles', 'tags', 'source_identity'].map((name) => `https://aws.amazon.com/${name}`)
const STANDARD = ['iss', 'sub', 'aud', 'azp', 'iat', 'exp', 'nbf', 'amr', 'email', 'repository', 'event_name', 'google']
const NAMES = ['__proto__', ...STANDARD, ...AWS_CLAIMS]

test('known claims with any values', () => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.integer(),
    fc.constantFrom('client', 'https://issuer.example'),
  )
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...NAMES), value), (claims) => {
      refusedAtMost(() => {
        const standard = standardClaims(claims)
        checkTimes(standard, 1_000_000)
        const keys = trustKeys('accounts.google.com', standard, claims)
        for (const key of Object.keys(keys)) assert.equal(key, key.toLowerCase())
      })
      refusedAtMost(() => sessionClaims(claims))
      refusedAtMost(() => authorizedByIdp(claims, 'arn:aws:iam::111122223333:role/probe'))
      originOf(claims)
    }),
    { numRuns: 500 },
  )
})

test('any key set is read, or told to be none', () => {
  const member = fc.dictionary(
    fc.constantFrom('kty', 'kid', 'n', 'e', 'crv', 'x', 'y', 'use', 'key_ops', 'x5c'),
    fc.jsonValue({ maxDepth: 1 }),
  )
  const known = fc.constantFrom('RSA', 'EC').chain((kty) => member.map((key) => ({ ...key, kty })))
  fc.assert(
    fc.property(fc.array(fc.oneof(member, known, fc.jsonValue({ maxDepth: 1 })), { maxLength: 5 }), (keys) => {
      const set = readKeySet(JSON.stringify({ keys }))
      for (const kid of [...set.kids, undefined, '', 'x'])
        for (const type of ['RSA', 'EC'] as const) {
          const found = set.find(kid, type)
          if (found.ok) assert.ok(found.key.kid !== '' && (found.key.type === 'RSA' || found.key.type === 'EC'))
          else assert.ok(found.explanation.length > 0)
        }
    }),
    { numRuns: 300 },
  )
  assert.throws(() => readKeySet('{}'), /list `keys`/)
})
