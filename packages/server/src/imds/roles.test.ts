/** Role credentials: the answers for every state of the profile, the two sets, and what a crawler can collect. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { instances } from '../entities/ec2.ts'
import { instanceProfiles, roles } from '../entities/iam.ts'
import { aProfile, anInstance, credentialsOf, get, optional, refused, ROLES, send, world } from './fixture.ts'
import type { World } from './fixture.ts'

const EXTENDED = '/latest/meta-data/iam/security-credentials-extended/'
const INFO = '/latest/meta-data/iam/info'
const SESSION = { kind: 'role', name: 'Reader', path: '/apps/', id: 'AROAQAAAAAAAAAAAAAAA1' }

const withWorld = (name: string, run: (here: World) => Promise<void>, rows = [anInstance()]) =>
  test(name, async () => {
    const here = await world(rows)
    try {
      await run(here)
    } finally {
      await here.close()
    }
  })

withWorld('a role: listed without a newline, its session sealed as EC2 makes it', async (here) => {
  assert.equal((await get(here.address(), ROLES)).body, 'Reader')
  const document = await credentialsOf(here.address())
  assert.deepEqual(Object.keys(document), [
    'Code',
    'LastUpdated',
    'Type',
    'AccessKeyId',
    'SecretAccessKey',
    'Token',
    'Expiration',
  ])
  assert.deepEqual([document.Code, document.Type], ['Success', 'AWS-HMAC'])
  const opened = await here.parts.issuer.open(document.Token ?? '', document.AccessKeyId ?? '')
  assert.ok(opened.ok)
  assert.equal(opened.secretAccessKey, document.SecretAccessKey)
  const { facts } = opened
  assert.deepEqual(facts.holder, SESSION)
  assert.deepEqual([facts.sessionName, facts.chain.length, facts.tags], [anInstance().id, 0, []])
  assert.deepEqual(facts.proof, {
    kind: 'instance',
    instanceArn: 'arn:aws:ec2:eu-central-1:111122223333:instance/i-0abcdef1234567890',
    roleDelivery: '2.0',
    vpcId: 'vpc-0123456789abcdef0',
    privateIp: '172.31.44.13',
  })
  assert.equal(new Date(facts.expiresAt).toISOString().replace('.000Z', 'Z'), document.Expiration)
  assert.equal(new Date(facts.issuedAt).toISOString().replace('.000Z', 'Z'), document.LastUpdated)
})

withWorld('iam/info of a profile with a role', async (here) => {
  const { body } = await get(here.address(), INFO)
  const { LastUpdated } = JSON.parse(body)
  assert.match(LastUpdated, /^2026-11-25T(19|20):\d\d:\d\dZ$/)
  assert.equal(
    body,
    `{\n  "Code" : "Success",\n  "LastUpdated" : "${LastUpdated}",\n  "InstanceProfileArn" : "arn:aws:iam::111122223333:instance-profile/Web",\n  "InstanceProfileId" : "AIPAQAAAAAAAAAAAAAAA2"\n}`,
  )
})

const { profile: _, ...bare } = anInstance()
withWorld(
  'no profile: the whole iam branch is 404 and not listed',
  async (here) => {
    for (const path of ['/latest/meta-data/iam/', INFO, ROLES, `${ROLES}Reader`, EXTENDED])
      assert.equal((await get(here.address(), path)).status, 404, path)
    assert.ok(!(await get(here.address(), '/latest/meta-data/')).body.split('\n').includes('iam/'))
  },
  [bare],
)

withWorld('a profile without a role: info says so, the listing is empty', async (here) => {
  await here.put(instanceProfiles, aProfile(undefined))
  const info = JSON.parse((await get(here.address(), INFO)).body)
  assert.equal(info.Code, 'Success')
  assert.match(info.Message, /^Instance Profile does not contain a role/)
  assert.equal(info.InstanceProfileId, 'AIPAQAAAAAAAAAAAAAAA2')
  const listed = await get(here.address(), ROLES)
  assert.deepEqual([listed.status, listed.body], [200, ''])
  assert.equal((await get(here.address(), `${ROLES}Reader`)).status, 404)
})

withWorld('a profile that was deleted and made again is not the associated one', async (here) => {
  await here.put(instanceProfiles, aProfile('Reader', 'AIPAQAAAAAAAAAAAAAAA9'))
  const info = JSON.parse((await get(here.address(), INFO)).body)
  assert.deepEqual(Object.keys(info), ['Code', 'Message', 'LastUpdated'])
  assert.equal(info.Code, 'InstanceProfileNotFound')
  assert.equal((await get(here.address(), `${ROLES}Reader`)).status, 404)
})

withWorld('a refused trust: 200 with the failure document, the reason in it and in the log', async (here) => {
  here.trust.decision = refused
  const { status, body } = await get(here.address(), `${ROLES}Reader`)
  const document = JSON.parse(body)
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(document), ['Code', 'Message', 'LastUpdated'])
  assert.equal(document.Code, 'AssumeRoleUnauthorizedAccess')
  assert.match(document.Message, /^EC2 cannot assume the role Reader\. The trust policy is silent\./)
  assert.equal((await get(here.address(), ROLES)).body, 'Reader')
  assert.equal(JSON.parse((await get(here.address(), INFO)).body).Code, 'Success')
  const line = here.events.filter(({ kind }) => kind === 'assume-refused')
  assert.equal(line.length, 1)
  assert.partialDeepStrictEqual(line[0], { role: 'Reader', reason: 'The trust policy is silent.', decisionId: 'd-2' })
  assert.partialDeepStrictEqual(here.service.list()[0], {
    role: 'Reader',
    refusal: 'The trust policy is silent.',
    sets: [],
  })
})

withWorld('a deleted role is refused without a question', async (here) => {
  await here.remove(roles, 'reader')
  const document = await credentialsOf(here.address())
  assert.equal(document.Code, 'AssumeRoleUnauthorizedAccess')
  assert.match(document.Message ?? '', /does not exist any more/)
  assert.equal(here.trust.asked, 0)
})

withWorld('only the attached role has a document, by its exact name', async (here) => {
  for (const name of ['Writer', 'reader', 'Reader/x', 'apps/Reader', ''])
    assert.equal((await get(here.address(), `${ROLES}${name}`)).status, name === '' ? 200 : 404, name)
})

withWorld('the extended path: served with the account, listed nowhere', async (here) => {
  assert.equal((await get(here.address(), EXTENDED)).body, 'Reader')
  const plain = await credentialsOf(here.address())
  const { body } = await get(here.address(), `${EXTENDED}Reader`)
  assert.deepEqual(JSON.parse(body), { ...plain, AccountId: '111122223333' })
  assert.equal((await get(here.address(), `${EXTENDED}Writer`)).status, 404)
  assert.equal((await get(here.address(), '/latest/meta-data/iam/')).body, 'info\nsecurity-credentials/')
})

withWorld(
  'reads with and without a token get different keys, and each tells its delivery',
  async (here) => {
    const second = await credentialsOf(here.address())
    const first = await credentialsOf(here.address(), 'Reader', send)
    assert.notEqual(first.AccessKeyId, second.AccessKeyId)
    for (const [document, delivery] of [
      [first, '1.0'],
      [second, '2.0'],
    ] as const) {
      const opened = await here.parts.issuer.open(document.Token ?? '', document.AccessKeyId ?? '')
      assert.ok(opened.ok && opened.facts.proof.kind === 'instance')
      assert.equal(opened.facts.proof.roleDelivery, delivery)
    }
    assert.deepEqual(
      here.service
        .list()[0]
        ?.sets.map(({ delivery }) => delivery)
        .toSorted(),
      ['1.0', '2.0'],
    )
  },
  [anInstance(optional)],
)

withWorld(
  'no set for reads without a token until one happens',
  async (here) => {
    await credentialsOf(here.address())
    assert.deepEqual(
      here.service.list()[0]?.sets.map(({ delivery }) => delivery),
      ['2.0'],
    )
  },
  [anInstance(optional)],
)

withWorld('the instance identity role: always there, its own session', async (here) => {
  const base = '/latest/meta-data/identity-credentials/ec2/'
  assert.equal(JSON.parse((await get(here.address(), `${base}info`)).body).AccountId, '111122223333')
  assert.equal((await get(here.address(), `${base}security-credentials/`)).body, 'ec2-instance')
  const document = JSON.parse((await get(here.address(), `${base}security-credentials/ec2-instance`)).body)
  const opened = await here.parts.issuer.open(document.Token, document.AccessKeyId)
  assert.ok(opened.ok && opened.facts.holder.kind === 'role')
  assert.equal(opened.facts.holder.name, 'aws:ec2-instance')
  assert.equal(opened.facts.sessionName, anInstance().id)
})

withWorld('each read is noted without its secret', async (here) => {
  const document = await credentialsOf(here.address(), 'Reader', (at, path) =>
    get(at, path, { headers: { 'User-Agent': 'aws-sdk-test/1\u00e4' } }),
  )
  const lines = here.events.filter(({ kind }) => kind === 'credentials-read')
  assert.equal(lines.length, 1)
  assert.partialDeepStrictEqual(lines[0], {
    instanceId: anInstance().id,
    account: '111122223333',
    delivery: '2.0',
    userAgent: 'aws-sdk-test/1?',
    role: 'Reader',
    accessKeyId: document.AccessKeyId,
  })
  const told = JSON.stringify([here.events, here.service.list()])
  for (const secret of [document.SecretAccessKey, document.Token]) assert.ok(!told.includes(secret ?? ''))
  assert.equal(here.service.list()[0]?.sets[0]?.readers[0]?.userAgent, 'aws-sdk-test/1?')
})

/** As cloud-init does it: everything that is listed, except below `security-credentials`. */
async function crawl(address: string, path: string, into = new Map<string, string>()): Promise<Map<string, string>> {
  const { body } = await get(address, path)
  for (const name of body.split('\n')) {
    if (name === 'security-credentials/') continue
    if (name.endsWith('/')) await crawl(address, path + name, into)
    else into.set(path + name, (await get(address, path + name)).body)
  }
  return into
}

