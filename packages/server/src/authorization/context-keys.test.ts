/** Which keys exist for whom: the table of policy-semantics 5.1, row by row. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { ContextValue } from '@understudy/policy'
import type { Caller, SessionFacts, SessionProof } from '../credentials/caller.ts'
import { accountId, instant } from '../domain/brands.ts'
import type { AccountId } from '../domain/brands.ts'
import { contextOf } from './context-keys.ts'
import type { Circumstances } from './context-keys.ts'

const ACCOUNT = accountId('111122223333') as AccountId
const NOW = instant(Date.UTC(2026, 10, 25, 20, 0, 0, 700))
const ISSUED = instant(Date.UTC(2026, 10, 25, 19))
const ARN = 'arn:aws:iam::111122223333'
const ISSUED_TEXT = '2026-11-25T19:00:00Z'

const session = (proof: SessionProof, more: Partial<SessionFacts> = {}): SessionFacts => ({
  accessKeyId: 'ASIA',
  account: ACCOUNT,
  issuedAt: ISSUED,
  expiresAt: instant(Date.UTC(2026, 10, 25, 21)),
  holder: { kind: 'role', name: 'Reader', path: '/apps/', id: 'AROAREADER' },
  sessionName: 'me',
  sessionPolicies: [],
  sessionPolicyArns: [],
  tags: [],
  transitiveKeys: [],
  proof,
  chain: { length: 0 },
  ...more,
})
const user = (more?: SessionFacts): Caller => ({
  kind: 'user',
  principal: { kind: 'user', accountId: ACCOUNT, arn: `${ARN}:user/team/alice`, userId: 'AIDAALICE' },
  account: ACCOUNT,
  userName: 'alice',
  userId: 'AIDAALICE',
  accessKeyId: 'AKIA',
  ...(more && { session: more }),
})
const root = (more?: SessionFacts): Caller => ({
  kind: 'root',
  principal: { kind: 'root', accountId: ACCOUNT, arn: `${ARN}:root` },
  account: ACCOUNT,
  accessKeyId: 'AKIA',
  ...(more && { session: more }),
})
const role = (of: SessionFacts): Caller => ({
  kind: 'role-session',
  principal: {
    kind: 'role-session',
    accountId: ACCOUNT,
    arn: 'arn:aws:sts::111122223333:assumed-role/Reader/me',
    userId: 'AROAREADER:me',
    roleArn: `${ARN}:role/apps/Reader`,
  },
  account: ACCOUNT,
  roleName: 'Reader',
  roleId: 'AROAREADER',
  accessKeyId: 'ASIA',
  session: of,
})
const federatedUser: Caller = {
  kind: 'federated-user',
  principal: {
    kind: 'federated-user',
    accountId: ACCOUNT,
    arn: 'arn:aws:sts::111122223333:federated-user/bob',
    userId: '111122223333:bob',
    issuerArn: `${ARN}:user/alice`,
  },
  account: ACCOUNT,
  userName: 'alice',
  accessKeyId: 'ASIA',
  session: session({ kind: 'federation-token' }, { mfaAt: ISSUED }),
}

const INSTANCE: SessionProof = {
  kind: 'instance',
  instanceArn: 'arn:aws:ec2:us-east-1:111122223333:instance/i-1',
  roleDelivery: '2.0',
  vpcId: 'vpc-1',
  privateIp: '10.0.0.9',
}
const WEB = {
  kind: 'web-identity' as const,
  provider: `${ARN}:oidc-provider/issuer.example`,
  claims: { 'issuer.example:sub': 'me', 'issuer.example:aud': 'app', 'issuer.example:amr': ['one', 'two'] },
} satisfies SessionProof
const SAML: SessionProof = {
  kind: 'saml',
  providerArn: `${ARN}:saml-provider/corp`,
  claims: { 'saml:sub': 'me', 'saml:sub_type': 'persistent', 'saml:namequalifier': 'bm90aGluZw==' },
}

/** Delegated by somebody who had come with one of these. */
const delegated = (approved?: Exclude<SessionProof, { kind: 'delegation' }>): SessionProof => ({
  kind: 'delegation',
  requestId: 'request',
  requestor: accountId('444455556666') as AccountId,
  ceiling: 0,
  ...(approved === undefined ? {} : { approved }),
})

const signed = (type: string, arn: string, userid: string): Record<string, ContextValue> => ({
  'aws:principalarn': arn,
  'aws:principalaccount': ACCOUNT,
  'aws:principaltype': type,
  'aws:userid': userid,
  'aws:principalisawsservice': 'false',
})
const USER = { ...signed('User', `${ARN}:user/team/alice`, 'AIDAALICE'), 'aws:username': 'alice' }
const ROLE = signed('AssumedRole', `${ARN}:role/apps/Reader`, 'AROAREADER:me')
const ROOT = signed('Account', `${ARN}:root`, ACCOUNT)
const ISSUE = { 'aws:tokenissuetime': ISSUED_TEXT }
const NO_MFA = { 'aws:multifactorauthpresent': 'false' }
const MFA = { 'aws:multifactorauthpresent': 'true', 'aws:multifactorauthage': '3600' }

