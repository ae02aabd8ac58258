/** The whole way as people go it: a started server, the official clients, and the operator's commands. docs/delegation.md. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  AcceptDelegationRequestCommand,
  AssociateDelegationRequestCommand,
  CreateDelegationRequestCommand,
  GetDelegationRequestCommand,
  SendDelegationTokenCommand,
  UpdateDelegationRequestCommand,
} from '@aws-sdk/client-iam'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { GetDelegatedAccessTokenCommand } from '@aws-sdk/client-sts'
import { start } from '../support/started.ts'
import type { Started } from '../support/started.ts'
import type { Keys } from '../support/world.ts'
import { CHANNEL, REPORTS, SEED_FILE, admin, clientsAt, keysOf, olga, partner } from './stage.ts'

let server: Started
before(async () => {
  server = await start(['--ephemeral', '--clock', 'movable', '--seed', SEED_FILE])
})
after(async () => {
  assert.equal(await server.stop(), 0)
})

const clients = () => clientsAt(server.aws)
const json = async (...args: readonly string[]): Promise<unknown> => {
  const { code, out, err } = await server.run([...args, '--json'])
  assert.equal(code, 0, err)
  return JSON.parse(out)
}
const read = (keys: Keys, Key: string) =>
  clients()
    .s3(keys)
    .send(new GetObjectCommand({ Bucket: 'customer-data', Key }))

test('a partner asks, the customer forwards, an administrator accepts, the partner works and is stopped', async () => {
  const { DelegationRequestId } = await clients()
    .iam(partner)
    .send(
      new CreateDelegationRequestCommand({
        OwnerAccountId: '111122223333',
        Description: 'Reads the reports of one bucket',
        Permissions: REPORTS,
        RequestorWorkflowId: 'onboarding-1',
        NotificationChannel: CHANNEL,
        SessionDuration: 3600,
        OnlySendByOwner: true,
      }),
    )
  const id = { DelegationRequestId }
  await clients().iam(olga).send(new AssociateDelegationRequestCommand(id))
  await clients()
    .iam(olga)
    .send(new UpdateDelegationRequestCommand({ ...id, Notes: 'for the new dashboard' }))
  const looked = await clients()
    .iam(admin)
    .send(new GetDelegationRequestCommand({ ...id, DelegationPermissionCheck: true }))
  assert.equal(looked.PermissionCheckResult, 'ALLOWED')
  await clients().iam(admin).send(new AcceptDelegationRequestCommand(id))
  await clients().iam(olga).send(new SendDelegationTokenCommand(id))

  const shown = await server.run(['delegation', 'notifications', '--channel', CHANNEL])
  assert.equal(shown.code, 0)
  assert.match(shown.out, /ExchangeToken {2}FINALIZED/)
  const notices = (await json('delegation', 'notifications', '--channel', CHANNEL)) as { readonly Message: string }[]
  assert.equal(notices.length, 5)
  const messages = notices.map(({ Message }) => JSON.parse(Message) as { readonly ExchangeToken?: string })
  const TradeInToken = messages.find(({ ExchangeToken }) => ExchangeToken !== undefined)?.ExchangeToken
  assert.ok(TradeInToken)
  assert.doesNotMatch(shown.out, new RegExp(TradeInToken))
  assert.doesNotMatch(server.log(), new RegExp(TradeInToken))
  assert.deepEqual(await json('delegation', 'notifications', '--channel', `${CHANNEL}2`), [])

  const { Credentials } = await clients().sts(partner).send(new GetDelegatedAccessTokenCommand({ TradeInToken }))
  const keys = keysOf(Credentials)
  await read(keys, 'report.csv')
  await assert.rejects(read(keys, 'private/plan.txt'), { name: 'AccessDenied' })
  const why = await server.run(['why', 'last'])
  assert.match(
    why.out,
    new RegExp(`SESSION.POLICY_FILTERED[\\s\\S]*permissions of delegation request ${DelegationRequestId}`),
  )
  assert.match(why.out, /in permissions of delegation request \S+ \(account 444455556666 owns it\)/)
  const lineage = await server.run(['lineage', keys.accessKeyId])
  assert.match(lineage.out, /^arn:aws:iam::444455556666:user\/administrator/)
  assert.match(lineage.out, /→ arn:aws:iam::111122223333:user\/administrator .*delegation\)/)
  assert.match(lineage.out, new RegExp(`delegated by +request ${DelegationRequestId} of account 444455556666`))

  assert.match((await server.run(['delegation', 'list'])).out, /FINALIZED .* 444455556666 \(Partner A\) → 111122223333/)
  assert.equal((await server.run(['delegation', 'revoke', DelegationRequestId ?? ''])).code, 0)
  await assert.rejects(read(keys, 'report.csv'))
  await assert.rejects(clients().sts(partner).send(new GetDelegatedAccessTokenCommand({ TradeInToken })), {
    name: 'ExpiredTradeInTokenException',
  })
  assert.match((await server.run(['why', 'last'])).out, /DELEGATION.TOKEN_EXPIRED[\s\S]*was revoked/)
  assert.match((await server.run(['delegation', 'list'])).out, /access: revoked/)
})

test('the commands tell what is wrong', async () => {
  assert.equal((await server.run(['delegation', 'revoke', 'nobody'])).code, 1)
  assert.equal((await server.run(['delegation', 'revoke'])).code, 2)
  assert.equal((await server.run(['delegation', 'forget'])).code, 2)
  const { DelegationRequestId } = await clients()
    .iam(partner)
    .send(
      new CreateDelegationRequestCommand({
        Description: 'Never released',
        Permissions: REPORTS,
        RequestorWorkflowId: 'onboarding-2',
        NotificationChannel: CHANNEL,
        SessionDuration: 3600,
      }),
    )
  const early = await server.run(['delegation', 'revoke', DelegationRequestId ?? ''])
  assert.equal(early.code, 1)
  assert.match(early.err, /has released no token/)
})

test('the end of all sessions of the customer ends what it has delegated', async () => {
  const made = await clients()
    .iam(partner)
    .send(
      new CreateDelegationRequestCommand({
        OwnerAccountId: '111122223333',
        Description: 'Open when the account is closed down',
        Permissions: REPORTS,
        RequestorWorkflowId: 'closing-1',
        NotificationChannel: CHANNEL,
        SessionDuration: 3600,
      }),
    )
  const id = { DelegationRequestId: made.DelegationRequestId }
  for (const step of [AssociateDelegationRequestCommand, AcceptDelegationRequestCommand, SendDelegationTokenCommand])
    await clients().iam(admin).send(new step(id))
  const notices = (await json('delegation', 'notifications')) as { readonly Message: string }[]
  const TradeInToken = notices
    .map(({ Message }) => JSON.parse(Message) as { readonly ExchangeToken?: string })
    .findLast(({ ExchangeToken }) => ExchangeToken !== undefined)?.ExchangeToken
  const exchange = () => clients().sts(partner).send(new GetDelegatedAccessTokenCommand({ TradeInToken }))
  const keys = keysOf((await exchange()).Credentials)
  await read(keys, 'report.csv')
  const ended = await server.run(['session', 'end', '--account', '111122223333'])
  assert.match(ended.out, new RegExp(`Delegations that were revoked: ${made.DelegationRequestId}`))
  await assert.rejects(read(keys, 'report.csv'))
  await assert.rejects(exchange(), { name: 'ExpiredTradeInTokenException' })
})

test('requests are of a moment: an export names them as left out', async () => {
  const { code, out, err } = await server.run(['export'])
  assert.equal(code, 0)
  assert.match(err, /account 444455556666: 3 delegation requests/)
  assert.doesNotMatch(out, /onboarding-1/)
  assert.match(out, /delegationPartner/)
})

test('a reset forgets requests, messages and tokens, and knows the partner', async () => {
  const iam = clients().iam
  const create = () =>
    iam(partner).send(
      new CreateDelegationRequestCommand({
        Description: 'Before and after',
        Permissions: REPORTS,
        RequestorWorkflowId: 'onboarding-3',
        NotificationChannel: CHANNEL,
        SessionDuration: 3600,
      }),
    )
  const { DelegationRequestId } = await create()
  const id = { DelegationRequestId: DelegationRequestId ?? '' }
  await iam(admin).send(new AssociateDelegationRequestCommand(id))
  await iam(admin).send(new AcceptDelegationRequestCommand(id))
  await iam(admin).send(new SendDelegationTokenCommand(id))
  const notices = (await json('delegation', 'notifications')) as { readonly Message: string }[]
  const messages = notices.map(
    ({ Message }) => JSON.parse(Message) as { readonly RequestId: string; readonly ExchangeToken?: string },
  )
  const TradeInToken = messages.find(
    ({ RequestId, ExchangeToken }) => RequestId === id.DelegationRequestId && ExchangeToken !== undefined,
  )?.ExchangeToken
  assert.ok(TradeInToken)
  assert.equal((await server.run(['reset'])).code, 0)
  assert.deepEqual(await json('delegation', 'list'), [])
  assert.deepEqual(await json('delegation', 'notifications'), [])
  await assert.rejects(clients().sts(partner).send(new GetDelegatedAccessTokenCommand({ TradeInToken })), {
    name: 'ValidationError',
  })
  assert.ok((await create()).DelegationRequestId)
})
