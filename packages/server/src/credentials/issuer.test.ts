import assert from 'node:assert/strict'
import test from 'node:test'
import { instant } from '../domain/brands.ts'
import { accountInside } from '../domain/identifiers.ts'
import { AwsError } from '../errors/aws-error.ts'
import { AWAY, HOME, openFixture, roleRow } from './fixture.ts'

const role = roleRow('Reader')

async function fixture(context: { readonly after: (done: () => Promise<void>) => void }) {
  const made = await openFixture('issuer')
  context.after(() => made.store.close())
  return made
}

test('credentials open for their own access key, again and again', async (context) => {
  const { issuer, roleSession, clock } = await fixture(context)
  const made = await issuer.issue(roleSession(role))
  assert.equal(accountInside(made.accessKeyId), HOME)
  for (let count = 0; count < 3; count++) {
    const opened = await issuer.open(made.sessionToken, made.accessKeyId)
    assert.ok(opened.ok)
    assert.equal(opened.secretAccessKey, made.secretAccessKey)
    assert.equal(opened.facts.issuedAt, clock.session())
  }
})

test('not for another access key, of the same account or another, also after it was opened', async (context) => {
  const { issuer, roleSession } = await fixture(context)
  const [one, two] = [await issuer.issue(roleSession(role)), await issuer.issue(roleSession(role))]
  const away = await issuer.issue({ ...roleSession(role), account: AWAY })
  for (let count = 0; count < 2; count++) {
    assert.deepEqual(await issuer.open(one.sessionToken, two.accessKeyId), { ok: false, why: 'other-access-key' })
    assert.equal((await issuer.open(one.sessionToken, away.accessKeyId)).ok, false)
    assert.deepEqual(await issuer.open(one.sessionToken, 'AKIAIOSFODNN7EXAMPLE'), {
      ok: false,
      why: 'other-access-key',
    })
    assert.ok((await issuer.open(one.sessionToken, one.accessKeyId)).ok)
  }
})

test('raising the generation of an account ends its sessions, opened or not, and those of no other', async (context) => {
  const { issuer, roleSession, raiseGeneration } = await fixture(context)
  const [opened, unopened] = [await issuer.issue(roleSession(role)), await issuer.issue(roleSession(role))]
  const away = await issuer.issue({ ...roleSession(role), account: AWAY })
  assert.ok((await issuer.open(opened.sessionToken, opened.accessKeyId)).ok)
  await raiseGeneration(HOME)
  for (const { sessionToken, accessKeyId } of [opened, unopened])
    assert.deepEqual(await issuer.open(sessionToken, accessKeyId), { ok: false, why: 'tampered' })
  assert.ok((await issuer.open(away.sessionToken, away.accessKeyId)).ok)
  const after = await issuer.issue(roleSession(role))
  assert.ok((await issuer.open(after.sessionToken, after.accessKeyId)).ok)
})

test('clients are shown their own time, sessions keep session time', async (context) => {
  const { issuer, roleSession, clock } = await fixture(context)
  clock.advance(7_200_000)
  const made = await issuer.issue(roleSession(role))
  assert.equal(made.expiresAt, clock.session() + 3_600_000)
  assert.equal(made.expiration.getTime(), clock.wire() + 3_600_000)
})

test('what is derived is the same each time, and with another seed another session', async (context) => {
  const { issuer, roleSession } = await fixture(context)
  const request = roleSession(role)
  const issue = (byte: number) =>
    issuer.issue(request, { derivedFrom: new Uint8Array(24).fill(byte), issuedAt: instant(Date.UTC(2026, 0, 2)) })
  assert.deepEqual(await issue(1), await issue(1))
  const [one, two] = [await issue(1), await issue(2)]
  assert.notEqual(one.accessKeyId, two.accessKeyId)
  assert.notEqual(one.secretAccessKey, two.secretAccessKey)
})

test("what does not fit into a token is refused in AWS's words, and says why to the operator", async (context) => {
  const { issuer, roleSession } = await fixture(context)
  const tags = Array.from({ length: 6 }, (_, at) => ({ key: `${at}${'鍵'.repeat(35)}`, value: '値'.repeat(36) }))
  const transitiveKeys = tags.map(({ key }) => key)
  const long = { arn: `arn:aws:iam::${HOME}:user/${'p'.repeat(512)}/${'n'.repeat(64)}`, accessKeyId: 'AKIA' }
  const chain = { first: long, last: long, length: 2 }
  const fits = await issuer.issue(roleSession(role, { tags, chain }))
  assert.ok(fits.sessionToken.length <= 4096)
  const claims = { 'saml:sub': 'x'.repeat(1500) }
  const refused = (more: object) =>
    issuer.issue(
      roleSession(role, { tags, transitiveKeys, chain, proof: { kind: 'saml', providerArn: 'p', claims }, ...more }),
    )
  await assert.rejects(refused({}), (error) => {
    assert.ok(error instanceof AwsError)
    assert.match(error.message, /^Packed size of session tags consumes 1\d\d% of allotted space\.$/)
    assert.equal(error.code, 'PackedPolicyTooLarge')
    return true
  })
  await assert.rejects(
    refused({ sessionPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] }),
    /^AwsError: Packed policy/,
  )
})

test('a minimum size is kept, and nothing beyond the limit', async (context) => {
  const { issuer, roleSession } = await fixture(context)
  const made = await issuer.issue(roleSession(role), { minimumTokenSize: 4096 })
  assert.equal(made.sessionToken.length, 4096)
})
