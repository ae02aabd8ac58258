/** Partners of temporary delegation in a seed: registered once, changed by a later seed, boundaries never. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DELEGATION_PARTNER, delegationPartners, partnerBoundaries } from '../entities/delegation.ts'
import { EVERYWHERE } from '../entities/iam.ts'
import { exportSeed } from './export.ts'
import { emptyWorld } from './fixture.ts'

const A = '444455556666'
const allow = (Action: string, more: object = {}) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource: 'arn:aws:s3:::@{bucketName}/*', ...more }],
})
const plain = (Action: string) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] })
const BOUNDARY = 'arn:aws:iam::partner:policy/permissions-boundary/partner.example/B_2026_11_25'
const role = (boundary: string) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: 'iam:CreateRole',
      Resource: 'arn:aws:iam::@{accountId}:role/partner.example/R',
      Condition: { StringEquals: { 'iam:PermissionsBoundary': boundary } },
    },
  ],
})
const PARTNER = {
  name: 'Partner A',
  domain: 'partner.example',
  policyTemplates: [
    { name: 'Read', document: allow('s3:GetObject') },
    { name: 'Make', document: role(BOUNDARY) },
  ],
  permissionsBoundaries: [{ name: 'B_2026_11_25', document: plain('s3:GetObject') }],
}
const seed = (change: object = {}, id = A) =>
  JSON.stringify({ accounts: [{ id, delegationPartner: { ...PARTNER, ...change } }] })

test('a partner is registered once, and comes back in an export', async (context) => {
  const first = await emptyWorld(context)
  await first.apply(seed())
  assert.deepEqual((await first.plan(seed())).steps, [])
  const once = await exportSeed(first.store, first.parts)
  assert.deepEqual(once?.leftOut, [])
  const second = await emptyWorld(context)
  await second.apply(JSON.stringify(once?.seed))
  assert.deepEqual(await exportSeed(second.store, second.parts), once)
  const [exported] = once?.seed.accounts ?? []
  assert.deepEqual(exported && 'delegationPartner' in exported ? exported.delegationPartner : undefined, PARTNER)
})

test('a template that differs is changed; one that is not named stays', async (context) => {
  const { apply, store } = await emptyWorld(context)
  await apply(seed())
  const { steps } = await apply(
    seed({ name: 'Partner B', policyTemplates: [{ name: 'Read', document: allow('s3:PutObject') }] }),
  )
  assert.deepEqual(
    steps.map(({ action, kind, changes }) => [action, kind, changes]),
    [['change', 'delegation partner', ['name Partner B', 'template Read']]],
  )
  const row = await store.read((reader) => reader.get(delegationPartners, A, DELEGATION_PARTNER))
  assert.deepEqual(
    row?.templates.map(({ name }) => name),
    ['Make', 'Read'],
  )
  assert.match(row?.templates[1]?.text ?? '', /s3:PutObject/)
})

test('a boundary is never changed', async (context) => {
  const { apply, store } = await emptyWorld(context)
  await apply(seed())
  const changed = seed({ permissionsBoundaries: [{ name: 'B_2026_11_25', document: plain('*') }] })
  await assert.rejects(apply(changed), /cannot be changed: register another one/)
  const row = await store.read((reader) => reader.get(partnerBoundaries, EVERYWHERE, BOUNDARY))
  assert.match(row?.text ?? '', /s3:GetObject/)
})

for (const [name, change, words] of [
  ['no domain', { domain: 'partner' }, /a domain/],
  ['too long a name', { name: 'x'.repeat(31) }, /30 characters/],
  ['no template', { policyTemplates: undefined }, /policyTemplates/],
  ['two of a name', { policyTemplates: [PARTNER.policyTemplates[0], PARTNER.policyTemplates[0]] }, /Read/],
  [
    'roles without a boundary',
    { policyTemplates: [{ name: 'M', document: plain('iam:*') }] },
    /iam:CreateRole without/,
  ],
  ['no document', { policyTemplates: [{ name: 'M', document: 'text' }] }, /no JSON object/],
  [
    'a boundary of nobody',
    { policyTemplates: [{ name: 'M', document: role(`${BOUNDARY}x`) }] },
    /neither AWS's nor registered/,
  ],
  ['parameters in a boundary', { permissionsBoundaries: [{ name: 'B', document: plain('@{actions}') }] }, /.+/],
] as const)
  test(`refused: ${name}`, async (context) => {
    const { apply } = await emptyWorld(context)
    await assert.rejects(apply(seed(change)), words)
  })

test('the domain stays, and one boundary has one owner', async (context) => {
  const { apply } = await emptyWorld(context)
  await apply(seed())
  await assert.rejects(
    apply(seed({ domain: 'other.example', permissionsBoundaries: [], policyTemplates: [PARTNER.policyTemplates[0]] })),
    /it cannot be changed/,
  )
  await assert.rejects(apply(seed({}, '777788889999')), /account 444455556666 has registered/)
})
