/** What IAM answered about OpenID Connect providers and trust in shared issuers in September 2026 (native/oidc/provider, native/oidc/trust-controls). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roles } from '../../packages/server/src/entities/iam.ts'
import { everyRecord, nativeRecords } from '../sts/native-records.ts'
import type { NativeRecord } from '../sts/native-records.ts'
import { MANAGER, must, openUnion, policyOf } from '../sts/organization.ts'
import type { Union } from '../sts/organization.ts'
import type { QueryAnswer } from '../sts/signed-query.ts'

const providers = nativeRecords('native/oidc/provider/')
const controls = nativeRecords('native/oidc/trust-controls/')
const skip = providers.length === 0 ? 'the recordings are not beside this checkout' : false

const arnOf = (name: string) => `arn:aws:iam::${MANAGER}:oidc-provider/${name}`
const HOST = 'host.example.com'

/** `A x 40` and `key=value` as what they stand for. */
function real(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(real)
  const [, letter, count] = /^(\w) x (\d+)$/.exec(String(value)) ?? []
  if (letter !== undefined) return letter.repeat(Number(count))
  const [, Key, Value] = /^(\w+)=(\w+)$/.exec(String(value)) ?? []
  return Key === undefined ? value : { Key, Value }
}
const members = (value: unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value as object).map(([name, item]) => [name, real(item)]))

const create = (union: Union, input: object) => union.iam(union.manager, 'CreateOpenIDConnectProvider', input)
const get = (union: Union, name: string) =>
  must(union.iam(union.manager, 'GetOpenIDConnectProvider', { OpenIDConnectProviderArn: arnOf(name) }))
const listOf = (answer: QueryAnswer, element: string): readonly string[] =>
  [
    ...(new RegExp(`<${element}>(.*?)</${element}>`, 's').exec(answer.body)?.[1] ?? '').matchAll(
      /<member>([^<]*)<\/member>/g,
    ),
  ].map(([, text = '']) => text)
const tagsOf = (answer: QueryAnswer): readonly string[] =>
  [...answer.body.matchAll(/<Key>([^<]*)<\/Key>\s*<Value>([^<]*)<\/Value>/g)].map(([, key, value]) => `${key}=${value}`)

/** What clients show where an answer has no text. */
const NO_TEXT = 'Unknown'

function refused(answer: QueryAnswer, { answer: expected }: NativeRecord, arn = ''): void {
  assert.equal(answer.code, expected['code'], answer.body)
  assert.equal(answer.message ?? NO_TEXT, String(expected['message']).replace('<provider arn>', arn))
}

const PATHED = `${HOST}/path/`
const givenTo = (name: string) => members(providers.find(({ id }) => id.endsWith(`/${name}`))?.given)
const missing = async (operation: string, union: Union, record: NativeRecord) => {
  const OpenIDConnectProviderArn = arnOf('nowhere.example.com')
  refused(await union.iam(union.manager, operation, { OpenIDConnectProviderArn }), record, OpenIDConnectProviderArn)
}
const thumbprints = (union: Union, ThumbprintList: unknown) =>
  union.iam(union.manager, 'UpdateOpenIDConnectProviderThumbprint', {
    OpenIDConnectProviderArn: arnOf(HOST),
    ThumbprintList,
  })

