/** The state machine: rotation, overlap, refusals and our own trouble, with a clock that moves when told to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instances } from '../entities/ec2.ts'
import { accounts, EVERYWHERE, instanceProfiles } from '../entities/iam.ts'
import {
  ACCOUNT,
  addressOf,
  allowed,
  anInstance,
  aProfile,
  credentialsOf,
  get,
  putToken,
  refused,
  ROLES,
  send,
  world,
} from './fixture.ts'
import type { World } from './fixture.ts'
import type { ImdsSettings } from './types.ts'

const HOUR = 3_600_000
const MINUTE = 60_000

const withWorld = (name: string, run: (here: World) => Promise<void>, settings: ImdsSettings = {}) =>
  test(name, async () => {
    const here = await world([anInstance()], settings)
    try {
      await run(here)
    } finally {
      await here.close()
    }
  })

const lifeLeft = (here: World, document: Readonly<Record<string, string>>): number =>
  Date.parse(document.Expiration ?? '') + here.clock.offset() - here.clock.session()

withWorld('a new document each hour; the one before is good until its own end', async (here) => {
  const first = await credentialsOf(here.address())
  assert.deepEqual(await credentialsOf(here.address()), first)
  here.clock.advance(HOUR)
  const second = await credentialsOf(here.address())
  assert.notEqual(second.AccessKeyId, first.AccessKeyId)
  const opened = await here.parts.issuer.open(first.Token ?? '', first.AccessKeyId ?? '')
  assert.ok(opened.ok && opened.facts.expiresAt > here.clock.session() + 4 * HOUR)
  assert.equal(here.trust.asked, 2)
})

withWorld('times are shown without what the clock was advanced by', async (here) => {
  here.clock.advance(1000 * HOUR)
  const document = await credentialsOf(here.address())
  const age = here.clock.wire() - Date.parse(document.LastUpdated ?? '')
  assert.ok(age >= 0 && age < HOUR)
  const { headers } = await get(here.address(), `${ROLES}Reader`)
  assert.ok(Date.parse(headers.get('last-modified') ?? '') <= here.clock.wire())
  const life = lifeLeft(here, document)
  assert.ok(life > 5 * HOUR && life <= 6 * HOUR + 35 * MINUTE)
})

withWorld('no document ever shows less than five hours in good times', async (here) => {
  for (let step = 0; step < 60; step++) {
    here.clock.advance(7 * MINUTE)
    assert.ok(lifeLeft(here, await credentialsOf(here.address())) > 5 * HOUR)
  }
})

withWorld('the role of the profile exchanged: visible at the next period, not before', async (here) => {
  const before = await credentialsOf(here.address())
  await here.put(instanceProfiles, aProfile('Writer'))
  assert.deepEqual(await credentialsOf(here.address()), before)
  assert.equal((await get(here.address(), ROLES)).body, 'Reader')
  here.clock.advance(HOUR)
  assert.equal((await get(here.address(), ROLES)).body, 'Writer')
  assert.equal((await get(here.address(), `${ROLES}Reader`)).status, 404)
  assert.equal((await credentialsOf(here.address(), 'Writer')).Code, 'Success')
})

withWorld('a role removed from the profile is gone at the next period', async (here) => {
  await credentialsOf(here.address())
  await here.put(instanceProfiles, aProfile(undefined))
  assert.equal((await get(here.address(), `${ROLES}Reader`)).status, 200)
  here.clock.advance(HOUR)
  assert.equal((await get(here.address(), `${ROLES}Reader`)).status, 404)
})

withWorld('rotate: new credentials at once, with the change that waited, and tokens stay good', async (here) => {
  const before = await credentialsOf(here.address())
  await here.put(instanceProfiles, aProfile('Writer'))
  here.clock.advance(2000)
  await here.service.rotate(anInstance().id)
  const after = await credentialsOf(here.address(), 'Writer')
  assert.notEqual(after.AccessKeyId, before.AccessKeyId)
  assert.equal(Date.parse(after.LastUpdated ?? '') + here.clock.offset(), here.clock.session())
  await here.service.rotate(anInstance().id)
  assert.notEqual((await credentialsOf(here.address(), 'Writer')).AccessKeyId, after.AccessKeyId)
  await assert.rejects(here.service.rotate('i-0'), /There is no instance `i-0`/)
})

withWorld('a broken trust: the last good document until half an hour before its end, then the reason', async (here) => {
  const good = await credentialsOf(here.address())
  here.trust.decision = refused
  here.clock.advance(HOUR)
  const kept = await credentialsOf(here.address())
  assert.equal(kept.AccessKeyId, good.AccessKeyId)
  assert.equal(here.events.filter(({ kind }) => kind === 'assume-refused').length, 1)
  here.clock.advance(lifeLeft(here, kept) - 30 * MINUTE - 1000)
  assert.equal((await credentialsOf(here.address())).AccessKeyId, good.AccessKeyId)
  here.clock.advance(1000)
  assert.equal((await credentialsOf(here.address())).Code, 'AssumeRoleUnauthorizedAccess')
  assert.deepEqual(here.service.list()[0]?.sets, [])
  here.trust.decision = allowed
  assert.equal((await credentialsOf(here.address())).Code, 'AssumeRoleUnauthorizedAccess')
  here.clock.advance(HOUR)
  assert.equal((await credentialsOf(here.address())).Code, 'Success')
})

for (const kind of ['down', 'hung'] as const)
  withWorld(`the store ${kind} over several periods: the last good document until its end, then 503`, async (here) => {
    const good = await credentialsOf(here.address())
    here.trouble.store = kind
    here.clock.advance(3 * HOUR)
    const { body: token } = await putToken(here.address(), '60')
    const started = performance.now()
    await send(here.address(), `${ROLES}Reader`, { headers: { 'X-aws-ec2-metadata-token': token } })
    assert.ok(performance.now() - started < 500, 'slower than clients wait')
    const kept = await credentialsOf(here.address())
    assert.equal(kept.AccessKeyId, good.AccessKeyId)
    assert.equal((await get(here.address(), ROLES)).body, 'Reader')
    assert.equal((await get(here.address(), '/latest/meta-data/instance-id')).status, 200)
    here.clock.advance(lifeLeft(here, kept) - 1000)
    assert.equal((await credentialsOf(here.address())).AccessKeyId, good.AccessKeyId)
    here.clock.advance(1000)
    assert.equal((await get(here.address(), `${ROLES}Reader`)).status, 503)
    here.trouble.store = 'none'
    const again = kind === 'hung' ? await nextPeriod(here) : await credentialsOf(here.address())
    assert.equal(again.Code, 'Success')
  })

/** A look that never ends is shared until the period is over. */
const nextPeriod = (here: World) => {
  here.clock.advance(HOUR)
  return credentialsOf(here.address())
}

