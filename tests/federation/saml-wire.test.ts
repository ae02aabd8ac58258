/**
 * Forged and used SAML responses at AssumeRoleWithSAML of started servers, as they are by default and under `--saml strict`:
 * what the tests of the proof alone (saml-forgeries) refuse opens no session either.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { AssumeRoleWithSAMLCommand, STSClient } from '@aws-sdk/client-sts'
import { instant } from '../../packages/server/src/domain/brands.ts'
import { outcome } from '../iam/client.ts'
import { start } from '../support/started.ts'
import type { Started } from '../support/started.ts'
import { ids, responseXml, testIdp, toBase64 } from './saml-provider.ts'
import type { Bend } from './saml-provider.ts'

const ACCOUNT = '111122223333'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/Reader`
const IDP = `arn:aws:iam::${ACCOUNT}:saml-provider/idp`
const SECOND = `arn:aws:iam::${ACCOUNT}:saml-provider/second`
const idp = testIdp()
/** Of the same entity id: only its key is another. */
const second = testIdp()

const folder = mkdtempSync(join(tmpdir(), 'understudy-saml-wire-'))
const seedFile = join(folder, 'seed.json')
const trust = (Federated: string) => ({
  Effect: 'Allow',
  Principal: { Federated },
  Action: 'sts:AssumeRoleWithSAML',
  Condition: { StringEquals: { 'saml:aud': 'https://signin.aws.amazon.com/saml' } },
})
writeFileSync(
  seedFile,
  JSON.stringify({
    accounts: [
      {
        id: ACCOUNT,
        samlProviders: [
          { name: 'idp', metadata: idp.metadata },
          { name: 'second', metadata: second.metadata },
        ],
        roles: [
          {
            roleName: 'Reader',
            assumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trust(IDP), trust(SECOND)] },
          },
        ],
      },
    ],
  }),
)

const servers: Record<string, Started> = {}
before(async () => {
  servers['by default'] = await start(['--ephemeral', '--seed', seedFile])
  servers['under --saml strict'] = await start(['--ephemeral', '--seed', seedFile, '--saml', 'strict'])
})
after(async () => {
  for (const server of Object.values(servers)) await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const assume = (server: Started, xml: string, PrincipalArn = IDP) =>
  new STSClient({
    endpoint: server.aws,
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: '-', secretAccessKey: '-' },
  }).send(new AssumeRoleWithSAMLCommand({ RoleArn: ROLE, PrincipalArn, SAMLAssertion: toBase64(xml) }))

const made = (bend: Bend = {}, by = idp) => responseXml(by, [ROLE, IDP], bend)
const assertionOf = (xml: string) => /<saml:Assertion .*<\/saml:Assertion>/s.exec(xml)?.[0] ?? ''
const signatureOf = (xml: string) => /<ds:Signature .*?<\/ds:Signature>/s.exec(xml)?.[0] ?? ''
const unsigned = () => assertionOf(made({ sign: [], facts: { subject: 'evil' } })).replace(`"${ids[1]}"`, '"_evil"')
const changed = (xml: string, from: string | RegExp, to: string): string => {
  const result = xml.replace(from, to)
  assert.notEqual(result, xml, 'the case changes nothing')
  return result
}

const INVALID = /^InvalidIdentityToken: /
const forged: readonly (readonly [name: string, xml: () => string, want: RegExp])[] = [
  [
    'an unsigned assertion before the signed one, in a signed response',
    () =>
      made({
        before: (xml) => changed(xml, '<saml:Assertion ', `${unsigned()}<saml:Assertion `),
        sign: ['assertion', 'response'],
      }),
    INVALID,
  ],
  [
    'an unsigned assertion behind the signed one, in a signed response',
    () =>
      made({
        before: (xml) => changed(xml, '</samlp:Response>', `${unsigned()}</samlp:Response>`),
        sign: ['assertion', 'response'],
      }),
    INVALID,
  ],
  ['an unsigned assertion alone in a signed response', () => made({ sign: ['response'] }), INVALID],
  [
    'an unsigned assertion beside the signed one',
    () => changed(made(), '</samlp:Response>', `${unsigned()}</samlp:Response>`),
    INVALID,
  ],
  [
    'the signed one in Extensions',
    () => {
      const good = made()
      return changed(good, assertionOf(good), `<samlp:Extensions>${assertionOf(good)}</samlp:Extensions>${unsigned()}`)
    },
    INVALID,
  ],
  [
    'a decoy signature beside the genuine one',
    () => changed(made(), '<ds:Signature ', `${signatureOf(made({}, second))}<ds:Signature `),
    INVALID,
  ],
  [
    'a decoy signature in the status',
    () => changed(made(), '<samlp:Status>', `<samlp:Status>${signatureOf(made())}`),
    INVALID,
  ],
  ['an id twice', () => changed(made(), '<saml:Subject>', `<saml:Subject ID="${ids[1]}">`), INVALID],
  ['a DOCTYPE', () => `<!DOCTYPE samlp:Response>${made()}`, INVALID],
  [
    'an entity bomb',
    () => `<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${changed(made(), 'subject-123', '&b;')}`,
    INVALID,
  ],
  ['the key of the account’s other provider', () => made({}, second), INVALID],
  ['a changed Role', () => changed(made(), 'role/Reader,', 'role/Writer,'), INVALID],
  ['expired', () => made({ facts: { now: instant(Date.now() - 400_000) } }), /^ExpiredTokenException: /],
  [
    'another recipient',
    () => made({ facts: { recipient: 'https://other.example/acs' } }),
    /^(AccessDenied|InvalidIdentityToken): /,
  ],
]
for (const mode of ['by default', 'under --saml strict'])
  for (const [name, xml, want] of forged)
    test(`${mode}, no session for: ${name}`, async () => {
      const server = servers[mode]
      assert.ok(server)
      assert.match(await outcome(assume(server, xml())), want)
    })

const commented: readonly (readonly [name: string, from: string, to: string])[] = [
  ['NameID', 'subject-123', 'subject<!-- x -->-123'],
  ['the Role attribute', 'role/Reader,', 'role/Re<!-- x -->ader,'],
  ['the session name', '>saml-session<', '>saml<!---->-session<'],
]
for (const [name, from, to] of commented)
  test(`a comment in ${name} cuts nothing off`, async () => {
    const server = servers['by default']
    assert.ok(server)
    const answer = await assume(server, changed(made(), from, to))
    assert.equal(answer.Subject, 'subject-123')
    assert.equal(answer.AssumedRoleUser?.Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/Reader/saml-session`)
  })

test('an assertion that was used is remembered through a restart', async () => {
  const data = ['--data', join(folder, 'data'), '--key-file', join(folder, 'key'), '--saml', 'strict']
  const xml = made()
  const first = await start([...data, '--seed', seedFile])
  assert.equal(await outcome(assume(first, xml)), 'ok')
  await first.stop()
  const again = await start(data)
  const refused = await outcome(assume(again, xml))
  const other = await outcome(assume(again, responseXml(second, [ROLE, SECOND]), SECOND))
  await again.stop()
  assert.match(refused, /^InvalidIdentityToken: .*strict/)
  assert.equal(other, 'ok', 'the same id by another provider')
})
