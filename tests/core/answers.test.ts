/** What every answer has, whatever becomes of the call: ids, shapes, and the way to its explanation. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isRefusal } from '../../packages/server/src/authorization/journal-ring.ts'
import { knownAccountId } from '../../packages/server/src/domain/brands.ts'
import { EVERYWHERE, users } from '../../packages/server/src/entities/iam.ts'
import { organizations } from '../../packages/server/src/entities/organization.ts'
import { listenAws } from '../../packages/server/src/main.ts'
import { outcome, say, sendSigned } from '../faults/socket.ts'
import type { SignedRequest } from '../faults/socket.ts'
import { openWorld } from '../support/world.ts'
import type { Administrator, Keys, World } from '../support/world.ts'

let world: World
let admin: Administrator
let away: Administrator
before(async () => {
  world = await openWorld()
  admin = await world.account('111122223333')
  away = await world.account('444455556666')
  await s3('PUT', '/answers')
  await s3('PUT', '/answers/key', 'content')
})
after(() => world.close())

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const END = 'Host: localhost\r\nConnection: close\r\n\r\n'
const send = (from: SignedRequest, keys: Keys = admin, endpoint = world.endpoint) => sendSigned(endpoint, keys, from)
const s3 = (method: string, target: string, body = '', keys: Keys = admin) =>
  send({ service: 's3', method, target, body }, keys)
const query = (service: 'sts' | 'iam', body: string, headers = {}, keys: Keys = admin) =>
  send({ service, method: 'POST', target: '/', headers: { ...FORM, ...headers }, body }, keys)
const STS = 'Version=2011-06-15'
const IAM = 'Version=2010-05-08'

const header = (got: string, name: string): string | undefined =>
  new RegExp(`^${name}: (.*)\r$`, 'im').exec(got.slice(0, got.indexOf('\r\n\r\n') + 2))?.[1]
const bodyOf = (got: string): string => got.slice(got.indexOf('\r\n\r\n') + 4)

const answers: readonly (readonly [name: string, given: () => Promise<string>, want: string])[] = [
  ['STS', () => query('sts', `Action=GetCallerIdentity&${STS}`), '200'],
  ['IAM', () => query('iam', `Action=ListUsers&${IAM}`), '200'],
  ['S3', () => s3('GET', '/answers/key'), '200'],
  ['without content', () => s3('DELETE', '/answers/nothing'), '204'],
  [
    'nobody signed, STS',
    () =>
      say(
        world.endpoint,
        `POST /?a HTTP/1.1\r\nContent-Type: ${FORM['content-type']}\r\nContent-Length: 43\r\n${END}Action=GetCallerIdentity&Version=2011-06-15`,
      ),
    '403 MissingAuthenticationToken',
  ],
  ['nobody signed, S3', () => say(world.endpoint, `GET /answers/key HTTP/1.1\r\n${END}`), '403 AccessDenied'],
  ['no action', () => send({ service: 'sts', method: 'GET', target: '/' }), '302'],
  ['no such action', () => query('sts', `Action=Nothing&${STS}`), '400 InvalidAction'],
  ['bad input', () => query('iam', `Action=GetRole&RoleName=a%20b&${IAM}`), '400 ValidationError'],
  ['no such key', () => s3('GET', '/answers/none'), '404 NoSuchKey'],
  ['a form that is too large', () => query('sts', `X=${'x'.repeat(600_000)}`), '413 RequestEntityTooLarge'],
  ['HEAD', () => s3('HEAD', '/answers/key'), '200'],
  ['HEAD of nothing', () => s3('HEAD', '/answers/none'), '404'],
  ['not built: S3', () => s3('POST', '/answers/key?select&select-type=2'), '501 NotImplemented'],
  [
    'not built: IAM',
    () => query('iam', `Action=GenerateOrganizationsAccessReport&EntityPath=${'o-a1b2c3d4e5/r-a1b2'}&${IAM}`),
    '501 NotImplemented',
  ],
]
for (const [name, given, want] of answers)
  test(`${name}: ${want}, with ids that the journal knows`, async () => {
    const got = await given()
    assert.equal(outcome(got), want)
    const decision = header(got, 'x-understudy-decision-id')
    assert.match(decision ?? '', /^test-[0-9a-f]{8}-[0-9a-z]+$/)
    const request = header(got, 'x-amzn-requestid') ?? header(got, 'x-amz-request-id')
    assert.match(request ?? '', /^([0-9a-f-]{36}|[0-9A-F]{16})$/)
    const shown = /<RequestId>([^<]*)</.exec(got)?.[1]
    if (shown !== undefined) assert.equal(shown, request)
    if (want === '302') return
    const entry = world.core.platform.journal.find(request ?? '')
    assert.equal(entry?.decisionId, decision)
    assert.ok(entry)
    assert.equal(isRefusal(entry), !want.startsWith('2'))
    assert.equal(entry.refusal?.status ?? 403, want.startsWith('2') ? 403 : Number(want.slice(0, 3)))
  })

test('HEAD answers have no body', async () => {
  for (const target of ['/answers/none', '/nobucket-here', '/answers/key'])
    assert.equal(bodyOf(await s3('HEAD', target)), '', target)
  assert.equal(bodyOf(await say(world.endpoint, `HEAD /answers/key HTTP/1.1\r\n${END}`)), '')
})

test('errors of the Query protocol: namespaces, whose fault', async () => {
  const own = await query('iam', `Action=GetRole&RoleName=none&${IAM}`)
  assert.match(
    own,
    /<ErrorResponse xmlns="https:\/\/iam\.amazonaws\.com\/doc\/2010-05-08\/">\n {2}<Error>\n {4}<Type>Sender</,
  )
  const old = await query('sts', `Action=Nothing&${STS}`)
  assert.match(old, /xmlns="http:\/\/webservices\.amazon\.com\/AWSFault\/2005-15-09"/)
  assert.match(old, /Could not find operation Nothing for version 2011-06-15/)
  const ours = await query('iam', `Action=GenerateOrganizationsAccessReport&EntityPath=o-a1b2c3d4e5/r-a1b2&${IAM}`)
  assert.match(ours, /<Type>Receiver</)
})

test('JSON where it is asked for, errors too', async () => {
  const accept = { accept: 'application/json' }
  const good = await query('sts', `Action=GetCallerIdentity&${STS}`, accept)
  assert.equal(header(good, 'content-type'), 'application/json')
  const tree = JSON.parse(bodyOf(good)) as {
    readonly GetCallerIdentityResponse: { readonly GetCallerIdentityResult: object }
  }
  assert.deepEqual(Object.keys(tree.GetCallerIdentityResponse.GetCallerIdentityResult).toSorted(), [
    'Account',
    'Arn',
    'UserId',
  ])
  const bad = await query('iam', `Action=GetRole&RoleName=none&${IAM}`, accept)
  assert.equal(header(bad, 'content-type'), 'application/json')
  assert.deepEqual(JSON.parse(bodyOf(bad)), {
    Error: { Code: 'NoSuchEntity', Message: 'The role with name none cannot be found.', Type: 'Sender' },
    RequestId: header(bad, 'x-amzn-requestid'),
  })
})

/** Makes the administrator of the other account one who may do nothing. */
const powerless = async (): Promise<void> => {
  await world.core.store.write([away.accountId], async (writer) => {
    const row = await writer.get(users, away.accountId, away.userName)
    if (row) await writer.put(users, away.accountId, { ...row, inline: [] })
  })
}