/** Every principal key of each kind of caller: what is not listed is absent. */
const callers: readonly (readonly [name: string, caller: Caller, keys: Record<string, ContextValue>])[] = [
  ['a user', user(), USER],
  ['GetSessionToken without MFA', user(session({ kind: 'session-token' })), { ...USER, ...ISSUE, ...NO_MFA }],
  [
    'GetSessionToken with MFA',
    user(session({ kind: 'session-token' }, { mfaAt: ISSUED })),
    { ...USER, ...ISSUE, ...MFA },
  ],
  ['root', root(), ROOT],
  ['GetSessionToken of root', root(session({ kind: 'session-token' })), { ...ROOT, ...ISSUE, ...NO_MFA }],
  ['a role session', role(session({ kind: 'assume-role' })), { ...ROLE, ...ISSUE, ...NO_MFA }],
  [
    'a role session whose call showed a code carries no MFA',
    role(session({ kind: 'assume-role' }, { mfaAt: ISSUED })),
    { ...ROLE, ...ISSUE, ...NO_MFA },
  ],
  [
    'a role session with a source identity',
    role(session({ kind: 'assume-role' }, { sourceIdentity: 'alice' })),
    { ...ROLE, ...ISSUE, ...NO_MFA, 'aws:sourceidentity': 'alice' },
  ],
  [
    'an instance',
    role(session(INSTANCE)),
    {
      ...ROLE,
      ...ISSUE,
      ...NO_MFA,
      'ec2:roledelivery': '2.0',
      'ec2:sourceinstancearn': INSTANCE.instanceArn,
      'aws:ec2instancesourcevpc': 'vpc-1',
      'aws:ec2instancesourceprivateipv4': '10.0.0.9',
    },
  ],
  [
    'a web identity: no key of MFA',
    role(session(WEB)),
    {
      ...ROLE,
      ...ISSUE,
      'aws:federatedprovider': WEB.provider,
      'issuer.example:sub': 'me',
      'issuer.example:aud': 'app',
      'issuer.example:amr': ['one', 'two'],
    },
  ],
  ['SAML: no key of MFA, and no provider', role(session(SAML)), { ...ROLE, ...ISSUE, ...SAML.claims }],
  [
    'a federated user: no key of MFA',
    federatedUser,
    { ...signed('FederatedUser', 'arn:aws:sts::111122223333:federated-user/bob', '111122223333:bob'), ...ISSUE },
  ],
  [
    'anonymous',
    { kind: 'anonymous', principal: { kind: 'anonymous' } },
    { 'aws:principaltype': 'Anonymous', 'aws:principalaccount': 'anonymous', 'aws:userid': 'anonymous' },
  ],
  [
    'a service',
    { kind: 'service', principal: { kind: 'service', name: 'ec2.amazonaws.com' }, name: 'ec2.amazonaws.com' },
    {
      'aws:principalisawsservice': 'true',
      'aws:principalservicename': 'ec2.amazonaws.com',
      'aws:principalservicenameslist': ['ec2.amazonaws.com'],
    },
  ],
  [
    'a service for a resource',
    {
      kind: 'service',
      principal: { kind: 'service', name: 'ec2.amazonaws.com' },
      name: 'ec2.amazonaws.com',
      sourceArn: 'arn:aws:ec2:us-east-1:111122223333:instance/i-1',
      sourceAccount: ACCOUNT,
    },
    {
      'aws:principalisawsservice': 'true',
      'aws:principalservicename': 'ec2.amazonaws.com',
      'aws:principalservicenameslist': ['ec2.amazonaws.com'],
      'aws:sourcearn': 'arn:aws:ec2:us-east-1:111122223333:instance/i-1',
      'aws:sourceaccount': ACCOUNT,
    },
  ],
  ['delegated by a user with long-term keys', user(session(delegated())), { ...USER, ...ISSUE, ...NO_MFA }],
  ['delegated by a user with MFA', user(session(delegated(), { mfaAt: ISSUED })), { ...USER, ...ISSUE, ...MFA }],
  ['delegated by a role', role(session(delegated({ kind: 'assume-role' }))), { ...ROLE, ...ISSUE, ...NO_MFA }],
  [
    'delegated by a web identity: its claims stay',
    role(session(delegated(WEB))),
    { ...ROLE, ...ISSUE, ...WEB.claims, 'aws:federatedprovider': WEB.provider },
  ],
  [
    'who has proved a web identity and asks for a role',
    {
      kind: 'federated',
      principal: { kind: 'web-identity', provider: 'issuer.example', providerArn: WEB.provider },
      providerArn: WEB.provider,
      providerAccount: ACCOUNT,
    },
    {
      'aws:principalaccount': ACCOUNT,
      'aws:principaltype': 'User',
      'aws:userid': WEB.provider,
      'aws:principalisawsservice': 'false',
    },
  ],
]

