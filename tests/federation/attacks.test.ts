/** Tokens that somebody forged or bent: each is refused, in AWS's words, and told apart for the operator. */
import assert from 'node:assert/strict'
import { createHmac, createPublicKey, sign } from 'node:crypto'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { openStage, trusting } from './stage.ts'
import { ecKey, jwks, rsaKey, signed, withSignature } from './tokens.ts'
import type { Members } from './tokens.ts'

const ISSUER = 'https://issuer.example.test/realms/a'
const good = rsaKey('good')
const curve = ecKey('curve')
const attacker = rsaKey('good')
const weak = rsaKey('weak', 1024)
const KEYS = jwks(good, curve, weak)

const NOT_VALIDATED =
  'The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.'
const NO_KEY =
  "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
const NOT_JWT = 'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)'

const RS256 = { alg: 'RS256', kid: 'good' }
const now = () => Math.floor(Date.now() / 1000)
const claims = (more: Members = {}): Members => ({
  iss: ISSUER,
  sub: 's',
  aud: 'client',
  iat: now() - 10,
  exp: now() + 600,
  ...more,
})
/** The public key as an HMAC secret: the classic confusion. */
function confused(header: Members): string {
  const secret = createPublicKey({ key: good.jwk as never, format: 'jwk' }).export({ format: 'pem', type: 'spki' })
  const unsigned = withSignature(header, claims(), '').slice(0, -1)
  return `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`
}
function pss(): string {
  const unsigned = withSignature({ alg: 'PS256', kid: 'good' }, claims(), '').slice(0, -1)
  return `${unsigned}.${sign('sha256', Buffer.from(unsigned), { key: good.privateKey, padding: 6 }).toString('base64url')}`
}
function altered(token: string): string {
  const at = token.length - 100
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
}
const own = (more: Members = {}, header: Members = RS256) => signed(header, claims(more), good.privateKey)

