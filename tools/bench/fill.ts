/** Fills a data folder with roles, in batches, straight through the store. */
import { knownAccountId } from '../../packages/server/src/domain/brands.ts'
import { systemChance } from '../../packages/server/src/domain/chance.ts'
import { monotonic, movableClock } from '../../packages/server/src/domain/clock.ts'
import { newUniqueId } from '../../packages/server/src/domain/identifiers.ts'
import { roles } from '../../packages/server/src/entities/iam.ts'
import { openStore } from '../../packages/server/src/store/open.ts'

const BATCH = 2000
const TRUST =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'

/** @param folder the data folder of a server that is not running */
export async function fillRoles(folder: string, account: string, count: number): Promise<void> {
  const clock = movableClock()
  const accountId = knownAccountId(account)
  const store = await openStore(
    { kind: 'sqlite', folder },
    { now: clock.wire, monotonic, chance: (bytes) => systemChance.bytes(bytes) },
  )
  for (let from = 0; from < count; from += BATCH)
    await store.write([accountId], async (writer) => {
      for (let number = from; number < Math.min(from + BATCH, count); number++)
        await writer.put(roles, accountId, {
          name: `filler-${number}`,
          path: '/',
          id: newUniqueId('AROA', accountId, systemChance),
          createdAt: clock.session(),
          trust: TRUST,
          trustBindings: {},
          maxSessionSeconds: 3600,
          attached: [],
          inline: [],
          tags: [],
        })
    })
  await store.close()
}
