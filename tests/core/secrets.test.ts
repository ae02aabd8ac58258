/** No secret stays behind: neither in the journal, nor in explanations, the audit file or the log. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { explain } from '@understudy/policy'
import { presignV4 } from '@understudy/wire'
import { auditLine } from '../../packages/server/src/authorization/audit-file.ts'
import { instant } from '../../packages/server/src/domain/brands.ts'
import { roles } from '../../packages/server/src/entities/iam.ts'
import { explanation } from '../../packages/server/src/services/admin/explanation.ts'
import { outcome, say, sendSigned } from '../faults/socket.ts'
import { openWorld } from '../support/world.ts'
import type { Administrator, Keys, World } from '../support/world.ts'

let world: World
let admin: Administrator
let session: Required<Keys>
before(async () => {
  world = await openWorld()
  admin = await world.account('111122223333')
  const trust =
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
  await world.core.store.write([admin.accountId], (writer) =>
    writer.put(roles, admin.accountId, {
      name: 'Powerless',
      path: '/',
      id: 'AROATESTPOWERLESS',
      createdAt: instant(0),
      attached: [],
      inline: [],
      trust,
      trustBindings: {},
      maxSessionSeconds: 3600,
      tags: [],
    }),
  )
  const sts = new STSClient({ endpoint: world.endpoint, region: 'us-east-1', credentials: admin, maxAttempts: 1 })
  const RoleArn = 'arn:aws:iam::111122223333:role/Powerless'
  const { Credentials: made } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'me' }))
  assert.ok(made?.AccessKeyId && made.SecretAccessKey && made.SessionToken)
  session = { accessKeyId: made.AccessKeyId, secretAccessKey: made.SecretAccessKey, sessionToken: made.SessionToken }
})
after(() => world.close())

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const s3 = { service: 's3', method: 'GET', target: '/secrets/key' } as const
const iam = { service: 'iam', method: 'POST', target: '/', headers: FORM } as const

function presigned(keys: Keys): Promise<string> {
  const host = new URL(world.endpoint).host
  const { rawQuery } = presignV4({
    request: { method: 'GET', rawPath: '/secrets/key', rawQuery: '', headers: [['Host', host]] },
    signer: { ...keys, region: 'us-east-1', service: 's3' },
    now: Date.now(),
    expiresSeconds: 60,
  })
  return say(world.endpoint, `GET /secrets/key?${rawQuery} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
}

const wrong = (keys: Keys): Keys => ({ ...keys, secretAccessKey: 'not-the-secret' })
const calls: readonly (readonly [name: string, call: () => Promise<string>, want: RegExp])[] = [
  ['allowed', () => sendSigned(world.endpoint, admin, { ...s3, method: 'PUT', target: '/secrets' }), /^200/],
  ['denied by policies', () => sendSigned(world.endpoint, session, s3), /^403 AccessDenied/],
  ['a wrong signature', () => sendSigned(world.endpoint, wrong(session), s3), /^403 SignatureDoesNotMatch/],
  [
    'a wrong signature, STS',
    () =>
      sendSigned(world.endpoint, wrong(session), {
        ...iam,
        service: 'sts',
        body: 'Action=GetCallerIdentity&Version=2011-06-15',
      }),
    /^403 SignatureDoesNotMatch/,
  ],
  ['presigned', () => presigned(session), /^403 AccessDenied/],
  ['presigned, a wrong signature', () => presigned(wrong(session)), /^403 SignatureDoesNotMatch/],
  [
    'a token of another key',
    () => sendSigned(world.endpoint, { ...session, accessKeyId: admin.accessKeyId }, s3),
    /^400 InvalidToken/,
  ],
  [
    'a token that was changed',
    () =>
      sendSigned(
        world.endpoint,
        { ...session, sessionToken: session.sessionToken.replace(/^.{60}/, (start) => `${start.slice(0, 58)}AA`) },
        s3,
      ),
    /^400 InvalidToken/,
  ],
  [
    'a new access key',
    () => sendSigned(world.endpoint, admin, { ...iam, body: 'Action=CreateAccessKey&Version=2010-05-08' }),
    /^200/,
  ],
]
for (const [name, call, want] of calls)
  test(`nothing stays behind: ${name}`, async () => {
    const got = await call()
    assert.match(outcome(got), want)
    await new Promise((resolve) => setImmediate(resolve))
    const [entry] = world.core.platform.journal.recent(1)
    assert.ok(entry)
    const records = entry.questions.map(({ request, set }) => explain(request, set))
    const kept = [
      {
        ...entry,
        questions: entry.questions.map(({ request, ...more }) => ({ ...more, request, context: [...request.context] })),
      },
      explanation({ ...entry, records }),
      auditLine(entry),
      world.logged,
    ]
    const text = JSON.stringify(kept, (_, value: unknown) => (value instanceof Map ? [...value] : value))
    const made = /<SecretAccessKey>([^<]+)</.exec(got)?.[1]
    const { sessionToken } = session
    // A part is enough to look for: escapes and percent signs do not hide the middle of a token.
    const parts = [sessionToken.slice(40, 60).replaceAll(/[+/=]/g, ''), encodeURIComponent(sessionToken).slice(60, 90)]
    const secrets = [
      admin.secretAccessKey,
      session.secretAccessKey,
      sessionToken,
      sessionToken.slice(100, 130),
      ...parts,
    ]
    for (const secret of [...secrets, ...(made === undefined ? [] : [made])])
      assert.ok(!text.includes(secret), `${secret.slice(0, 6)}… was kept`)
  })