const circumstances = (more: Partial<Circumstances>): Circumstances => ({
  caller: user(),
  callerTags: [],
  callerMembership: undefined,
  resourceMembership: undefined,
  ask: { action: 's3:GetObject', resource: '*' },
  region: 'eu-central-1',
  now: NOW,
  secure: false,
  ...more,
})
const keysOf = (more: Partial<Circumstances>) => Object.fromEntries(contextOf(circumstances(more)))

/** Keys that every request has, whoever makes it. */
const ALWAYS = {
  'aws:currenttime': '2026-11-25T20:00:00Z',
  'aws:epochtime': String(Math.floor(NOW / 1000)),
  'aws:securetransport': 'false',
  'aws:requestedregion': 'eu-central-1',
  'aws:viaawsservice': 'false',
}

for (const [name, caller, keys] of callers)
  test(name, () => {
    const account = 'account' in caller ? { 'aws:resourceaccount': caller.account } : {}
    assert.deepEqual(keysOf({ caller }), { ...ALWAYS, ...account, ...keys })
  })

const MEMBER = { organizationId: 'o-1', management: false, path: 'o-1/r-1/ou-1/' }
const requests: readonly (readonly [
  name: string,
  given: Partial<Circumstances>,
  want: Record<string, ContextValue | undefined>,
])[] = [
  ['over TLS', { secure: true }, { 'aws:securetransport': 'true' }],
  ['IAM is in us-east-1', { ask: { action: 'iam:GetRole', resource: '*' } }, { 'aws:requestedregion': 'us-east-1' }],
  [
    'STS is where it is called',
    { ask: { action: 'sts:AssumeRole', resource: '*' } },
    { 'aws:requestedregion': 'eu-central-1' },
  ],
  [
    'address, agent and referer',
    { clientIp: '198.51.100.7', userAgent: 'aws-cli', referer: 'https://a.example/' },
    { 'aws:sourceip': '198.51.100.7', 'aws:useragent': 'aws-cli', 'aws:referer': 'https://a.example/' },
  ],
  [
    'none of them',
    {},
    { 'aws:sourceip': undefined, 'aws:useragent': undefined, 'aws:referer': undefined, 'aws:resourceorgid': undefined },
  ],
  [
    'a service has no address',
    { clientIp: '198.51.100.7', caller: { kind: 'service', principal: { kind: 'service', name: 'x' }, name: 'x' } },
    { 'aws:sourceip': undefined },
  ],
  [
    'the owner of the resource',
    { ask: { action: 's3:GetObject', resource: '*', resourceAccount: accountId('444455556666') as AccountId } },
    { 'aws:resourceaccount': '444455556666', 'aws:principalaccount': ACCOUNT },
  ],
  [
    'the organizations of both sides',
    { callerMembership: MEMBER, resourceMembership: { ...MEMBER, organizationId: 'o-2', path: 'o-2/r-2/' } },
    {
      'aws:principalorgid': 'o-1',
      'aws:principalorgpaths': ['o-1/r-1/ou-1/'],
      'aws:resourceorgid': 'o-2',
      'aws:resourceorgpaths': ['o-2/r-2/'],
    },
  ],
  [
    'tags of the caller, keys without case',
    { callerTags: [{ key: 'Team', value: 'Blue' }] },
    { 'aws:principaltag/team': 'Blue', 'aws:principaltag/Team': undefined },
  ],
  [
    'keys of the question win, and those that are absent stay so',
    {
      caller: user(session({ kind: 'session-token' })),
      ask: {
        action: 'sts:AssumeRole',
        resource: '*',
        context: { 'aws:MultiFactorAuthPresent': 'true', 'sts:ExternalId': undefined },
      },
    },
    { 'aws:multifactorauthpresent': 'true', 'sts:externalid': undefined },
  ],
]
for (const [name, given, want] of requests)
  test(`the request: ${name}`, () => {
    const keys = keysOf(given)
    for (const [key, value] of Object.entries(want)) assert.deepEqual(keys[key], value, key)
  })

test('the map behaves as one, made at its first use', () => {
  let made = 0
  const ask = {
    action: 's3:GetObject',
    resource: '*',
    get context() {
      made++
      return { 's3:Prefix': 'a' }
    },
  }
  const context = contextOf(circumstances({ ask }))
  assert.equal(made, 0)
  assert.equal(context.get('s3:prefix'), 'a')
  assert.equal(context.has('s3:prefix'), true)
  assert.equal(context.size, [...context].length)
  assert.deepEqual(
    [...context.keys()],
    [...context.entries()].map(([key]) => key),
  )
  assert.deepEqual(
    [...context.values()],
    [...context.entries()].map(([, value]) => value),
  )
  const seen: string[] = []
  context.forEach((_, key) => seen.push(key))
  assert.deepEqual(seen, [...context.keys()])
  assert.equal(made, 1)
})
