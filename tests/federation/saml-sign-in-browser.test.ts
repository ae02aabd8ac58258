/** People sign in at the lab's identity provider with a real browser, by themselves and sent by a service of another site. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { browserProgram, openBrowser } from '../support/browser.ts'
import type { Browser } from '../support/browser.ts'
import type { Started } from '../support/started.ts'
import { PASSWORD, PATH, assume, authnRequest, redirectQuery, seedFor, startedWith } from './saml-stage.ts'

const skip = browserProgram === undefined ? 'chromium is missing' : false

/** A service of another site, which sends people to the identity provider and takes responses. */
const taken: URLSearchParams[] = []
const service = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8').on('data', (part: string) => (body += part))
  request.on('end', () => {
    if (request.method === 'POST') {
      taken.push(new URLSearchParams(body))
      response.writeHead(303, { location: consumer.replace('localhost', '127.0.0.1').replace('/acs', '/home') }).end()
      return
    }
    response.setHeader('content-type', 'text/html').end(pages.get(request.url ?? '') ?? '<h1>Taken</h1>')
  })
})
const pages = new Map<string, string>()

let server: Started
let browser: Browser
let consumer: string
before(async () => {
  if (browserProgram === undefined) return
  await new Promise<void>((ready) => service.listen(0, '127.0.0.1', ready))
  consumer = `http://localhost:${(service.address() as AddressInfo).port}/acs`
  server = await startedWith(seedFor([consumer]))
  browser = await openBrowser(browserProgram)
})
after(async () => {
  await browser?.close()
  await server?.stop()
  service.close()
})

const LOOKS = [
  ['desktop', { width: 1280, height: 800, scheme: 'light' }],
  ['phone', { width: 360, height: 720, scheme: 'dark' }],
] as const

/** With UNDERSTUDY_SCREENSHOT=PREFIX, pictures of the page for people to look at. */
async function picture(name: string): Promise<void> {
  const prefix = process.env['UNDERSTUDY_SCREENSHOT']
  if (prefix === undefined) return
  for (const [look, size] of LOOKS) await browser.screenshot(`${prefix}-${name}-${look}.png`, size)
}

/** The browser gives `autofocus` its focus some time after the page is there. */
async function focused(id: string): Promise<void> {
  const until = Date.now() + 20_000
  while ((await browser.evaluate('document.activeElement.id')) !== id) {
    assert.ok(Date.now() < until, `the focus does not come to ${id}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** @param from where the page puts the focus: the name is there already after a wrong password */
async function signIn(password: string, from: 'username' | 'password' = 'username'): Promise<void> {
  await focused(from)
  if (from === 'username') {
    await browser.type('alice')
    await browser.press('Tab')
    await focused('password')
  }
  await browser.type(password)
  await browser.press('Enter', 'loads')
}

const responseInPage = () => browser.evaluate<string>('document.querySelector("[name=SAMLResponse]").value')

test('the form, a wrong password, the right one, and the response at STS', { skip }, async () => {
  await browser.open(server.console + PATH)
  await picture('form')
  assert.equal(await browser.evaluate('getComputedStyle(document.querySelector("main")).borderRadius'), '8px')
  for (const id of ['username', 'password'])
    assert.equal(await browser.evaluate(`document.getElementById("${id}").labels.length`), 1)
  await signIn('guess')
  await picture('wrong')
  assert.match(await browser.evaluate('document.querySelector("[role=alert]").textContent'), /is wrong/)
  await signIn(PASSWORD, 'password')
  await picture('response')
  assert.equal(await browser.evaluate('document.querySelector("h1").textContent'), 'Signed in as alice')
  const response = await responseInPage()
  assert.ok((await browser.evaluate<string>('document.querySelector("textarea").value')).includes(response))
  assert.equal(await browser.evaluate('location.href'), server.console + PATH, 'nothing in the address')
  assert.match((await assume(server, response)).AssumedRoleUser?.Arn ?? '', /assumed-role\/Reader\/alice@example\.com$/)
  assert.deepEqual(
    browser.complaints.filter((text) => !text.includes('403')),
    [],
  )
})

const arrivals: readonly (readonly [binding: string, page: () => string, selector: string])[] = [
  ['HTTP-Redirect', () => `<a href="${server.console}${PATH}?${redirectQuery(asked(), 'state-1')}">sign in</a>`, 'a'],
  [
    'HTTP-POST',
    () =>
      `<form method="post" action="${server.console}${PATH}"><input name="RelayState" value="state-1"><button>go</button>` +
      `<input name="SAMLRequest" value="${Buffer.from(asked()).toString('base64')}"></form>`,
    'button',
  ],
]
const asked = () =>
  authnRequest({ issuer: 'https://service.example', attributes: `AssertionConsumerServiceURL="${consumer}"` })

for (const [binding, page, selector] of arrivals)
  test(`a service of another site sends the person by ${binding} and gets the response`, { skip }, async () => {
    pages.set('/login', page())
    await browser.open(new URL('/login', consumer).href)
    await browser.follow(selector)
    await picture(binding)
    await signIn(PASSWORD)
    await picture(`response-${binding}`)
    await browser.follow('form button')
    assert.match(await browser.evaluate('location.href'), /^http:\/\/127\.0\.0\.1:\d+\/home$/, 'the service leads on')
    const sent = taken.at(-1)
    assert.equal(sent?.get('RelayState'), 'state-1')
    assert.equal((await assume(server, sent?.get('SAMLResponse') ?? '')).Audience, consumer)
  })

test('no page of another site shows the form in a frame', { skip }, async () => {
  pages.set('/frame', `<iframe src="${server.console}${PATH}"></iframe><p>around</p>`)
  const before = browser.complaints.length
  await browser.open(new URL('/frame', consumer).href)
  assert.match(browser.complaints.slice(before).join('\n'), /frame-ancestors|403/)
})
