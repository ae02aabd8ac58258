/** Exports are read back: export → apply to an empty store → export gives the same, for random seeds too. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import * as fc from 'fast-check'
import { knownAccountId } from '../domain/brands.ts'
import { accountAliases, passwordPolicies, tokenPreferences } from '../entities/iam.ts'
import { exportSeed } from './export.ts'
import { emptyWorld } from './fixture.ts'

const A = '111122223333'
const B = '444455556666'
const allow = (action: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }],
})
const trust = (principal: object) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }],
})

async function roundTrip(context: TestContext, seed: object, options: { readonly secrets?: boolean } = {}) {
  const first = await emptyWorld(context)
  await first.apply(JSON.stringify(seed))
  const once = await exportSeed(first.store, first.parts, options)
  const second = await emptyWorld(context)
  await second.apply(JSON.stringify(once?.seed))
  const again = await exportSeed(second.store, second.parts, options)
  assert.deepEqual(again, once)
  return { once, second }
}

const FULL = {
  accounts: [
    {
      id: A,
      name: 'company',
      administrator: { accessKeyId: 'AKIAQEXAMPLECOMPANYA', secretAccessKey: 'only-for-tests' },
      root: { accessKeyId: 'AKIAQEXAMPLECOMPANYR', secretAccessKey: 'too' },
      policies: [
        { policyName: 'P', path: '/x/', description: 'd', document: JSON.stringify(allow('s3:*')), tags: { a: 'b' } },
      ],
      groups: [{ groupName: 'g', attachedPolicies: ['P'], inlinePolicies: { i: allow('iam:*') } }],
      users: [
        { userName: 'Administrator', tags: { who: 'admin' } },
        {
          userName: 'alice',
          groups: ['g'],
          accessKeys: [{ accessKeyId: 'AKIAQEXAMPLECOMPANYB', secretAccessKey: 'x', status: 'Inactive' }],
          permissionsBoundary: 'P',
        },
      ],
      roles: [
        {
          roleName: 'R',
          maxSessionDuration: 7200,
          assumeRolePolicyDocument: trust({ AWS: `arn:aws:iam::${B}:role/S` }),
        },
      ],
      instanceProfiles: [{ instanceProfileName: 'web', role: 'R' }],
      oidcProviders: [
        {
          url: 'https://issuer.example/a',
          clientIds: ['sts.amazonaws.com'],
          thumbprints: ['A'.repeat(40)],
          jwks: { keys: [{ kty: 'EC' }] },
          tags: { a: 'b' },
        },
        { url: 'https://Other.example/' },
      ],
      samlProviders: [
        { name: 'plain', lab: true },
        {
          name: 'corp',
          tags: { a: 'b' },
          lab: {
            entityId: 'https://idp.corp.example/metadata',
            consumers: ['http://localhost:8080/acs', 'https://service.example/saml?a=1'],
            users: [
              { userName: 'nobody' },
              {
                userName: 'alice@example.com',
                roles: ['R', `arn:aws:iam::${B}:role/S`, 'a,b'],
                subject: 'ü <>&"',
                format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
                audience: 'urn:other',
                sessionName: 'alice',
                sessionDuration: 900,
                sessionSeconds: 7200,
                validSeconds: -60,
                sourceIdentity: 'alice',
                tags: { team: 'blue', empty: '' },
                transitiveTagKeys: ['team'],
                attributes: { 'urn:oid:1.3.6.1.4.1.5923.1.1.1.1': ['staff', 'member'], x: 'one' },
              },
            ],
          },
        },
      ],
      instances: [{ instanceId: 'i-01234567', instanceProfile: 'web', tags: { Name: 'n' } }],
      buckets: [
        { bucket: 'reports', publicAccessBlock: 'none', objects: { 'a/b': 'text', ü: '' } },
        {
          bucket: 'half',
          region: 'eu-west-1',
          publicAccessBlock: { blockPublicAcls: true },
          policy: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { AWS: `arn:aws:iam::${A}:role/R` },
                Action: 's3:GetObject',
                Resource: 'arn:aws:s3:::half/*',
              },
            ],
          },
        },
      ],
    },
    {
      id: B,
      administrator: false,
      roles: [{ roleName: 'S', assumeRolePolicyDocument: trust({ Service: 'ec2.amazonaws.com' }) }],
    },
  ],
  lab: {
    github: true,
    kubernetes: { issuer: 'https://cluster.example/id/A' },
    oidc: [{ issuer: 'https://a.example' }],
  },
  organization: {
    units: [
      {
        name: 'u',
        fullAwsAccess: false,
        accounts: [B],
        serviceControlPolicies: [{ policyName: 's', document: allow('*') }],
        units: [{ name: 'v' }],
      },
    ],
    accountPolicies: { [B]: { serviceControlPolicies: [{ policyName: 't', document: allow('s3:*') }] } },
  },
}

test('everything comes back', async (context) => {
  const { once, second } = await roundTrip(context, FULL)
  assert.deepEqual(once?.leftOut, [])
  assert.doesNotMatch(JSON.stringify(once), /secretAccessKey/)
  assert.deepEqual((await second.plan(JSON.stringify(once?.seed))).steps, [])
})

test('with secrets, the keys come back too', async (context) => {
  const { once } = await roundTrip(context, FULL, { secrets: true })
  assert.match(JSON.stringify(once), /"secretAccessKey":"only-for-tests"/)
})

const WITH_PASSWORD = {
  accounts: [
    { id: A, samlProviders: [{ name: 'corp', lab: { users: [{ userName: 'alice', password: 'rehearsal' }] } }] },
  ],
}

test('passwords of the lab are secrets like the keys', async (context) => {
  const { once, second } = await roundTrip(context, WITH_PASSWORD, { secrets: true })
  assert.match(JSON.stringify(once), /"password":"rehearsal"/)
  assert.deepEqual((await second.plan(JSON.stringify(WITH_PASSWORD))).steps, [])
  const plain = await exportSeed(second.store, second.parts)
  assert.doesNotMatch(JSON.stringify(plain?.seed), /password|rehearsal/)
  assert.deepEqual(plain?.leftOut, [`account ${A}: the password of alice, user of SAML provider corp`])
})

test('one account alone, by id or name', async (context) => {
  const { store, parts, apply } = await emptyWorld(context)
  await apply(JSON.stringify(FULL))
  const byName = await exportSeed(store, parts, { account: 'Company' })
  assert.deepEqual(byName, await exportSeed(store, parts, { account: A }))
  assert.equal(byName?.seed.accounts.length, 1)
  assert.equal(byName?.seed.organization, undefined)
  assert.equal(await exportSeed(store, parts, { account: 'nobody' }), undefined)
})

test('what is no text is named', async (context) => {
  const { store, parts, apply } = await emptyWorld(context)
  await apply(
    JSON.stringify({ accounts: [{ id: A, buckets: [{ bucket: 'bbb', objects: { big: 'x'.repeat(70_000) } }] }] }),
  )
  assert.match((await exportSeed(store, parts))?.leftOut.join() ?? '', /bucket bbb: 1 objects/)
})

test('settings that no seed has a word for are named', async (context) => {
  const { store, parts, apply } = await emptyWorld(context)
  await apply(JSON.stringify({ accounts: [{ id: A }, { id: B }] }))
  const rules = { symbols: false, numbers: false, uppercase: false, lowercase: false, usersMayChange: false }
  await store.write([A], async (writer) => {
    await writer.put(accountAliases, knownAccountId(A), { alias: 'example' })
    await writer.put(passwordPolicies, knownAccountId(A), { minimumLength: 8, ...rules })
    await writer.put(tokenPreferences, knownAccountId(A), { globalEndpointTokenVersion: 2 })
  })
  assert.deepEqual((await exportSeed(store, parts))?.leftOut, [
    `account ${A}: the alias example`,
    `account ${A}: its password policy`,
    `account ${A}: the version of its tokens of the global endpoint`,
  ])
})

const name = fc.stringMatching(/^[A-Za-z0-9+=,.@_-]{1,20}$/)
const tags = fc.dictionary(fc.stringMatching(/^[b-z]{1,8}$/), fc.string({ maxLength: 20 }), { maxKeys: 3 })
const documents = fc.constantFrom('s3:*', 'iam:Get*', '*').map(allow)
const named = <T>(item: fc.Arbitrary<T>, nameOf: (item: T) => string) =>
  fc.uniqueArray(item, { maxLength: 4, selector: (value) => nameOf(value).toLowerCase() })
const user = fc.record({
  userName: name,
  path: fc.constantFrom('/', '/a/b/'),
  tags,
  inlinePolicies: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), documents, { maxKeys: 2 }),
})
const role = fc.record({
  roleName: name,
  description: fc.string({ maxLength: 30 }),
  maxSessionDuration: fc.integer({ min: 3600, max: 43_200 }),
  assumeRolePolicyDocument: fc.constantFrom({ Service: 'ec2.amazonaws.com' }, { AWS: A }, { AWS: '*' }).map(trust),
})
const seeds = fc.record({
  policies: named(fc.record({ policyName: name, document: documents, tags }), (item) => item.policyName),
  users: named(user, (item) => item.userName),
  roles: named(role, (item) => item.roleName),
})

test('random seeds come back', async (context) => {
  await fc.assert(
    fc.asyncProperty(seeds, async (members) => {
      await roundTrip(context, { accounts: [{ id: A, ...members }] })
    }),
    { numRuns: 15 },
  )
})
