/** Outbound tokens from end to end: what a service outside AWS does with them, what policies say of them, and who takes them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreateOpenIDConnectProviderCommand,
  EnableOutboundWebIdentityFederationCommand,
  IAMClient,
} from '@aws-sdk/client-iam'
import { GetWebIdentityTokenCommand, STSClient } from '@aws-sdk/client-sts'
import type { GetWebIdentityTokenCommandInput } from '@aws-sdk/client-sts'
import type { SessionProof } from '../../packages/server/src/credentials/caller.ts'
import { instant, knownAccountId } from '../../packages/server/src/domain/brands.ts'
import { oidcProviders } from '../../packages/server/src/entities/federation.ts'
import { roles } from '../../packages/server/src/entities/iam.ts'
import { lastDiagnosis } from '../support/diagnosis.ts'
import type { Keys } from '../support/world.ts'
import {
  MANAGER,
  ORGANIZATION,
  ROOT_UNIT,
  STRANGER,
  allow,
  must,
  openUnion,
  policyOf,
  userWith,
} from './organization.ts'
import type { Union } from './organization.ts'
import { isSigned, readToken } from './outbound-tokens.ts'
import { credentialsOf, readUnder } from './signed-query.ts'

const WORD = { Audience: ['word'], SigningAlgorithm: 'RS256' }
const DISCOVERY = '/.well-known/openid-configuration'
type KeySet = { readonly keys: Parameters<typeof isSigned>[1] }

const settings = (union: Union, credentials: Keys) => ({
  endpoint: union.world.endpoint,
  region: 'eu-central-1',
  credentials,
  maxAttempts: 1,
})

const token = async (union: Union, keys: Keys, input: Partial<GetWebIdentityTokenCommandInput> = {}): Promise<string> =>
  (await new STSClient(settings(union, keys)).send(new GetWebIdentityTokenCommand({ ...WORD, ...input })))
    .WebIdentityToken ?? ''

/** @returns the issuer's address */
async function enabled(union: Union): Promise<string> {
  const client = new IAMClient(settings(union, union.manager))
  return (await client.send(new EnableOutboundWebIdentityFederationCommand({}))).IssuerIdentifier ?? ''
}

test('a verifier outside finds the keys by the issuer of the token', async (context) => {
  const union = await openUnion(context)
  const issuer = await enabled(union)
  const { host } = new URL(issuer)
  for (const SigningAlgorithm of ['RS256', 'ES384']) {
    const text = await token(union, union.manager, { SigningAlgorithm })
    const { claims } = readToken(text)
    assert.equal(claims['iss'], issuer)
    const discovery = JSON.parse((await readUnder(union.world.endpoint, host, DISCOVERY)).text) as { jwks_uri: string }
    assert.ok(discovery.jwks_uri.startsWith(`${issuer}/`))
    const read = await readUnder(union.world.endpoint, host, new URL(discovery.jwks_uri).pathname)
    const { keys } = JSON.parse(read.text) as KeySet
    assert.ok(isSigned(text, keys))
    assert.ok(!isSigned(`${text.slice(0, -4)}AAAA`, keys))
  }
})

test('keys stay published while the feature is off; other issuers and paths are not there', async (context) => {
  const union = await openUnion(context)
  const { host } = new URL(await enabled(union))
  await must(union.iam(union.manager, 'DisableOutboundWebIdentityFederation'))
  await assert.rejects(token(union, union.manager), { name: 'OutboundWebIdentityFederationDisabledException' })
  assert.equal(await lastDiagnosis(union.world), 'SESSION.OUTBOUND_DISABLED')
  const again = await union.iam(union.manager, 'DisableOutboundWebIdentityFederation')
  assert.deepEqual(
    [again.status, again.code, again.message],
    [404, 'FeatureDisabled', `Outbound identity federation is disabled for account ${MANAGER}`],
  )
  assert.equal((await readUnder(union.world.endpoint, host, DISCOVERY)).status, 200)
  assert.equal((await readUnder(union.world.endpoint, host, '/other')).status, 404)
  assert.equal((await readUnder(union.world.endpoint, `x${host}`, DISCOVERY)).status, 404)
})

