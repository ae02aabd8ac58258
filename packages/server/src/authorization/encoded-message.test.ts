import assert from 'node:assert/strict'
import test from 'node:test'
import { compilePolicy, explain } from '@understudy/policy'
import type { ContextValue, PolicySet, RequestContext } from '@understudy/policy'
import { knownAccountId, instant } from '../domain/brands.ts'
import { seededChance } from '../domain/chance.ts'
import type { SealingKey, SealingKeys } from '../credentials/sealing-keys.ts'
import { encodedMessages } from './encoded-message.ts'

const HOME = knownAccountId('111122223333')
const AWAY = knownAccountId('444455556666')
const chance = seededChance('messages')
const key: SealingKey = { id: '0a1b2c3d', secret: chance.bytes(32), usedFrom: instant(0) }
const keysOf = (of: SealingKey): SealingKeys => ({
  current: () => of,
  byId: (id) => (id === of.id ? of : undefined),
  reload: async () => {},
  rotate: async () => {},
})
const messages = encodedMessages(keysOf(key), chance)
const NOW = instant(Date.UTC(2026, 10, 25))
const HOURS = 3_600_000

const statement = (sid: string, effect: string, more: object = {}) => ({
  Sid: sid,
  Effect: effect,
  Action: '*',
  Resource: '*',
  ...more,
})
const attached = (name: string, owner: string, statements: readonly object[]) => ({
  name,
  owner,
  policy: compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
})

const context: readonly (readonly [string, ContextValue])[] = [
  ['aws:requestedregion', 'eu-central-1'],
  ['aws:principaltag/team', 'blue'],
  ['aws:resourcetag/owner', 'secret-project'],
  ['iam:resourcetag/owner', 'secret-project'],
  ['s3:existingobjecttag/state', 'draft'],
  ['aws:resourceorgid', 'o-secret'],
  ['aws:tagkeys', ['one', 'two']],
]
const request = (
  resourceAccount: string,
  more: readonly (readonly [string, ContextValue])[] = context,
): RequestContext => ({
  principal: { kind: 'user', accountId: HOME, arn: `arn:aws:iam::${HOME}:user/alice`, userId: 'AIDAALICE' },
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::reports/q1.csv',
  resourceAccount,
  context: new Map(more),
})
const set: PolicySet = {
  identity: [attached('inline policy own', HOME, [statement('MineAllows', 'Allow'), statement('MineDenies', 'Deny')])],
  resource: attached('bucket policy of reports', AWAY, [statement('TheirsAllows', 'Allow', { Principal: '*' })]),
}

const seal = (of: RequestContext = request(HOME), policies = set) =>
  messages.seal({ decisionId: 'test-1', request: of, record: explain(of, policies), now: NOW })
function opened(encoded: string, by: Parameters<typeof messages.open>[1] = HOME) {
  const result = messages.open(encoded, by, NOW)
  assert.ok(result.ok, 'it must open')
  return { text: result.text, message: JSON.parse(result.text) as Message, decisionId: result.decisionId }
}
interface Message {
  readonly allowed: boolean
  readonly explicitDeny: boolean
  readonly matchedStatements: { readonly items: readonly { readonly statementId: string; readonly policy: string }[] }
  readonly context: {
    readonly principal: { readonly id: string; readonly arn: string }
    readonly action: string
    readonly resource: string
    readonly conditions: { readonly items: readonly { readonly key: string }[] }
  }
}

test("a refusal in AWS's shape", () => {
  const { message, decisionId } = opened(seal())
  assert.equal(decisionId, 'test-1')
  assert.equal(message.allowed, false)
  assert.equal(message.explicitDeny, true)
  assert.deepEqual(message.context.principal, { id: 'AIDAALICE', arn: `arn:aws:iam::${HOME}:user/alice` })
  assert.equal(message.context.action, 's3:GetObject')
  assert.equal(message.context.resource, 'arn:aws:s3:::reports/q1.csv')
  assert.deepEqual(
    message.context.conditions.items.map((item) => item.key),
    context.map(([name]) => name),
  )
  assert.deepEqual(message.context.conditions.items.at(-1), {
    key: 'aws:tagkeys',
    values: { items: [{ value: 'one' }, { value: 'two' }] },
  })
})

test('silent about policies of other accounts', () => {
  const { message, text } = opened(seal())
  const sids = message.matchedStatements.items.map((item) => item.statementId)
  assert.ok(sids.includes('MineDenies'))
  assert.ok(!text.includes('Theirs') && !text.includes('bucket policy'))
})

test('silent about what another account knows of its resource', () => {
  const { message, text } = opened(seal(request(AWAY)))
  assert.deepEqual(
    message.context.conditions.items.map((item) => item.key),
    ['aws:requestedregion', 'aws:principaltag/team', 'aws:tagkeys'],
  )
  assert.ok(!text.includes('secret'))
})

const encoded = seal()
const refused: readonly (readonly [name: string, given: () => ReturnType<typeof messages.open>, why: RegExp])[] = [
  ['another account', () => messages.open(encoded, AWAY, NOW), /another account/],
  ['a day later', () => messages.open(encoded, HOME, instant(NOW + 24 * HOURS + 1)), /24 hours/],
  ['nothing', () => messages.open('', HOME, NOW), /no encoded message/],
  ['a word', () => messages.open('nonsense', HOME, NOW), /no encoded message/],
  ['cut short', () => messages.open(encoded.slice(0, -4), HOME, NOW), /changed|no encoded/],
  ['made longer', () => messages.open(`${encoded}AAAA`, HOME, NOW), /changed/],
  ['other characters behind it', () => messages.open(`${encoded}!`, HOME, NOW), /no encoded message/],
  [
    'another server',
    () => encodedMessages(keysOf({ ...key, id: '00000000' }), chance).open(encoded, HOME, NOW),
    /server/,
  ],
  [
    'another key of that id',
    () => encodedMessages(keysOf({ ...key, secret: chance.bytes(32) }), chance).open(encoded, HOME, NOW),
    /changed/,
  ],
]
for (const [name, given, why] of refused)
  test(`refused: ${name}`, () => {
    const result = given()
    assert.ok(!result.ok)
    assert.match(result.why, why)
  })

test('good for 24 hours, by anybody of the account and by the operator', () => {
  assert.ok(messages.open(encoded, HOME, instant(NOW + 24 * HOURS)).ok)
  assert.ok(messages.open(encoded, 'operator', NOW).ok)
})

test('any byte that is changed is seen', () => {
  const bytes = Buffer.from(encoded, 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 0x10
    assert.equal(messages.open(changed.toString('base64url'), HOME, NOW).ok, false, String(at))
  }
})

test('never longer than 10,240 characters', () => {
  const noise = (count: number) => chance.bytes(count).toString('hex')
  const many = {
    ...set,
    identity: [
      attached(
        'inline',
        HOME,
        Array.from({ length: 60 }, () => statement(noise(60), 'Deny')),
      ),
    ],
  }
  const statements = seal(request(HOME), many)
  assert.ok(statements.length <= 10_240, `${statements.length}`)
  assert.equal(opened(statements).message.explicitDeny, true)
  const keys = Array.from({ length: 50 }, (_, at) => [`aws:requesttag/${at}${noise(40)}`, noise(200)] as const)
  const large = seal(request(HOME, keys))
  assert.ok(large.length <= 10_240, `${large.length}`)
  assert.deepEqual(opened(large).message, { allowed: false, explicitDeny: true })
})

test('two messages of one refusal are sealed in different ways', () => assert.notEqual(seal(), seal()))
