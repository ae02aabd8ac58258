/** For tests: two accounts in a store of their own, and operations run as the pipeline runs them, without the network. */
import test from 'node:test'
import type { IamOperations } from '@understudy/wire'
import type { Ask, Asks } from '../../../authorization/question.ts'
import type { Caller } from '../../../credentials/caller.ts'
import { openVault } from '../../../credentials/vault.ts'
import { rootArn, userArn } from '../../../domain/arn.ts'
import { knownAccountId } from '../../../domain/brands.ts'
import type { Instant } from '../../../domain/brands.ts'
import { seededChance } from '../../../domain/chance.ts'
import { manualClock } from '../../../domain/clock.ts'
import { loadManagedPolicyCatalogue } from '../../../entities/catalogue/load.ts'
import { accounts, EVERYWHERE } from '../../../entities/iam.ts'
import { AwsError } from '../../../errors/aws-error.ts'
import { openStore } from '../../../store/open.ts'
import type { Store } from '../../../store/port.ts'
import type { Call, OperationRow } from '../../operation.ts'
import type { Platform } from '../../platform.ts'
import { iamOperations } from '../index.ts'

export const HOME = knownAccountId('111111111111')
export const AWAY = knownAccountId('222222222222')

type Name = keyof IamOperations

export interface World {
  readonly store: Store
  readonly call: Call
  /** Runs an operation; @throws AwsError */
  readonly run: <N extends Name>(
    name: N,
    input: IamOperations[N]['input'],
    as?: Caller,
  ) => Promise<IamOperations[N]['output']>
  /** `Code: message` of the refusal, or `ok`. */
  readonly outcome: <N extends Name>(name: N, input: IamOperations[N]['input'], as?: Caller) => Promise<string>
  readonly asks: <N extends Name>(name: N, input: IamOperations[N]['input'], as?: Caller) => Promise<Asks>
}

export const TRUST_EC2 =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
export const trusting = (principal: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' }],
  })
export const ALLOW_LIST =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}'

const chance = seededChance('iam tests')
const clock = manualClock('2026-01-02T03:04:05.678Z')
/** Only what IAM's operations use. */
const platform = {
  chance,
  clock,
  vault: openVault(new Uint8Array(32), chance),
  catalogue: loadManagedPolicyCatalogue(),
  leniencies: new Set<string>(),
} as Partial<Platform> as Platform

export const rootOf = (account = HOME): Caller => ({
  kind: 'root',
  principal: { kind: 'root', accountId: account, arn: rootArn(account) },
  account,
  accessKeyId: 'AKIAROOT',
})
export const userNamed = (userName: string): Caller => ({
  kind: 'user',
  principal: { kind: 'user', accountId: HOME, arn: userArn(HOME, '/', userName), userId: 'AIDACALLER' },
  account: HOME,
  userName,
  userId: 'AIDACALLER',
  accessKeyId: 'AKIAUSER',
})

/** A test with a world of its own, closed afterwards whatever happens. */
export function worldTest(name: string, body: (world: World) => Promise<void>): void {
  void test(name, async (context) => {
    const world = await openWorld()
    context.after(() => world.store.close())
    await body(world)
  })
}

export async function openWorld(): Promise<World> {
  const store = await openStore(
    { kind: 'ephemeral' },
    { now: () => clock.wire(), monotonic: () => performance.now(), chance: (count) => chance.bytes(count) },
  )
  await store.write([EVERYWHERE], async (writer) => {
    for (const [id, name] of [[HOME, 'home'] as const, [AWAY, 'away'] as const])
      await writer.insert(accounts, EVERYWHERE, { id, name, createdAt: 1_000 as Instant, sessionGeneration: 0 })
  })
  const callAs = (operation: string, caller: Caller): Call => ({
    service: 'iam',
    operation,
    caller,
    account: 'account' in caller && caller.account ? caller.account : HOME,
    region: 'us-east-1',
    now: clock.session(),
    request: { requestId: 'r', clientIp: '127.0.0.1', secure: false, userAgent: 'test', host: 'localhost' },
    platform,
  })
  const run: World['run'] = (name, input, as = rootOf()) => perform(store, rowOf(name), input, callAs(name, as))
  return {
    store,
    call: callAs('test', rootOf()),
    run,
    outcome: async (name, input, as) => {
      try {
        await run(name, input, as)
        return 'ok'
      } catch (error) {
        if (error instanceof AwsError) return `${error.code}: ${error.message}`
        throw error
      }
    },
    asks: async (name, input, as = rootOf()) =>
      store.read(async (reader) => rowOf(name).ask(input, callAs(name, as), reader)),
  }
}

// The tables are typed by `satisfies`; the map that joins them has forgotten it.
type LooseRow = OperationRow<unknown, never>
const rowOf = (name: string): LooseRow => {
  const row = iamOperations.get(name)
  if (!row) throw new Error(`${name} is not built`)
  return row as unknown as LooseRow
}

/** Asks first, since questions may refuse by themselves. */
async function perform(store: Store, row: LooseRow, input: unknown, call: Call): Promise<never> {
  if (row.access === 'read')
    return store.read(async (reader) => {
      await row.ask(input, call, reader)
      return row.handle(input, call, reader)
    })
  await store.read(async (reader) => row.ask(input, call, reader))
  return store.write([call.account], (writer) => row.handle(input, call, writer))
}

/** The questions, and an error when there are none. */
export function questions(asks: Asks): readonly Ask[] {
  if ('noQuestion' in asks) throw new Error(asks.noQuestion)
  return asks
}

/** Percent-decoded and parsed. */
export const documentOf = (text: string | undefined): unknown => JSON.parse(decodeURIComponent(text ?? ''))
