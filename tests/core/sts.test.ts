/** AssumeRole, GetSessionToken and their kin, through the official client: policy-semantics 4.21 and 6. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  AssumeRoleCommand,
  DecodeAuthorizationMessageCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
} from '@aws-sdk/client-sts'
import type { AssumeRoleCommandInput, AssumeRoleCommandOutput } from '@aws-sdk/client-sts'
import { instant, knownAccountId } from '../../packages/server/src/domain/brands.ts'
import { accessKeySealOwner, accessKeys, roles } from '../../packages/server/src/entities/iam.ts'
import type { Role } from '../../packages/server/src/entities/iam.ts'
import { lastDiagnosis } from '../support/diagnosis.ts'
import { openWorld } from '../support/world.ts'
import type { Administrator, Keys, World } from '../support/world.ts'

const HOME = knownAccountId('111122223333')
const AWAY = knownAccountId('444455556666')
const ARN = (name: string, account = HOME) => `arn:aws:iam::${account}:role/${name}`

let world: World
let admin: Administrator
let away: Administrator
let root: Keys
before(async () => {
  world = await openWorld()
  admin = await world.account(HOME)
  away = await world.account(AWAY)
  root = await rootKeys()
  const trust = (principal: unknown, more: object = {}, actions: readonly string[] = ['sts:AssumeRole']) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: actions, ...more }],
    })
  const everything = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']
  await putRole('Open', { trust: trust('*', {}, everything), maxSessionSeconds: 7200 })
  await putRole('Next', { trust: trust('*', {}, everything), tags: [{ key: 'Stage', value: 'prod' }] })
  await putRole('Short', { trust: trust('*') })
  await putRole('Pathed', { trust: trust('*'), path: '/apps/' })
  await putRole('External', { trust: trust('*', { Condition: { StringEquals: { 'sts:ExternalId': 'secret-id' } } }) })
  await putRole('Closed', {})
})
after(() => world.close())

async function putRole(name: string, more: Partial<Role>): Promise<void> {
  const everything = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
  const row: Role = {
    name,
    path: '/',
    id: `AROATEST${name.toUpperCase()}`,
    createdAt: instant(0),
    attached: [],
    inline: [{ name: 'everything', text: everything }],
    trust: '{"Version":"2012-10-17","Statement":[]}',
    trustBindings: {},
    maxSessionSeconds: 3600,
    tags: [],
    ...more,
  }
  await world.core.store.write([HOME], (writer) => writer.put(roles, HOME, row))
}

async function rootKeys(): Promise<Keys> {
  const { vault } = world.core.platform
  const keys = { accessKeyId: 'AKIATESTTESTTESTROOT', secretAccessKey: 'only-for-tests' }
  const sealedSecret = vault.seal(keys.secretAccessKey, accessKeySealOwner(HOME, keys.accessKeyId, HOME))
  const row = { id: keys.accessKeyId, ownerId: HOME, status: 'Active', createdAt: instant(0), sealedSecret } as const
  await world.core.store.write([HOME], (writer) => writer.put(accessKeys, HOME, row))
  return keys
}

const client = (credentials: Keys) =>
  new STSClient({ endpoint: world.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
const assume = (keys: Keys, role: string, more: Partial<AssumeRoleCommandInput> = {}) =>
  client(keys).send(new AssumeRoleCommand({ RoleArn: ARN(role), RoleSessionName: 'me', ...more }))
function keysOf({ Credentials: made }: Pick<AssumeRoleCommandOutput, 'Credentials'>): Required<Keys> {
  assert.ok(made?.AccessKeyId && made.SecretAccessKey && made.SessionToken)
  return { accessKeyId: made.AccessKeyId, secretAccessKey: made.SecretAccessKey, sessionToken: made.SessionToken }
}
/** `Code: message`, or `ok`. */
async function told(running: Promise<unknown>): Promise<string> {
  try {
    await running
    return 'ok'
  } catch (error) {
    const { Code, name, message } = error as { readonly Code?: string; readonly name: string; readonly message: string }
    return `${Code ?? name}: ${message}`
  }
}
const identity = (keys: Keys) => client(keys).send(new GetCallerIdentityCommand({}))

const TOO_LONG = 'ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'
const CHAINED =
  'ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.'
const tooSmall = (value: number) =>
  `ValidationError: 1 validation error detected: Value '${value}' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900`