withWorld(
  'a crawl finds what machines are configured from, and no secret',
  async (here) => {
    const found = await crawl(here.address(), '/latest/meta-data/')
    const text = [...found.values()].join('\n')
    assert.ok(!/SecretAccessKey|ASIA/.test(text))
    assert.equal(found.get('/latest/meta-data/tags/instance/Team'), 'core')
    assert.equal(found.get('/latest/meta-data/tags/instance/Empty'), '')
    assert.ok(!found.has('/latest/meta-data/tags/instance/two words'))
    const folder = new URL('../../../../../shared/recordings/imds/transcribed/', import.meta.url)
    if (!existsSync(folder)) return
    const trees = JSON.parse(readFileSync(new URL('metadata-trees-cloud-init.json', folder), 'utf8'))
    const mac = found.get('/latest/meta-data/mac') ?? ''
    const missing = leaves(trees['2018-09-24'], '')
      .map((path) => path.replace('0a:07:84:3d:6e:38', mac))
      .filter((path) => !found.has(`/latest/meta-data${path}`))
    // What needs a public address, a key pair, IPv6 or a document of its own.
    assert.deepEqual(
      missing.filter((path) => !/public|ipv4-associations|ipv6s|identity-credentials/.test(path)),
      [],
    )
  },
  [
    anInstance({
      options: { ...anInstance().options, instanceMetadataTags: 'enabled' },
      tags: [
        { key: 'Team', value: 'core' },
        { key: 'Empty', value: '' },
        { key: 'two words', value: 'x' },
        { key: '..', value: 'x' },
      ],
    }),
  ],
)