const PROVIDERS: ReadonlyMap<string, (union: Union, record: NativeRecord) => Promise<void>> = new Map([
  [
    'create',
    async (union, { given, answer: expected }) => {
      const answer = await must(create(union, members(given)))
      assert.equal(answer.element('OpenIDConnectProviderArn'), arnOf(PATHED))
      assert.deepEqual(tagsOf(answer), expected['Tags'])
    },
  ],
  [
    'get',
    async (union, { answer: expected }) => {
      await must(create(union, givenTo('create')))
      const answer = await get(union, PATHED)
      assert.equal(answer.element('Url'), expected['Url'])
      assert.deepEqual(listOf(answer, 'ClientIDList'), expected['ClientIDList'])
      assert.deepEqual(listOf(answer, 'ThumbprintList'), real(expected['ThumbprintList']))
      assert.deepEqual(tagsOf(answer), expected['Tags'])
      assert.match(answer.element('CreateDate') ?? '', /\.\d{3}Z$/)
    },
  ],
  [
    'slash-matters',
    async (union, { given }) => {
      await must(create(union, givenTo('create')))
      await must(create(union, members(given)))
      assert.notEqual((await get(union, PATHED)).element('Url'), (await get(union, PATHED.slice(0, -1))).element('Url'))
    },
  ],
  [
    'thumbprints-updated',
    async (union, { given }) => {
      await must(create(union, { Url: `https://${HOST}` }))
      await must(thumbprints(union, members(given)['ThumbprintList']))
      assert.deepEqual(listOf(await get(union, HOST), 'ThumbprintList'), ['c'.repeat(40), 'c'.repeat(40)])
    },
  ],
  [
    'thumbprints-empty',
    async (union, record) => {
      await must(create(union, { Url: `https://${HOST}` }))
      refused(await thumbprints(union, []), record)
    },
  ],
  [
    'thumbprints-six',
    async (union, record) =>
      refused(
        await create(union, {
          Url: `https://${HOST}`,
          ThumbprintList: Array.from({ length: 6 }, () => 'a'.repeat(40)),
        }),
        record,
      ),
  ],
  [
    'port-443',
    async (union, { given, answer: expected }) => {
      const answer = await must(create(union, members(given)))
      assert.equal(answer.element('OpenIDConnectProviderArn'), arnOf(HOST))
      assert.equal((await get(union, HOST)).element('Url'), expected['Url'])
    },
  ],
  ['query', async (union, record) => refused(await create(union, members(record.given)), record)],
  ['fragment', async (union, record) => refused(await create(union, members(record.given)), record)],
  [
    'thumbprint-not-hex',
    async (union, { given, answer: expected }) => {
      await must(create(union, { Url: `https://${HOST}`, ...members(given) }))
      assert.deepEqual(listOf(await get(union, HOST), 'ThumbprintList'), real(expected['ThumbprintList']))
    },
  ],
  ['delete-missing', (union, record) => missing('DeleteOpenIDConnectProvider', union, record)],
  ['get-missing', (union, record) => missing('GetOpenIDConnectProvider', union, record)],
])

for (const record of providers)
  test(record.id, { skip }, async (context) => {
    const probe = PROVIDERS.get(record.id.slice('native/oidc/provider/'.length))
    assert.ok(probe, `no probe for ${record.id}`)
    await probe(await openUnion(context), record)
  })

const GITHUB = 'token.actions.githubusercontent.com'
const WEB = 'sts:AssumeRoleWithWebIdentity'
const statement = (issuer: string, Condition?: object, more: object = {}) => ({
  Effect: 'Allow',
  Principal: { Federated: /^(accounts\.google|www\.amazon|graph\.facebook)/.test(issuer) ? issuer : arnOf(issuer) },
  Action: WEB,
  ...(Condition === undefined ? {} : { Condition }),
  ...more,
})
const tests = (issuer: string, operator: string, key: string, value: unknown) =>
  statement(issuer, { [operator]: { [`${issuer}:${key}`]: value } })
const gitlab = (operator: string, value: unknown, key = 'sub') => tests('gitlab.com', operator, key, value)
const github = (value: unknown, key = 'sub') => tests(GITHUB, 'StringLike', key, value)
const both = (sub: string, workflow: string) =>
  statement(GITHUB, { StringLike: { [`${GITHUB}:sub`]: sub, [`${GITHUB}:job_workflow_ref`]: workflow } })

type Trust = readonly object[]
interface Control {
  readonly taken?: readonly Trust[]
  readonly refused?: readonly Trust[]
}

