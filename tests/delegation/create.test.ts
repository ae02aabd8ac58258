/** Making a delegation request through the official client: who may, and what is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import type { CreateDelegationRequestCommandInput } from '@aws-sdk/client-iam'
import { delegationRequests } from '../../packages/server/src/entities/delegation.ts'
import { EVERYWHERE } from '../../packages/server/src/entities/iam.ts'
import { lastDiagnosis } from '../support/diagnosis.ts'
import {
  BOUNDARY,
  CHANNEL,
  CUSTOMER,
  MAKE_ROLE,
  PARTNER,
  READ_REPORTS,
  admin,
  bob,
  openStage,
  partner,
} from './stage.ts'

const parameter = (Name: string, Values: string[], Type: 'string' | 'stringList' = 'string') => ({ Name, Values, Type })
const both = (bucket: string) => [parameter('bucketName', [bucket]), parameter('listBucket', ['False'])]
const permissions = (...Parameters: readonly ReturnType<typeof parameter>[]) => ({
  Permissions: { PolicyTemplateArn: READ_REPORTS, Parameters: [...Parameters] },
})
const changeRoles = (boundary: string) => ({
  Permissions: {
    PolicyTemplateArn: READ_REPORTS.replace('ReadReports', 'ChangeRoles'),
    Parameters: [parameter('roleVerb', ['Create']), parameter('boundary', [boundary])],
  },
})
const UNREGISTERED = /permissions boundary .* is neither AWS's nor registered/
const BAD: readonly (readonly [string, Partial<CreateDelegationRequestCommandInput>, string, RegExp])[] = [
  ['no template', { Permissions: { Parameters: both('b') } }, 'InvalidInputException', /must name a PolicyTemplateArn/],
  [
    'a template of nobody',
    { Permissions: { PolicyTemplateArn: `${READ_REPORTS}2` } },
    'InvalidInputException',
    /is not registered/,
  ],
  [
    'a parameter too few',
    permissions(parameter('bucketName', ['b'])),
    'InvalidInputException',
    /'listBucket' not found/,
  ],
  [
    'a parameter too many',
    permissions(...both('b'), parameter('another', ['x'])),
    'InvalidInputException',
    /Unrecognized parameter: another/,
  ],
  [
    'a parameter twice',
    permissions(...both('b'), parameter('bucketName', ['c'])),
    'InvalidInputException',
    /given twice/,
  ],
  [
    'two values for one',
    permissions(parameter('bucketName', ['a', 'b']), parameter('listBucket', ['True'])),
    'ValidationError',
    /exactly one value, got 2/,
  ],
  ['too long a policy', permissions(...both('b'.repeat(2048))), 'InvalidInputException', /limit is 2048/],
  [
    'a topic of another account',
    { NotificationChannel: `arn:aws:sns:us-east-1:${CUSTOMER}:t` },
    'InvalidInputException',
    /not in the account of the requestor/,
  ],
  ['a boundary of nobody', changeRoles(`arn:aws:iam::${CUSTOMER}:policy/Own`), 'InvalidInputException', UNREGISTERED],
  ['a pattern for a boundary', changeRoles('arn:aws:iam::*:policy/*'), 'InvalidInputException', UNREGISTERED],
  ['no topic', { NotificationChannel: 'mail' }, 'InvalidInputException', /not the ARN of an SNS topic/],
  ['too short a session', { SessionDuration: 299 }, 'ValidationError', /300/],
  ['too long a session', { SessionDuration: 43_201 }, 'ValidationError', /43200/],
  ['an account of eleven digits', { OwnerAccountId: '11112222333' }, 'ValidationError', /ownerAccountId/i],
]
for (const [name, input, error, text] of BAD)
  test(`not made: ${name}`, async (context) => {
    const stage = await openStage(context)
    await assert.rejects(stage.create(input), { name: error, message: text })
  })

test('a parameter may name a boundary that is registered, or one of AWS', async (context) => {
  const stage = await openStage(context)
  for (const boundary of [BOUNDARY, 'arn:aws:iam::aws:policy/ReadOnlyAccess']) {
    const id = await stage.create(changeRoles(boundary))
    const row = await stage.world.core.store.read((reader) => reader.get(delegationRequests, EVERYWHERE, id))
    assert.deepEqual(row?.boundaries, [boundary])
  }
})

test('made by partners only, with the permission, once for each of their matters', async (context) => {
  const stage = await openStage(context)
  await assert.rejects(stage.create({ NotificationChannel: `arn:aws:sns:us-east-1:${CUSTOMER}:t` }, admin), {
    name: 'AccessDenied',
  })
  assert.equal(await lastDiagnosis(stage.world), 'DELEGATION.NOT_PARTNER')
  await stage.create({ RequestorWorkflowId: 'the-same' })
  await assert.rejects(stage.create({ RequestorWorkflowId: 'the-same' }), { name: 'EntityAlreadyExistsException' })
  await assert.rejects(stage.create({}, bob), { name: 'AccessDenied' })
})

for (const [key, value] of [
  ['iam:TemplateArn', READ_REPORTS],
  ['iam:NotificationChannel', CHANNEL],
  ['iam:DelegationDuration', '3600'],
] as const)
  test(`${key} is there when a request is made`, async (context) => {
    const stage = await openStage(context)
    const iam = stage.iam(partner)
    await iam.send(new CreateUserCommand({ UserName: 'robot' }))
    await iam.send(
      new PutUserPolicyCommand({
        UserName: 'robot',
        PolicyName: 'own',
        PolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Action: 'iam:CreateDelegationRequest',
            Resource: `arn:aws:iam::${PARTNER}:delegation-request/*`,
            Condition: { StringEquals: { [key]: value } },
          },
        }),
      }),
    )
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'robot' }))
    const robot = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
    await stage.create({}, robot)
    const other = { PolicyTemplateArn: MAKE_ROLE, Parameters: [parameter('accountId', [CUSTOMER])] }
    const NotificationChannel = `${CHANNEL}2`
    await assert.rejects(stage.create({ Permissions: other, NotificationChannel, SessionDuration: 600 }, robot), {
      name: 'AccessDenied',
    })
  })

test('a partner has a thousand requests at a time; those that have expired make room', async (context) => {
  const stage = await openStage(context)
  const id = await stage.create()
  const { store } = stage.world.core
  await store.write([EVERYWHERE], async (writer) => {
    const row = await writer.get(delegationRequests, EVERYWHERE, id)
    assert.ok(row)
    for (let count = 1; count < 1000; count++)
      await writer.put(delegationRequests, EVERYWHERE, { ...row, id: `${id}-${count}`, workflowId: `more-${count}` })
  })
  await assert.rejects(stage.create(), { name: 'LimitExceededException' })
  assert.deepEqual(await stage.messages(), [])
  stage.later(24 * 3_600_000)
  await stage.create()
})