const durations: readonly (readonly [role: string, seconds: number | undefined, want: string])[] = [
  ['Short', undefined, 'ok'],
  ['Short', 899, tooSmall(899)],
  ['Short', 900, 'ok'],
  ['Short', 3600, 'ok'],
  ['Short', 3601, TOO_LONG],
  ['Open', 7200, 'ok'],
  ['Open', 7201, TOO_LONG],
]
for (const [role, seconds, want] of durations)
  test(`duration: ${seconds ?? 'none'} of ${role}`, async () => {
    const running = assume(admin, role, { DurationSeconds: seconds })
    assert.equal(await told(running), want)
    if (want !== 'ok') return
    const left = ((await running).Credentials?.Expiration?.getTime() ?? 0) - Date.now()
    assert.ok(Math.abs(left / 1000 - (seconds ?? 3600)) < 5, `${left}`)
  })

test('a chain: an hour at most, whatever the role says; the first hop is told to the operator', async () => {
  const session = keysOf(await assume(admin, 'Open', { DurationSeconds: 7200 }))
  assert.equal(await told(assume(session, 'Open', { DurationSeconds: 3600 })), 'ok')
  assert.equal(await told(assume(session, 'Open', { DurationSeconds: 3601 })), CHAINED)
  assert.equal(await lastDiagnosis(world), 'SESSION.CHAIN_LIMIT')
  const token = keysOf(await client(admin).send(new GetSessionTokenCommand({})))
  assert.equal(await told(assume(token, 'Open', { DurationSeconds: 3601 })), CHAINED)
})

test('who the session is', async () => {
  const answer = await assume(admin, 'Pathed', { RoleArn: ARN('apps/Pathed') })
  assert.equal(answer.AssumedRoleUser?.Arn, `arn:aws:sts::${HOME}:assumed-role/Pathed/me`)
  assert.equal(answer.AssumedRoleUser?.AssumedRoleId, 'AROATESTPATHED:me')
  assert.equal(answer.PackedPolicySize, undefined)
  assert.equal(answer.SourceIdentity, undefined)
  const { Arn, UserId, Account } = await identity(keysOf(answer))
  assert.deepEqual([Arn, UserId, Account], [answer.AssumedRoleUser?.Arn, 'AROATESTPATHED:me', HOME])
})

const denied = (action: string, role: string, arn = ARN(role)) =>
  `AccessDenied: User: arn:aws:iam::${HOME}:user/caller is not authorized to perform: ${action} on resource: ${arn}`
const refusals: readonly (readonly [
  name: string,
  more: Partial<AssumeRoleCommandInput>,
  want: string,
  code: string | RegExp,
])[] = [
  [
    'a role that trusts nobody',
    { RoleArn: ARN('Closed') },
    denied('sts:AssumeRole', 'Closed'),
    'ASSUME.TRUST_NO_MATCH',
  ],
  ['no such role', { RoleArn: ARN('Nothing') }, denied('sts:AssumeRole', 'Nothing'), 'ASSUME.NO_SUCH_ROLE'],
  ['another path', { RoleArn: ARN('Pathed') }, denied('sts:AssumeRole', 'Pathed'), 'ASSUME.NO_SUCH_ROLE'],
  ['another case', { RoleArn: ARN('open') }, denied('sts:AssumeRole', 'open'), 'ASSUME.NO_SUCH_ROLE'],
  [
    'a user for a role',
    { RoleArn: `arn:aws:iam::${HOME}:user/caller` },
    denied('sts:AssumeRole', '', `arn:aws:iam::${HOME}:user/caller`),
    'ASSUME.TARGET_NOT_A_ROLE',
  ],
  ['no external id', { RoleArn: ARN('External') }, denied('sts:AssumeRole', 'External'), 'TRUST.EXTERNAL_ID_MISSING'],
  [
    'a wrong external id',
    { RoleArn: ARN('External'), ExternalId: 'wrong-id' },
    denied('sts:AssumeRole', 'External'),
    /^TRUST\.EXTERNAL_ID/,
  ],
  [
    'tags that the trust does not take',
    { RoleArn: ARN('Short'), Tags: [{ Key: 'a', Value: 'b' }] },
    denied('sts:TagSession', 'Short'),
    /^TRUST\./,
  ],
  [
    'a source identity that it does not take',
    { RoleArn: ARN('Short'), SourceIdentity: 'alice' },
    denied('sts:SetSourceIdentity', 'Short'),
    /^TRUST\./,
  ],
  [
    'no ARN',
    { RoleArn: 'this-is-no-arn-at-all' },
    'ValidationError: this-is-no-arn-at-all is invalid',
    'REQUEST.INVALID',
  ],
  [
    'an ARN without account',
    { RoleArn: 'arn:aws:iam:::role/Open' },
    'ValidationError: arn:aws:iam:::role/Open is invalid',
    'REQUEST.INVALID',
  ],
  [
    'tags twice, without case',
    {
      Tags: [
        { Key: 'Team', Value: 'a' },
        { Key: 'team', Value: 'b' },
      ],
    },
    'InvalidParameterValue: Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    'REQUEST.INVALID',
  ],
  [
    'a transitive key that is no tag',
    { TransitiveTagKeys: ['none'] },
    'InvalidParameterValue: The specified transitive tag key must be included in the requested tags.',
    'REQUEST.INVALID',
  ],
  [
    'tags beyond the packed size',
    { Tags: Array.from({ length: 9 }, (_, at) => ({ Key: `k${at}`, Value: 'x'.repeat(250) })) },
    'PackedPolicyTooLarge: Packed size of session tags consumes 498% of allotted space.',
    'SESSION.PACKED_TOO_LARGE',
  ],
  [
    'a policy beyond 2,048 characters',
    { Policy: `{"Version":"2012-10-17","Statement":[]}${' '.repeat(2048)}` },
    'ValidationError: 1 validation error',
    'REQUEST.INVALID',
  ],
  ['a policy that is none', { Policy: '{"Version":' }, 'MalformedPolicyDocument', 'POLICY.GRAMMAR'],
]
/** Texts that go on with the document. */
const OPEN_ENDED: ReadonlySet<string> = new Set(['MalformedPolicyDocument', 'ValidationError: 1 validation error'])

