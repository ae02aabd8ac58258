/** What services may do in the organization of a seed: features, trusted access, delegated administrators. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EVERYWHERE } from '../entities/iam.ts'
import { organizations } from '../entities/organization.ts'
import { exportOrganization } from './export-organization.ts'
import { emptyWorld } from './fixture.ts'
import type { World } from './fixture.ts'

const ACCOUNTS = `accounts:
  - { id: "111122223333", name: company }
  - { id: "444455556666", name: security }
  - { id: "777788889999", name: stranger }
organization:
  managementAccount: company
  accounts: [security]
`
const SERVICES = `  trustedAccess: [iam.amazonaws.com]
  delegatedAdministrators: [{ servicePrincipal: iam.amazonaws.com, account: security }]
  features: [RootSessions, RootSessions]
`

async function services({ store }: World): Promise<unknown> {
  const [row] = await store.read((reader) => reader.list(organizations, EVERYWHERE))
  const { features, trustedAccess, delegatedAdministrators } = row ?? {}
  return { features, trustedAccess, delegatedAdministrators }
}

const WANTED = {
  features: ['RootSessions'],
  trustedAccess: ['iam.amazonaws.com'],
  delegatedAdministrators: [{ servicePrincipal: 'iam.amazonaws.com', account: '444455556666' }],
}

test('a seed says them, again without a change, and export says the same', async (context) => {
  const world = await emptyWorld(context)
  await world.apply(ACCOUNTS + SERVICES)
  assert.deepEqual(await services(world), WANTED)
  assert.deepEqual((await world.plan(ACCOUNTS + SERVICES)).steps, [])
  const exported = await world.store.read(exportOrganization)
  for (const [name, value] of Object.entries(WANTED))
    assert.deepEqual((exported as Readonly<Record<string, unknown>>)[name], value)
})

test('silence leaves them, an empty list takes them away', async (context) => {
  const world = await emptyWorld(context)
  await world.apply(ACCOUNTS + SERVICES)
  await world.apply(ACCOUNTS)
  assert.deepEqual(await services(world), WANTED)
  const { steps } = await world.apply(`${ACCOUNTS}  trustedAccess: []\n`)
  assert.deepEqual(
    steps.map(({ changes }) => changes),
    [['trustedAccess']],
  )
  assert.deepEqual(await services(world), { ...WANTED, trustedAccess: [] })
})

for (const [name, lines, words] of [
  ['a feature that AWS does not have', '  features: [RootParty]\n', /RootCredentialsManagement/],
  ['a service without a name', '  trustedAccess: [iam]\n', /service principal/],
  [
    'a delegate who is no member',
    '  delegatedAdministrators: [{ servicePrincipal: iam.amazonaws.com, account: stranger }]\n',
    /777788889999 is in no unit/,
  ],
  [
    'the management account as a delegate',
    '  delegatedAdministrators: [{ servicePrincipal: iam.amazonaws.com, account: company }]\n',
    /111122223333 is in no unit/,
  ],
] as const)
  test(`refused: ${name}`, async (context) => {
    const world = await emptyWorld(context)
    await assert.rejects(world.apply(ACCOUNTS + lines), words)
  })
