/** Requests and answers on a real socket: recorded exchanges, tokens, and what is refused. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { instances } from '../entities/ec2.ts'
import { instanceProfiles, roles } from '../entities/iam.ts'
import { anInstance, aProfile, aRole, get, optional, putToken, ROLES, send, world } from './fixture.ts'
import type { Sent, World } from './fixture.ts'

const OTHER = 'i-00000000000000002'
const OPEN = 'i-00000000000000003'
const CONTAINER = 'i-00000000000000004'
const CLOSED = 'i-00000000000000005'
const BARE = 'i-00000000000000006'
const RECORDED = 'i-00000000000000007'
const RECORDED_ROLE = 'imds-assume-role-test'
const { profile: _, ...bare } = anInstance({ id: BARE })
const recordedProfile = { ...aProfile(RECORDED_ROLE, 'AIPAQAAAAAAAAAAAAAAA7'), name: 'Recorded' }
let here: World
before(async () => {
  here = await world([
    anInstance(),
    anInstance({ id: OTHER }),
    anInstance({ id: OPEN, ...optional }),
    anInstance({ id: CONTAINER, reachableFrom: 'containers' }),
    anInstance({ id: CLOSED, options: { ...optional.options, httpEndpoint: 'disabled' } }),
    bare,
    anInstance({
      id: RECORDED,
      profile: { profileName: 'Recorded', profileId: recordedProfile.id, associationId: 'iip-assoc-7' },
    }),
  ])
  await here.put(instanceProfiles, recordedProfile)
  await here.put(roles, aRole(RECORDED_ROLE, 'AROAQAAAAAAAAAAAAAAA7'))
})
after(() => here.close())

const recordings = new URL('../../../../../shared/recordings/imds/flattened/', import.meta.url)
const skip = existsSync(recordings) ? false : 'the recorded exchanges are not here'

interface Exchange {
  readonly request: { readonly method: string; readonly url: string }
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }
}
const exchangesOf = (file: string): readonly Exchange[] =>
  JSON.parse(readFileSync(new URL(file, recordings), 'utf8')).exchanges
const recorded = (name: string) => exchangesOf(`default-credential-provider-chain__${name}.json`)

/** Headers whose values are the same in every exchange. */
const FIXED = ['content-type', 'accept-ranges', 'connection', 'server']

/** What the publisher of the recordings shortened has another length now. */
const isWhole = ({ response }: Exchange) => response.headers['content-length'] === `${response.body.length}`

