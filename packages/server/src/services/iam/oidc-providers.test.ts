/** OIDC providers through the operations; answers of AWS of September 2026. */
import assert from 'node:assert/strict'
import { HOME, rootOf, worldTest } from './testing/world.ts'

const arn = (url: string) => `arn:aws:iam::${HOME}:oidc-provider/${url}`
const print = (letter: string) => letter.repeat(40)

worldTest('a provider is kept as AWS keeps it', async ({ run }) => {
  const created = await run('CreateOpenIDConnectProvider', {
    Url: 'https://host.example.com/path/',
    ClientIDList: ['z-client', 'a-client', 'z-client'],
    ThumbprintList: [print('A'), print('a')],
    Tags: [
      { Key: 'key', Value: 'value' },
      { Key: 'Key', Value: 'Value' },
    ],
  })
  assert.equal(created.OpenIDConnectProviderArn, arn('host.example.com/path/'))
  assert.deepEqual(created.Tags, [
    { Key: 'key', Value: 'value' },
    { Key: 'Key', Value: 'Value' },
  ])
  const { OpenIDConnectProviderArn = '' } = created
  const got = await run('GetOpenIDConnectProvider', { OpenIDConnectProviderArn })
  assert.equal(got.CreateDate?.toISOString(), '2026-01-02T03:04:05.678Z')
  assert.deepEqual(
    { ...got, CreateDate: undefined },
    {
      Url: 'host.example.com/path/',
      ClientIDList: ['z-client', 'a-client'],
      ThumbprintList: [print('a'), print('a')],
      CreateDate: undefined,
      Tags: [
        { Key: 'Key', Value: 'Value' },
        { Key: 'key', Value: 'value' },
      ],
    },
  )
  assert.equal((await run('GetAccountSummary', {})).SummaryMap?.['Providers'], 1)
})

const urls: readonly (readonly [why: string, url: string, outcome: string])[] = [
  ['port 443 goes', 'https://host.example.com:443', arn('host.example.com')],
  ['another port stays', 'https://localhost:8443', arn('localhost:8443')],
  ['a slash at the end counts', 'https://host.example.com/path/', arn('host.example.com/path/')],
  ['paths keep their case, hosts lose it', 'https://HOST.example.com/Path', arn('host.example.com/Path')],
  ['no scheme', 'example.org', 'ValidationError: Invalid Open ID Connect Provider URL'],
  ['plain http', 'http://example.org', 'ValidationError: Invalid Open ID Connect Provider URL'],
  ['a user', 'https://me@example.org', 'ValidationError: Invalid Open ID Connect Provider URL'],
  ['query', 'https://host.example.com/?q=value', 'InvalidInput: '],
  ['fragment', 'https://host.example.com/#fragment', 'InvalidInput: '],
]
for (const [why, Url, outcome] of urls)
  worldTest(`address: ${why}`, async (world) => {
    const refusal = await world.outcome('CreateOpenIDConnectProvider', { Url })
    if (refusal !== 'ok') return assert.equal(refusal, outcome)
    await world.run('GetOpenIDConnectProvider', { OpenIDConnectProviderArn: outcome })
  })

worldTest('thumbprints: one to five, any letters, none at creation', async ({ run, outcome }) => {
  const Url = 'https://host.example.com'
  const OpenIDConnectProviderArn = arn('host.example.com')
  assert.equal(
    await outcome('CreateOpenIDConnectProvider', { Url, ThumbprintList: Array.from({ length: 6 }, () => print('b')) }),
    'InvalidInput: Thumbprint list must contain fewer than 5 entries.',
  )
  await run('CreateOpenIDConnectProvider', { Url, ThumbprintList: [print('g')] })
  assert.equal(
    await outcome('UpdateOpenIDConnectProviderThumbprint', { OpenIDConnectProviderArn, ThumbprintList: [] }),
    'InvalidInput: Thumbprint list must contain at least one entry.',
  )
  await run('UpdateOpenIDConnectProviderThumbprint', {
    OpenIDConnectProviderArn,
    ThumbprintList: [print('C'), print('C')],
  })
  const { ThumbprintList } = await run('GetOpenIDConnectProvider', { OpenIDConnectProviderArn })
  assert.deepEqual(ThumbprintList, [print('c'), print('c')])
  await run('CreateOpenIDConnectProvider', { Url: 'https://other.example.com' })
})

