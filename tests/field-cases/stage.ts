/** The two accounts of the cases: A owns a bucket and roles, B is the partner; people with policies, sessions, raw calls. */
import type { TestContext } from 'node:test'
import { CreateAccessKeyCommand, CreateRoleCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam'
import { PutRolePolicyCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts'
import { explain } from '@understudy/policy'
import { knownAccountId } from '../../packages/server/src/domain/brands.ts'
import { EVERYWHERE } from '../../packages/server/src/entities/iam.ts'
import { organizations } from '../../packages/server/src/entities/organization.ts'
import { explanation } from '../../packages/server/src/services/admin/explanation.ts'
import type { Explanation } from '../../packages/server/src/services/admin/explanation.ts'
import { assertNoFault, sendSigned } from '../faults/socket.ts'
import { openWorld } from '../support/world.ts'
import type { Keys, World } from '../support/world.ts'

export const A = '111122223333'
export const B = '444455556666'

export interface Answer {
  readonly status: number
  readonly code: string | undefined
  readonly message: string | undefined
  readonly body: string
  readonly header: (name: string) => string | undefined
  /** An element of the body, its entities read. */
  readonly element: (name: string) => string | undefined
}

export interface S3Call {
  readonly keys?: Keys
  readonly method?: string
  /** Percent-encoded, with its query. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly payloadHash?: string
}

export interface Stage {
  readonly world: World
  /** Administrators. */
  readonly a: Keys
  readonly b: Keys
  readonly iam: (keys: Keys) => IAMClient
  readonly sts: (keys: Keys) => STSClient
  readonly s3: (keys: Keys, region?: string) => S3Client
  /** A user with this one policy, and a key. */
  readonly user: (owner: Keys, name: string, ...statements: readonly object[]) => Promise<Keys>
  /** @returns its ARN in account A */
  readonly role: (name: string, trust: object | readonly object[], ...statements: readonly object[]) => Promise<string>
  readonly assume: (keys: Keys, role: string, more?: Partial<AssumeRoleCommandInput>) => Promise<Keys>
  /** A signed S3 request as it is, by the administrator of A unless told. */
  readonly raw: (call: S3Call) => Promise<Answer>
  /** What `why` says of an answer. */
  readonly why: (answer: Answer) => Promise<Explanation>
}

export const policy = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })
export const allow = (action: string | readonly string[], resource: string | readonly string[] = '*') => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
})

/** Closed with the test, which fails when the server had a fault. */
export async function openStage(context: TestContext): Promise<Stage> {
  const world = await openWorld()
  const clients: { destroy: () => void }[] = []
  context.after(async () => {
    for (const client of clients) client.destroy()
    await world.close()
    assertNoFault(world)
  })
  const kept = <C extends { destroy: () => void }>(client: C): C => {
    clients.push(client)
    return client
  }
  const common = { endpoint: world.endpoint, region: 'us-east-1', maxAttempts: 1 }
  const iam = (credentials: Keys) => kept(new IAMClient({ ...common, credentials }))
  const sts = (credentials: Keys) => kept(new STSClient({ ...common, credentials }))
  const s3 = (credentials: Keys, region = 'us-east-1') =>
    kept(new S3Client({ ...common, region, credentials, forcePathStyle: true }))
  const [a, b] = [await world.account(A), await world.account(B)]
  return {
    world,
    a,
    b,
    iam,
    sts,
    s3,
    user: async (owner, UserName, ...statements) => {
      await iam(owner).send(new CreateUserCommand({ UserName }))
      const own = { UserName, PolicyName: 'own', PolicyDocument: policy(...statements) }
      if (statements.length > 0) await iam(owner).send(new PutUserPolicyCommand(own))
      const { AccessKey } = await iam(owner).send(new CreateAccessKeyCommand({ UserName }))
      return keysOf(AccessKey)
    },
    role: async (RoleName, trust, ...statements) => {
      const AssumeRolePolicyDocument = policy(...[trust].flat())
      await iam(a).send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))
      const own = { RoleName, PolicyName: 'own', PolicyDocument: policy(...statements) }
      if (statements.length > 0) await iam(a).send(new PutRolePolicyCommand(own))
      return `arn:aws:iam::${A}:role/${RoleName}`
    },
    assume: async (keys, RoleArn, more = {}) => {
      const { Credentials } = await sts(keys).send(
        new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session', ...more }),
      )
      return keysOf(Credentials)
    },
    raw: async ({ keys = a, method = 'GET', ...call }) =>
      answerOf(await sendSigned(world.endpoint, keys, { service: 's3', method, ...call })),
    why: (answer) => whyOf(world, answer),
  }
}

function keysOf(
  from:
    | { AccessKeyId?: string | undefined; SecretAccessKey?: string | undefined; SessionToken?: string | undefined }
    | undefined,
): Keys {
  if (!from?.AccessKeyId || !from.SecretAccessKey) throw new Error('no keys in the answer')
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = from
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
}

/** Reads an answer as it came over the wire. */
export function answerOf(text: string): Answer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const body = Buffer.from(rest.join('\r\n\r\n'), 'latin1').toString('utf8')
  const element = (name: string) =>
    new RegExp(`<${name}>([^<]*)</${name}>`)
      .exec(body)?.[1]
      ?.replaceAll('&quot;', '"')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&')
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]),
    code: element('Code'),
    message: element('Message'),
    body,
    element,
    header: (name) => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim(),
  }
}

async function whyOf(world: World, answer: Answer): Promise<Explanation> {
  // The answer leaves before the journal has its entry.
  await new Promise((resolve) => setImmediate(resolve))
  const entry = world.core.platform.journal.find(answer.header('x-understudy-decision-id') ?? '')
  if (!entry) throw new Error('the journal does not know this decision')
  return explanation({ ...entry, records: entry.questions.map(({ request, set }) => explain(request, set)) })
}

/** `403 AccessDenied` of a call through a client, or `200`. */
export const outcome = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => '200',
    (error: Error & { Code?: string; $metadata?: { httpStatusCode?: number } }) =>
      `${error.$metadata?.httpStatusCode} ${error.Code ?? error.name}`,
  )

const FULL = {
  name: 'FullAWSAccess',
  arn: 'arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess',
  text: policy(allow('*')),
}

/** Account A in an organization whose root carries these policies. */
export async function organize(world: World, id: string, control: { scp?: object; rcp?: object }): Promise<void> {
  const named = (kind: string, statement: object | undefined) =>
    statement === undefined
      ? []
      : [{ name: kind, arn: `arn:aws:organizations::${A}:policy/${id}/${kind}/p-1`, text: policy(statement) }]
  const account = knownAccountId(A)
  await world.core.store.write([EVERYWHERE], (writer) =>
    writer.put(organizations, EVERYWHERE, {
      id,
      createdAt: world.core.clock.session(),
      managementAccount: knownAccountId('999999999999'),
      scpEnabled: true,
      rcpEnabled: control.rcp !== undefined,
      units: [
        {
          id: 'r-root',
          name: 'Root',
          accounts: [account],
          serviceControlPolicies: [FULL, ...named('service_control_policy', control.scp)],
          resourceControlPolicies: named('resource_control_policy', control.rcp),
        },
      ],
      accountPolicies: { [A]: { scp: [FULL], rcp: [] } },
    }),
  )
}
