/** An account's tokens, verified against what it publishes; the private halves leave the vault for nobody else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { openVault } from '../../credentials/vault.ts'
import { knownAccountId } from '../../domain/brands.ts'
import { seededChance } from '../../domain/chance.ts'
import { outboundIssuerOf } from '../../domain/issuer.ts'
import { outboundIssuers } from '../../entities/outbound.ts'
import { openStore } from '../../store/open.ts'
import { outboundDocument } from './documents.ts'
import { newOutboundIssuer, signOutbound } from './issuer.ts'

const ACCOUNT = knownAccountId('111122223333')
const OTHER = knownAccountId('444455556666')
const chance = seededChance('outbound')
const vault = openVault(new Uint8Array(32), chance)
const issuer = await newOutboundIssuer(ACCOUNT, { vault, chance })
const store = await openStore({ kind: 'ephemeral' }, { now: () => 0, monotonic: () => 0, chance: chance.bytes })
await store.write([ACCOUNT], (writer) => writer.put(outboundIssuers, ACCOUNT, issuer))
test.after(() => store.close())

const published = (path: string, place?: string) =>
  store.read((reader) => outboundDocument(issuer.id, path, reader, place))
const KEYS = '/.well-known/jwks.json'

for (const [algorithm, kid, bytes] of [
  ['RS256', 'RSA_0', 256],
  ['ES384', 'EC384_0', 96],
] as const)
  test(`a ${algorithm} token holds against the published keys`, async () => {
    const by = { account: ACCOUNT, issuer }
    const token = await signOutbound({ sub: 'somebody', aud: 'word' }, algorithm, by, vault)
    const keys = createLocalJWKSet((await published(KEYS)) as JSONWebKeySet)
    const { protectedHeader, payload } = await jwtVerify(token, keys, { audience: 'word' })
    assert.deepEqual(protectedHeader, { kid, typ: 'JWT', alg: algorithm })
    assert.equal(payload.sub, 'somebody')
    assert.equal(Buffer.from(token.split('.')[2] ?? '', 'base64url').length, bytes)
    const changed = token.replace(/\.[^.]+\./, `.${Buffer.from('{"sub":"root","aud":"word"}').toString('base64url')}.`)
    await assert.rejects(jwtVerify(changed, keys), { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' })
  })

test('no private member is published', async () => {
  const { keys } = (await published(KEYS)) as JSONWebKeySet
  assert.equal(keys.length, 2)
  for (const key of keys)
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi']) assert.ok(!Object.hasOwn(key, member), member)
})

test('keys of one account do not open for another', async () => {
  const [key] = issuer.keys
  assert.ok(key)
  const moved = { ...issuer, keys: [{ ...key }] }
  await assert.rejects(signOutbound({}, 'RS256', { account: OTHER, issuer: moved }, vault))
  await assert.rejects(signOutbound({}, 'ES384', { account: ACCOUNT, issuer: moved }, vault), /no key for ES384/)
})

test('discovery names the issuer, and the keys where the reader finds them', async () => {
  const address = `https://${issuer.id}.tokens.sts.global.api.aws`
  const own = (await published('/.well-known/openid-configuration')) as Readonly<Record<string, unknown>>
  assert.equal(own['issuer'], address)
  assert.equal(own['jwks_uri'], `${address}${KEYS}`)
  const elsewhere = await published('/.well-known/openid-configuration', 'http://127.0.0.1:4567/outbound/x')
  assert.deepEqual(elsewhere, { ...own, jwks_uri: `http://127.0.0.1:4567/outbound/x${KEYS}` })
  assert.equal(await published('/other'), undefined)
})

for (const [host, id] of [
  ['a-1.tokens.sts.global.api.aws', 'a-1'],
  ['A-1.Tokens.sts.global.api.aws:443', 'a-1'],
  ['tokens.sts.global.api.aws', undefined],
  ['a.b.tokens.sts.global.api.aws', undefined],
  ['a.tokens.sts.global.api.aws.evil.example', undefined],
  ['a.tokensXsts.global.api.aws', undefined],
] as const)
  test(`host ${host} is the issuer ${id}`, () => assert.equal(outboundIssuerOf(host), id))
