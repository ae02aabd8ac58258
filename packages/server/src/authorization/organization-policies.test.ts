import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { openFixture } from '../credentials/fixture.ts'
import type { Fixture } from '../credentials/fixture.ts'
import { instant, knownAccountId } from '../domain/brands.ts'
import { EVERYWHERE } from '../entities/iam.ts'
import { organizations } from '../entities/organization.ts'
import type { Organization, OrganizationUnit } from '../entities/organization.ts'
import { document } from './fixture.ts'
import { membershipOf } from './organization-policies.ts'

const MANAGEMENT = knownAccountId('100000000001')
const AT_ROOT = knownAccountId('100000000002')
const DEEP = knownAccountId('100000000003')
const OUTSIDE = knownAccountId('100000000009')

const policy = (name: string) => ({
  name,
  arn: `arn:aws:organizations::${MANAGEMENT}:policy/o-1/x/${name}`,
  text: document(name),
})
const unit = (id: string, parent: string | undefined, more: Partial<OrganizationUnit> = {}): OrganizationUnit => ({
  id,
  name: id,
  ...(parent === undefined ? {} : { parent }),
  accounts: [],
  serviceControlPolicies: [policy(`scp-${id}`)],
  resourceControlPolicies: [policy(`rcp-${id}`)],
  ...more,
})
const organization = (more: Partial<Organization> = {}): Organization => ({
  id: 'o-1',
  createdAt: instant(0),
  managementAccount: MANAGEMENT,
  scpEnabled: true,
  rcpEnabled: true,
  units: [
    unit('r-1', undefined, { accounts: [AT_ROOT] }),
    unit('ou-1', 'r-1'),
    unit('ou-2', 'ou-1', { accounts: [DEEP] }),
    unit('ou-side', 'r-1'),
  ],
  accountPolicies: { [DEEP]: { scp: [policy('scp-own')], rcp: [policy('rcp-own'), policy('rcp-more')] } },
  ...more,
})

let world: Fixture
before(async () => {
  world = await openFixture('organizations')
})
after(() => world.store.close())

async function memberships(row: Organization) {
  await world.store.write([EVERYWHERE], (writer) => writer.put(organizations, EVERYWHERE, row))
  return (id: typeof DEEP | undefined) => membershipOf(id, world.store.current())
}
const names = (levels: readonly (readonly { readonly name: string }[])[] | undefined) =>
  levels?.map((level) => level.map(({ name }) => name).join('+'))

test('levels from the root down to the account itself, each by its own', async () => {
  const of = await memberships(organization())
  const deep = await of(DEEP)
  assert.deepEqual(names(deep?.scp), ['scp-r-1', 'scp-ou-1', 'scp-ou-2', 'scp-own'])
  assert.deepEqual(names(deep?.rcp), ['rcp-r-1', 'rcp-ou-1', 'rcp-ou-2', 'rcp-own+rcp-more'])
  assert.equal(deep?.path, 'o-1/r-1/ou-1/ou-2/')
  assert.equal(deep?.organizationId, 'o-1')
  assert.equal(deep?.management, false)
})

test('an account at the root, with a silent level of its own', async () => {
  const of = await memberships(organization())
  assert.deepEqual(names((await of(AT_ROOT))?.scp), ['scp-r-1', ''])
  assert.equal((await of(AT_ROOT))?.path, 'o-1/r-1/')
})

test('the management account is known, wherever it stands', async () => {
  const of = await memberships(organization())
  assert.equal((await of(MANAGEMENT))?.management, true)
  assert.equal((await of(MANAGEMENT))?.path, 'o-1/r-1/')
})

test('who is in no organization has no levels; nor has nobody', async () => {
  const of = await memberships(organization())
  assert.equal(await of(OUTSIDE), undefined)
  assert.equal(await of(undefined), undefined)
})

test('a type that is not in use is no layer', async () => {
  const of = await memberships(organization({ scpEnabled: false }))
  assert.equal((await of(DEEP))?.scp, undefined)
  assert.equal((await of(DEEP))?.rcp?.length, 4)
  const other = await memberships(organization({ rcpEnabled: false }))
  assert.equal((await other(DEEP))?.rcp, undefined)
})

test('every policy belongs to the management account and has its ARN', async () => {
  const of = await memberships(organization())
  for (const level of [...((await of(DEEP))?.scp ?? []), ...((await of(DEEP))?.rcp ?? [])])
    for (const attached of level) {
      assert.equal(attached.owner, MANAGEMENT)
      assert.match(attached.arn ?? '', /^arn:aws:organizations::/)
    }
})

test('a change counts at once', async () => {
  const of = await memberships(organization())
  const before_ = await of(DEEP)
  assert.equal(await of(DEEP), before_, 'kept while nothing changes')
  const units = organization().units.map((row) => ({ ...row, accounts: row.id === 'ou-side' ? [DEEP] : [] }))
  const moved = await memberships(organization({ units }))
  assert.deepEqual(names((await moved(DEEP))?.scp), ['scp-r-1', 'scp-ou-side', 'scp-own'])
})

test('units that are their own ancestors end the way, and not the server', async () => {
  const of = await memberships(
    organization({ units: [unit('ou-a', 'ou-b', { accounts: [DEEP] }), unit('ou-b', 'ou-a')] }),
  )
  assert.deepEqual(names((await of(DEEP))?.scp), ['scp-ou-b', 'scp-ou-a', 'scp-own'])
})
