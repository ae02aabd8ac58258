/** Bodies that are not what they should be: XML, policies, digests, uploads that break off. Nothing of them stays. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openWorld } from '../support/world.ts'
import type { Administrator, World } from '../support/world.ts'
import { assertNoFault, dial, outcome, sendSigned, signedHead } from './socket.ts'

let world: World
let admin: Administrator
before(async () => {
  world = await openWorld()
  admin = await world.account('111122223333')
  assert.equal(await s3('PUT', '/faults'), '200')
  assert.equal(await s3('PUT', '/faults/kept', 'kept'), '200')
})
after(async () => {
  assert.equal(await s3('GET', '/faults/kept'), '200')
  await world.close()
  assertNoFault(world)
})

const s3 = async (method: string, target: string, body: string | Uint8Array = '', headers = {}): Promise<string> =>
  outcome(await sendSigned(world.endpoint, admin, { service: 's3', method, target, body, headers }))

const md5 = async (body: string | Uint8Array): Promise<string> => {
  const { createHash } = await import('node:crypto')
  return createHash('md5').update(body).digest('base64')
}

const bomb = `<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "ha">${Array.from(
  { length: 20 },
  (_, at) => `<!ENTITY a${at} "${`&a${at - 1};`.repeat(10)}">`,
).join('')}]><Tagging>&a19;</Tagging>`

/** Documents that no operation takes. */
const documents: readonly (readonly [name: string, body: string | Uint8Array])[] = [
  ['no XML', 'hello'],
  ['an element that is left open', '<Tagging><TagSet>'],
  ['elements that cross', '<Tagging><TagSet></Tagging></TagSet>'],
  ['two roots', '<Tagging><TagSet/></Tagging><Tagging/>'],
  ['another root', '<Nonsense/>'],
  ['JSON', '{"TagSet":[]}'],
  ['bytes that are no UTF-8', Buffer.from('3c5461ffff', 'hex')],
  ['a document that grows by its entities', bomb],
  ['an entity from outside', '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><Tagging>&x;</Tagging>'],
  ['deep nesting', `<Tagging>${'<TagSet>'.repeat(100_000)}`],
  ['deep nesting, closed', `${'<Tagging>'.repeat(50_000)}${'</Tagging>'.repeat(50_000)}`],
  ['an attribute that is no attribute', '<Tagging a=b><TagSet/></Tagging>'],
  ['a character that XML has not', '<Tagging><TagSet><Tag><Key>\0</Key><Value/></Tag></TagSet></Tagging>'],
]
/** Operations with a document, and what else they need. */
const takers: readonly (readonly [method: string, target: string])[] = [
  ['PUT', '/faults?tagging'],
  ['PUT', '/faults?publicAccessBlock'],
  ['PUT', '/faults?ownershipControls'],
  ['PUT', '/faults?versioning'],
  ['PUT', '/faults/kept?tagging'],
  ['POST', '/faults?delete'],
  ['PUT', '/faults-new'],
]
for (const [name, body] of documents)
  test(`XML: ${name}`, async () => {
    for (const [method, target] of takers) {
      const got = await s3(method, target, body, { 'content-md5': await md5(body) })
      assert.match(got, /^(400 (MalformedXML|InvalidRequest)|501 NotImplemented)$/, `${method} ${target}`)
    }
    assert.equal(await s3('GET', '/faults?tagging'), '404 NoSuchTagSet')
    assert.equal(await s3('HEAD', '/faults-new'), '404')
  })

test('a document beyond the limit', async () => {
  const body = `<Tagging>${' '.repeat(2_200_000)}</Tagging>`
  assert.match(await s3('PUT', '/faults?tagging', body), /^400 (MaxMessageLengthExceeded|MalformedXML)$/)
})

const policies: readonly (readonly [name: string, body: string | Uint8Array])[] = [
  ['nothing', ''],
  ['no JSON', '{'],
  ['a text', '"a"'],
  ['null', 'null'],
  ['an empty object', '{}'],
  ['a member twice', '{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}'],
  ['deep nesting', `{"Statement":${'['.repeat(20_000)}`],
  ['deep nesting, closed', `{"Statement":${'['.repeat(9000)}${']'.repeat(9000)}}`],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
  ['prototypes', '{"__proto__":{"Version":"2012-10-17"},"constructor":{},"Statement":{"__proto__":null}}'],
  ['more than 20 KB', `{"Version":"2012-10-17","Statement":[${'{"Effect":"Allow"},'.repeat(2000)}{}]}`],
  ['half a surrogate', '{"Version":"2012-10-17","Id":"\\ud800","Statement":[]}'],
  ['a number beyond all', '{"Version":1e999,"Statement":[]}'],
]
for (const [name, body] of policies)
  test(`bucket policy: ${name}`, async () => {
    assert.match(
      await s3('PUT', '/faults?policy', body),
      /^400 (MalformedPolicy|MissingRequestBodyError|MalformedXML|PolicyTooLarge)$/,
    )
    assert.equal(await s3('GET', '/faults?policy'), '404 NoSuchBucketPolicy')
  })
