/** Kinds of attack next to those of attacks.test.ts: headers said twice, keys that should not be keys, issuers that look alike, tokens of others. */
import assert from 'node:assert/strict'
import { createSign, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { lastDiagnosis } from '../support/diagnosis.ts'
import { openStage, trusting } from './stage.ts'
import { ecKey, jwks, rsaKey, signed, withSignature } from './tokens.ts'
import type { Members } from './tokens.ts'

const HOST = 'issuer.example.test'
const ISSUER = `https://${HOST}`
const good = rsaKey('good')
const curve = ecKey('curve')
const { publicKey: edwardsPublic } = generateKeyPairSync('ed25519')
const { privateKey: koblitz, publicKey: koblitzPublic } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })

const KEYS = jwks(
  good,
  curve,
  { ...good.jwk, kid: 'one', e: 'AQ' },
  { ...good.jwk, kid: 'letters', n: '!!!' },
  { ...good.jwk, kid: 'empty', n: '' },
  { ...good.jwk, kid: 'encryption', use: 'enc' },
  { ...curve.jwk, kid: 'off-curve', y: curve.jwk['x'] },
  { ...curve.jwk, kid: 'other-curve', crv: 'P-384' },
  { ...koblitzPublic.export({ format: 'jwk' }), kid: 'koblitz' },
  { ...edwardsPublic.export({ format: 'jwk' }), kid: 'edwards' },
  { kty: 'oct', k: 'c2VjcmV0', kid: 'secret' },
)

const now = () => Math.floor(Date.now() / 1000)
const claims = (change: Members = {}): Members => ({
  iss: ISSUER,
  sub: 's',
  aud: 'client',
  iat: now(),
  exp: now() + 600,
  ...change,
})
const own = (change: Members = {}, header: Members = {}) =>
  signed({ alg: 'RS256', kid: 'good', ...header }, claims(change), good.privateKey)
const encoded = (text: string | Uint8Array) => Buffer.from(text).toString('base64url')

/** Signs header and claims as they are written, whatever that is. */
function verbatim(header: string, body = JSON.stringify(claims()), key: KeyObject = good.privateKey): string {
  const input = `${encoded(header)}.${encoded(body)}`
  return `${input}.${createSign('sha256').update(input).sign({ key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

/** With the exponent 1 a signature is the padded hash itself: anybody can make one. */
function withoutKey(): string {
  const modulus = Buffer.from(String(good.jwk['n']), 'base64url')
  return withSignature({ alg: 'RS256', kid: 'one' }, claims(), encoded(Buffer.alloc(modulus.length, 1)))
}

const UNUSABLE = 'OIDC.KEY_UNUSABLE'
const MALFORMED = 'OIDC.MALFORMED'
const attacks: readonly (readonly [why: string, token: () => string, code: string])[] = [
  ['an exponent of 1', withoutKey, 'OIDC.SIGNATURE'],
  ['a key for encryption', () => own({}, { kid: 'encryption' }), UNUSABLE],
  ['a modulus that is no number', () => own({}, { kid: 'letters' }), UNUSABLE],
  ['a modulus of nothing', () => own({}, { kid: 'empty' }), UNUSABLE],
  ['a point off its curve', () => signed({ alg: 'ES256', kid: 'off-curve' }, claims(), curve.privateKey), UNUSABLE],
  [
    'a key that names another curve',
    () => signed({ alg: 'ES256', kid: 'other-curve' }, claims(), curve.privateKey),
    UNUSABLE,
  ],
  ['secp256k1 as ES256', () => signed({ alg: 'ES256', kid: 'koblitz' }, claims(), koblitz), UNUSABLE],
  ['ES256K', () => signed({ alg: 'ES256K', kid: 'koblitz' }, claims(), koblitz), 'OIDC.ALGORITHM'],
  ['Ed25519 as RS256', () => withSignature({ alg: 'RS256', kid: 'edwards' }, claims(), 'AAAA'), UNUSABLE],
  ['a secret that was published', () => withSignature({ alg: 'RS256', kid: 'secret' }, claims(), 'AAAA'), UNUSABLE],
  ['the algorithm twice, none at last', () => verbatim('{"alg":"RS256","kid":"good","alg":"none"}'), 'OIDC.ALGORITHM'],
  ['the key id twice, another at last', () => verbatim('{"alg":"RS256","kid":"good","kid":"curve"}'), UNUSABLE],
  ['the algorithm in small letters', () => own({}, { alg: 'rs256' }), 'OIDC.ALGORITHM'],
  ['an algorithm that is a list', () => verbatim('{"alg":["RS256"],"kid":"good"}'), MALFORMED],
  ['a key id that is a number', () => verbatim('{"alg":"RS256","kid":1}'), MALFORMED],
  ['b64 false, as critical', () => own({}, { b64: false, crit: ['b64'] }), MALFORMED],
  ['an empty crit', () => own({}, { crit: [] }), MALFORMED],
  [
    'garbage behind the claims',
    () => verbatim('{"alg":"RS256","kid":"good"}', `${JSON.stringify(claims())}{}`),
    MALFORMED,
  ],
  ['claims in a list', () => verbatim('{"alg":"RS256","kid":"good"}', `[${JSON.stringify(claims())}]`), MALFORMED],
  ['the standard alphabet of base64', () => own().replace(/[-_]|.$/, '+'), MALFORMED],
  ['a blank in front', () => ` ${own()}`, MALFORMED],
  ['a line end within', () => own().replace('.', '.\r\n'), MALFORMED],
  ['a scheme in front', () => `Bearer ${own()}`, MALFORMED],
  ['a fourth part', () => `${own()}.AAAA`, MALFORMED],
  ['a zero byte behind', () => `${own()}\0`, MALFORMED],
  ['an end that is a fraction', () => own({ exp: now() + 600.5 }), MALFORMED],
  ['an end in hexadecimal', () => own({ exp: '0x7fffffff' }), MALFORMED],
  ['an end that is a list', () => own({ exp: [now() + 600] }), MALFORMED],
  ['an end in milliseconds of the past, as seconds', () => own({ exp: -1 }), 'OIDC.EXPIRED'],
  ['issued in milliseconds', () => own({ iat: Date.now() }), 'OIDC.NOT_YET_VALID'],
  ['two audiences, the right one first', () => own({ aud: ['client', 'other'] }), 'OIDC.AUDIENCE'],
  ['the right audience twice', () => own({ aud: ['client', 'client'] }), 'OIDC.AUDIENCE'],
  ['an audience within a list', () => own({ aud: [['client']] }), MALFORMED],
  ['an empty audience', () => own({ aud: '' }), 'OIDC.AUDIENCE'],
  ['an empty party', () => own({ azp: '' }), 'OIDC.AUDIENCE'],
  ['a star for an audience', () => own({ aud: '*' }), 'OIDC.AUDIENCE'],
  ...[
    `${ISSUER}:443`,
    `${ISSUER}:8443`,
    `https://user@${HOST}`,
    `https://${HOST}@attacker.example`,
    `https://issuer.ex%61mple.test`,
    `${ISSUER}.`,
    `https://issuer。example.test`,
    `https://ıssuer.example.test`,
    `https://iss\tuer.example.test`,
    `https:\\\\${HOST}`,
    `${ISSUER}/.`,
    `${ISSUER}/%2e`,
    `${ISSUER}?`,
    `${ISSUER}#`,
    ` ${ISSUER}`,
    `${ISSUER}\n`,
    HOST,
    `HTTPS://${HOST}`,
  ].map((iss): [string, () => string, string] => [
    `the issuer as ${JSON.stringify(iss)}`,
    () => own({ iss }),
    'OIDC.NO_PROVIDER',
  ]),
]