const attacks: readonly (readonly [why: string, token: () => string, message: string | RegExp, code: string])[] = [
  ['HMAC with the public key', () => confused({ alg: 'HS256', kid: 'good' }), NOT_VALIDATED, 'OIDC.ALGORITHM'],
  ['HMAC under the name RS256', () => confused(RS256), NOT_VALIDATED, 'OIDC.SIGNATURE'],
  ['none, without a signature', () => withSignature({ alg: 'none' }, claims(), ''), NOT_JWT, 'OIDC.MALFORMED'],
  ['none, with one', () => withSignature({ alg: 'none' }, claims(), 'AAAA'), NOT_VALIDATED, 'OIDC.ALGORITHM'],
  ['nOnE', () => withSignature({ alg: 'nOnE', kid: 'good' }, claims(), 'AAAA'), NOT_VALIDATED, 'OIDC.ALGORITHM'],
  ['PS256, rightly signed', pss, NOT_VALIDATED, 'OIDC.ALGORITHM'],
  ['EdDSA', () => withSignature({ alg: 'EdDSA', kid: 'good' }, claims(), 'AAAA'), NOT_VALIDATED, 'OIDC.ALGORITHM'],
  ['an RSA key for ES256', () => own({}, { alg: 'ES256', kid: 'good' }), NOT_VALIDATED, 'OIDC.KEY_UNUSABLE'],
  [
    'a curve key for RS256',
    () => signed({ alg: 'RS256', kid: 'curve' }, claims(), curve.privateKey),
    NOT_VALIDATED,
    'OIDC.KEY_UNUSABLE',
  ],
  [
    'ES384 with a P-256 key',
    () => signed({ alg: 'ES384', kid: 'curve' }, claims(), curve.privateKey),
    NOT_VALIDATED,
    'OIDC.KEY_UNUSABLE',
  ],
  [
    'RS512 header over an RS256 signature',
    () => {
      const [, body = '', signature = ''] = own().split('.')
      return `${Buffer.from('{"alg":"RS512","kid":"good"}').toString('base64url')}.${body}.${signature}`
    },
    NOT_VALIDATED,
    'OIDC.SIGNATURE',
  ],
  [
    'an RSA key of 1024 bits',
    () => signed({ alg: 'RS256', kid: 'weak' }, claims(), weak.privateKey),
    NOT_VALIDATED,
    'OIDC.KEY_UNUSABLE',
  ],
  ['another key of the same kid', () => signed(RS256, claims(), attacker.privateKey), NOT_VALIDATED, 'OIDC.SIGNATURE'],
  ['an unknown kid', () => own({}, { alg: 'RS256', kid: 'other' }), NO_KEY, 'OIDC.KID_UNKNOWN'],
  ['a kid that is a path', () => own({}, { alg: 'RS256', kid: '../../etc/passwd' }), NO_KEY, 'OIDC.KID_UNKNOWN'],
  ['a kid of Object', () => own({}, { alg: 'RS256', kid: '__proto__' }), NO_KEY, 'OIDC.KID_UNKNOWN'],
  [
    'the own key in the header',
    () => signed({ ...RS256, jwk: attacker.jwk }, claims(), attacker.privateKey),
    NOT_VALIDATED,
    'OIDC.SIGNATURE',
  ],
  [
    'the own key in the header, no kid',
    () => signed({ alg: 'RS256', jwk: attacker.jwk }, claims(), attacker.privateKey),
    NO_KEY,
    'OIDC.KEY_UNUSABLE',
  ],
  [
    'an address of keys',
    () =>
      signed(
        { ...RS256, jku: 'https://attacker.example/keys', x5u: 'https://attacker.example' },
        claims(),
        attacker.privateKey,
      ),
    NOT_VALIDATED,
    'OIDC.SIGNATURE',
  ],
  ['a critical extension', () => own({}, { ...RS256, crit: ['b64'], b64: false }), NOT_JWT, 'OIDC.MALFORMED'],
  [
    'claims changed after signing',
    () =>
      own().replace(/\.[^.]*\./, `.${Buffer.from(JSON.stringify(claims({ sub: 'admin' }))).toString('base64url')}.`),
    NOT_VALIDATED,
    'OIDC.SIGNATURE',
  ],
  ['a signature with a changed bit', () => altered(own()), NOT_VALIDATED, 'OIDC.SIGNATURE'],
  ['a signature cut short', () => own().slice(0, -4), NOT_VALIDATED, 'OIDC.SIGNATURE'],
  ['an encrypted token', () => 'a.b.c.d.e', NOT_JWT, 'OIDC.MALFORMED'],
  ['an access token', () => 'ya29.a0AfH6SMBx', NOT_JWT, 'OIDC.MALFORMED'],
  ['a blank behind it', () => `${own()} `, NOT_JWT, 'OIDC.MALFORMED'],
  ['padding', () => own().replace(/\.([^.]*)$/, '.$1=='), NOT_JWT, 'OIDC.MALFORMED'],
  ['claims that are a list', () => signed(RS256, '[]', good.privateKey), NOT_JWT, 'OIDC.MALFORMED'],
  [
    'claims that are no UTF-8',
    () => {
      const unsigned = `${Buffer.from(JSON.stringify(RS256)).toString('base64url')}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}`
      return `${unsigned}.${sign('sha256', Buffer.from(unsigned), good.privateKey).toString('base64url')}`
    },
    NOT_JWT,
    'OIDC.MALFORMED',
  ],
  ['expired', () => own({ exp: now() - 301 }), /^Token expired/, 'OIDC.EXPIRED'],
  ['expired, by a text', () => own({ exp: String(now() - 9999) }), /^Token expired/, 'OIDC.EXPIRED'],
  ['without an end in sight', () => own({ exp: 1e300 }), 'Invalid timestamp in token claims.', 'OIDC.MALFORMED'],
  ['not yet valid', () => own({ nbf: now() + 302 }), /^Token not yet valid/, 'OIDC.NOT_YET_VALID'],
  ['issued tomorrow', () => own({ iat: now() + 86_400 }), /^Token issued in the future/, 'OIDC.NOT_YET_VALID'],
  ['for another audience', () => own({ aud: 'other' }), NOT_VALIDATED, 'OIDC.AUDIENCE'],
  ['for another party', () => own({ azp: 'other' }), NOT_VALIDATED, 'OIDC.AUDIENCE'],
  ['an audience in another case', () => own({ aud: 'Client' }), NOT_VALIDATED, 'OIDC.AUDIENCE'],
  ['an audience that is an object', () => own({ aud: { client: 1 } }), NOT_VALIDATED, 'OIDC.MALFORMED'],
  [
    'an issuer with a slash at the end',
    () => own({ iss: `${ISSUER}/` }),
    /^No OpenIDConnect provider found/,
    'OIDC.NO_PROVIDER',
  ],
  [
    'an issuer in another case',
    () => own({ iss: ISSUER.replace('issuer', 'Issuer') }),
    /^No OpenIDConnect provider found/,
    'OIDC.NO_PROVIDER',
  ],
  [
    'an issuer of another path',
    () => own({ iss: ISSUER.replace('realms/a', 'Realms/a') }),
    /^No OpenIDConnect provider found/,
    'OIDC.NO_PROVIDER',
  ],
  [
    'an issuer without scheme',
    () => own({ iss: ISSUER.slice(8) }),
    /^No OpenIDConnect provider found/,
    'OIDC.NO_PROVIDER',
  ],
  [
    'an issuer over http',
    () => own({ iss: ISSUER.replace('https', 'http') }),
    /^No OpenIDConnect provider found/,
    'OIDC.NO_PROVIDER',
  ],
  ['an issuer that is no text', () => own({ iss: 1 }), 'Missing a required claim: iss', 'OIDC.CLAIM_MISSING'],
]

