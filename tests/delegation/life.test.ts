/** The life of a delegation request through the official client: who may do what, in which state, and what becomes of it by itself. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  GetDelegationRequestCommand,
  ListDelegationRequestsCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { delegationRequests } from '../../packages/server/src/entities/delegation.ts'
import { EVERYWHERE } from '../../packages/server/src/entities/iam.ts'
import { lastDiagnosis } from '../support/diagnosis.ts'
import type { Keys } from '../support/world.ts'
import {
  BOUNDARY,
  CUSTOMER,
  MAKE_ROLE,
  OLGA_ARN,
  PARTNER,
  READ_REPORTS,
  REPORTS,
  admin,
  bob,
  olga,
  openStage,
  partner,
  root,
  stranger,
} from './stage.ts'
import type { Stage, Step } from './stage.ts'

const DAY = 24 * 3_600_000
const get = async (stage: Stage, id: string, keys: Keys = admin, check?: boolean) =>
  stage.iam(keys).send(new GetDelegationRequestCommand({ DelegationRequestId: id, DelegationPermissionCheck: check }))
const list = async (stage: Stage, keys: Keys, input: object = {}) =>
  stage.iam(keys).send(new ListDelegationRequestsCommand(input))
const allow = (stage: Stage, UserName: string, statement: object) =>
  stage.iam(admin).send(
    new PutUserPolicyCommand({
      UserName,
      PolicyName: 'own',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: statement }),
    }),
  )

test('a request from its making to its token: what it shows, and what the partner is told', async (context) => {
  const stage = await openStage(context)
  const id = await stage.create({ RequestMessage: 'for alice', RedirectUrl: 'https://partner.example/back' })
  await stage.step('associate', id, olga)
  await stage.step('update', id, olga, 'please look')
  await stage.step('accept', id, admin)
  await stage.step('send', id, olga)
  const { DelegationRequest: shown } = await get(stage, id, olga)
  const { CreateDate, UpdatedTime, ExpirationTime, PermissionPolicy, ...rest } = shown ?? {}
  assert.deepEqual(rest, {
    DelegationRequestId: id,
    OwnerAccountId: CUSTOMER,
    Description: 'Reads the reports of one bucket',
    RequestMessage: 'for alice',
    Permissions: REPORTS,
    OwnerId: OLGA_ARN,
    ApproverId: `arn:aws:iam::${CUSTOMER}:user/administrator`,
    State: 'FINALIZED',
    RequestorId: PARTNER,
    RequestorName: 'Partner A',
    SessionDuration: 3600,
    RedirectUrl: 'https://partner.example/back',
    Notes: 'please look',
    OnlySendByOwner: false,
  })
  assert.deepEqual(JSON.parse(PermissionPolicy ?? ''), {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::customer-data/*.csv' },
      { Effect: 'Allow', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::customer-data' },
    ],
  })
  assert.ok(CreateDate && UpdatedTime && ExpirationTime)
  assert.equal(ExpirationTime.getTime() - UpdatedTime.getTime(), 7 * DAY)
  const told = await stage.messages()
  assert.deepEqual(
    told.map(({ Type, State }) => `${Type} ${State}`),
    [
      'StateChange ASSIGNED',
      'StateChange PENDING_APPROVAL',
      'StateChange ACCEPTED',
      'StateChange FINALIZED',
      'ExchangeToken FINALIZED',
    ],
  )
  for (const message of told)
    assert.deepEqual(
      [message.RequestId, message.RequestorWorkflowId, message.OwnerAccountId],
      [id, 'workflow-1', CUSTOMER],
    )
  const last = told.find(({ Type }) => Type === 'ExchangeToken')
  assert.equal(Math.round((Date.parse(last?.ExpiresAt ?? '') - Date.parse(last?.UpdatedAt ?? '')) / 1e4), 360)
})

/** From each state, every step that is not its turn. */
const REACHED: Readonly<Record<string, readonly Step[]>> = {
  UNASSIGNED: [],
  ASSIGNED: ['associate'],
  PENDING_APPROVAL: ['associate', 'update'],
  ACCEPTED: ['associate', 'accept'],
  FINALIZED: ['associate', 'accept', 'send'],
  REJECTED: ['associate', 'reject'],
}
const IN_TURN: Readonly<Record<string, readonly Step[]>> = {
  UNASSIGNED: ['associate'],
  ASSIGNED: ['update', 'accept', 'reject'],
  PENDING_APPROVAL: ['accept', 'reject'],
  ACCEPTED: ['reject', 'send'],
  FINALIZED: [],
  REJECTED: [],
}
for (const [state, way] of Object.entries(REACHED))
  test(`${state}: steps out of turn change nothing`, async (context) => {
    const stage = await openStage(context)
    const id = await stage.create()
    for (const step of way) await stage.step(step, id, admin)
    assert.equal(await stage.state(id), state)
    const before = (await stage.messages()).length
    for (const step of ['associate', 'update', 'accept', 'reject', 'send'] as const) {
      if (IN_TURN[state]?.includes(step)) continue
      await assert.rejects(stage.step(step, id, admin), {
        name: 'InvalidInputException',
        message: `Delegation request ${id} is in state ${state}.`,
      })
      assert.equal(await lastDiagnosis(stage.world), 'DELEGATION.STATE')
    }
    assert.deepEqual([await stage.state(id), (await stage.messages()).length], [state, before])
    const [next] = IN_TURN[state] ?? []
    if (next !== undefined) await stage.step(next, id, admin)
  })

