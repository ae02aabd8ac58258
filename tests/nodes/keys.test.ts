/** Sealing keys of several nodes: one that a node made is with the others before its first use. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { instant, knownAccountId } from '../../packages/server/src/domain/brands.ts'
import { movableClock } from '../../packages/server/src/domain/clock.ts'
import { openCore } from '../../packages/server/src/main.ts'
import type { Core } from '../../packages/server/src/main.ts'
import { missing, startCluster } from './cluster.ts'
import type { Cluster } from './cluster.ts'

const DAYS = 24 * 3_600_000
const MINUTES = 60_000
let cluster: Cluster
before(async () => {
  if (missing === false) cluster = await startCluster()
})
after(() => cluster?.stop())

/** The key id that a token of this core, issued then, shows in clear. */
async function keyAt(core: Core, milliseconds: number): Promise<string> {
  const account = knownAccountId('111122223333')
  const { sessionToken } = await core.platform.issuer.issue(
    {
      account,
      expiresAt: instant(milliseconds + 3_600_000),
      holder: { kind: 'root' },
      proof: { kind: 'session-token' },
      sessionPolicies: [],
      sessionPolicyArns: [],
      tags: [],
      transitiveKeys: [],
      chain: { length: 0 },
    },
    { issuedAt: instant(milliseconds) },
  )
  return Buffer.from(sessionToken, 'base64').subarray(1, 5).toString('hex')
}

test('a key of one node seals on the others from the same moment', { skip: missing, timeout: 60_000 }, async () => {
  const outerKey = randomBytes(32)
  const open = (node: string, clock = movableClock()): Promise<Core> =>
    openCore({ store: { kind: 'postgres', url: cluster.database.url }, outerKey, node, clock, log: () => undefined })
  const here = await open('here')
  // A node that looks a month later finds the key old, and makes the next one.
  const later = await open(
    'later',
    movableClock(() => Date.now() + 31 * DAYS),
  )
  try {
    const first = await keyAt(here, Date.now())
    const [waiting, used] = [Date.now() + 31 * DAYS, Date.now() + 31 * DAYS + 11 * MINUTES]
    const next = await keyAt(later, used)
    assert.notEqual(next, first)
    assert.equal(await keyAt(later, waiting), first)
    for (let turn = 0; (await keyAt(here, used)) !== next; turn++) {
      assert.ok(turn < 50, 'the first node never learned of the key')
      await setTimeout(100)
    }
    assert.equal(await keyAt(here, waiting), first)
  } finally {
    await later.close()
    await here.close()
  }
})
