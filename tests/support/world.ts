/** A whole server inside the test process: ephemeral store, AWS listener on a free port, accounts with administrators. */
import { randomBytes } from 'node:crypto'
import { knownAccountId } from '../../packages/server/src/domain/brands.ts'
import type { AccountId } from '../../packages/server/src/domain/brands.ts'
import { newSecretAccessKey, newUniqueId } from '../../packages/server/src/domain/identifiers.ts'
import { EVERYWHERE, accessKeySealOwner, accessKeys, accounts, users } from '../../packages/server/src/entities/iam.ts'
import { listenAws, openCore } from '../../packages/server/src/main.ts'
import type { Core, LogEvent } from '../../packages/server/src/main.ts'

export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface Administrator extends Keys {
  readonly accountId: AccountId
  readonly userName: string
}

export interface World {
  readonly core: Core
  readonly endpoint: string
  /** What the server logged: a fault there fails the test that looks. */
  readonly logged: LogEvent[]
  /** Makes an account with an administrator. */
  readonly account: (id: string) => Promise<Administrator>
  readonly close: () => Promise<void>
}

/** The recordings speak of a user of this name. */
const ADMINISTRATOR = 'caller'
const ADMINISTRATOR_POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'

export interface WorldOptions {
  /** `--private-issuers` … */
  readonly leniencies?: ReadonlySet<string>
}

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const logged: LogEvent[] = []
  const core = await openCore({
    store: { kind: 'ephemeral' },
    outerKey: randomBytes(32),
    node: 'test',
    ...options,
    log: (event) => logged.push(event),
  })
  const aws = await listenAws(core, '127.0.0.1:0')
  return {
    core,
    endpoint: aws.url,
    logged,
    account: (id) => makeAccount(core, knownAccountId(id)),
    close: async () => {
      await aws.close()
      await core.close()
    },
  }
}

async function makeAccount(core: Core, accountId: AccountId): Promise<Administrator> {
  const { chance, vault, clock } = core.platform
  const createdAt = clock.session()
  const userId = newUniqueId('AIDA', accountId, chance)
  const accessKeyId = newUniqueId('AKIA', accountId, chance)
  const secretAccessKey = newSecretAccessKey(chance)
  const sealedSecret = vault.seal(secretAccessKey, accessKeySealOwner(accountId, accessKeyId, userId))
  await core.store.write([EVERYWHERE, accountId], async (writer) => {
    await writer.put(accounts, EVERYWHERE, {
      id: accountId,
      name: `account-${accountId}`,
      createdAt,
      sessionGeneration: 0,
    })
    await writer.put(users, accountId, {
      name: ADMINISTRATOR,
      path: '/',
      id: userId,
      createdAt,
      attached: [],
      // Inline: an attached policy would show in what the recordings list.
      inline: [{ name: 'everything', text: ADMINISTRATOR_POLICY }],
      tags: [],
      groups: [],
    })
    await writer.put(accessKeys, accountId, {
      id: accessKeyId,
      ownerId: userId,
      userName: ADMINISTRATOR,
      status: 'Active',
      createdAt,
      sealedSecret,
    })
  })
  return { accountId, userName: ADMINISTRATOR, accessKeyId, secretAccessKey }
}
