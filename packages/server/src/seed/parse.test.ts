/** Seeds that are taken, and seeds that are refused with their line. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseSeed } from './parse.ts'
import { problemText } from './types.ts'

const trust =
  '{ Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { Service: ec2.amazonaws.com }, Action: "sts:AssumeRole" }] }'
const allow = '{ Version: "2012-10-17", Statement: { Effect: Allow, Action: "s3:GetObject", Resource: "*" } }'
const account = (members: string) => `accounts:\n  - id: "111122223333"\n    name: company\n${members}`

const taken: readonly (readonly [name: string, text: string])[] = [
  ['an empty file', ''],
  ['a comment alone', '# nothing yet'],
  ['an account by name alone', 'accounts: [{ name: company }]'],
  ['JSON', '{"accounts":[{"id":"111122223333"}]}'],
  ['fixed keys', account('    administrator: { accessKeyId: AKIAQEXAMPLECOMPANYA, secretAccessKey: only-for-tests }')],
  ['no administrator', account('    administrator: false')],
  ['a policy as an object', account(`    policies: [{ policyName: Read, document: ${allow} }]`)],
  [
    'a policy as JSON text',
    account(
      `    policies: [{ policyName: Read, document: '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}' }]`,
    ),
  ],
  [
    'a role',
    account(
      `    roles: [{ roleName: Reader, path: /apps/, maxSessionDuration: 3600, assumeRolePolicyDocument: ${trust} }]`,
    ),
  ],
  [
    'an instance on any port',
    account(
      '    instances: [{ instanceId: i-0123456789abcdef0, listen: "127.0.0.1:0", httpTokens: required, hopLimit: 2 }]',
    ),
  ],
  ['objects', account('    buckets: [{ bucket: reports, objects: { "2026/q1.csv": "a,b" } }]')],
  ['providers that are none', account('    samlProviders: []')],
  [
    'an alias',
    'accounts:\n  - id: "111122223333"\n    tags: &t\n'.replace(
      '    tags: &t\n',
      '    users: [{ userName: a, tags: &t { team: blue } }, { userName: b, tags: *t }]',
    ),
  ],
]
for (const [name, text] of taken)
  test(`taken: ${name}`, async () => {
    const parsed = await parseSeed(text)
    assert.deepEqual(parsed.ok ? [] : parsed.problems, [])
  })

const refused: readonly (readonly [name: string, text: string, line: number, says: RegExp])[] = [
  ['an unquoted account id', 'accounts:\n  - id: 111122223333', 2, /quote it: "111122223333"/],
  ['an unquoted account id with a zero in front', 'accounts:\n  - id: 011122223333', 2, /quote it: "011122223333"/],
  ['too few digits', 'accounts:\n  - id: "1111"', 2, /twelve digits/],
  ['an unknown name', account('    rolls: []'), 4, /`rolls` is not known here. Did you mean `roles`\?/],
  [
    'an unknown name deep inside',
    account(`    roles:\n      - roleName: R\n        maxSesionDuration: 3600`),
    6,
    /Did you mean `maxSessionDuration`/,
  ],
  ['an unknown name at the top', 'acounts: []', 1, /Did you mean `accounts`/],
  ['no name', account('    users:\n      - path: /x/'), 5, /a user needs `userName`/],
  ['neither id nor name', 'accounts:\n  - users: []', 2, /needs an `id` or a `name`/],
  [
    'a key id with digits that ids never have',
    account('    root: { accessKeyId: AKIA0189EXAMPLECOMPA }'),
    4,
    /A–Z and the digits 2–7/,
  ],
  ['a key id of a session', account('    root: { accessKeyId: ASIAQEXAMPLECOMPANYA }'), 4, /ASIA/],
  ['a name twice', account('    users:\n      - userName: alice\n      - userName: Alice'), 6, /`Alice` is here twice/],
  [
    'a key id twice',
    account(
      '    root: { accessKeyId: AKIAQEXAMPLECOMPANYA }\n    administrator: { accessKeyId: AKIAQEXAMPLECOMPANYA }',
    ),
    4,
    /stands in line \d already/,
  ],
  ['a member twice', account('    users: []\n    users: []'), 5, /unique/i],
  ['a number as a tag', account('    users:\n      - userName: a\n        tags: { cost: 42 }'), 6, /quote it: "42"/],
  [
    'a broken policy',
    account(
      '    policies:\n      - policyName: P\n        document: { Version: "2012-10-17", Statement: [{ Effect: Maybe, Action: "*", Resource: "*" }] }',
    ),
    6,
    /./,
  ],
  ['a policy that is no JSON', account(`    policies:\n      - policyName: P\n        document: '{'`), 6, /no JSON/],
  [
    'a trust policy with a resource',
    account(
      '    roles:\n      - roleName: R\n        assumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: "*", Action: "sts:AssumeRole", Resource: "*" }] }',
    ),
    6,
    /./,
  ],
  [
    'a bucket policy of another bucket',
    account(
      '    buckets:\n      - bucket: reports\n        policy: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::other/*" }] }',
    ),
    6,
    /./,
  ],
  [
    'a provider of assertions without metadata',
    account('    samlProviders:\n      - name: corp'),
    5,
    /one of `metadata`, `metadataFile` and `lab`/,
  ],
  [
    'metadata that is none',
    account('    samlProviders:\n      - { name: corp, metadata: "<x/>" }'),
    5,
    /no md:EntityDescriptor/,
  ],
  [
    'a seed of a device that is no base32',
    account('    users:\n      - userName: alice\n        mfaDevices: [{ virtualMFADeviceName: phone, seed: "0189" }]'),
    6,
    /base32/,
  ],
  [
    'a session that is too short',
    account('    roles:\n      - roleName: R\n        maxSessionDuration: 60'),
    6,
    /from 3600 to 43200/,
  ],
  [
    'an address without port',
    account('    instances:\n      - instanceId: i-0123456789abcdef0\n        listen: 127.0.0.1'),
    6,
    /an address and a port/,
  ],
  ['a list where an object stands', 'accounts:\n  - [a]', 2, /an account is an object, not a list/],
  ['a text where a list stands', 'accounts: none', 1, /this is a list, not `none`/],
  ['broken YAML', 'accounts: [', 1, /./],
  ['two documents', 'accounts: []\n---\naccounts: []', 2, /./],
  ['a key that is a list', 'accounts: [{ ? [a] : b }]', 1, /a name must be a text/],
  ['a key that is nothing', 'accounts: [{ : b }]', 1, /a name must be a text/],
  ['a key that is an alias', 'accounts: &x\n  - { *x : b }', 2, /./],
  ['a merge key', 'accounts: [{ <<: { name: a } }]', 1, /`<<` is not known here/],
  ['an alias of itself', 'accounts: &x [*x]', 1, /nested too deeply/],
  ['an anchor that is not there', 'accounts: *none', 1, /./],
]
for (const [name, text, line, says] of refused)
  test(`refused: ${name}`, async () => {
    const parsed = await parseSeed(text)
    assert.ok(!parsed.ok, 'the seed was taken')
    const [first] = parsed.problems
    assert.ok(first)
    assert.match(problemText(first, 'seed'), says)
    assert.equal(first.line, line)
  })

test('every problem is told at once', async () => {
  const parsed = await parseSeed(account('    rolls: []\n    users:\n      - path: /x/\n    root: {}'))
  assert.equal(parsed.ok ? 0 : parsed.problems.length, 3)
})

test('aliases cannot blow a small file up', async () => {
  const levels = Array.from(
    { length: 30 },
    (_, level) => `  - &l${level} [${level === 0 ? 'x' : `*l${level - 1}, *l${level - 1}`}]`,
  )
  const parsed = await parseSeed(`accounts:\n${levels.join('\n')}`)
  assert.match(parsed.ok ? '' : (parsed.problems[0]?.text ?? ''), /too many values/)
})

const leaks: readonly (readonly [name: string, text: string, secret: string])[] = [
  [
    'a secret access key',
    account('    administrator: { accessKeyId: AKIAQEXAMPLECOMPANYA, secretAccessKey: "pässwörd" }'),
    'pässwörd',
  ],
  [
    'one that is a number',
    account('    administrator: { accessKeyId: AKIAQEXAMPLECOMPANYA, secretAccessKey: 4711 }'),
    '4711',
  ],
  [
    'a seed of a device',
    account('    users:\n      - { userName: a, mfaDevices: [{ virtualMFADeviceName: p, seed: "0189ABCD" }] }'),
    '0189ABCD',
  ],
]
for (const [name, text, secret] of leaks)
  test(`refused without repeating it: ${name}`, async () => {
    const parsed = await parseSeed(text)
    assert.ok(!parsed.ok && parsed.problems.length > 0)
    assert.ok(!JSON.stringify(parsed.problems).includes(secret))
  })

test('deep nesting is refused, not a crash', async () => {
  const parsed = await parseSeed(`accounts: ${'['.repeat(50_000)}${']'.repeat(50_000)}`)
  assert.equal(parsed.ok, false)
})

const snippets = fc.constantFrom(
  'accounts',
  ':',
  ' ',
  '\n',
  '- ',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '&a ',
  '*a',
  '!!binary ',
  '|',
  '>',
  '? ',
  '<<',
  '#',
  '%',
  '\t',
  '---',
  'id',
  '111122223333',
  'users',
  'document',
  'null',
  '~',
  '\u0000',
  '\ud800',
)
test('nothing that is written makes the reader throw', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(snippets, { maxLength: 40 }), async (parts) => {
      const parsed = await parseSeed(parts.join(''))
      assert.ok(parsed.ok || parsed.problems.length > 0)
    }),
    { numRuns: 2000 },
  )
})

test('no JSON makes the reader throw', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      await parseSeed(JSON.stringify({ accounts: [value], organization: value }))
    }),
    { numRuns: 500 },
  )
})
