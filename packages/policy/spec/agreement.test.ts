/** Both engines on random cases. `UNDERSTUDY_AGREEMENT` asks for another number, `UNDERSTUDY_SEED` for other cases. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from './compare.ts'

const COUNT = Number(process.env['UNDERSTUDY_AGREEMENT'] ?? 200_000)
const SEED = Number(process.env['UNDERSTUDY_SEED'] ?? 1)
const PARTS = 8
/** Seeds of one part never reach those of the next, for each seed makes several cases. */
const APART = 500_000_000

/** What a large enough run has to have come across; else the cases are too tame. */
const REASONS: readonly string[] = [
  'identity',
  'resource',
  'identity+resource',
  'trust',
  'identity+trust',
  'root',
  'no-permission-required',
  'sts-restriction',
  ...['scp', 'rcp', 'vpce', 'resource', 'trust', 'identity', 'boundary', 'session'].map(
    (layer) => `explicit-deny:${layer}`,
  ),
  ...['scp', 'vpce', 'resource', 'trust', 'identity', 'boundary', 'session'].map((layer) => `implicit-deny:${layer}`),
]

for (let part = 0; part < PARTS; part += 1) {
  const seed = SEED + part * APART
  const count = Math.ceil(COUNT / PARTS)
  test(`the engines agree on ${count} cases from seed ${seed}`, () => {
    const { difference, reasons, compared } = run(seed, count)
    assert.equal(difference, undefined, JSON.stringify(difference, undefined, 1))
    assert.ok(compared >= count)
    if (count >= 10_000)
      assert.deepEqual(
        REASONS.filter((reason) => !reasons.has(reason)),
        [],
      )
  })
}