for (const [name, more, want, code] of refusals)
  test(`refused: ${name}`, async () => {
    const got = await told(assume(admin, 'Open', more))
    assert.ok(got === want || (OPEN_ENDED.has(want) && got.startsWith(want)), got)
    assert.match((await lastDiagnosis(world)) ?? '', typeof code === 'string' ? new RegExp(`^${code}$`) : code)
  })

test('near names are told to the operator alone', async () => {
  const note = async (role: string): Promise<string> => {
    const got = await told(assume(admin, role))
    assert.ok(!got.includes('Did you mean'))
    const [entry] = world.core.platform.journal.recent(1)
    return entry?.questions[0]?.note ?? ''
  }
  assert.match(await note('Opne'), /Did you mean `arn:aws:iam::111122223333:role\/Open`\?/)
  assert.match(await note('Pathed'), /Did you mean `arn:aws:iam::111122223333:role\/apps\/Pathed`\?/)
  assert.doesNotMatch(await note('Completely-Different'), /Did you mean/)
})

test('a name of two thousand letters costs no more than another', async () => {
  const started = process.cpuUsage()
  await told(assume(admin, `O${'x'.repeat(1900)}`))
  assert.ok(process.cpuUsage(started).user < 500_000)
})

test('root assumes nothing, and says so in front of everything else', async () => {
  assert.equal(await told(assume(root, 'Open')), 'AccessDenied: Roles may not be assumed by root accounts.')
  assert.equal(
    await told(assume(root, 'Nothing', { RoleArn: 'no-arn-at-all-at-all' })),
    'AccessDenied: Roles may not be assumed by root accounts.',
  )
})

test("across accounts a trust that names everybody asks the caller's policies too", async () => {
  assert.equal(await told(assume(away, 'Open')), 'ok')
})

test('transitive tags go on, others end; what is transitive cannot be overridden', async () => {
  const first = keysOf(
    await assume(admin, 'Open', {
      Tags: [
        { Key: 'Team', Value: 'blue' },
        { Key: 'Once', Value: 'only' },
      ],
      TransitiveTagKeys: ['Team'],
    }),
  )
  const tagsOf = async (keys: Required<Keys>) => {
    const opened = await world.core.platform.issuer.open(keys.sessionToken, keys.accessKeyId)
    assert.ok(opened.ok)
    return { tags: opened.facts.tags, transitive: opened.facts.transitiveKeys, chain: opened.facts.chain }
  }
  const second = keysOf(await assume(first, 'Next', { Tags: [{ Key: 'New', Value: '1' }] }))
  const third = keysOf(await assume(second, 'Next'))
  const kept = { key: 'Team', value: 'blue' }
  assert.deepEqual((await tagsOf(second)).tags, [kept, { key: 'New', value: '1' }])
  assert.deepEqual((await tagsOf(third)).tags, [kept])
  assert.deepEqual((await tagsOf(third)).transitive, ['Team'])
  const { chain } = await tagsOf(third)
  assert.equal(chain.length, 3)
  assert.equal(chain.first?.arn, `arn:aws:iam::${HOME}:user/caller`)
  assert.equal(chain.last?.arn, `arn:aws:sts::${HOME}:assumed-role/Next/me`)
  assert.equal(
    await told(assume(first, 'Next', { Tags: [{ Key: 'TEAM', Value: 'red' }] })),
    "InvalidParameterValue: One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
  )
  assert.equal(
    await told(assume(first, 'Short')),
    `AccessDenied: User: arn:aws:sts::${HOME}:assumed-role/Open/me is not authorized to perform: sts:TagSession on resource: ${ARN('Short')}`,
  )
})

