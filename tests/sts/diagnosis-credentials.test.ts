/** Credentials that do not do, before any policy is asked, and the ceilings of sessions: each code of docs/diagnosis.md by a call, with its words. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessKeySealOwner, accessKeys } from '../../packages/server/src/entities/iam.ts'
import { instant } from '../../packages/server/src/domain/brands.ts'
import { lastExplanation } from '../support/diagnosis.ts'
import { MANAGER, allow, deny, must, openUnion, policyOf, userWith } from './organization.ts'
import type { Union } from './organization.ts'
import { credentialsOf } from './signed-query.ts'

const ROLE = `arn:aws:iam::${MANAGER}:role/Probe`
const BODY = 'Action=GetCallerIdentity&Version=2011-06-15'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** @param wire the answer's text, where the explanation of a refusal by policies is its layers */
async function told(union: Union, code: string, words: RegExp, wire = ''): Promise<void> {
  const explained = await lastExplanation(union.world)
  assert.equal(explained?.code, code)
  const { note, refusal } = explained
  const said = [note, refusal?.explanation, refusal?.message, wire].filter(Boolean).join('\n')
  assert.match(said, words)
}

const identity = (union: Union, keys: Parameters<Union['sts']>[0], host?: string) =>
  union.sts(keys, 'GetCallerIdentity', {}, host)

/** A session of a role that may everything; more statements of its trust policy. */
async function session(union: Union, input: object = {}, ...statements: readonly object[]) {
  const trust = { Effect: 'Allow', Principal: { AWS: MANAGER }, Action: 'sts:AssumeRole' }
  await must(
    union.iam(union.manager, 'CreateRole', {
      RoleName: 'Probe',
      AssumeRolePolicyDocument: JSON.stringify(policyOf(trust, ...statements)),
    }),
  )
  const PolicyDocument = JSON.stringify(policyOf(allow('*')))
  await must(union.iam(union.manager, 'PutRolePolicy', { RoleName: 'Probe', PolicyName: 'all', PolicyDocument }))
  return union.sts(union.manager, 'AssumeRole', { RoleArn: ROLE, RoleSessionName: 'me', ...input })
}

test('AUTH: keys that are unknown, inactive, or wrong', async (context) => {
  const union = await openUnion(context)
  const user = await userWith(union, union.manager, undefined)
  await identity(union, { ...user, accessKeyId: 'AKIAQEXAMPLENOBODYAA' })
  await told(union, 'AUTH.UNKNOWN_KEY', /invalid/)
  await identity(union, { ...user, secretAccessKey: 'another' })
  await told(union, 'AUTH.SIGNATURE_MISMATCH', /does not match/)
  const UserName = user.arn.split('/')[1]
  await must(
    union.iam(union.manager, 'UpdateAccessKey', { UserName, AccessKeyId: user.accessKeyId, Status: 'Inactive' }),
  )
  await identity(union, user)
  await told(union, 'AUTH.INACTIVE_KEY', /inactive/i)
})