for (const [why, token, message, code] of attacks)
  test(why, async (context) => {
    const stage = await openStage(context)
    const provider = await stage.provider({ issuer: ISSUER, clientIds: ['client'], jwks: KEYS })
    const RoleArn = await stage.role({ name: 'probe', trust: [trusting(provider)] })
    assert.equal((await stage.call({ RoleArn, WebIdentityToken: own() })).status, 200, 'the good token is taken')
    const sent = token()
    const answer = await stage.call({ RoleArn, WebIdentityToken: sent })
    assert.equal(answer.status, 400, answer.body)
    if (typeof message === 'string') assert.equal(answer.message, message)
    else assert.match(answer.message ?? '', message)
    const { refusal } = stage.entry(answer)
    assert.equal(refusal?.diagnosis, code, refusal?.explanation ?? answer.body)
    assert.ok(!inspect(stage.entry(answer), { depth: 20 }).includes(sent), 'the token stays out of the journal')
  })

test('an oversized token does not get past validation', async (context) => {
  const stage = await openStage(context)
  const RoleArn = await stage.role({ name: 'probe', trust: [] })
  const answer = await stage.call({ RoleArn, WebIdentityToken: own({ junk: 'x'.repeat(20_000) }) })
  assert.equal(answer.code, 'ValidationError')
  assert.match(answer.message ?? '', /'webIdentityToken' failed to satisfy constraint/)
})

test('a key set with thousands of keys costs little, and none of its type is used', async (context) => {
  const stage = await openStage(context)
  const many = Array.from({ length: 5000 }, (_, index) => ({ ...good.jwk, kid: `k${index}`, x5c: ['AAAA'] }))
  const provider = await stage.provider({ issuer: ISSUER, clientIds: ['client'], jwks: jwks(...many, good, curve) })
  const RoleArn = await stage.role({ name: 'probe', trust: [trusting(provider)] })
  const began = performance.now()
  assert.equal((await stage.call({ RoleArn, WebIdentityToken: own() })).message, NO_KEY)
  const other = signed({ alg: 'ES256', kid: 'curve' }, claims(), curve.privateKey)
  assert.equal((await stage.call({ RoleArn, WebIdentityToken: other })).status, 200)
  assert.ok(performance.now() - began < 2000)
})

test("a provider of another account vouches for nobody in the role's", async (context) => {
  const stage = await openStage(context)
  await stage.provider({ issuer: ISSUER, clientIds: ['client'], jwks: KEYS })
  await stage.world.account('444455556666')
  const answer = await stage.call({ RoleArn: 'arn:aws:iam::444455556666:role/probe', WebIdentityToken: own() })
  assert.equal(answer.message, `No OpenIDConnect provider found in your account for ${ISSUER}`)
})