test('a source identity stays with the chain, and cannot be changed', async () => {
  const first = await assume(admin, 'Open', { SourceIdentity: 'alice' })
  assert.equal(first.SourceIdentity, 'alice')
  const next = await assume(keysOf(first), 'Next')
  assert.equal(next.SourceIdentity, 'alice')
  assert.equal((await assume(keysOf(next), 'Next', { SourceIdentity: 'alice' })).SourceIdentity, 'alice')
  assert.equal(
    await told(assume(keysOf(next), 'Next', { SourceIdentity: 'bob' })),
    'ValidationError: The source identity is already set for this assume role session',
  )
  assert.equal(await lastDiagnosis(world), 'TRUST.SOURCEIDENTITY_SET')
})

test('packed size and token size are told where something was packed or asked for', async () => {
  const packed = await assume(admin, 'Open', { Tags: [{ Key: 'a', Value: 'b' }] })
  assert.ok(packed.PackedPolicySize && packed.PackedPolicySize <= 5)
  const padded = await assume(admin, 'Open', { MinimumSessionTokenSize: 2000 } as Partial<AssumeRoleCommandInput>)
  const size = padded.Credentials?.SessionToken?.length ?? 0
  assert.ok(size >= 2000 && size <= 2004)
  const { SessionTokenSize, SessionTokenUtilization } = padded
  assert.deepEqual([SessionTokenSize, SessionTokenUtilization], [size, Math.ceil((size * 100) / 4096)])
  for (const [MinimumSessionTokenSize, rule] of [
    [4097, 'less than or equal to 4096'],
    [-1, 'greater than or equal to 0'],
  ] as const)
    assert.equal(
      await told(assume(admin, 'Open', { MinimumSessionTokenSize } as Partial<AssumeRoleCommandInput>)),
      `ValidationError: 1 validation error detected: Value '${MinimumSessionTokenSize}' at 'minimumSessionTokenSize' failed to satisfy constraint: Member must have value ${rule}`,
    )
})

test('GetSessionToken: for long-term keys, root an hour at most; not from sessions', async () => {
  const seconds = async (keys: Keys, duration?: number) => {
    const { Credentials } = await client(keys).send(new GetSessionTokenCommand({ DurationSeconds: duration }))
    return Math.round(((Credentials?.Expiration?.getTime() ?? 0) - Date.now()) / 1000 / 60)
  }
  assert.deepEqual(
    [await seconds(admin), await seconds(admin, 129_600), await seconds(root), await seconds(root, 129_600)],
    [720, 2160, 60, 60],
  )
  const session = keysOf(await assume(admin, 'Open'))
  const again = client(session).send(new GetSessionTokenCommand({}))
  assert.equal(await told(again), 'AccessDenied: Cannot call GetSessionToken with session credentials')
})

test('GetAccessKeyInfo: looked up, else decoded', async () => {
  const info = async (id: string) => client(admin).send(new GetAccessKeyInfoCommand({ AccessKeyId: id }))
  assert.equal((await info(away.accessKeyId)).Account, AWAY)
  assert.equal((await info('AKIATESTTESTTESTROOT')).Account, HOME)
  assert.equal((await info('ASIAY34FZKBOKMUTVV7A')).Account, '609629065308')
  assert.match(await told(info('AKIAIOSFODNN7EXAMPLE')), /^ValidationError/)
})

test('DecodeAuthorizationMessage wants what was sealed here', async () => {
  const decode = client(admin).send(new DecodeAuthorizationMessageCommand({ EncodedMessage: 'nonsense' }))
  assert.match(await told(decode), /^InvalidAuthorizationMessageException: /)
})

test('a context that would be carried on is not left out silently', async () => {
  const contexts = [{ ProviderArn: 'arn:aws:iam::aws:contextProvider/IdentityCenter', ContextAssertion: 'assertion' }]
  assert.match(await told(assume(admin, 'Open', { ProvidedContexts: contexts })), /^NotImplemented: .*ProvidedContexts/)
})