test('a refusal by policies carries its sealed explanation, for its own account alone', async () => {
  await powerless()
  const got = await query('iam', `Action=ListUsers&${IAM}`, {}, away)
  assert.equal(outcome(got), '403 AccessDenied')
  const sealed = header(got, 'x-understudy-encoded-message') ?? ''
  assert.ok(sealed.length > 100 && sealed.length <= 4096, `${sealed.length} characters`)
  const decode = `Action=DecodeAuthorizationMessage&EncodedMessage=${sealed}&${STS}`
  assert.equal(outcome(await query('sts', decode)), '400 InvalidAuthorizationMessageException')
  assert.equal(outcome(await query('sts', decode, {}, away)), '403 AccessDenied')
  const { messages, clock } = world.core.platform
  const opened = messages.open(sealed, away.accountId, clock.session())
  assert.ok(opened.ok)
  assert.match(opened.text, /"action":"iam:ListUsers"/)
  for (const other of [await s3('GET', '/answers/none'), await query('sts', `Action=Nothing&${STS}`)])
    assert.equal(header(other, 'x-understudy-encoded-message'), undefined)
})

test('S3 tells the reason within the account and the organization, and to nobody else', async () => {
  await powerless()
  const message = (got: string) => /<Message>([^<]*)</.exec(got)?.[1]
  assert.equal(message(await s3('GET', '/answers/key', '', away)), 'Access Denied')
  const name = knownAccountId('111122223333')
  await world.core.store.write([EVERYWHERE], (writer) =>
    writer.put(organizations, EVERYWHERE, {
      id: 'o-a1b2c3d4e5',
      createdAt: world.core.clock.session(),
      managementAccount: name,
      scpEnabled: false,
      rcpEnabled: false,
      units: [
        {
          id: 'r-a1b2',
          name: 'Root',
          accounts: [away.accountId],
          serviceControlPolicies: [],
          resourceControlPolicies: [],
        },
      ],
      accountPolicies: {},
    }),
  )
  assert.match(message(await s3('GET', '/answers/key', '', away)) ?? '', /because no resource-based policy allows/)
})

