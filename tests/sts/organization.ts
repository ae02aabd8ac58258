/** A server with an organization: a management account, an ordinary member, a delegated administrator, and a stranger. */
import type { TestContext } from 'node:test'
import { knownAccountId } from '../../packages/server/src/domain/brands.ts'
import { EVERYWHERE } from '../../packages/server/src/entities/iam.ts'
import { organizations } from '../../packages/server/src/entities/organization.ts'
import type { Organization } from '../../packages/server/src/entities/organization.ts'
import { FULL_AWS_ACCESS } from '../../packages/server/src/seed/organization.ts'
import { openWorld } from '../support/world.ts'
import type { Administrator, Keys, World } from '../support/world.ts'
import { signedQuery } from './signed-query.ts'
import type { QueryAnswer } from './signed-query.ts'

export const MANAGER = knownAccountId('111111111111')
export const MEMBER = knownAccountId('222222222222')
export const DELEGATE = knownAccountId('333333333333')
export const STRANGER = knownAccountId('444444444444')
export const ORGANIZATION = 'o-exampleorgid'
export const ROOT_UNIT = 'r-ex01'

export interface Union {
  readonly world: World
  readonly manager: Administrator
  readonly member: Administrator
  readonly delegate: Administrator
  readonly stranger: Administrator
  /** Changes the organization, as AWS Organizations would. */
  readonly organize: (change: Partial<Organization>) => Promise<void>
  readonly sts: (keys: Keys, operation: string, input?: object, host?: string) => Promise<QueryAnswer>
  readonly iam: (keys: Keys, operation: string, input?: object) => Promise<QueryAnswer>
}

/** @param change what is on; nothing by default but the organization itself */
export async function openUnion(context: TestContext, change: Partial<Organization> = {}): Promise<Union> {
  const world = await openWorld()
  context.after(() => world.close())
  const { store, clock } = world.core
  let row: Organization = {
    id: ORGANIZATION,
    createdAt: clock.session(),
    managementAccount: MANAGER,
    scpEnabled: true,
    rcpEnabled: false,
    units: [
      {
        id: ROOT_UNIT,
        name: 'Root',
        accounts: [MANAGER, MEMBER, DELEGATE],
        serviceControlPolicies: [FULL_AWS_ACCESS],
        resourceControlPolicies: [],
      },
    ],
    accountPolicies: Object.fromEntries(
      [MANAGER, MEMBER, DELEGATE].map((account) => [account, { scp: [FULL_AWS_ACCESS], rcp: [] }]),
    ),
  }
  const organize = async (next: Partial<Organization>): Promise<void> => {
    row = { ...((await store.read((reader) => reader.get(organizations, EVERYWHERE, ORGANIZATION))) ?? row), ...next }
    await store.write([EVERYWHERE], (writer) => writer.put(organizations, EVERYWHERE, row))
  }
  const manager = await world.account(MANAGER)
  const member = await world.account(MEMBER)
  const delegate = await world.account(DELEGATE)
  const stranger = await world.account(STRANGER)
  await organize(change)
  return {
    world,
    manager,
    member,
    delegate,
    stranger,
    organize,
    sts: (keys, operation, input = {}, host) =>
      signedQuery(world.endpoint, keys, {
        service: 'sts',
        operation,
        input: { ...input },
        ...(host === undefined ? {} : { host }),
      }),
    iam: (keys, operation, input = {}) =>
      signedQuery(world.endpoint, keys, { service: 'iam', operation, input: { ...input } }),
  }
}

export const userArnOf = ({ accountId, userName }: Administrator): string =>
  `arn:aws:iam::${accountId}:user/${userName}`

/** A user with keys and this policy, made by an administrator. @returns its keys and its ARN */
export async function userWith(
  union: Pick<Union, 'iam'>,
  admin: Administrator,
  policy: object | undefined,
): Promise<Keys & { readonly arn: string }> {
  const UserName = `probe-${count++}`
  await must(union.iam(admin, 'CreateUser', { UserName }))
  if (policy !== undefined)
    await must(
      union.iam(admin, 'PutUserPolicy', { UserName, PolicyName: 'own', PolicyDocument: JSON.stringify(policy) }),
    )
  const key = await must(union.iam(admin, 'CreateAccessKey', { UserName }))
  return {
    accessKeyId: key.element('AccessKeyId') ?? '',
    secretAccessKey: key.element('SecretAccessKey') ?? '',
    arn: `arn:aws:iam::${admin.accountId}:user/${UserName}`,
  }
}

let count = 0

/** @throws Error for a step of a setting that is refused */
export async function must(call: Promise<QueryAnswer>): Promise<QueryAnswer> {
  const answer = await call
  if (answer.status !== 200) throw new Error(answer.body)
  return answer
}

/** A document of statements. */
export const policyOf = (...statements: readonly object[]) => ({ Version: '2012-10-17', Statement: statements })
export const allow = (Action: string | readonly string[], Resource: string | readonly string[] = '*') => ({
  Effect: 'Allow',
  Action,
  Resource,
})
export const deny = (Action: string, Resource = '*') => ({ Effect: 'Deny', Action, Resource })
