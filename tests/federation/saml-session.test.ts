/** What a SAML session carries on: keys, tags, source identity, chains; and what ends with the trust evaluation. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  CreateRoleCommand,
  CreateSAMLProviderCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, AssumeRoleWithSAMLCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { outcome } from '../iam/client.ts'
import { openWorld } from '../support/world.ts'
import type { Keys, World } from '../support/world.ts'
import { responseXml, testIdp, toBase64 } from './saml-provider.ts'
import type { Bend } from './saml-provider.ts'

const ACCOUNT = '111122223333'
const PROVIDER = `arn:aws:iam::${ACCOUNT}:saml-provider/idp`
const arn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`
const document = (...Statement: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
const EVERYTHING = ['sts:AssumeRoleWithSAML', 'sts:TagSession', 'sts:SetSourceIdentity']
const trust = (Action: readonly string[] = EVERYTHING, Condition?: object) =>
  document({
    Effect: 'Allow',
    Principal: { Federated: PROVIDER },
    Action,
    ...(Condition === undefined ? {} : { Condition }),
  })

const idp = testIdp()
let world: World
let iam: IAMClient
before(async () => {
  world = await openWorld()
  iam = new IAMClient(settings(await world.account(ACCOUNT)))
  await iam.send(new CreateSAMLProviderCommand({ Name: 'idp', SAMLMetadataDocument: idp.metadata }))
})
after(() => world.close())

const settings = (credentials: Keys) => ({ endpoint: world.endpoint, region: 'us-east-1', maxAttempts: 1, credentials })

async function role(name: string, AssumeRolePolicyDocument: string, ...policy: readonly object[]): Promise<void> {
  await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument }))
  if (policy.length > 0)
    await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: 'own', PolicyDocument: document(...policy) }))
}

function assume(name: string, bend?: Bend) {
  const sts = new STSClient(settings({ accessKeyId: '-', secretAccessKey: '-' }))
  const SAMLAssertion = toBase64(responseXml(idp, [arn(name), PROVIDER], bend))
  return sts.send(new AssumeRoleWithSAMLCommand({ RoleArn: arn(name), PrincipalArn: PROVIDER, SAMLAssertion }))
}

async function session(name: string, bend?: Bend): Promise<Keys> {
  const { Credentials } = await assume(name, bend)
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  }
}

const list = (keys: Keys) =>
  outcome(new S3Client({ ...settings(keys), forcePathStyle: true }).send(new ListBucketsCommand({})))
const mayList = (Condition: object) => ({ Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*', Condition })

const kept: readonly (readonly [name: string, condition: object, allowed: boolean])[] = [
  ['saml-sub', { StringEquals: { 'saml:sub': 'subject-123' } }, true],
  ['saml-sub-type', { StringEquals: { 'saml:sub_type': 'persistent' } }, true],
  ['saml-namequalifier', { Null: { 'saml:namequalifier': 'false' } }, true],
  ['saml-aud-ends', { Null: { 'saml:aud': 'true' } }, true],
  ['saml-iss-ends', { Null: { 'saml:iss': 'true' } }, true],
  ['other-sub', { StringEquals: { 'saml:sub': 'subject-999' } }, false],
  ['principal-type', { StringEquals: { 'aws:PrincipalType': 'AssumedRole' } }, true],
  ['no-mfa-key', { Null: { 'aws:MultiFactorAuthPresent': 'true' } }, true],
]
for (const [name, condition, allowed] of kept)
  test(`in the session: ${name}`, async () => {
    await role(name, trust(), mayList(condition))
    const answer = await list(await session(name))
    assert.equal(answer === 'ok', allowed, answer)
  })

test('attributes are trust-time keys; several values count each', async () => {
  const affiliation = 'urn:oid:1.3.6.1.4.1.5923.1.1.1.1'
  await role('staff', trust(EVERYTHING, { 'ForAnyValue:StringEquals': { 'saml:edupersonaffiliation': ['staff'] } }))
  assert.equal(await outcome(assume('staff', { others: { [affiliation]: ['member', 'staff'] } })), 'ok')
  assert.match(await outcome(assume('staff', { others: { [affiliation]: ['student'] } })), /^AccessDenied/)
})

test('tags and source identity need their own permissions in the trust policy', async () => {
  await role('plain', trust(['sts:AssumeRoleWithSAML']))
  assert.equal(await outcome(assume('plain')), 'ok')
  const tagged = { attributes: { 'PrincipalTag:team': 'blue' } }
  assert.equal(await outcome(assume('plain', tagged)), 'AccessDenied: Not authorized to perform sts:TagSession')
  const sourced = { attributes: { SourceIdentity: 'carol' } }
  assert.equal(await outcome(assume('plain', sourced)), 'AccessDenied: Not authorized to perform sts:SetSourceIdentity')
})

test('transitive tags and source identity go on into a chain, and nothing changes them', async () => {
  await role('hop-one', trust(), { Effect: 'Allow', Action: 'sts:*', Resource: '*' })
  await role(
    'hop-two',
    document({
      Effect: 'Allow',
      Principal: { AWS: arn('hop-one') },
      Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
    }),
    mayList({
      StringEquals: { 'aws:PrincipalTag/team': 'blue', 'aws:SourceIdentity': 'carol' },
      Null: { 'aws:PrincipalTag/desk': 'true' },
    }),
  )
  const attributes = {
    'PrincipalTag:team': 'blue',
    'PrincipalTag:desk': '7',
    TransitiveTagKeys: 'team',
    SourceIdentity: 'carol',
  }
  const sts = new STSClient(settings(await session('hop-one', { attributes })))
  const hop = { RoleArn: arn('hop-two'), RoleSessionName: 'two' }
  const { Credentials } = await sts.send(new AssumeRoleCommand(hop))
  const keys = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  }
  assert.equal(await list(keys), 'ok')
  assert.match(
    await outcome(sts.send(new AssumeRoleCommand({ ...hop, SourceIdentity: 'dave' }))),
    /^ValidationError: The source identity is already set/,
  )
  assert.match(
    await outcome(sts.send(new AssumeRoleCommand({ ...hop, DurationSeconds: 7200 }))),
    /1 hour session limit/,
  )
})

test('durations above the role’s maximum; a missing role looks like one that does not trust', async () => {
  await role('short', trust())
  const sts = new STSClient(settings({ accessKeyId: '-', secretAccessKey: '-' }))
  const call = (name: string, DurationSeconds?: number) => {
    const SAMLAssertion = toBase64(responseXml(idp, [arn(name), PROVIDER]))
    return outcome(
      sts.send(
        new AssumeRoleWithSAMLCommand({ RoleArn: arn(name), PrincipalArn: PROVIDER, SAMLAssertion, DurationSeconds }),
      ),
    )
  }
  assert.equal(
    await call('short', 7200),
    'ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  )
  assert.equal(await call('nowhere'), 'AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML')
})

test('the session ends with its role', async () => {
  await role('doomed', trust(), mayList({}))
  const sts = new STSClient(settings(await session('doomed')))
  assert.equal(await outcome(sts.send(new GetCallerIdentityCommand({}))), 'ok')
  await iam.send(new DeleteRolePolicyCommand({ RoleName: 'doomed', PolicyName: 'own' }))
  await iam.send(new DeleteRoleCommand({ RoleName: 'doomed' }))
  assert.match(await outcome(sts.send(new GetCallerIdentityCommand({}))), /^InvalidClientTokenId/)
})