test('two accounts are two issuers, and neither signs for the other', async (context) => {
  const union = await openUnion(context)
  await enabled(union)
  await must(union.iam(union.stranger, 'EnableOutboundWebIdentityFederation'))
  const [one, other] = [await token(union, union.manager), await token(union, union.stranger)]
  const [first, second] = [one, other].map((text) => String(readToken(text).claims['iss']))
  assert.notEqual(first, second)
  const { text } = await readUnder(union.world.endpoint, new URL(second ?? '').host, '/.well-known/jwks.json')
  const { keys } = JSON.parse(text) as KeySet
  assert.ok(isSigned(other, keys) && !isSigned(one, keys))
})

const ALLOWED = 'sts:GetWebIdentityToken'
const when = (condition: object) => policyOf({ ...allow(ALLOWED), Condition: condition })
for (const [name, policy, input, holds] of [
  ['audience', when({ 'ForAllValues:StringEquals': { 'sts:IdentityTokenAudience': ['word', 'one'] } }), {}, true],
  [
    'audience beside another',
    when({ 'ForAllValues:StringEquals': { 'sts:IdentityTokenAudience': ['word', 'one'] } }),
    { Audience: ['one', 'two'] },
    false,
  ],
  ['algorithm', when({ StringEquals: { 'sts:SigningAlgorithm': 'ES384' } }), { SigningAlgorithm: 'ES384' }, true],
  ['other algorithm', when({ StringEquals: { 'sts:SigningAlgorithm': 'ES384' } }), {}, false],
  ['default duration', when({ NumericLessThanEquals: { 'sts:DurationSeconds': '300' } }), {}, true],
  ['longer', when({ NumericLessThanEquals: { 'sts:DurationSeconds': '300' } }), { DurationSeconds: 301 }, false],
  [
    'request tag',
    policyOf(allow([ALLOWED, 'sts:TagGetWebIdentityToken']), {
      Effect: 'Deny',
      Action: 'sts:TagGetWebIdentityToken',
      Resource: '*',
      Condition: { StringNotEquals: { 'aws:RequestTag/team': 'blue' } },
    }),
    { Tags: [{ Key: 'team', Value: 'red' }] },
    false,
  ],
] as const)
  test(`condition keys: ${name}`, async (context) => {
    const union = await openUnion(context)
    await enabled(union)
    const user = await userWith(union, union.manager, policy)
    const call = token(union, user, input as Partial<GetWebIdentityTokenCommandInput>)
    if (holds) assert.equal(readToken(await call).claims['sub'], user.arn)
    else await assert.rejects(call, { name: 'AccessDenied' })
  })

for (const [name, input] of [
  ['an origin identity that no session has', { SubjectMode: 'OriginIdentity' }],
  ['an unknown subject mode', { SubjectMode: 'Other' }],
  ['a scope without an origin identity', { Scope: 'read' }],
] as const)
  test(`refused: ${name}`, async (context) => {
    const union = await openUnion(context)
    await enabled(union)
    await assert.rejects(token(union, union.manager, input as Partial<GetWebIdentityTokenCommandInput>), {
      name: 'ValidationError',
    })
    assert.ok(await token(union, union.manager, { SubjectMode: 'AWSIdentity' }))
  })

test('credentials of GetSessionToken are those of the user', async (context) => {
  const union = await openUnion(context)
  await enabled(union)
  const session = credentialsOf(await union.sts(union.manager, 'GetSessionToken'))
  assert.match(String(readToken(await token(union, session)).claims['sub']), /:user\/caller$/)
})