test('an audit file that is required and cannot be written: 503, and the store is not to blame', async () => {
  const file = {
    write: () => Promise.reject(new Error('full')),
    note: () => assert.fail('somebody waits for the line'),
    lost: () => 1,
    close: async () => {},
  }
  const core = { ...world.core, serverParts: { ...world.core.serverParts, audit: { file, required: true } } }
  const aws = await listenAws(core, '127.0.0.1:0')
  try {
    const got = await send({ service: 's3', method: 'GET', target: '/answers/key' }, admin, aws.url)
    assert.equal(outcome(got), '503 ServiceUnavailable')
    assert.ok(header(got, 'x-understudy-decision-id'))
    const sts = {
      service: 'sts',
      method: 'POST',
      target: '/',
      headers: FORM,
      body: `Action=GetCallerIdentity&${STS}`,
    } as const
    assert.match(await send(sts, admin, aws.url), /^HTTP\/1\.1 503 [^]*<Type>Receiver</)
  } finally {
    await aws.close()
  }
})

test('a fault of ours: 500 in the words of each service, the cause in the log alone', async () => {
  const broken = (): never => {
    throw new Error('the cause of it')
  }
  const store = { ...world.core.store, current: broken }
  const core = { ...world.core, serverParts: { ...world.core.serverParts, store } }
  const aws = await listenAws(core, '127.0.0.1:0')
  try {
    const from = { service: 's3', method: 'GET', target: '/answers/key' } as const
    const got = await send(from, admin, aws.url)
    assert.equal(outcome(got), '500 InternalError')
    assert.match(got, /We encountered an internal error\. Please try again\./)
    assert.ok(!got.includes('the cause of it'))
    const sts = {
      service: 'sts',
      method: 'POST',
      target: '/',
      headers: FORM,
      body: `Action=GetCallerIdentity&${STS}`,
    } as const
    assert.equal(outcome(await send(sts, admin, aws.url)), '500 InternalFailure')
    const faults = world.logged.filter((event) => event['event'] === 'fault')
    assert.match(String(faults.at(-1)?.['error']), /the cause of it/)
  } finally {
    await aws.close()
  }
})

test('a fault behind the answer is an answer still', async () => {
  const leave = world.core.platform.journal.onEntry(() => {
    throw new Error('somebody who listens fails')
  })
  try {
    assert.equal(outcome(await s3('GET', '/answers/key')), '500')
    assert.match(String(world.logged.at(-1)?.['error']), /somebody who listens fails/)
  } finally {
    leave()
  }
  assert.equal(outcome(await s3('GET', '/answers/key')), '200')
})