for (const [state, way] of Object.entries(REACHED))
  test(`${state}: expires by itself, and the partner is told`, async (context) => {
    const stage = await openStage(context)
    const id = await stage.create()
    for (const step of way) await stage.step(step, id, admin)
    const life = state === 'UNASSIGNED' ? DAY : 7 * DAY
    stage.later(life - 60_000)
    assert.equal(await stage.state(id), state)
    stage.later(60_000)
    assert.equal(await stage.state(id), 'EXPIRED')
    await assert.rejects(stage.step('reject', id, admin), { name: 'InvalidInputException' })
    assert.equal((await stage.messages()).at(-1)?.State, 'EXPIRED')
    assert.equal((await stage.messages()).filter(({ State }) => State === 'EXPIRED').length, 1)
    stage.later(31 * DAY)
    assert.deepEqual(await stage.messages(), [])
    await assert.rejects(get(stage, id), { name: 'NoSuchEntityException' })
  })

test('who follows the link may claim it without a permission; who is denied may not', async (context) => {
  const stage = await openStage(context)
  const id = await stage.create()
  await get(stage, id, olga)
  await allow(stage, 'bob', { Effect: 'Deny', Action: 'iam:AssociateDelegationRequest', Resource: '*' })
  await assert.rejects(stage.step('associate', id, bob), { name: 'AccessDenied' })
  await stage.step('associate', id, olga)
  await assert.rejects(get(stage, id, bob), { name: 'AccessDenied' })
})

test('the owner may look, forward, reject and send, but not accept', async (context) => {
  const stage = await openStage(context)
  const id = await stage.create()
  await stage.step('associate', id, olga)
  await get(stage, id, olga)
  await assert.rejects(stage.step('accept', id, olga), { name: 'AccessDenied' })
  await stage.step('update', id, olga)
  await stage.step('reject', id, olga, 'not now')
  assert.equal((await get(stage, id, olga)).DelegationRequest?.RejectionReason, 'not now')
  assert.deepEqual((await list(stage, olga, { OwnerId: OLGA_ARN })).DelegationRequests?.length, 1)
  await assert.rejects(list(stage, olga), { name: 'AccessDenied' })
})