withWorld('the issuer fails: the last good document, also beyond its period', async (here) => {
  const good = await credentialsOf(here.address())
  here.trouble.issuer = true
  assert.deepEqual(await credentialsOf(here.address()), good)
  here.clock.advance(HOUR)
  assert.equal((await credentialsOf(here.address())).AccessKeyId, good.AccessKeyId)
  here.trouble.issuer = false
  assert.notEqual((await credentialsOf(here.address())).AccessKeyId, good.AccessKeyId)
})

withWorld('trouble before anything was published is 503, and the next read tries again', async (here) => {
  here.trouble.store = 'down'
  for (const path of [ROLES, `${ROLES}Reader`, '/latest/meta-data/iam/info'])
    assert.equal((await get(here.address(), path)).status, 503)
  here.trouble.store = 'none'
  assert.equal((await credentialsOf(here.address())).Code, 'Success')
})

withWorld('our trouble during a refusal keeps what was in front of clients', async (here) => {
  here.trust.decision = refused
  assert.equal((await credentialsOf(here.address())).Code, 'AssumeRoleUnauthorizedAccess')
  here.trouble.store = 'down'
  here.clock.advance(HOUR)
  assert.equal((await credentialsOf(here.address())).Code, 'AssumeRoleUnauthorizedAccess')
})