test('AUTH: tokens that are missing, changed, of another key, expired, or of a role that is gone', async (context) => {
  const union = await openUnion(context)
  const keys = credentialsOf(await session(union, { DurationSeconds: 900 }))
  const { sessionToken = '', ...bare } = keys
  await identity(union, bare)
  await told(union, 'AUTH.TOKEN_MISSING', /token/)
  await identity(union, { ...keys, sessionToken: sessionToken.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A')) })
  await told(union, 'AUTH.TOKEN_INVALID', /token/)
  const other = credentialsOf(await union.sts(union.manager, 'GetSessionToken'))
  await identity(union, { ...bare, sessionToken: other.sessionToken ?? '' })
  await told(union, 'AUTH.TOKEN_INVALID', /token/)
  union.world.core.clock.advance(901_000)
  await identity(union, keys)
  await told(
    union,
    'AUTH.EXPIRED',
    /assumed-role\/Probe\/me` was issued at \S+ with the key AKIA\w+ of `\S+user\/caller` and expired at/,
  )
  const fresh = credentialsOf(await union.sts(union.manager, 'AssumeRole', { RoleArn: ROLE, RoleSessionName: 'me' }))
  await must(union.iam(union.manager, 'DeleteRolePolicy', { RoleName: 'Probe', PolicyName: 'all' }))
  await must(union.iam(union.manager, 'DeleteRole', { RoleName: 'Probe' }))
  await identity(union, fresh)
  await told(union, 'AUTH.HOLDER_GONE', /gone|deleted/)
})

test('AUTH: nothing signed, a header that is none, another Region and service', async (context) => {
  const union = await openUnion(context)
  const send = (headers: Readonly<Record<string, string>>) =>
    fetch(union.world.endpoint, { method: 'POST', headers: { ...FORM, ...headers }, body: BODY })
  await send({})
  await told(union, 'AUTH.MISSING', /Authentication Token/)
  await send({ authorization: 'AWS4-HMAC-SHA256 Credential=nobody' })
  await told(union, 'AUTH.MALFORMED', /./)
  await identity(union, union.manager, 'sts.eu-central-1.amazonaws.com')
  await told(union, 'AUTH.SCOPE', /scoped to a valid region/)
  const late = new Date(Date.now() - 16 * 60_000).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const scope = `${late.slice(0, 8)}/us-east-1/sts/aws4_request`
  await send({
    'x-amz-date': late,
    authorization: `AWS4-HMAC-SHA256 Credential=${union.manager.accessKeyId}/${scope}, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`,
  })
  await told(union, 'AUTH.SKEW', /Signature expired/)
})

test('SESSION: who may not call what with which credentials', async (context) => {
  const union = await openUnion(context)
  const token = credentialsOf(await union.sts(union.manager, 'GetSessionToken'))
  await union.sts(token, 'GetSessionToken')
  await told(union, 'AUTH.SESSION_CREDENTIALS', /long-term credentials only/)
  const refused = await union.iam(token, 'ListUsers')
  await told(union, 'SESSION.CREDENTIAL_KIND', /not authorized to perform: iam:ListUsers/, refused.message)
  const keys = credentialsOf(await session(union))
  const Policy = JSON.stringify(policyOf(allow('iam:*')))
  let scoped = keys
  for (let layer = 1; layer <= 3; layer++)
    scoped = credentialsOf(await union.sts(scoped, 'GetScopedCredentials', { Policy }))
  await union.sts(scoped, 'GetScopedCredentials', { Policy })
  await told(union, 'SESSION.SCOPE_LIMIT', /three|3/)
})

test('TRUST.EXPLICIT_DENY, SESSION.EXPLICIT_DENY, IDENTITY.EXPLICIT_DENY: which layer denies', async (context) => {
  const union = await openUnion(context)
  const never = {
    Effect: 'Deny',
    Principal: '*',
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'sts:RoleSessionName': 'nobody' } },
  }
  const Policy = JSON.stringify(policyOf(allow('*'), deny('iam:ListUsers')))
  const keys = credentialsOf(await session(union, { Policy }, { ...never, Principal: { AWS: '*' } }))
  const input = { RoleArn: ROLE, RoleSessionName: 'nobody' }
  const byTrust = await union.sts(union.manager, 'AssumeRole', input)
  await told(union, 'TRUST.EXPLICIT_DENY', /sts:AssumeRole on resource: \S+role\/Probe$/, byTrust.message)
  const bySession = await union.iam(keys, 'ListUsers')
  await told(union, 'SESSION.EXPLICIT_DENY', /with an explicit deny in a session policy$/, bySession.message)
  const denied = await userWith(union, union.manager, policyOf(allow('*'), deny('sts:AssumeRole')))
  const byIdentity = await union.sts(denied, 'AssumeRole', { ...input, RoleSessionName: 'me' })
  await told(union, 'IDENTITY.EXPLICIT_DENY', /sts:AssumeRole on resource: \S+role\/Probe$/, byIdentity.message)
})

test('ASSUME.ROOT_CALLER: the root user assumes nothing', async (context) => {
  const union = await openUnion(context)
  const { vault } = union.world.core.platform
  const root = { accessKeyId: 'AKIAQEXAMPLEROOTROOT', secretAccessKey: 'only-for-tests' }
  const sealedSecret = vault.seal(root.secretAccessKey, accessKeySealOwner(MANAGER, root.accessKeyId, MANAGER))
  const row = { id: root.accessKeyId, ownerId: MANAGER, status: 'Active', createdAt: instant(0), sealedSecret } as const
  await union.world.core.store.write([MANAGER], (writer) => writer.put(accessKeys, MANAGER, row))
  await union.sts(root, 'AssumeRole', { RoleArn: ROLE, RoleSessionName: 'me' })
  await told(union, 'ASSUME.ROOT_CALLER', /call as an IAM user or role/)
})