for (const [name, body] of policies)
  test(`trust policy and identity policy: ${name}`, async () => {
    const document = encodeURIComponent(Buffer.from(body).toString('utf8'))
    const call = async (parameters: string) =>
      outcome(
        await sendSigned(world.endpoint, admin, {
          service: 'iam',
          method: 'POST',
          target: '/',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: `Version=2010-05-08&${parameters}`,
        }),
      )
    const refused = /^(400 (MalformedPolicyDocument|ValidationError)|409 LimitExceeded)$/
    assert.match(await call(`Action=CreateRole&RoleName=never&AssumeRolePolicyDocument=${document}`), refused)
    assert.match(await call(`Action=CreatePolicy&PolicyName=never&PolicyDocument=${document}`), refused)
    assert.equal(await call('Action=GetRole&RoleName=never'), '404 NoSuchEntity')
  })

test('a body that is not what was signed leaves nothing', async () => {
  const head = signedHead(world.endpoint, admin, {
    service: 's3',
    method: 'PUT',
    target: '/faults/kept',
    headers: { connection: 'close' },
    body: 'what was signed',
  })
  const line = await dial(world.endpoint)
  line.socket.write(`${head}what was sent..`)
  assert.equal(outcome(await line.ended()), '400 XAmzContentSHA256Mismatch')
  assert.match(
    await sendSigned(world.endpoint, admin, { service: 's3', method: 'GET', target: '/faults/kept' }),
    /\r\n\r\nkept$/,
  )
})

test('an upload that breaks off leaves what was there', async () => {
  const body = Buffer.alloc(1_000_000, 'x')
  for (const target of ['/faults/kept', '/faults/new']) {
    const line = await dial(world.endpoint)
    line.socket.write(signedHead(world.endpoint, admin, { service: 's3', method: 'PUT', target, body }))
    line.socket.write(body.subarray(0, 300_000))
    await new Promise((resolve) => setTimeout(resolve, 50))
    line.socket.destroy()
    await line.ended()
  }
  assert.match(
    await sendSigned(world.endpoint, admin, { service: 's3', method: 'GET', target: '/faults/kept' }),
    /\r\n\r\nkept$/,
  )
  assert.equal(await s3('GET', '/faults/new'), '404 NoSuchKey')
})

test('a reader that goes away in the middle does not hold the server', async () => {
  assert.equal(await s3('PUT', '/faults/large', Buffer.alloc(8_000_000, 'x')), '200')
  const line = await dial(world.endpoint)
  line.socket.write(signedHead(world.endpoint, admin, { service: 's3', method: 'GET', target: '/faults/large' }))
  await line.until('HTTP/1.1 200')
  line.socket.destroy()
  await line.ended()
  assert.equal(await s3('DELETE', '/faults/large'), '204')
})

const ranges = [
  'bytes=',
  'bytes=-',
  'bytes=5-1',
  'bytes=a-b',
  'bytes=0-0,2-2',
  'bytes=-0',
  'lines=1-2',
  'bytes=99999999999999999999-',
]
test('ranges and conditions that are none', async () => {
  for (const range of ranges)
    assert.match(await s3('GET', '/faults/kept', '', { range }), /^(20[06]|416 InvalidRange)$/, range)
  for (const date of ['yesterday', '', '9'.repeat(500)])
    assert.match(await s3('GET', '/faults/kept', '', { 'if-modified-since': date }), /^(200|304|400 .*)$/, date)
  for (const copySource of ['', '/', 'faults', '%', 'faults/%zz', '//', 'faults/kept?versionId='])
    assert.match(
      await s3('PUT', '/faults/copy', '', { 'x-amz-copy-source': copySource }),
      /^(200|40[0-4]) ?/,
      copySource,
    )
})

const lengths = ['-1', 'x', '', '5.5', '1e3', '99999999999999999999', '0x10']
test('framed bodies whose decoded length is none', async () => {
  const body = '5\r\nhello\r\n0\r\n\r\n'
  for (const length of lengths)
    assert.match(
      outcome(
        await sendSigned(world.endpoint, admin, {
          service: 's3',
          method: 'PUT',
          target: '/faults/framed',
          headers: { 'content-encoding': 'aws-chunked', 'x-amz-decoded-content-length': length },
          body,
          payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        }),
      ),
      /^4(00|11) \w+$/,
      length,
    )
  assert.equal(await s3('GET', '/faults/framed'), '404 NoSuchKey')
})