test('iam:DelegationRequestOwner tells requests apart, the ARN names them', async (context) => {
  const stage = await openStage(context)
  const [first, second] = [await stage.create(), await stage.create()]
  await stage.step('associate', first, olga)
  await stage.step('associate', second, admin)
  await allow(stage, 'bob', {
    Effect: 'Allow',
    Action: ['iam:AcceptDelegationRequest', 'iam:ListDelegationRequests'],
    Resource: '*',
    Condition: { StringEquals: { 'iam:DelegationRequestOwner': OLGA_ARN } },
  })
  await stage.step('accept', first, bob)
  await assert.rejects(stage.step('accept', second, bob), { name: 'AccessDenied' })
  await list(stage, bob, { OwnerId: OLGA_ARN })
  await assert.rejects(list(stage, bob), { name: 'AccessDenied' })
  const Resource = `arn:aws:iam::${CUSTOMER}:delegation-request/${second}`
  await allow(stage, 'bob', { Effect: 'Allow', Action: 'iam:*', Resource })
  await stage.step('accept', second, bob)
  await assert.rejects(stage.step('send', first, bob), { name: 'AccessDenied' })
})

test('only the owner sends where the partner asked for that', async (context) => {
  const stage = await openStage(context)
  const id = await stage.create({ OnlySendByOwner: true })
  await stage.step('associate', id, olga)
  await stage.step('accept', id, admin)
  await assert.rejects(stage.step('send', id, admin), { name: 'AccessDenied' })
  assert.equal(await lastDiagnosis(stage.world), 'DELEGATION.ONLY_OWNER')
  await stage.step('send', id, olga)
})

test('another account sees a request only while it is for anybody', async (context) => {
  const stage = await openStage(context)
  const open = await stage.create()
  assert.equal(await stage.state(open, stranger), 'UNASSIGNED')
  const meant = await stage.create({ OwnerAccountId: CUSTOMER })
  for (const keys of [stranger, partner]) {
    await assert.rejects(get(stage, meant, keys), { name: 'NoSuchEntityException' })
    assert.equal(await lastDiagnosis(stage.world), 'DELEGATION.OTHER_ACCOUNT')
    await assert.rejects(stage.step('associate', meant, keys), { name: 'NoSuchEntityException' })
  }
  await stage.step('associate', meant, olga)
  await stage.step('associate', open, olga)
  await assert.rejects(get(stage, open, stranger), { name: 'NoSuchEntityException' })
  await assert.rejects(stage.step('accept', open, stranger), { name: 'NoSuchEntityException' })
  assert.deepEqual((await list(stage, stranger)).DelegationRequests, [])
  await assert.rejects(get(stage, 'e4bdcdae-4f66-11ed-8888-000000000000'), { name: 'NoSuchEntityException' })
})

test('lists come in pages, and leave out what nobody has claimed', async (context) => {
  const stage = await openStage(context)
  await stage.create({ OwnerAccountId: CUSTOMER })
  const ids = []
  for (let count = 0; count < 3; count++) {
    const id = await stage.create()
    await stage.step('associate', id, admin)
    ids.push(id)
  }
  const first = await list(stage, admin, { MaxItems: 2 })
  assert.equal(first.isTruncated, true)
  const rest = await list(stage, admin, { MaxItems: 2, Marker: first.Marker })
  assert.equal(rest.isTruncated, false)
  const found = [...(first.DelegationRequests ?? []), ...(rest.DelegationRequests ?? [])]
  assert.deepEqual(
    found.map((row) => row.DelegationRequestId),
    ids.toSorted(),
  )
  await assert.rejects(list(stage, admin, { Marker: first.Marker, OwnerId: OLGA_ARN }), { name: 'ValidationError' })
})