const PROOFS: readonly (readonly [string, SessionProof, object])[] = [
  [
    'an instance',
    {
      kind: 'instance',
      instanceArn: `arn:aws:ec2:eu-central-1:${MANAGER}:instance/i-0123456789abcdef0`,
      roleDelivery: '2.0',
      vpcId: 'vpc-1',
      privateIp: '10.0.0.7',
    },
    {
      ec2_source_instance_arn: `arn:aws:ec2:eu-central-1:${MANAGER}:instance/i-0123456789abcdef0`,
      ec2_instance_source_vpc: 'vpc-1',
      ec2_instance_source_private_ipv4: '10.0.0.7',
      ec2_role_delivery: '2.0',
    },
  ],
  [
    'a web identity',
    { kind: 'web-identity', provider: `arn:aws:iam::${MANAGER}:oidc-provider/issuer.example`, claims: {} },
    { federated_provider: `arn:aws:iam::${MANAGER}:oidc-provider/issuer.example` },
  ],
  [
    'an assertion',
    { kind: 'saml', providerArn: `arn:aws:iam::${MANAGER}:saml-provider/corp`, claims: {} },
    { federated_provider: `arn:aws:iam::${MANAGER}:saml-provider/corp` },
  ],
]
for (const [name, proof, claims] of PROOFS)
  test(`the session of ${name} is told in the claims, by the clock of the reader`, async (context) => {
    const union = await openUnion(context)
    await enabled(union)
    const { core } = union.world
    core.clock.advance(86_400_000)
    const now = core.clock.wire()
    const text = await token(union, await roleKeys(union, proof))
    const own = readToken(text).claims['https://sts.amazonaws.com/'] as Readonly<Record<string, unknown>>
    const { original_session_exp: end, ...rest } = own
    assert.ok(Math.abs(Date.parse(String(end)) - now - 3_600_000) < 5000, String(end))
    assert.ok(Math.abs(Number(readToken(text).claims['iat']) * 1000 - now) < 5000)
    assert.deepEqual(rest, {
      org_id: ORGANIZATION,
      ou_path: [`${ORGANIZATION}/${ROOT_UNIT}/`],
      aws_account: MANAGER,
      source_region: 'eu-central-1',
      principal_id: `arn:aws:iam::${MANAGER}:role/Worker`,
      ...claims,
      principal_tags: { Team: 'blue', stage: 'prod' },
    })
  })

/** An hour's session of a tagged role, proved in this way, with a session tag of its own. */
async function roleKeys(union: Union, proof: SessionProof): Promise<Keys> {
  const AssumeRolePolicyDocument = JSON.stringify(
    policyOf({ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }),
  )
  const Tags = [
    { Key: 'Team', Value: 'blue' },
    { Key: 'Stage', Value: 'test' },
  ]
  await must(union.iam(union.manager, 'CreateRole', { RoleName: 'Worker', AssumeRolePolicyDocument, Tags }))
  const PolicyDocument = JSON.stringify(policyOf(allow('*')))
  await must(union.iam(union.manager, 'PutRolePolicy', { RoleName: 'Worker', PolicyName: 'own', PolicyDocument }))
  const { store, platform, clock } = union.world.core
  const role = await store.read((reader) => reader.get(roles, MANAGER, 'worker'))
  assert.ok(role)
  return platform.issuer.issue({
    account: MANAGER,
    expiresAt: instant((Math.floor(clock.session() / 1000) + 3600) * 1000),
    holder: { kind: 'role', name: role.name, path: role.path, id: role.id },
    sessionName: 'worker',
    sessionPolicies: [],
    sessionPolicyArns: [],
    tags: [{ key: 'stage', value: 'prod' }],
    transitiveKeys: [],
    proof,
    chain: { length: 0 },
  })
}

test('AWS takes none of its own outbound tokens for a role', async (context) => {
  const union = await openUnion(context)
  const issuer = await enabled(union)
  const text = await token(union, union.manager)
  const { text: jwks } = await readUnder(union.world.endpoint, new URL(issuer).host, '/.well-known/jwks.json')
  const [account, url] = [knownAccountId(STRANGER), new URL(issuer).host]
  await new IAMClient(settings(union, union.stranger)).send(
    new CreateOpenIDConnectProviderCommand({ Url: issuer, ClientIDList: ['word'] }),
  )
  const { store } = union.world.core
  const row = await store.read((reader) => reader.get(oidcProviders, account, url))
  assert.ok(row)
  await store.write([account], (writer) => writer.put(oidcProviders, account, { ...row, jwks }))
  const trust = {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${STRANGER}:oidc-provider/${url}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringEquals: { [`${url}:aud`]: 'word' } },
  }
  const AssumeRolePolicyDocument = JSON.stringify(policyOf(trust))
  await must(union.iam(union.stranger, 'CreateRole', { RoleName: 'Inbound', AssumeRolePolicyDocument }))
  const answer = await union.sts(union.stranger, 'AssumeRoleWithWebIdentity', {
    RoleArn: `arn:aws:iam::${STRANGER}:role/Inbound`,
    RoleSessionName: 'probe',
    WebIdentityToken: text,
  })
  assert.deepEqual([answer.status, answer.code], [400, 'InvalidIdentityToken'])
  assert.equal(await lastDiagnosis(union.world), 'OIDC.OUTBOUND_TOKEN')
})
