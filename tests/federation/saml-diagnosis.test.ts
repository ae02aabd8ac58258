/** Each way to be refused by AssumeRoleWithSAML: AWS's text on the wire, and the code and the telling words of `why`. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CreateRoleCommand, CreateSAMLProviderCommand, IAMClient } from '@aws-sdk/client-iam'
import { AssumeRoleWithSAMLCommand, STSClient } from '@aws-sdk/client-sts'
import type { AssumeRoleWithSAMLCommandInput } from '@aws-sdk/client-sts'
import { instant } from '../../packages/server/src/domain/brands.ts'
import { outcome } from '../iam/client.ts'
import { lastExplanation } from '../support/diagnosis.ts'
import { openWorld } from '../support/world.ts'
import type { World } from '../support/world.ts'
import { responseXml, testIdp, toBase64 } from './saml-provider.ts'
import type { Bend } from './saml-provider.ts'

const ACCOUNT = '111122223333'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/Reader`
const PROVIDER = `arn:aws:iam::${ACCOUNT}:saml-provider/idp`
const idp = testIdp()

let world: World
before(async () => {
  world = await openWorld()
  const iam = new IAMClient({
    endpoint: world.endpoint,
    region: 'us-east-1',
    credentials: await world.account(ACCOUNT),
  })
  await iam.send(new CreateSAMLProviderCommand({ Name: 'idp', SAMLMetadataDocument: idp.metadata }))
  const Statement = {
    Effect: 'Allow',
    Principal: { Federated: PROVIDER },
    Action: 'sts:AssumeRoleWithSAML',
    Condition: { StringEquals: { 'saml:aud': 'https://signin.aws.amazon.com/saml' } },
  }
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
  await iam.send(new CreateRoleCommand({ RoleName: 'Reader', AssumeRolePolicyDocument }))
})
after(() => world.close())

interface Case {
  readonly name: string
  readonly bend?: Bend
  readonly by?: typeof idp
  readonly call?: Partial<AssumeRoleWithSAMLCommandInput>
  readonly wire: RegExp
  readonly code: string
  readonly told: RegExp
}

const TRUST = /^AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML$/
const attributes = (named: NonNullable<Bend['attributes']>): Bend => ({ attributes: named })
const cases: readonly Case[] = [
  {
    name: 'no such provider',
    call: { PrincipalArn: `${PROVIDER}-other` },
    wire: /^InvalidIdentityToken: Specified provider doesn't exist\.$/,
    code: 'SAML.NO_PROVIDER',
    told: /idp-other/,
  },
  {
    name: 'a provider of another account',
    call: { PrincipalArn: PROVIDER.replace(ACCOUNT, '444455556666') },
    wire: TRUST,
    code: 'SAML.OTHER_ACCOUNT',
    told: /in its own account only/,
  },
  {
    name: 'an unsigned assertion',
    bend: { sign: ['response'] },
    wire: /mandatory signature \(Service: AWSOpenIdDiscoveryService/,
    code: 'SAML.ASSERTION_NOT_SIGNED',
    told: /Only the response is signed/,
  },
  {
    name: 'another issuer',
    bend: { facts: { issuer: 'https://other.example' } },
    wire: /^InvalidIdentityToken: Issuer not present in specified provider \(/,
    code: 'SAML.ISSUER',
    told: /`https:\/\/other\.example`.*`https:\/\/idp\.example\.test`/,
  },
  {
    name: 'a strange key',
    by: testIdp(),
    wire: /^InvalidIdentityToken: Response signature invalid$/,
    code: 'SAML.SIGNATURE',
    told: /did not make this signature/,
  },
  {
    name: 'a part left out',
    bend: { before: (xml) => xml.replace(/<saml:AuthnStatement .*<\/saml:AuthnStatement>/, '') },
    wire: /^InvalidIdentityToken: Invalid base64 SAMLResponse \(/,
    code: 'SAML.SHAPE',
    told: /no AuthnStatement/,
  },
  {
    name: 'too late',
    bend: { facts: { now: instant(Date.now() - 600_000) } },
    wire: /^ExpiredTokenException: Response has expired$/,
    code: 'SAML.EXPIRED',
    told: /our time is/,
  },
  {
    name: 'redeemed late',
    bend: { facts: { now: instant(Date.now() - 600_000), validSeconds: 3600 } },
    wire: /^ExpiredTokenException: Token must be redeemed within 5 minutes of issuance$/,
    code: 'SAML.EXPIRED',
    told: /was issued at/,
  },
  {
    name: 'another role',
    bend: attributes({ Role: `${ROLE}-other,${PROVIDER}` }),
    wire: /doesn't contain the requested Role and Metadata/,
    code: 'SAML.ROLE_NOT_IN_ASSERTION',
    told: /Reader-other/,
  },
  {
    name: 'the role by another provider',
    bend: attributes({ Role: `${ROLE},${PROVIDER}-other` }),
    wire: /doesn't contain the requested Role and Metadata/,
    code: 'SAML.ROLE_NOT_IN_ASSERTION',
    told: /offers the role by .*idp-other/,
  },
  {
    name: 'no role at all',
    bend: attributes({ Role: undefined }),
    wire: /doesn't contain the requested Role and Metadata/,
    code: 'SAML.ROLE_NOT_IN_ASSERTION',
    told: /no attribute/,
  },
  {
    name: 'no session name',
    bend: attributes({ RoleSessionName: undefined }),
    wire: /^InvalidIdentityToken: RoleSessionName is required in AuthnResponse$/,
    code: 'SAML.SESSION_NAME',
    told: /has no attribute/,
  },
  {
    name: 'a session name with a blank',
    bend: attributes({ RoleSessionName: 'Carol C' }),
    wire: /^InvalidIdentityToken: RoleSessionName in AuthnResponse must match \[a-zA-Z_0-9\+=,\.@-\]\{2,64\}$/,
    code: 'SAML.SESSION_NAME',
    told: /`Carol C`/,
  },
  {
    name: 'a reserved source identity',
    bend: attributes({ SourceIdentity: 'aws:carol' }),
    wire: /^InvalidIdentityToken: Source Identity must match .* and not begin with "aws:"$/,
    code: 'SAML.SOURCE_IDENTITY',
    told: /aws:carol/,
  },
  {
    name: 'another recipient',
    bend: { facts: { recipient: 'https://other.example/acs' } },
    wire: TRUST,
    code: 'SAML.AUDIENCE',
    told: /signed by the key of certificate [0-9a-f]{16}….*recipient `https:\/\/other\.example\/acs`/,
  },
  {
    name: 'no such role',
    call: { RoleArn: `${ROLE}s` },
    bend: attributes({ Role: `${ROLE}s,${PROVIDER}` }),
    wire: TRUST,
    code: 'ASSUME.NO_SUCH_ROLE',
    told: /Did you mean .*role\/Reader/,
  },
]

for (const { name, bend, by = idp, call, wire, code, told } of cases)
  test(`${name}: ${code}`, async () => {
    const sts = new STSClient({
      endpoint: world.endpoint,
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: { accessKeyId: '-', secretAccessKey: '-' },
    })
    const SAMLAssertion = toBase64(responseXml(by, [ROLE, PROVIDER], bend))
    const answer = await outcome(
      sts.send(new AssumeRoleWithSAMLCommand({ RoleArn: ROLE, PrincipalArn: PROVIDER, SAMLAssertion, ...call })),
    )
    assert.match(answer, wire)
    const explanation = await lastExplanation(world)
    assert.equal(explanation?.code, code)
    assert.match(explanation?.refusal?.explanation ?? explanation?.note ?? '', told)
  })