const CONTROLS: ReadonlyMap<string, Control> = new Map<string, Control>([
  ['missing', { refused: [GITHUB, 'gitlab.com', 'app.terraform.io'].map((issuer) => [statement(issuer)]) }],
  ['each-statement', { refused: [[gitlab('StringLike', 'p/*'), statement('gitlab.com')]] }],
  [
    'not-needed',
    {
      taken: [
        [statement('gitlab.com', undefined, { Effect: 'Deny' })],
        [statement('gitlab.com', undefined, { Action: 'sts:TagSession' })],
      ],
    },
  ],
  [
    'operators',
    {
      taken: [
        ...['StringEquals', 'StringLike', 'StringEqualsIgnoreCase'].flatMap((operator) =>
          ['', 'ForAnyValue:', 'ForAllValues:'].map((set) => [gitlab(set + operator, 'p/one')]),
        ),
        [gitlab('StringEquals', 'p/one', 'SUB')],
      ],
    },
  ],
  [
    'operators-not-enough',
    {
      refused: [
        [gitlab('StringNotEquals', 'p/one')],
        [gitlab('StringNotLike', 'p/*')],
        [gitlab('StringEqualsIfExists', 'p/one')],
        [gitlab('StringLikeIfExists', 'p/one')],
        [gitlab('Null', 'false')],
        [gitlab('Bool', 'true')],
        [gitlab('NumericEquals', '1')],
      ],
    },
  ],
  ['values', { taken: ['?', '**', '*?', '', []].map((value) => [gitlab('StringLike', value)]) }],
  ['value-star', { refused: ['*', ['p/one', '*']].map((value) => [gitlab('StringLike', value)]) }],
  [
    'github-claims',
    {
      taken: [
        [github('repo:o/r:*')],
        [github('o/r/w@main', 'job_workflow_ref')],
        [both('repo:o/r:*', 'o/r/w@main')],
        ...['?', '?*', '${aws:username}', []].map((value) => [github(value)]),
      ],
    },
  ],
  ['github-values', { refused: ['*', '*:ref:main', '', ' '].map((value) => [github(value)]) }],
  ['github-prefix', { refused: [`${GITHUB}/enterprise`, `${GITHUB}.example`].map((issuer) => [statement(issuer)]) }],
  [
    'google',
    {
      taken: [
        ...['aud', 'oaud', 'sub'].map((key) => [tests('accounts.google.com', 'StringEquals', key, 'x')]),
        [tests('accounts.google.com', 'StringEquals', 'aud', '*')],
        [tests('accounts.google.com', 'StringEquals', 'aud', '')],
      ],
      refused: [
        [statement('accounts.google.com')],
        [tests('accounts.google.com', 'StringLike', 'aud', 'x')],
        [tests('accounts.google.com', 'StringEqualsIfExists', 'aud', 'x')],
        [tests('accounts.google.com', 'StringEquals', 'AUD', 'x')],
      ],
    },
  ],
  [
    'amazon-facebook',
    {
      taken: ['www.amazon.com', 'graph.facebook.com'].flatMap((issuer) =>
        ['app_id', 'sub'].map((key) => [tests(issuer, 'StringEquals', key, 'x')]),
      ),
      refused: ['www.amazon.com', 'graph.facebook.com'].flatMap((issuer) => [
        [statement(issuer)],
        [tests(issuer, 'StringLike', 'app_id', 'x')],
      ]),
    },
  ],
])
/** Held by a test of its own below. */
const LATER = 'later'

const attempt = (union: Union, RoleName: string, trust: Trust) =>
  union.iam(union.manager, 'CreateRole', { RoleName, AssumeRolePolicyDocument: JSON.stringify(policyOf(...trust)) })

for (const record of controls.filter(({ id }) => !id.endsWith(`/${LATER}`)))
  test(record.id, { skip }, async (context) => {
    const union = await openUnion(context)
    const control = CONTROLS.get(record.id.slice('native/oidc/trust-controls/'.length))
    assert.ok(control, `no cases for ${record.id}`)
    let count = 0
    const codes = async (all: readonly Trust[] = []) => {
      const found = []
      for (const trust of all) {
        const answer = await attempt(union, `role-${count++}`, trust)
        found.push({ trust, code: answer.code ?? 'ok' })
      }
      return found
    }
    for (const { trust, code } of await codes(control.taken)) assert.equal(code, 'ok', JSON.stringify(trust))
    for (const { trust, code } of await codes(control.refused))
      assert.equal(code, 'MalformedPolicyDocument', JSON.stringify(trust))
  })

test(`native/oidc/trust-controls/${LATER}`, { skip }, async (context) => {
  const union = await openUnion(context)
  const { store } = union.world.core
  await must(attempt(union, 'stored', [statement('issuer.example')]))
  const stored = await store.read((reader) => reader.get(roles, union.manager.accountId, 'stored'))
  assert.ok(stored)
  const trust = JSON.stringify(policyOf(statement('gitlab.com')))
  await store.write([union.manager.accountId], (writer) =>
    writer.put(roles, union.manager.accountId, { ...stored, trust }),
  )
  const shown = await must(union.iam(union.manager, 'GetRole', { RoleName: 'stored' }))
  assert.match(decodeURIComponent(shown.element('AssumeRolePolicyDocument') ?? ''), /gitlab\.com/)
  await must(union.iam(union.manager, 'UpdateRole', { RoleName: 'stored', Description: 'changed' }))
  await must(union.iam(union.manager, 'TagRole', { RoleName: 'stored', Tags: [{ Key: 'a', Value: 'b' }] }))
  const again = await union.iam(union.manager, 'UpdateAssumeRolePolicy', { RoleName: 'stored', PolicyDocument: trust })
  assert.equal(again.code, 'MalformedPolicyDocument')
})

everyRecord(
  'native/oidc/provider/',
  [...PROVIDERS.keys()].map((name) => `native/oidc/provider/${name}`),
)
everyRecord(
  'native/oidc/trust-controls/',
  [...CONTROLS.keys(), LATER].map((name) => `native/oidc/trust-controls/${name}`),
)