const leaves = (tree: unknown, path: string): string[] =>
  typeof tree === 'object' && tree !== null && !Array.isArray(tree)
    ? Object.entries(tree).flatMap(([name, below]) => leaves(below, `${path}/${name}`))
    : [path]

withWorld('what each version lists, by release date', async (here) => {
  const list = async (path: string) => (await get(here.address(), path)).body.split('\n')
  const versions = await list('/')
  assert.deepEqual([versions[0], versions.at(-1)], ['1.0', 'latest'])
  assert.deepEqual(await list('/latest/'), ['dynamic', 'meta-data'])
  const cases: readonly [path: string, visible: boolean][] = [
    ['/1.0/meta-data/instance-id', true],
    ['/2011-05-01/meta-data/iam/', false],
    ['/2012-01-12/meta-data/iam/', true],
    ['/2020-08-24/meta-data/placement/region', true],
    ['/2019-10-01/meta-data/placement/region', false],
    ['/2016-11-30/meta-data/identity-credentials/', false],
    ['/2018-05-23/meta-data/identity-credentials/', true],
    ['/2007-01-19/dynamic/', false],
  ]
  for (const [path, visible] of cases) assert.equal((await get(here.address(), path)).status, visible ? 200 : 404, path)
  assert.ok(!(await list('/2011-05-01/meta-data/')).includes('iam/'))
})

