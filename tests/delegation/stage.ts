/** A server inside the test process with the customer and the partner of seed.yaml, and the steps of a request. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { TestContext } from 'node:test'
import {
  AcceptDelegationRequestCommand,
  AssociateDelegationRequestCommand,
  CreateDelegationRequestCommand,
  GetDelegationRequestCommand,
  IAMClient,
  RejectDelegationRequestCommand,
  SendDelegationTokenCommand,
  UpdateDelegationRequestCommand,
} from '@aws-sdk/client-iam'
import type { CreateDelegationRequestCommandInput } from '@aws-sdk/client-iam'
import { S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, GetDelegatedAccessTokenCommand, STSClient } from '@aws-sdk/client-sts'
import type { Credentials } from '@aws-sdk/client-sts'
import { EVERYWHERE } from '../../packages/server/src/entities/iam.ts'
import { delegationNotices } from '../../packages/server/src/entities/delegation.ts'
import { applySeed } from '../../packages/server/src/seed/apply.ts'
import { parseSeed } from '../../packages/server/src/seed/parse.ts'
import { deliveredNotice, settleRequests } from '../../packages/server/src/services/iam/delegation-notices.ts'
import { ROOT } from '../house/files.ts'
import { openWorld } from '../support/world.ts'
import type { Keys, World } from '../support/world.ts'

export const CUSTOMER = '111122223333'
export const PARTNER = '444455556666'
export const CHANNEL = `arn:aws:sns:us-east-1:${PARTNER}:delegations`
export const READ_REPORTS = 'arn:aws:iam::partner:delegation-template/partner.example/ReadReports'
export const MAKE_ROLE = 'arn:aws:iam::partner:delegation-template/partner.example/MakeRole'
export const BOUNDARY = 'arn:aws:iam::partner:policy/permissions-boundary/partner.example/ReaderBoundary_2026_11_25'
export const SEED_FILE = resolve(ROOT, 'tests/delegation/seed.yaml')

const secret = (name: string) => `only-for-tests-${name}`
export const admin: Keys = { accessKeyId: 'AKIAQEXAMPLECOMPANYA', secretAccessKey: secret('company') }
export const root: Keys = { accessKeyId: 'AKIAQEXAMPLECOMPANYR', secretAccessKey: secret('root') }
export const olga: Keys = { accessKeyId: 'AKIAQEXAMPLEOLGASKEY', secretAccessKey: secret('olga') }
export const bob: Keys = { accessKeyId: 'AKIAQEXAMPLEBOBSKEYB', secretAccessKey: secret('bob') }
export const partner: Keys = { accessKeyId: 'AKIAQEXAMPLEPARTNERB', secretAccessKey: secret('partner') }
export const stranger: Keys = { accessKeyId: 'AKIAQEXAMPLESTRANGER', secretAccessKey: secret('stranger') }
export const OLGA_ARN = `arn:aws:iam::${CUSTOMER}:user/olga`

export const REPORTS = {
  PolicyTemplateArn: READ_REPORTS,
  Parameters: [
    { Name: 'bucketName', Values: ['customer-data'], Type: 'string' },
    { Name: 'listBucket', Values: ['True'], Type: 'string' },
  ],
} satisfies CreateDelegationRequestCommandInput['Permissions']

/** One clients' set at any server. */
export const clientsAt = (endpoint: string) => {
  const settings = (credentials: Keys) => ({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
  return {
    iam: (keys: Keys) => new IAMClient(settings(keys)),
    sts: (keys: Keys) => new STSClient(settings(keys)),
    s3: (keys: Keys) => new S3Client({ ...settings(keys), forcePathStyle: true }),
  }
}

export interface Message {
  readonly Type: string
  readonly RequestId: string
  readonly RequestorWorkflowId: string
  readonly State: string
  readonly OwnerAccountId?: string
  readonly UpdatedAt: string
  readonly ExchangeToken?: string
  readonly ExpiresAt?: string
}

export type Step = 'associate' | 'update' | 'accept' | 'reject' | 'send'

export interface Stage extends ReturnType<typeof clientsAt> {
  readonly world: World
  /** Moves session time. @param text milliseconds */
  readonly later: (milliseconds: number) => void
  readonly create: (input?: Partial<CreateDelegationRequestCommandInput>, keys?: Keys) => Promise<string>
  readonly step: (step: Step, id: string, keys: Keys, notes?: string) => Promise<unknown>
  readonly state: (id: string, keys?: Keys) => Promise<string | undefined>
  readonly messages: () => Promise<readonly Message[]>
  /** A request that went through all steps. @returns its id and its token */
  readonly released: (
    input?: Partial<CreateDelegationRequestCommandInput>,
    approver?: Keys,
  ) => Promise<{ readonly id: string; readonly token: string }>
  readonly exchange: (
    token: string,
    keys?: Keys,
  ) => Promise<Keys & { readonly principal: string; readonly expires: Date }>
  /** Credentials of the role Approver. */
  readonly approver: (more?: object) => Promise<Keys>
}

const COMMANDS = {
  associate: AssociateDelegationRequestCommand,
  update: UpdateDelegationRequestCommand,
  accept: AcceptDelegationRequestCommand,
  reject: RejectDelegationRequestCommand,
  send: SendDelegationTokenCommand,
} as const

export async function openStage(context: TestContext): Promise<Stage> {
  const world = await openWorld()
  context.after(() => world.close())
  const { store, platform, clock } = world.core
  const seed = await parseSeed(readFileSync(SEED_FILE, 'utf8'))
  assert.ok(seed.ok, JSON.stringify(seed))
  await applySeed(seed.seed, store, platform)
  const clients = clientsAt(world.endpoint)
  let workflows = 0
  const step: Stage['step'] = (name, id, keys, notes) =>
    clients.iam(keys).send(
      new (COMMANDS[name] as typeof UpdateDelegationRequestCommand)({
        DelegationRequestId: id,
        ...(notes === undefined ? {} : { Notes: notes }),
      }),
    )
  const create: Stage['create'] = async (input = {}, keys = partner) => {
    const made = await clients.iam(keys).send(
      new CreateDelegationRequestCommand({
        Description: 'Reads the reports of one bucket',
        Permissions: REPORTS,
        RequestorWorkflowId: `workflow-${++workflows}`,
        NotificationChannel: CHANNEL,
        SessionDuration: 3600,
        ...input,
      }),
    )
    assert.ok(made.DelegationRequestId)
    return made.DelegationRequestId
  }
  const messages: Stage['messages'] = async () => {
    await settleRequests(store, clock.session(), platform)
    const rows = await store.read((reader) => reader.list(delegationNotices, EVERYWHERE))
    return rows.map((row) => JSON.parse(deliveredNotice(row, platform.vault).Message) as Message)
  }
  const stage: Stage = {
    ...clients,
    world,
    later: (milliseconds) => clock.advance(milliseconds),
    create,
    step,
    state: async (id, keys = admin) =>
      (await clients.iam(keys).send(new GetDelegationRequestCommand({ DelegationRequestId: id }))).DelegationRequest
        ?.State,
    messages,
    released: async (input, approver = admin) => {
      const id = await create(input)
      await step('associate', id, olga)
      await step('accept', id, approver)
      await step('send', id, olga)
      const token = (await messages()).find(
        (message) => message.RequestId === id && message.ExchangeToken,
      )?.ExchangeToken
      assert.ok(token)
      return { id, token }
    },
    exchange: async (token, keys = partner) => {
      const answer = await clients.sts(keys).send(new GetDelegatedAccessTokenCommand({ TradeInToken: token }))
      assert.ok(answer.AssumedPrincipal && answer.Credentials?.Expiration)
      assert.equal(answer.PackedPolicySize, undefined)
      return {
        ...keysOf(answer.Credentials),
        principal: answer.AssumedPrincipal,
        expires: answer.Credentials.Expiration,
      }
    },
    approver: async (more = {}) => {
      const RoleArn = `arn:aws:iam::${CUSTOMER}:role/Approver`
      const made = await clients.sts(admin).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'desk', ...more }))
      return keysOf(made.Credentials)
    },
  }
  return stage
}

export function keysOf(credentials: Credentials | undefined): Keys {
  assert.ok(credentials?.AccessKeyId && credentials.SecretAccessKey && credentials.SessionToken)
  return {
    accessKeyId: credentials.AccessKeyId,
    secretAccessKey: credentials.SecretAccessKey,
    sessionToken: credentials.SessionToken,
  }
}
