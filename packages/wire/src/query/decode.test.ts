// Reading Query requests: what is not covered by the recordings and the clients.
import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { iamModel, stsModel } from '../model/load.ts'
import { validate } from '../validate/validate.ts'
import { decodeQuery } from './decode.ts'

const STS = 'Version=2011-06-15&Action='
const IAM = 'Version=2010-05-08&Action='

/** The input, or `status code: message`. */
function decoded(parameters: string, model = stsModel()): unknown {
  const got = decodeQuery(model, parameters)
  return got.ok ? got.input : `${got.status} ${got.code}: ${got.message}`
}

const cases: readonly [name: string, parameters: string, want: unknown][] = [
  [
    'unknown action',
    `${STS}NoSuchAction`,
    '400 InvalidAction: Could not find operation NoSuchAction for version 2011-06-15',
  ],
  [
    'no version',
    'Action=GetCallerIdentity',
    '400 InvalidAction: Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED',
  ],
  ['unknown version', 'Action=GetUser&Version=1', '400 InvalidAction: Could not find operation GetUser for version 1'],
  [
    'action of a prototype',
    `${STS}__proto__`,
    '400 InvalidAction: Could not find operation __proto__ for version 2011-06-15',
  ],
  ['no number', `${STS}AssumeRole&DurationSeconds=abc`, '400 MalformedInput: undefined'],
  ['sign and zeros', `${STS}AssumeRole&DurationSeconds=%2B0900`, { DurationSeconds: 900 }],
  ['blanks', `${STS}AssumeRole&DurationSeconds=+900+`, '400 MalformedInput: undefined'],
  ['too large for 32 bits', `${STS}AssumeRole&DurationSeconds=2147483648`, '400 MalformedInput: undefined'],
  ['plus is a space, escapes are UTF-8', `${STS}AssumeRole&ExternalId=a+b%20c%C3%A9`, { ExternalId: 'a b cé' }],
  ['broken escapes stay', `${STS}AssumeRole&ExternalId=%zz`, { ExternalId: '%zz' }],
  ['an empty text is a text', `${STS}AssumeRole&ExternalId=`, { ExternalId: '' }],
  ['unknown parameters', `${STS}AssumeRole&X-Amz-Date=1&Other.member.1=2&__proto__.x=1`, {}],
  ['the first of two', `${STS}AssumeRole&ExternalId=a&ExternalId=b`, { ExternalId: 'a' }],
  ['empty list', `${STS}AssumeRole&Tags=`, { Tags: [] }],
  [
    'steps below a scalar',
    `${STS}AssumeRole&ExternalId.x=1`,
    '400 MalformedInput: Start of structure or map found where not expected',
  ],
  ['a very high index', `${STS}AssumeRole&Tags.member.99999999999.Key=1`, '400 MalformedInput: undefined'],
  ['very many steps', `${STS}AssumeRole&Tags${'.member'.repeat(5000)}=1`, {}],
]
for (const [name, parameters, want] of cases) test(name, () => assert.deepEqual(decoded(parameters), want))

test('maps: entries by index, own keys only, an empty one is absent', () => {
  const entry = 'Properties.entry.1.key=__proto__&Properties.entry.1.value=x'
  const got = decoded(`${IAM}PutAccountProperties&${entry}`, iamModel()) as { Properties: object }
  assert.deepEqual(Object.entries(got.Properties), [['__proto__', 'x']])
  assert.deepEqual(decoded(`${IAM}PutAccountProperties&Properties=`, iamModel()), {})
})

test('pairs are taken as they are', () => {
  const got = decodeQuery(stsModel(), [
    ['Action', 'AssumeRole'],
    ['Version', '2011-06-15'],
    ['ExternalId', 'a+b%20'],
  ])
  assert.deepEqual(got.ok && got.input, { ExternalId: 'a+b%20' })
})

test('never throws, whatever comes', () => {
  const operations = [...iamModel().operations.values()]
  const step = fc.constantFrom(
    'member',
    'entry',
    'key',
    'value',
    'Key',
    'Value',
    '1',
    '0',
    '-1',
    '01',
    '2',
    'x',
    '',
    '__proto__',
    'constructor',
  )
  const request = fc.constantFrom(...operations).chain((operation) => {
    const names = operation.input.members.map(({ wire }) => wire)
    const name = fc
      .tuple(fc.constantFrom('Other', ...names), fc.array(step, { maxLength: 4 }))
      .map(([first, rest]) => [first, ...rest].join('.'))
    const pairs = fc.array(fc.tuple(name, fc.oneof(fc.string(), fc.constantFrom('', '1', 'true'))), { maxLength: 8 })
    return pairs.map(
      (parameters) => [['Action', operation.name], ['Version', '2010-05-08'], ...parameters] as [string, string][],
    )
  })
  fc.assert(
    fc.property(request, (parameters) => {
      const got = decodeQuery(iamModel(), parameters)
      if (got.ok) validate(got.operation, got.input, 'sts')
      else assert.equal(got.code, 'MalformedInput')
    }),
    { numRuns: 2000 },
  )
})
