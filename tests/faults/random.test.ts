/**
 * Random calls by an administrator: every built operation with inputs of the right shape and wrong values, and requests
 * with bytes changed. Whatever comes, the answer is one of AWS's, and never InternalFailure.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as fc from 'fast-check'
import { iamModel, stsModel } from '@understudy/wire'
import { arbitrary, troubledText } from '../../packages/wire/src/testing/arbitrary.ts'
import { iamOperations } from '../../packages/server/src/services/iam/index.ts'
import { stsOperations } from '../../packages/server/src/services/sts/index.ts'
import { flatten } from '../iam/query-client.ts'
import { openWorld } from '../support/world.ts'
import type { Administrator, World } from '../support/world.ts'
import { assertNoFault, outcome, sendSigned } from './socket.ts'

const RUNS = Number(process.env['UNDERSTUDY_RUNS'] ?? 3)

let world: World
let admin: Administrator
before(async () => {
  world = await openWorld()
  admin = await world.account('111122223333')
  for (const target of ['/random', '/random/key']) await s3('PUT', target)
  for (const [name, parameters] of FIRST) await query('iam', name, parameters)
})
after(() => world.close())

type Pairs = readonly (readonly [name: string, value: string])[]

const query = async (service: 'iam' | 'sts', action: string, parameters: Pairs): Promise<string> => {
  const version = service === 'sts' ? '2011-06-15' : '2010-05-08'
  const body = new URLSearchParams([['Action', action], ['Version', version], ...parameters.map((pair) => [...pair])])
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return outcome(
    await sendSigned(world.endpoint, admin, { service, method: 'POST', target: '/', headers, body: body.toString() }),
  )
}
const s3 = async (method: string, target: string, body: string | Uint8Array = '', headers = {}): Promise<string> =>
  outcome(await sendSigned(world.endpoint, admin, { service: 's3', method, target, body, headers }))

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' },
})
const ALLOW = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
const ARN = 'arn:aws:iam::111122223333'
/** What random names may hit. */
const FIRST: readonly (readonly [name: string, parameters: Pairs])[] = [
  ['CreateUser', [['UserName', 'a']]],
  ['CreateGroup', [['GroupName', 'a']]],
  [
    'CreateRole',
    [
      ['RoleName', 'a'],
      ['AssumeRolePolicyDocument', TRUST],
    ],
  ],
  [
    'CreatePolicy',
    [
      ['PolicyName', 'a'],
      ['PolicyDocument', ALLOW],
    ],
  ],
  ['CreateInstanceProfile', [['InstanceProfileName', 'a']]],
]

/** Words that mean something in one place or another, and often in the wrong one. */
const word = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', '/', '*', ALLOW, TRUST, 'v1', 'aws:a', 'Active', '000000', '-1') },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      `${ARN}:role/a`,
      `${ARN}:policy/a`,
      `${ARN}:user/a`,
      `${ARN}:mfa/a`,
      `${ARN}:root`,
      'arn:aws:iam::aws:policy/AdministratorAccess',
      'arn:::::',
      'https://issuer.example',
      '111122223333',
      'constructor',
      '__proto__',
    ),
  },
  { weight: 2, arbitrary: troubledText },
  { weight: 1, arbitrary: fc.constantFrom('x'.repeat(3000), '\u{10ffff}'.repeat(64), '\ufeff', '\u202e') },
)
const shapes = { member: () => true, text: word }

function timesAsText(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(timesAsText)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, timesAsText(inner)]))
}

for (const { model, operations } of [
  { model: iamModel(), operations: iamOperations },
  { model: stsModel(), operations: stsOperations },
])
  for (const name of operations.keys())
    test(`${model.service} ${name} with values of all kinds`, async () => {
      const operation = model.operations.get(name)
      assert.ok(operation)
      await fc.assert(
        fc.asyncProperty(arbitrary(operation.input, shapes), async (input) => {
          const got = await query(model.service as 'iam' | 'sts', name, flatten(timesAsText(input)))
          assert.match(got, /^(200|4\d\d \w+|501 NotImplemented)$/)
          assertNoFault(world)
        }),
        { numRuns: RUNS },
      )
    })

const flags = [
  'acl',
  'attributes',
  'cors',
  'delete',
  'encryption',
  'legal-hold',
  'lifecycle',
  'location',
  'logging',
  'notification',
  'object-lock',
  'ownershipControls',
  'partNumber=1&uploadId=x',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'requestPayment',
  'restore',
  'retention',
  'select&select-type=2',
  'tagging',
  'torrent',
  'uploadId=x',
  'uploads',
  'versionId=null',
  'versioning',
  'versions',
  'website',
  'list-type=2&max-keys=0',
  'max-keys=-1',
  'list-type=2&prefix=',
  'encoding-type=url',
  'marker=%00',
  'accelerate',
  'analytics&id=x',
  'intelligent-tiering',
  'inventory',
  'metrics',
  'replication',
  'session',
  'x-id=GetObject',
  'response-expires=x',
  'continuation-token=x&list-type=2',
] as const
const target = fc
  .tuple(fc.constantFrom('/', '/random', '/random/key', '/random/%2F', '/no', '/RANDOM'), fc.constantFrom('', ...flags))
  .map(([path, flag]) => (flag === '' ? path : `${path}?${flag}`))
const header = fc.constantFrom(
  {},
  { 'x-amz-copy-source': 'random/key' },
  { 'x-amz-acl': 'public-read' },
  { 'x-amz-object-attributes': 'ETag,Nonsense' },
  { 'x-amz-tagging': 'a=b&a=c&%' },
  { 'if-match': '*' },
  { 'if-none-match': '"' },
  { 'x-amz-server-side-encryption': 'aws:kms' },
  { 'x-amz-object-lock-mode': 'x' },
  { 'x-amz-expected-bucket-owner': 'x' },
  { 'x-amz-checksum-sha256': 'x' },
  { 'x-amz-sdk-checksum-algorithm': 'CRC64NVME' },
  { 'x-amz-bucket-object-lock-enabled': 'true' },
  { 'content-md5': 'x' },
  { range: 'bytes=0-0' },
)
const document = fc.constantFrom(
  '',
  '<',
  '<a/>',
  '{}',
  ALLOW,
  '<Tagging><TagSet/></Tagging>',
  '<Delete><Object/></Delete>',
)

test('S3: every flag on every kind of target with every kind of body', async () => {
  const methods = fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH')
  await fc.assert(
    fc.asyncProperty(methods, target, document, header, async (method, to, body, headers) => {
      const got = await s3(method, to, body, headers)
      assert.match(got, /^([234]\d\d|501)/, `${method} ${to} ${body} ${JSON.stringify(headers)}`)
      assertNoFault(world)
    }),
    { numRuns: RUNS * 150 },
  )
})