for (const [why, token, code] of attacks)
  test(why, async (context) => {
    const stage = await openStage(context)
    const provider = await stage.provider({ issuer: ISSUER, clientIds: ['client'], jwks: KEYS })
    const RoleArn = await stage.role({ name: 'probe', trust: [trusting(provider)] })
    const answer = await stage.call({ RoleArn, WebIdentityToken: token() })
    assert.equal(answer.status, 400, answer.body)
    assert.match(answer.code ?? '', /^(InvalidIdentityToken|ExpiredTokenException)$/)
    assert.equal(await lastDiagnosis(stage.world), code)
    assert.equal((await stage.call({ RoleArn, WebIdentityToken: own() })).status, 200, 'the good token is taken')
  })

test('a token of one issuer does not pass for a provider that has the same keys', async (context) => {
  const stage = await openStage(context)
  await stage.provider({ issuer: ISSUER, clientIds: ['client'], jwks: KEYS })
  const other = await stage.provider({ issuer: 'https://other.example.test', clientIds: ['client'], jwks: KEYS })
  const RoleArn = await stage.role({ name: 'probe', trust: [trusting(other)] })
  const answer = await stage.call({ RoleArn, WebIdentityToken: own() })
  assert.equal(answer.code, 'AccessDenied')
  assert.equal(await lastDiagnosis(stage.world), 'OIDC.PROVIDER_NOT_TRUSTED')
})

test('condition keys of one issuer are not filled by claims of another', async (context) => {
  const stage = await openStage(context)
  const provider = await stage.provider({ issuer: ISSUER, clientIds: ['client'], jwks: KEYS })
  const condition = { StringEquals: { 'other.example.test:sub': 's' } }
  const RoleArn = await stage.role({ name: 'probe', trust: [trusting(provider, condition)] })
  const answer = await stage.call({
    RoleArn,
    WebIdentityToken: own({ 'other.example.test:sub': 's', __proto__: { sub: 's' } }),
  })
  assert.equal(answer.code, 'AccessDenied')
})