worldTest('client ids: added, removed, a hundred at most', async ({ run, outcome }) => {
  const OpenIDConnectProviderArn = arn('host.example.com')
  await run('CreateOpenIDConnectProvider', { Url: 'https://host.example.com' })
  for (const ClientID of ['a', 'b', 'a'])
    await run('AddClientIDToOpenIDConnectProvider', { OpenIDConnectProviderArn, ClientID })
  await run('RemoveClientIDFromOpenIDConnectProvider', { OpenIDConnectProviderArn, ClientID: 'a' })
  await run('RemoveClientIDFromOpenIDConnectProvider', { OpenIDConnectProviderArn, ClientID: 'never-there' })
  assert.deepEqual((await run('GetOpenIDConnectProvider', { OpenIDConnectProviderArn })).ClientIDList, ['b'])
  const ClientIDList = Array.from({ length: 101 }, (_, index) => String(index))
  assert.equal(
    await outcome('CreateOpenIDConnectProvider', { Url: 'https://more.example.com', ClientIDList }),
    'LimitExceeded: Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100',
  )
})

worldTest('missing, foreign, twice', async ({ run, outcome }) => {
  const missing = arn('nowhere.example.com')
  assert.equal(
    await outcome('GetOpenIDConnectProvider', { OpenIDConnectProviderArn: missing }),
    `NoSuchEntity: OpenIDConnect Provider not found for arn ${missing}`,
  )
  assert.equal(
    await outcome('DeleteOpenIDConnectProvider', { OpenIDConnectProviderArn: missing }),
    `NoSuchEntity: OpenId connect Provider ${missing} cannot be found.`,
  )
  await run('CreateOpenIDConnectProvider', { Url: 'https://host.example.com' })
  const foreign = `arn:aws:iam::222222222222:oidc-provider/host.example.com`
  assert.match(await outcome('GetOpenIDConnectProvider', { OpenIDConnectProviderArn: foreign }), /^NoSuchEntity/)
  assert.match(
    await outcome('CreateOpenIDConnectProvider', { Url: 'https://HOST.example.com' }),
    /^EntityAlreadyExists/,
  )
  assert.match(
    await outcome('GetOpenIDConnectProvider', { OpenIDConnectProviderArn: 'arn:aws:iam::1:role/x/yyyyyyyy' }),
    /^InvalidInput/,
  )
  await run('DeleteOpenIDConnectProvider', { OpenIDConnectProviderArn: arn('host.example.com') })
  assert.deepEqual((await run('ListOpenIDConnectProviders', {})).OpenIDConnectProviderList, [])
})

worldTest('tags: keys that differ in case are two, empty lists are refused', async ({ run, outcome }) => {
  const OpenIDConnectProviderArn = arn('host.example.com')
  await run('CreateOpenIDConnectProvider', { Url: 'https://host.example.com' })
  const Tags = [
    { Key: 'Team', Value: 'first' },
    { Key: 'team', Value: 'second' },
  ]
  await run('TagOpenIDConnectProvider', { OpenIDConnectProviderArn, Tags })
  assert.match(await outcome('TagOpenIDConnectProvider', { OpenIDConnectProviderArn, Tags: [] }), /^InvalidInput/)
  assert.match(await outcome('UntagOpenIDConnectProvider', { OpenIDConnectProviderArn, TagKeys: [] }), /^InvalidInput/)
  await run('UntagOpenIDConnectProvider', { OpenIDConnectProviderArn, TagKeys: ['TEAM', 'Team'] })
  const listed = await run('ListOpenIDConnectProviderTags', { OpenIDConnectProviderArn })
  assert.deepEqual(listed, { Tags: [{ Key: 'team', Value: 'second' }], IsTruncated: false })
})

worldTest('the question names the provider', async ({ asks }) => {
  const named = { OpenIDConnectProviderArn: arn('host.example.com') }
  assert.deepEqual(await asks('DeleteOpenIDConnectProvider', named, rootOf()), [
    { action: 'iam:DeleteOpenIDConnectProvider', resource: arn('host.example.com'), context: {} },
  ])
})
