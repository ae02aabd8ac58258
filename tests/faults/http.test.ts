/** HTTP that is none, hosts that are none, and requests beyond every limit: each gets an answer, and the server stays. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { crc32 } from 'node:zlib'
import { openWorld } from '../support/world.ts'
import type { Administrator, World } from '../support/world.ts'
import { assertNoFault, dial, outcome, say, sendSigned, signedHead } from './socket.ts'

let world: World
let admin: Administrator
before(async () => {
  world = await openWorld()
  admin = await world.account('111122223333')
  await sendSigned(world.endpoint, admin, { service: 's3', method: 'PUT', target: '/faults' })
})
after(async () => {
  // Whatever was sent, the server answers still.
  assert.equal(await identity(), '200')
  await world.close()
  assertNoFault(world)
})

const FORM = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
const IDENTITY = 'Action=GetCallerIdentity&Version=2011-06-15'
const identity = async (body = IDENTITY) =>
  outcome(await sendSigned(world.endpoint, admin, { service: 'sts', method: 'POST', target: '/', headers: FORM, body }))

const END = 'Connection: close\r\n\r\n'
const malformed: readonly (readonly [name: string, bytes: string, answer: RegExp])[] = [
  ['no HTTP', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['bytes of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', /^HTTP\/1\.1 400 /],
  ['a method that is none', `BREW / HTTP/1.1\r\nHost: x\r\n${END}`, /^HTTP\/1\.1 400 /],
  ['a version that is none', `GET / HTTP/9.9\r\nHost: x\r\n${END}`, /^HTTP\/1\.1 (400|505) /],
  ['no Host', `GET / HTTP/1.1\r\n${END}`, /^HTTP\/1\.1 400 /],
  ['a header without a name', `GET / HTTP/1.1\r\nHost: x\r\n: y\r\n${END}`, /^HTTP\/1\.1 400 /],
  ['a header with a blank in its name', `GET / HTTP/1.1\r\nHost: x\r\nA b: y\r\n${END}`, /^HTTP\/1\.1 400 /],
  ['a zero byte in a header', `GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n${END}`, /^HTTP\/1\.1 400 /],
  ['a length that is none', `PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n${END}`, /^HTTP\/1\.1 400 /],
  ['a negative length', `PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n${END}`, /^HTTP\/1\.1 400 /],
  [
    'two lengths',
    `PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n${END}`,
    /^HTTP\/1\.1 400 /,
  ],
  [
    'a length and chunks (request smuggling)',
    `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n${END}0\r\n\r\n`,
    /^HTTP\/1\.1 400 /,
  ],
  [
    'a chunk whose size is none',
    `PUT /b/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n${END}zz\r\n`,
    /^HTTP\/1\.1 [34]\d\d /,
  ],
  ['an absolute target', `GET http://evil.example/b/k HTTP/1.1\r\nHost: x\r\n${END}`, /^HTTP\/1\.1 [34]\d\d /],
  ['an asterisk for a target', `OPTIONS * HTTP/1.1\r\nHost: x\r\n${END}`, /^HTTP\/1\.1 [45]\d\d /],
  ['a tunnel', `CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n${END}`, /^(HTTP\/1\.1 [45]\d\d |$)/],
  ['an upgrade', `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n`, /^HTTP\/1\.1 \d/],
  ['headers beyond the limit', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(40_000)}\r\n${END}`, /^HTTP\/1\.1 431 /],
  ['a target beyond the limit', `GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n${END}`, /^HTTP\/1\.1 431 /],
  [
    'headers by the thousand',
    `GET / HTTP/1.1\r\nHost: x\r\n${Array.from({ length: 2500 }, (_, index) => `h${index}: 1\r\n`).join('')}${END}`,
    /^HTTP\/1\.1 \d/,
  ],
]
for (const [name, bytes, answer] of malformed)
  test(`malformed HTTP: ${name}`, async () => {
    assert.match(await say(world.endpoint, bytes), answer)
  })

const hosts: readonly (readonly [host: string, target: string, answer: RegExp])[] = [
  ['evil.example', '/faults/key', /^403 AccessDenied$/],
  ['', '/faults/key', /^[34]\d\d/],
  ['[::1', '/faults/key', /^[34]\d\d/],
  ['a..b', '/faults/key', /^[34]\d\d/],
  ['%00', '/faults/key', /^[34]\d\d/],
  ['faults.s3.localhost:99999', '/key', /^403 AccessDenied$/],
  ['..s3.localhost', '/key', /^[34]\d\d/],
  [`${'a'.repeat(5000)}.s3.localhost`, '/key', /^[34]\d\d/],
  ['sts.mars-north-1.amazonaws.com', '/', /^[34]\d\d/],
  ['dynamodb.us-east-1.amazonaws.com', '/', /^[345]\d\d/],
  ['s3.amazonaws.com.evil.example', '/faults/key', /^403 AccessDenied$/],
]
for (const [host, target, answer] of hosts)
  test(`Host \`${host.slice(0, 40)}\``, async () => {
    assert.match(outcome(await say(world.endpoint, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${END}`)), answer)
  })

const targets: readonly (readonly [target: string, answer: RegExp])[] = [
  ['/faults/%', /^40[03]/],
  ['/faults/%zz', /^40[03]/],
  ['/faults/%c3%28', /^40[03]/],
  ['/faults/%00', /^40[03]/],
  ['/faults/%ff%fe', /^40[03]/],
  ['/%', /^40[034]/],
  ['/%2e%2e/%2e%2e/etc/passwd', /^40[034]/],
  ['/faults/../../etc/passwd', /^40[034]/],
  ['/faults?list-type=2&prefix=%', /^40[03]/],
  ['/faults?list-type=2&max-keys=%F0%9F', /^40[03]/],
  ['/?Action=GetCallerIdentity&Version=2011-06-15&X=%', /^40[03]/],
  ['/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=%', /^40[03]/],
  [`/faults?${'&'.repeat(9000)}`, /^40[03]/],
]
for (const [target, answer] of targets)
  test(`target ${target.slice(0, 60)}, unsigned and signed`, async () => {
    assert.match(outcome(await say(world.endpoint, `GET ${target} HTTP/1.1\r\nHost: x\r\n${END}`)), answer)
    const signed = outcome(await sendSigned(world.endpoint, admin, { service: 's3', method: 'GET', target }))
    assert.match(signed, /^(200|302|40[034])/)
  })

test('a form of thousands of parameters is read, tens of thousands are refused before anybody is asked who he is', async () => {
  const many = (count: number) => `${IDENTITY}${Array.from({ length: count }, (_, at) => `&p.${at}=1`).join('')}`
  assert.equal(await identity(many(5000)), '200')
  assert.equal(await identity(many(20_000)), '413 RequestEntityTooLarge')
})

const forms: readonly (readonly [body: string, answer: RegExp])[] = [
  [`${IDENTITY}&X=%`, /^200$/],
  [`${IDENTITY}&%=%zz&=&&&a`, /^200$/],
  ['Action=%ff%fe&Version=2011-06-15', /^400 InvalidAction$/],
  ['Version=2011-06-15', /^[34]\d\d/],
  ['', /^[34]\d\d/],
  ['Action=GetCallerIdentity', /^400 InvalidAction$|^200$/],
  ['\0\x01\x02', /^[34]\d\d/],
  [`Action=${'A'.repeat(100_000)}&Version=2011-06-15`, /^400 InvalidAction$/],
  ['Action=AssumeRole&Version=2011-06-15&Tags.member.1000000000.Key=a', /^400 MalformedInput$/],
  ['Action=AssumeRole&Version=2011-06-15&Tags.member.-1.Key=a&Tags.member.x.Key=b', /^400 /],
  ['Action=AssumeRole&Version=2011-06-15&__proto__=a&constructor.prototype.x=b&Tags.member.__proto__.Key=c', /^400 /],
  ['Action=AssumeRole&Version=2011-06-15&DurationSeconds=1e9&RoleArn=a&RoleSessionName=b', /^400 /],
  [`Action=AssumeRole&Version=2011-06-15&RoleArn=${'.1'.repeat(50_000)}`, /^400 ValidationError$/],
  [`Action=AssumeRole&Version=2011-06-15&${'Tags.member.1.'.repeat(5000)}Key=a`, /^400 ValidationError$/],
]
for (const [body, answer] of forms)
  test(`form ${JSON.stringify(body.slice(0, 60))}`, async () => {
    assert.match(await identity(body), answer)
  })

test('a form beyond the limit: 413, declared or chunked, and the rest is not read', async () => {
  const body = `${IDENTITY}&X=${'x'.repeat(600_000)}`
  assert.equal(await identity(body), '413 RequestEntityTooLarge')
  const line = await dial(world.endpoint)
  const chunked = { 'content-type': FORM['content-type'], 'transfer-encoding': 'chunked' }
  const head = Object.entries(chunked).map(([name, value]) => `${name}: ${value}\r\n`)
  line.socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${head.join('')}\r\n`)
  const chunk = `10000\r\n${'a'.repeat(65_536)}\r\n`
  for (let sent = 0; sent < 10 && !line.socket.destroyed; sent++) line.socket.write(chunk)
  assert.equal(outcome(await line.ended()), '413 RequestEntityTooLarge')
  line.socket.destroy()
})

test('requests one behind the other on a connection are answered in order', async () => {
  const line = await dial(world.endpoint)
  const call = (keep: string, body: string) =>
    signedHead(world.endpoint, admin, {
      service: 'sts',
      method: 'POST',
      target: '/',
      headers: { ...FORM, connection: keep },
      body,
    }) + body
  const bad = 'Action=Nonsense&Version=2011-06-15'
  line.socket.write(`${call('keep-alive', IDENTITY)}${call('keep-alive', bad)}${call('close', IDENTITY)}`)
  const answers = (await line.ended()).split(/(?=HTTP\/1\.1 )/)
  assert.deepEqual(answers.map(outcome), ['200', '400 InvalidAction', '200'])
  line.socket.destroy()
})

test('S3 with a body that curl calls a form', async () => {
  const body = '<Delete><Object><Key>nothing</Key></Object></Delete>'
  const crc = Buffer.alloc(4)
  crc.writeUInt32BE(crc32(body))
  const headers = { ...FORM, 'x-amz-checksum-crc32': crc.toString('base64') }
  const from = { service: 's3', method: 'POST', target: '/faults?delete', headers, body } as const
  assert.match(await sendSigned(world.endpoint, admin, from), /<Deleted><Key>nothing</)
  const lines = Object.entries({ host: 'x', 'content-length': String(body.length), ...headers })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const unsigned = await say(world.endpoint, `POST /faults?delete HTTP/1.1\r\n${head}${END}${body}`)
  assert.match(unsigned, /<Error><Key>nothing<\/Key><Code>AccessDenied</)
})

test('what follows a refused body is not taken for a request', async () => {
  const inner = `GET /faults HTTP/1.1\r\nHost: x\r\n\r\n`
  const head = `PUT /faults/key HTTP/1.1\r\nHost: x\r\nContent-Length: ${inner.length}\r\n${END}`
  const got = await say(world.endpoint, head + inner)
  assert.equal(got.match(/HTTP\/1\.1 /g)?.length, 1)
  assert.equal(outcome(got), '403 AccessDenied')
})
