/** AuthnRequests: whatever comes is read or refused in words, and a response only ever goes to an allowed address. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { readAuthnRequest } from './authn-request.ts'
import { AWS_CONSUMER } from './mint.ts'

const CONSUMER = 'https://service.example/acs'
const HERE = 'http://127.0.0.1:4567/lab/saml/111122223333/corp'
const rules = { consumers: [CONSUMER], isHere: (address: string) => address === HERE }
const REQUEST =
  `<?xml version="1.0"?><samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_a" Version="2.0" ` +
  `IssueInstant="2026-11-25T10:00:00.123Z" Destination="${HERE}" AssertionConsumerServiceURL="${CONSUMER}">` +
  `<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">https://service.<!-- x -->example</saml:Issuer>` +
  `<samlp:NameIDPolicy Format="urn:test:f" AllowCreate="true"/></samlp:AuthnRequest>`

const ways = [
  ['post', (xml: string | Buffer) => Buffer.from(xml).toString('base64')],
  ['redirect', (xml: string | Buffer) => deflateRawSync(xml).toString('base64')],
] as const

for (const [binding, encode] of ways) {
  test(`${binding}: what a request says`, () => {
    const encoded = Buffer.from(REQUEST).toString('base64')
    const request = { id: '_a', issuer: 'https://service.example', consumer: CONSUMER, format: 'urn:test:f', encoded }
    assert.deepEqual(readAuthnRequest(encode(REQUEST), binding, rules), { ok: true, request })
    const free = REQUEST.replace('urn:test:f', 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified')
    const read = readAuthnRequest(encode(free.replace(/AssertionConsumerServiceURL="[^"]*"/, '')), binding, rules)
    assert.ok(read.ok)
    assert.deepEqual([read.request.consumer, read.request.format], [AWS_CONSUMER, undefined])
  })

  test(`${binding}: a changed request is read or refused, and its response goes to an allowed address`, () => {
    const letters = fc.constantFrom('a', '<', '>', '"', '&', ' ', '/', '\u0000', 'é', '&#x0;', '<!--', ']]>')
    fc.assert(
      fc.property(fc.nat(REQUEST.length - 1), letters, fc.nat(3), (at, letter, cut) => {
        const xml = REQUEST.slice(0, at) + letter + REQUEST.slice(at + cut)
        const read = readAuthnRequest(encode(xml), binding, rules)
        if (read.ok) assert.ok([CONSUMER, AWS_CONSUMER].includes(read.request.consumer))
        else assert.ok(read.explanation.length > 0)
      }),
      { numRuns: 300 },
    )
  })

  test(`${binding}: bytes of any kind are refused, not thrown at`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string({ maxLength: 50 }), (bytes, text) => {
        for (const encoded of [encode(Buffer.from(bytes)), Buffer.from(bytes).toString('base64'), text])
          assert.equal(readAuthnRequest(encoded, binding, rules).ok, false)
      }),
    )
  })
}

test('a bomb is not inflated to its end', () => {
  const read = readAuthnRequest(deflateRawSync(Buffer.alloc(100_000_000, 'x')).toString('base64'), 'redirect', rules)
  assert.deepEqual(read, { ok: false, explanation: 'it is larger than 65536 bytes' })
})
