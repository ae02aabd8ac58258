/** Users of the lab's SAML identity providers: made, changed member by member, never taken away; and what is no user. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownAccountId } from '../domain/brands.ts'
import { labPasswordSealOwner, labSamlIdps, labSamlUsers } from '../entities/saml.ts'
import { emptyWorld } from './fixture.ts'

const A = knownAccountId('111122223333')
const ROLE = `arn:aws:iam::${A}:role/x/Reader`
const CORP = `arn:aws:iam::${A}:saml-provider/corp`
const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Federated: CORP }, Action: 'sts:AssumeRoleWithSAML' }],
}
const seed = (lab: unknown): string =>
  JSON.stringify({
    accounts: [
      {
        id: A,
        administrator: false,
        samlProviders: [{ name: 'corp', lab }],
        roles: [{ roleName: 'Reader', path: '/x/', assumeRolePolicyDocument: trust }],
      },
    ],
  })
const user = (more: object = {}) => ({ userName: 'alice', password: 'rehearsal', ...more })

test('a user is made with the seed’s roles, and a second time there is nothing to do', async (context) => {
  const { store, parts, apply, plan } = await emptyWorld(context)
  const text = seed({ users: [user({ roles: ['Reader', 'arn:aws:iam::444455556666:role/Far', 'any, value'] })] })
  const planned = await plan(text)
  const applied = await apply(text)
  assert.deepEqual(planned.steps, applied.steps)
  assert.ok(
    applied.steps.some((step) => step.text === `create lab user alice of SAML provider corp in ${A}`),
    applied.steps.map((step) => step.text).join('\n'),
  )
  assert.doesNotMatch(JSON.stringify([planned, applied]), /rehearsal/)
  const [row] = await store.read((reader) => reader.list(labSamlUsers, A))
  assert.deepEqual(row?.roleValues, [`${ROLE},${CORP}`, `arn:aws:iam::444455556666:role/Far,${CORP}`, 'any, value'])
  assert.doesNotMatch(JSON.stringify(row), /rehearsal/)
  assert.equal(
    parts.vault.open(row?.sealedPassword ?? '', labPasswordSealOwner(A, row ?? { providerName: '', userName: '' })),
    'rehearsal',
  )
  assert.deepEqual((await plan(text)).steps, [])
})

test('what the seed gives takes its place, what it does not give stays', async (context) => {
  const { store, apply } = await emptyWorld(context)
  await apply(seed({ users: [user({ roles: ['Reader'], tags: { team: 'blue', old: 'x' } }), { userName: 'bob' }] }))
  const row = () => store.read((reader) => reader.get(labSamlUsers, A, 'corp/alice'))
  const before = await row()
  const changed = await apply(seed({ users: [{ userName: 'alice', tags: { team: 'red' } }] }))
  assert.deepEqual(
    changed.steps.map((step) => step.changes),
    [['tags']],
  )
  assert.deepEqual(await row(), { ...before, says: { tags: { team: 'red' } } })
  assert.deepEqual(
    (await apply(seed({ users: [user({ password: 'another', roles: [] })] }))).steps.map((step) => step.changes),
    [['its password', 'its roles']],
  )
  assert.equal((await store.read((reader) => reader.list(labSamlUsers, A))).length, 2, 'nobody is taken away')
})

test('consumers are added; a new one leaves the key as it is, a new entity id leaves the users', async (context) => {
  const { store, apply } = await emptyWorld(context)
  const idp = () => store.read((reader) => reader.get(labSamlIdps, A, 'corp'))
  await apply(seed({ consumers: ['https://a.example/acs'], users: [user()] }))
  const before = await idp()
  const { steps } = await apply(seed({ consumers: ['https://b.example/acs'] }))
  assert.deepEqual(
    steps.map((step) => step.changes),
    [['consumer https://b.example/acs']],
  )
  assert.deepEqual(await idp(), { ...before, consumers: ['https://a.example/acs', 'https://b.example/acs'] })
  await apply(seed({ entityId: 'https://new.example' }))
  assert.deepEqual((await idp())?.consumers, ['https://a.example/acs', 'https://b.example/acs'])
  assert.equal((await store.read((reader) => reader.list(labSamlUsers, A))).length, 1)
})

const wrong: readonly (readonly [name: string, lab: unknown, text: RegExp])[] = [
  ['a role that is not there', { users: [user({ roles: ['Writer'] })] }, /has no role `Writer`/],
  ['no name', { users: [{ password: 'x' }] }, /needs `userName`/],
  ['an empty password', { users: [user({ password: '' })] }, /a password of 1 to 256/],
  ['a password that is a number', { users: [user({ password: 1 })] }, /a password of 1 to 256/],
  ['a name twice', { users: [user(), user()] }, /`alice` is here twice/],
  ['a control character', { users: [user({ subject: 'a\u0000b' })] }, /control characters/],
  ['half a character', { users: [user({ tags: { a: '\ud800' } })] }, /control characters/],
  ['a duration of nothing', { users: [user({ sessionDuration: 0 })] }, /whole number/],
  ['a member that is not known', { users: [user({ role: 'Reader' })] }, /Did you mean `roles`/],
  ['an attribute that is an object', { users: [user({ attributes: { a: {} } })] }, /text/],
  ['a consumer in clear', { consumers: ['http://service.example/acs'] }, /no address for responses/],
  ['a consumer with a user', { consumers: ['https://a:b@service.example/acs'] }, /no address for responses/],
  ['a consumer with a fragment', { consumers: ['https://service.example/acs#x'] }, /no address for responses/],
  ['a consumer that is a script', { consumers: ['javascript:alert(1)'] }, /no address for responses/],
  [
    'a consumer of a name that begins like this machine',
    { consumers: ['http://127.0.0.1.evil.example/'] },
    /no address/,
  ],
  ['a consumer without an address', { consumers: ['acs'] }, /no address for responses/],
]
for (const [name, lab, text] of wrong)
  test(`${name} is refused, and nothing is written`, async (context) => {
    const { store, apply } = await emptyWorld(context)
    await assert.rejects(apply(seed(lab)), (error: Error) => {
      assert.match(error.message, text)
      assert.doesNotMatch(error.message, /rehearsal/)
      return true
    })
    assert.deepEqual(await store.read((reader) => reader.list(labSamlUsers, A)), [])
  })