describe('recorded exchanges', { skip }, () => {
  const files = skip === false ? readdirSync(recordings).filter((name) => name.includes('__imds_')) : []
  for (const file of files)
    test(`${file}: every answer of a working service, header by header`, async () => {
      const exchanges = exchangesOf(file).filter(({ request }) => request.url.startsWith('http://169.254.169.254/'))
      const answered = exchanges.filter(({ response }) => response.headers['server'] === 'EC2ws')
      const address = here.address(answered.some(({ response }) => response.status === 404) ? BARE : RECORDED)
      for (const exchange of answered) {
        const { request, response } = exchange
        const { pathname } = new URL(request.url)
        const reply = request.method === 'PUT' ? await putToken(address, '21600') : await get(address, pathname)
        assert.equal(reply.status, response.status)
        assert.deepEqual([...reply.headers.keys()].toSorted(), Object.keys(response.headers).toSorted())
        for (const name of FIXED) assert.equal(reply.headers.get(name), response.headers[name], name)
        const [got, want] = [reply, { headers: new Map(Object.entries(response.headers)) }].map(({ headers }) =>
          Number(headers.get('x-aws-ec2-metadata-token-ttl-seconds')),
        )
        // The recorded client took a second longer in one case.
        assert.ok(got === 21_600 && want !== undefined && want >= 21_599)
        if (!isWhole(exchange)) continue
        assert.equal(reply.headers.get('content-length'), response.headers['content-length'])
        if (request.method === 'GET') assert.equal(reply.body, response.body)
      }
      assert.ok(answered.length > 0 || file.includes('token_fail') || file.includes('disabled'))
    })

  test('the 404 page has 339 bytes and ends in a newline', async () => {
    const { body, headers, status } = await get(here.address(), '/latest/nothing')
    assert.deepEqual([status, body.length, headers.get('content-length'), body.at(-1)], [404, 339, '339', '\n'])
    assert.equal(body, recorded('imds_no_iam_role')[1]?.response.body)
  })

  test('the credential document is spaced as recorded, member by member', async () => {
    const want = recorded('imds_default_chain_success')[2]?.response.body ?? ''
    const { body } = await get(here.address(), `${ROLES}Reader`)
    const values = /" : "[^"]*"/g
    assert.equal(body.replaceAll(values, ''), want.replaceAll(values, ''))
  })
})

describe('tokens', () => {
  const cases: readonly [ttl: string | undefined, status: number, headers?: Sent['headers']][] = [
    ['1', 200],
    ['21600', 200],
    ['0', 400],
    ['21601', 400],
    ['-5', 400],
    ['abc', 400],
    ['', 400],
    [undefined, 400],
    ['60', 403, { 'X-Forwarded-For': '10.0.0.1' }],
    ['60', 403, { 'X-Forwarded-For': '' }],
  ]
  for (const [ttl, status, headers] of cases)
    test(`PUT with TTL ${ttl} ${JSON.stringify(headers ?? {})} → ${status}`, async () => {
      const reply = await putToken(here.address(), ttl, headers)
      assert.equal(reply.status, status)
      assert.equal(reply.headers.get('x-aws-ec2-metadata-token-ttl-seconds'), status === 200 ? ttl : undefined)
      assert.equal(reply.headers.get('content-type'), status === 200 ? 'text/plain' : 'text/html')
    })

  test('the seconds left fall, on success and on 404, and end in 401', async () => {
    const alone = await world()
    const { body: token } = await putToken(alone.address(), '10')
    const sent = { headers: { 'X-aws-ec2-metadata-token': token } }
    const seen: (string | undefined)[] = []
    for (const path of ['/latest/meta-data/', '/latest/nothing', '/latest/meta-data/']) {
      const reply = await send(alone.address(), path, sent)
      seen.push(`${reply.status} ${reply.headers.get('x-aws-ec2-metadata-token-ttl-seconds')}`)
      alone.clock.advance(5000)
    }
    assert.deepEqual(seen, ['200 10', '404 5', '401 undefined'])
    await alone.close()
  })

  test('a bad token is 401 also where tokens are optional; none is fine there, and 401 where they are required', async () => {
    const sent = { headers: { 'X-aws-ec2-metadata-token': 'x' } }
    assert.equal((await send(here.address(OPEN), '/latest/meta-data/', sent)).status, 401)
    assert.equal(
      (await send(here.address(OPEN), '/latest/meta-data/', { headers: { 'X-aws-ec2-metadata-token': '' } })).status,
      401,
    )
    const free = await send(here.address(OPEN), '/latest/meta-data/')
    assert.deepEqual([free.status, free.headers.has('x-aws-ec2-metadata-token-ttl-seconds')], [200, false])
    assert.equal((await send(here.address(), '/latest/meta-data/')).status, 401)
  })

  test('a token of one instance is 401 at another', async () => {
    const { body: token } = await putToken(here.address(), '60')
    const sent = { headers: { 'X-aws-ec2-metadata-token': token } }
    assert.equal((await send(here.address(), '/latest/meta-data/', sent)).status, 200)
    assert.equal((await send(here.address(OTHER), '/latest/meta-data/', sent)).status, 401)
  })

  test('changed options end the tokens of before', async () => {
    const { body: token } = await putToken(here.address(OTHER), '60')
    await here.put(instances, anInstance({ id: OTHER, generation: 2 }))
    const sent = { headers: { 'X-aws-ec2-metadata-token': token } }
    assert.equal((await send(here.address(OTHER), '/latest/meta-data/', sent)).status, 401)
  })
})

describe('what a request may look like', () => {
  const good = [
    '//latest/meta-data/instance-id',
    '/latest//meta-data///instance-id',
    '/latest/meta-data/instance-id/',
    '/latest/meta-data/instance-id?x=1',
    '/latest/meta-data/placement/availability-zone/',
    '/latest/meta-data',
    '/latest/meta-data/placement',
    '/latest/meta-data/placement/',
    '/latest',
    '/',
    '/2009-04-04/meta-data/instance-id',
    '/latest/meta%2Ddata/instance-id',
  ]
  for (const path of good)
    test(`GET ${path} → 200, no redirect`, async () => assert.equal((await get(here.address(), path)).status, 200))

  const refused: readonly [method: string, path: string, headers: Sent['headers'], status: number][] = [
    ['POST', '/latest/meta-data/', {}, 405],
    ['OPTIONS', '/latest/meta-data/', {}, 405],
    ['DELETE', '/latest/meta-data/', {}, 405],
    ['PUT', '/latest/meta-data/', {}, 405],
    ['TRACE', '/latest/meta-data/', {}, 405],
    ['GET', '/latest/api/token', {}, 405],
    ['HEAD', '/latest/api/token', {}, 405],
    ['POST', '/latest/api/token', {}, 405],
    ['PUT', '/2021-03-23/api/token', { 'X-aws-ec2-metadata-token-ttl-seconds': '60' }, 403],
    ['GET', '/latest/meta-data/', { Origin: 'http://example.com' }, 403],
    ['PUT', '/latest/api/token', { Origin: 'null', 'X-aws-ec2-metadata-token-ttl-seconds': '60' }, 403],
    ['GET', '/latest/meta-data/', { 'Sec-Fetch-Site': 'none' }, 403],
    ['GET', '/latest/meta-data/', { Expect: '100-continue' }, 417],
    ['PUT', '/latest/api/token', { Expect: '100-continue', 'X-aws-ec2-metadata-token-ttl-seconds': '60' }, 417],
    ['GET', '/latest/meta-data/', { Expect: 'something' }, 417],
    ['GET', '/1999-01-01/meta-data/instance-id', {}, 404],
    ['GET', '/latest/meta-data/../meta-data/instance-id', {}, 404],
    ['GET', '/latest/meta-data/instance-id/more', {}, 404],
    ['GET', '/latest/meta-data/%zz', {}, 400],
    ['GET', `/latest/${'a'.repeat(4100)}`, {}, 414],
    ['GET', '/latest/dynamic/instance-identity/signature', {}, 404],
    ['GET', '/latest/user-data', {}, 404],
    ['GET', '/latest/meta-data/constructor', {}, 404],
  ]
  for (const [method, path, headers, status] of refused)
    test(`${method} ${path.slice(0, 50)} ${JSON.stringify(headers)} → ${status}`, async () => {
      const { body: token } = await putToken(here.address(), '60')
      const reply = await send(here.address(), path, {
        method,
        headers: { 'X-aws-ec2-metadata-token': token, ...headers },
      })
      assert.equal(reply.status, status)
      assert.equal(reply.headers.get('server'), 'EC2ws')
      assert.equal(reply.headers.has('access-control-allow-origin'), false)
      if (status !== 404 && method !== 'HEAD') assert.match(reply.body, new RegExp(`<h1>${status} - `))
    })

  const hosts: readonly [instance: string, host: string, status: number][] = [
    [OPEN, '169.254.169.254', 200],
    [OPEN, '169.254.169.254:80', 200],
    [OPEN, '[fd00:ec2::254]', 200],
    [OPEN, '[::1]:1338', 200],
    [OPEN, 'LocalHost:99', 200],
    [OPEN, 'evil.example', 421],
    [OPEN, 'localhost.evil.example', 421],
    [OPEN, '127.0.0.1@evil.example', 421],
    [OPEN, 'host.docker.internal:1338', 421],
    [CONTAINER, 'host.docker.internal:1338', 401],
    [CONTAINER, 'gateway.docker.internal', 401],
    [CONTAINER, 'host.containers.internal', 401],
  ]
  for (const [instance, host, status] of hosts)
    test(`Host ${host} → ${status}`, async () => {
      const reply = await send(here.address(instance), '/latest/meta-data/', { headers: { Host: host } })
      assert.equal(reply.status, status)
      if (status === 421) assert.match(reply.body, /Accepted: 169\.254\.169\.254, /)
    })

  test('an endpoint that is disabled answers 403 to everything', async () => {
    for (const method of ['GET', 'PUT', 'OPTIONS', 'POST'])
      assert.equal((await send(here.address(CLOSED), '/latest/meta-data/', { method })).status, 403)
    assert.equal((await putToken(here.address(CLOSED), '60')).status, 403)
  })

  test('HEAD has the headers of GET and no body', async () => {
    const got = await get(here.address(), '/latest/meta-data/')
    const head = await get(here.address(), '/latest/meta-data/', { method: 'HEAD' })
    assert.equal(head.body, '')
    assert.deepEqual(head.headerNames, got.headerNames)
    assert.equal(head.headers.get('content-length'), `${got.body.length}`)
  })
})

describe('raw requests', () => {
  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(here.address(OPEN))
      const chunks: Buffer[] = []
      const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(text))
      socket.on('data', (chunk: Buffer) => chunks.push(chunk))
      socket.on('error', reject)
      socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
    })

  const cases: readonly [name: string, text: string, want: RegExp][] = [
    ['HTTP/1.0 without Host', 'GET /latest/meta-data/instance-id HTTP/1.0\r\n\r\n', /^HTTP\/1\.1 200 OK\r\n[^]*i-0/],
    ['HTTP/1.1 without Host', 'GET /latest/ HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 Bad Request\r\n/],
    ['an empty Host', 'GET /latest/ HTTP/1.1\r\nHost:\r\n\r\n', /^HTTP\/1\.1 421 Misdirected Request\r\n/],
    ['no HTTP at all', 'hello\r\n\r\n', /^HTTP\/1\.1 400 Bad Request\r\n[^]*Server: EC2ws\r\n/],
    ['an absolute target', 'GET http://evil.example/latest/ HTTP/1.1\r\nHost: localhost\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['headers above 8 KiB', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(9000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ['no 100 Continue', 'GET / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\r\n', /^HTTP\/1\.1 417 /],
    ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n', /^HTTP\/1\.1 400 /],
  ]
  for (const [name, text, want] of cases) test(name, async () => assert.match(await raw(text), want))

  test('a second request on the same connection is not answered', async () => {
    const one = 'GET /latest/meta-data/instance-id HTTP/1.1\r\nHost: localhost\r\n\r\n'
    assert.equal((await raw(one + one)).match(/HTTP\/1\.1 /g)?.length, 1)
  })

  test('headers in EC2’s spelling', async () => {
    const text = await raw('GET /latest/meta-data/instance-id HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const names = text
      .split('\r\n\r\n', 1)[0]
      ?.split('\r\n')
      .slice(1)
      .map((line) => line.split(':', 1)[0])
    assert.deepEqual(names, [
      'Content-Type',
      'Accept-Ranges',
      'Last-Modified',
      'Content-Length',
      'Date',
      'Connection',
      'Server',
    ])
  })
})
