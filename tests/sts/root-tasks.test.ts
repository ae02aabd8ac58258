/** AssumeRoot through official clients against a server of a seed: what each task lets the root user of a member do. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  DeleteAccessKeyCommand,
  DisableOrganizationsRootSessionsCommand,
  EnableOutboundWebIdentityFederationCommand,
  GetAccountSummaryCommand,
  GetOutboundWebIdentityFederationInfoCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListMFADevicesCommand,
  ListOrganizationsFeaturesCommand,
  ListUsersCommand,
} from '@aws-sdk/client-iam'
import {
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  ListBucketsCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { AssumeRootCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { start } from '../support/started.ts'
import type { Started } from '../support/started.ts'
import type { Keys } from '../support/world.ts'

const SEED = fileURLToPath(new URL('organization.yaml', import.meta.url))
const PARTNER = '444455556666'
const company = { accessKeyId: 'AKIAQEXAMPLECOMPANYA', secretAccessKey: 'only-for-tests-company' }
const companyRoot = { accessKeyId: 'AKIAQEXAMPLECOMPANYR', secretAccessKey: 'only-for-tests-company-root' }
const partner = { accessKeyId: 'AKIAQEXAMPLEPARTNERB', secretAccessKey: 'only-for-tests-partner' }
const PARTNER_ROOT_KEY = 'AKIAQEXAMPLEPARTNERR'

let server: Started
before(async () => {
  server = await start(['--ephemeral', '--seed', SEED])
})
after(() => server.stop())

const settings = (credentials: Keys) => ({ endpoint: server.aws, region: 'us-east-1', credentials, maxAttempts: 1 })
const iam = (keys: Keys) => new IAMClient(settings(keys))
const s3 = (keys: Keys) => new S3Client({ ...settings(keys), forcePathStyle: true })

async function root(task: string, keys: Keys = company): Promise<Keys> {
  const { Credentials: given } = await new STSClient(settings(keys)).send(
    new AssumeRootCommand({
      TargetPrincipal: PARTNER,
      TaskPolicyArn: { arn: `arn:aws:iam::aws:policy/root-task/${task}` },
    }),
  )
  assert.ok(given?.AccessKeyId && given.SecretAccessKey && given.SessionToken)
  return {
    accessKeyId: given.AccessKeyId,
    secretAccessKey: given.SecretAccessKey,
    sessionToken: given.SessionToken,
  }
}

test('the session is the root user of the member', async () => {
  const who = await new STSClient(settings(await root('IAMAuditRootUserCredentials'))).send(
    new GetCallerIdentityCommand({}),
  )
  assert.deepEqual([who.Arn, who.UserId, who.Account], [`arn:aws:iam::${PARTNER}:root`, PARTNER, PARTNER])
})

test('the root user has no permission for this, whatever its account', async () => {
  await assert.rejects(root('IAMAuditRootUserCredentials', companyRoot), {
    name: 'AccessDenied',
    message:
      'User: arn:aws:iam::111122223333:root is not authorized to perform: sts:AssumeRoot on resource: ' +
      `arn:aws:iam::${PARTNER}:root`,
  })
})

test('audit: credentials of root are seen, nothing else', async () => {
  const session = iam(await root('IAMAuditRootUserCredentials'))
  const { AccessKeyMetadata: keys = [] } = await session.send(new ListAccessKeysCommand({}))
  assert.deepEqual(
    keys.map(({ AccessKeyId }) => AccessKeyId),
    [PARTNER_ROOT_KEY],
  )
  assert.deepEqual((await session.send(new ListMFADevicesCommand({}))).MFADevices, [])
  assert.equal((await session.send(new GetAccountSummaryCommand({}))).SummaryMap?.['AccountAccessKeysPresent'], 1)
  const denied = { name: 'AccessDenied', message: /with an explicit deny in a session policy/ }
  await assert.rejects(session.send(new ListUsersCommand({})), denied)
  await assert.rejects(session.send(new ListAccessKeysCommand({ UserName: 'bob' })), denied)
  await assert.rejects(session.send(new DeleteAccessKeyCommand({ AccessKeyId: PARTNER_ROOT_KEY })), denied)
})

test('delete: the keys of root go', async () => {
  const session = iam(await root('IAMDeleteRootUserCredentials'))
  await session.send(new DeleteAccessKeyCommand({ AccessKeyId: PARTNER_ROOT_KEY }))
  assert.deepEqual((await session.send(new ListAccessKeysCommand({}))).AccessKeyMetadata, [])
})

test('S3: a bucket that is locked for everybody opens again', async () => {
  await assert.rejects(s3(partner).send(new DeleteBucketPolicyCommand({ Bucket: 'locked' })), { name: 'AccessDenied' })
  const session = s3(await root('S3UnlockBucketPolicy'))
  assert.deepEqual(
    (await session.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name),
    ['locked'],
  )
  assert.match((await session.send(new GetBucketPolicyCommand({ Bucket: 'locked' }))).Policy ?? '', /"Deny"/)
  await session.send(new DeleteBucketPolicyCommand({ Bucket: 'locked' }))
  const object = new GetObjectCommand({ Bucket: 'locked', Key: 'a' })
  await assert.rejects(session.send(object), { name: 'AccessDenied', message: /explicit deny in a session policy/ })
  await s3(partner).send(object)
})

test('export says what the seed said; reset brings back features and forgets the issuer', async () => {
  const { out } = await server.run(['export'])
  for (const line of ['trustedAccess', 'delegatedAdministrators', 'RootCredentialsManagement', '"777788889999"'])
    assert.ok(out.includes(line) || out.includes(line.replaceAll('"', "'")), `${line} is not in ${out}`)
  const session = iam(company)
  const off = await session.send(new DisableOrganizationsRootSessionsCommand({}))
  assert.deepEqual(off.EnabledFeatures, ['RootCredentialsManagement'])
  const { IssuerIdentifier } = await session.send(new EnableOutboundWebIdentityFederationCommand({}))
  const id = new URL(IssuerIdentifier ?? '').host.split('.')[0] ?? ''
  const place = `${server.console}/outbound/${id}/.well-known`
  const found = await fetch(`${place}/openid-configuration`)
  assert.deepEqual(await found.json(), {
    issuer: IssuerIdentifier,
    jwks_uri: `${place}/jwks.json`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256', 'ES384'],
  })
  assert.equal((await fetch(`${place}/jwks.json`, { method: 'POST' })).status, 405)
  const reset = await server.run(['reset'])
  assert.equal(reset.code, 0, reset.err)
  const { EnabledFeatures: features } = await session.send(new ListOrganizationsFeaturesCommand({}))
  assert.deepEqual(features, ['RootSessions', 'RootCredentialsManagement'])
  assert.equal((await fetch(`${place}/jwks.json`)).status, 404)
  await assert.rejects(session.send(new GetOutboundWebIdentityFederationInfoCommand({})), { name: /FeatureDisabled/ })
})