withWorld(
  'values that SDKs and agents read',
  async (here) => {
    const at = async (path: string) => (await get(here.address(), path)).body
    const mac = await at('/latest/meta-data/mac')
    assert.match(mac, /^0a(:[0-9a-f]{2}){5}$/)
    const network = `/latest/meta-data/network/interfaces/macs/${mac}/`
    assert.equal(await at('/latest/meta-data/network/interfaces/macs/'), `${mac}/`)
    assert.equal(await at(`${network}subnet-ipv4-cidr-block`), '172.31.32.0/20')
    assert.equal(await at(`${network}vpc-ipv4-cidr-blocks`), '172.31.0.0/16')
    assert.equal(await at(`${network.replaceAll(':', '%3A')}vpc-id`), 'vpc-0123456789abcdef0')
    assert.equal(await at('/latest/meta-data/placement/availability-zone-id'), 'euc1-az1')
    assert.equal(await at('/latest/meta-data/hostname'), 'ip-172-31-44-13.eu-central-1.compute.internal')
    const document = JSON.parse(await at('/latest/dynamic/instance-identity/document'))
    assert.equal(document.region, 'eu-central-1')
    assert.equal(document.accountId, '111122223333')
    assert.equal(document.pendingTime, '2026-11-25T19:00:00Z')
    assert.equal(await at('/latest/dynamic/instance-identity/'), 'document')
    const user = await get(here.address(), '/latest/user-data')
    assert.deepEqual([user.body, user.headers.get('content-type')], ['#!/bin/sh\necho ä\n', 'application/octet-stream'])
    assert.deepEqual((await at('/latest/')).split('\n'), ['dynamic', 'meta-data', 'user-data'])
  },
  [anInstance({ userData: '#!/bin/sh\necho ä\n' })],
)

withWorld('replacing the association shows at once; the old document is gone', async (here) => {
  const before = await credentialsOf(here.address())
  const profile = { ...aProfile('Writer', 'AIPAQAAAAAAAAAAAAAAA3'), name: 'Api' }
  await here.put(instanceProfiles, profile)
  const association = { profileName: 'Api', profileId: profile.id, associationId: 'iip-assoc-2' }
  await here.put(instances, anInstance({ profile: association, generation: 2 }))
  assert.equal((await get(here.address(), ROLES)).body, 'Writer')
  assert.equal((await get(here.address(), `${ROLES}Reader`)).status, 404)
  const after = await credentialsOf(here.address(), 'Writer')
  assert.notEqual(after.AccessKeyId, before.AccessKeyId)
})