test('who is made again under the name of an owner does not see what that one has claimed', async (context) => {
  const stage = await openStage(context)
  const id = await stage.create()
  await stage.step('associate', id, olga)
  const list = async (keys: Keys, OwnerId: string) =>
    (await stage.iam(keys).send(new ListDelegationRequestsCommand({ OwnerId }))).DelegationRequests?.length
  assert.equal(await list(olga, OLGA_ARN), 1)
  const UserName = 'olga'
  const iam = stage.iam(admin)
  await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: olga.accessKeyId }))
  await iam.send(new DeleteUserCommand({ UserName }))
  await iam.send(new CreateUserCommand({ UserName }))
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
  assert.ok(AccessKey?.AccessKeyId && AccessKey.SecretAccessKey)
  const namesake = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey }
  assert.equal(await list(namesake, OLGA_ARN), 0)
  assert.equal(await list(admin, OLGA_ARN), 1)
})

test('root accepts four hours at most', async (context) => {
  const stage = await openStage(context)
  const [short, long] = [
    await stage.create({ SessionDuration: 14_400 }),
    await stage.create({ SessionDuration: 14_401 }),
  ]
  for (const id of [short, long]) await stage.step('associate', id, root)
  await stage.step('accept', short, root)
  await assert.rejects(stage.step('accept', long, root), { name: 'InvalidInputException' })
  assert.equal(await lastDiagnosis(stage.world), 'DELEGATION.ROOT_DURATION')
  await stage.step('accept', long, admin)
})

test('the permission check tells whether the caller has what is asked for', async (context) => {
  const stage = await openStage(context)
  const id = await stage.create()
  await stage.step('associate', id, olga)
  const result = async (keys: Keys) => {
    const { PermissionCheckStatus, PermissionCheckResult } = await get(stage, id, keys, true)
    return `${PermissionCheckStatus} ${PermissionCheckResult}`
  }
  assert.equal(await result(admin), 'COMPLETE ALLOWED')
  // s3:ListBucket on one bucket is plain; she has nothing.
  assert.equal(await result(olga), 'COMPLETE DENIED')
  await allow(stage, 'olga', { Effect: 'Allow', Action: 's3:ListBucket', Resource: '*' })
  // Of *.csv she may have some.
  assert.equal(await result(olga), 'COMPLETE UNSURE')
  assert.equal((await get(stage, id)).PermissionCheckStatus, undefined)
})

test('a list of resources is checked one by one', async (context) => {
  const stage = await openStage(context)
  const buckets = Array.from({ length: 30 }, (_, index) => `b${index}`)
  const Parameters = [
    { Name: 'bucketName', Values: buckets, Type: 'stringList' as const },
    { Name: 'listBucket', Values: ['False'], Type: 'string' as const },
  ]
  const few = await stage.create({ Permissions: { PolicyTemplateArn: READ_REPORTS, Parameters } })
  assert.equal((await get(stage, few, admin, true)).PermissionCheckResult, 'ALLOWED')
  // Very many pairs of action and resource are left unsaid: the policy is the partner's, the work would be ours.
  const Action = Array.from({ length: 30 }, (_, index) => `s3:A${index}`)
  const Resource = buckets.map((bucket) => `arn:aws:s3:::${bucket}`)
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] })
  await stage.world.core.store.write([EVERYWHERE], async (writer) => {
    const row = await writer.get(delegationRequests, EVERYWHERE, few)
    assert.ok(row)
    await writer.put(delegationRequests, EVERYWHERE, { ...row, policy })
  })
  assert.equal((await get(stage, few, admin, true)).PermissionCheckResult, 'UNSURE')
})

test('role boundaries of the policy are shown', async (context) => {
  const stage = await openStage(context)
  const Parameters = [{ Name: 'accountId', Values: [CUSTOMER], Type: 'string' as const }]
  const id = await stage.create({ Permissions: { PolicyTemplateArn: MAKE_ROLE, Parameters } })
  assert.deepEqual((await get(stage, id)).DelegationRequest?.RolePermissionRestrictionArns, [BOUNDARY])
})