withWorld('nodes on one store publish the same bytes in every period, also one that started late', async (here) => {
  const second = await here.anotherNode()
  for (let period = 0; period < 5; period++) {
    const third = await here.anotherNode()
    const documents = await Promise.all([here.service, second, third].map((node) => credentialsOf(addressOf(node))))
    assert.deepEqual(documents[1], documents[0])
    assert.deepEqual(documents[2], documents[0])
    await third.close()
    here.clock.advance(HOUR)
  }
  await here.service.rotate(anInstance().id)
  assert.deepEqual(await credentialsOf(addressOf(second)), await credentialsOf(here.address()))
  await second.close()
})

withWorld('raising the account’s session generation gives new credentials at once', async (here) => {
  const before = await credentialsOf(here.address())
  await here.store.write([EVERYWHERE], async (writer) => {
    const account = await writer.get(accounts, EVERYWHERE, ACCOUNT)
    assert.ok(account)
    await writer.put(accounts, EVERYWHERE, { ...account, sessionGeneration: 2 })
  })
  const after = await credentialsOf(here.address())
  assert.notEqual(after.SecretAccessKey, before.SecretAccessKey)
  assert.ok((await here.parts.issuer.open(after.Token ?? '', after.AccessKeyId ?? '')).ok)
})

withWorld('a removed association drops both sets at once', async (here) => {
  await credentialsOf(here.address())
  const { profile: _, ...bare } = anInstance({ generation: 2 })
  await here.put(instances, bare)
  assert.equal((await get(here.address(), `${ROLES}Reader`)).status, 404)
  assert.deepEqual(here.service.list()[0]?.sets, [])
})

withWorld('changed options give new credentials within the period', async (here) => {
  const before = await credentialsOf(here.address())
  await here.put(instances, anInstance({ generation: 2 }))
  assert.notEqual((await credentialsOf(here.address())).AccessKeyId, before.AccessKeyId)
})

withWorld('many reads at the start of a period ask once', async (here) => {
  await Promise.all(Array.from({ length: 20 }, () => credentialsOf(here.address())))
  assert.equal(here.trust.asked, 1)
})

withWorld(
  'immediate: changes of trust and role show at once',
  async (here) => {
    await credentialsOf(here.address())
    here.trust.decision = refused
    assert.equal((await credentialsOf(here.address())).Code, 'AssumeRoleUnauthorizedAccess')
    here.trust.decision = allowed
    const before = await credentialsOf(here.address())
    await here.put(instanceProfiles, aProfile('Writer'))
    const after = await credentialsOf(here.address(), 'Writer')
    assert.equal(after.Code, 'Success')
    // One salt for two sessions would use one key and nonce of the cipher twice.
    assert.notEqual(saltIn(after), saltIn(before))
  },
  { immediate: true },
)

withWorld(
  'the demonstration profile rotates every five minutes and never shows less than half an hour',
  async (here) => {
    const keys = new Set<string | undefined>()
    for (let step = 0; step < 20; step++) {
      const document = await credentialsOf(here.address())
      keys.add(document.AccessKeyId)
      assert.ok(lifeLeft(here, document) >= 30 * MINUTE)
      here.clock.advance(MINUTE)
    }
    assert.ok(keys.size === 4 || keys.size === 5)
  },
  { lifetimeSeconds: 2100, periodSeconds: 300 },
)

/** The bytes that stand in clear in a token, behind its version and the id of its sealing key. */
const saltIn = (document: Readonly<Record<string, string>>): string =>
  Buffer.from(document.Token ?? '', 'base64')
    .subarray(5, 21)
    .toString('hex')
