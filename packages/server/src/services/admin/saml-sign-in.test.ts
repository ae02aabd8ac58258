/** The doors of the sign-in page: host names, other sites, methods, bodies, guesses, and that it is off without users. */
import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { movableClock } from '../../domain/clock.ts'
import { ACCOUNT, adminWorld } from './fixture.ts'
import type { AdminWorld } from './fixture.ts'

const PATH = `/lab/saml/${ACCOUNT}/corp`
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const RIGHT = 'username=alice&password=rehearsal'
const seed = {
  accounts: [
    {
      id: ACCOUNT,
      samlProviders: [
        { name: 'corp', lab: { users: [{ userName: 'alice', password: 'rehearsal' }] } },
        { name: 'other', lab: { users: [{ userName: 'alice', password: 'another' }] } },
        { name: 'empty', lab: true },
      ],
    },
  ],
}

async function world(context: TestContext, change: Parameters<typeof adminWorld>[1] = {}): Promise<AdminWorld> {
  const made = await adminWorld(context, change)
  const { status } = await made.ask('/api/apply', { method: 'POST', body: { text: JSON.stringify(seed) } })
  assert.equal(status, 200)
  return made
}

interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** fetch sets Host, Origin and Sec-Fetch-Site by itself, so these tests speak plain HTTP. */
const send = (url: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
    })
    sent.on('error', reject).end(body)
  })

const signIn = (url: string, body = RIGHT, headers: Sent['headers'] = {}) =>
  send(url + PATH, { method: 'POST', headers: { ...FORM, ...headers }, body })

test('every page is kept, framed and scripted by nobody, and sets no cookie', async (context) => {
  const { url } = await world(context)
  const pages = [
    await send(url + PATH),
    await send(`${url}${PATH}?SAMLRequest=x`),
    await send(`${url}${PATH}x`),
    await signIn(url, 'username=alice&password=guess'),
    await signIn(url),
  ]
  assert.deepEqual(
    pages.map(({ status }) => status),
    [200, 400, 404, 403, 200],
  )
  for (const { headers, text } of pages) {
    assert.match(String(headers['content-security-policy']), /^default-src 'none'; style-src 'sha256-/)
    assert.match(String(headers['content-security-policy']), /base-uri 'none'; frame-ancestors 'none'$/)
    assert.equal(headers['x-frame-options'], 'DENY')
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers['referrer-policy'], 'same-origin')
    assert.equal(headers['set-cookie'], undefined)
    assert.doesNotMatch(text, /<script|<link|<img|javascript:|src=/)
  }
})

test('there is nothing where the lab plays nobody, or has no users', async (context) => {
  const { url } = await world(context)
  const paths = [
    'empty',
    'nobody',
    'corp/',
    'corp/metadata/x',
    'empty/metadata',
    '',
    '%63orp',
    'corp%00',
    '..',
    'x'.repeat(200),
  ]
  for (const path of [
    ...paths.map((name) => `/lab/saml/${ACCOUNT}/${name}`),
    '/lab/saml/999999999999/corp',
    '/lab/saml/',
  ])
    for (const sent of [{}, { method: 'POST', headers: FORM, body: RIGHT }]) {
      const { status, text } = await send(url + path, sent)
      assert.equal(status, 404, path)
      assert.doesNotMatch(text, /<form/)
    }
})

const strangers: readonly (readonly [
  name: string,
  headers: Readonly<Record<string, string>>,
  form: number,
  password: number,
])[] = [
  ['nothing said', {}, 200, 200],
  [
    'its own page',
    { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    200,
    200,
  ],
  [
    'a link of another site',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    200,
    403,
  ],
  [
    'another port',
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    200,
    403,
  ],
  [
    'a script of another site',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    403,
    403,
  ],
  [
    'a frame of another site',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    403,
    403,
  ],
  [
    'an image of another site',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    403,
    403,
  ],
  ['another origin', { origin: 'https://evil.example' }, 200, 403],
  ['an origin that hides', { origin: 'null' }, 200, 403],
  ['another host name', { host: 'evil.example' }, 421, 421],
  ['a name that only begins so', { host: '127.0.0.1.evil.example' }, 421, 421],
]
for (const [name, headers, form, password] of strangers)
  test(`${name}: the form ${form}, a password ${password}`, async (context) => {
    const { url } = await world(context)
    assert.equal((await send(url + PATH, { headers })).status, form)
    assert.equal((await send(`${url}${PATH}/metadata`, { headers })).status, form)
    const answer = await signIn(url, RIGHT, headers)
    assert.equal(answer.status, password)
    assert.equal(answer.text.includes('SAMLResponse'), password === 200)
  })

test('methods and bodies', async (context) => {
  const { url } = await world(context)
  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const { status, headers } = await send(url + PATH, { method })
    assert.equal(status, 405)
    assert.equal(headers.allow, 'GET, HEAD, POST')
  }
  assert.equal((await send(`${url}${PATH}/metadata`, { method: 'POST', headers: FORM, body: RIGHT })).status, 405)
  const head = await send(url + PATH, { method: 'HEAD' })
  assert.deepEqual([head.status, head.text], [200, ''])
  for (const type of ['application/json', 'multipart/form-data; boundary=x', 'text/plain', ''])
    assert.equal(
      (await send(url + PATH, { method: 'POST', headers: { 'content-type': type }, body: RIGHT })).status,
      415,
    )
  for (const headers of [FORM, { ...FORM, 'transfer-encoding': 'chunked' }]) {
    const large = await send(url + PATH, { method: 'POST', headers, body: `${RIGHT}&x=${'x'.repeat(3_000_000)}` })
    assert.equal(large.status, 413)
    assert.equal(large.headers.connection, 'close')
  }
  assert.equal((await send(`${url}${PATH}?${RIGHT}`)).text.includes('SAMLResponse'), false, 'a password in an address')
})

test('guesses end after thirty in a minute, for one provider, whoever is guessed', async (context) => {
  let now = Date.parse('2026-01-01T00:00:00Z')
  const { url } = await world(context, { clock: movableClock(() => now) })
  const guesses = Array.from({ length: 40 }, (_, index) => signIn(url, `username=user${index % 3}&password=${index}`))
  const counted = Map.groupBy(await Promise.all(guesses), ({ status }) => status)
  assert.deepEqual([counted.get(403)?.length, counted.get(429)?.length], [30, 10])
  const right = await signIn(url)
  assert.deepEqual([right.status, right.headers['retry-after']], [429, '60'])
  assert.match(right.text, /Too many wrong passwords\. Try again in 60 seconds\./)
  const other = await send(`${url}/lab/saml/${ACCOUNT}/other`, {
    method: 'POST',
    headers: FORM,
    body: 'username=alice&password=another',
  })
  assert.equal(other.status, 200)
  now += 60_000
  assert.equal((await signIn(url)).status, 200)
})

test('one provider’s password opens no other', async (context) => {
  const { url } = await world(context)
  const { status } = await send(`${url}/lab/saml/${ACCOUNT}/other`, { method: 'POST', headers: FORM, body: RIGHT })
  assert.equal(status, 403)
})
