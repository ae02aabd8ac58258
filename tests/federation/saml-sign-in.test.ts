/** Tools that read an identity provider's pages sign in at the lab: the form, the response in it, STS; by both bindings; and what is refused. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { GetCallerIdentityCommand, AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { CreateSAMLProviderCommand, IAMClient } from '@aws-sdk/client-iam'
import { readXml } from '../../packages/server/src/federation/saml/tree.ts'
import { outcome } from '../iam/client.ts'
import type { Started } from '../support/started.ts'
import {
  AWS_CONSUMER,
  CORP,
  PASSWORD,
  PATH,
  ROLE,
  assume,
  authnRequest,
  readForm,
  redirectQuery,
  seedFor,
  startedWith,
  unescaped,
} from './saml-stage.ts'
import type { Wish } from './saml-stage.ts'

const CONSUMER = 'http://localhost:9/acs'

let server: Started
before(async () => {
  server = await startedWith(seedFor([CONSUMER]), ['--saml', 'strict'])
})
after(() => server.stop())

interface Page {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

async function page(path: string, fields?: Readonly<Record<string, string>> | URLSearchParams): Promise<Page> {
  const body = fields === undefined ? {} : { method: 'POST', body: new URLSearchParams(fields) }
  const response = await fetch(new URL(path, server.console), { redirect: 'manual', ...body })
  return { status: response.status, text: await response.text(), headers: response.headers }
}

/** Fills in the form of a page and sends it. */
async function fillIn(text: string, username = 'alice', password = PASSWORD): Promise<Page> {
  const { action, fields } = readForm(text)
  fields.set('username', username)
  fields.set('password', password)
  return page(action, fields)
}

/** The response of a page, as text and as it is sent. */
function responseOf(text: string): {
  readonly action: string
  readonly xml: string
  readonly encoded: string
  readonly relayState: string | null
} {
  const { action, fields } = readForm(text)
  const encoded = fields.get('SAMLResponse') ?? ''
  return {
    action,
    encoded,
    xml: Buffer.from(encoded, 'base64').toString('utf8'),
    relayState: fields.get('RelayState'),
  }
}

test('form, password, response, role, session: what the seed says of the user is in it', async () => {
  const signedIn = await fillIn((await page(`${PATH}?RelayState=there`)).text)
  assert.equal(signedIn.status, 200)
  const { action, encoded, xml, relayState } = responseOf(signedIn.text)
  assert.equal(action, AWS_CONSUMER)
  assert.equal(relayState, 'there')
  assert.match(xml, /^<samlp:Response [^>]*Destination="https:\/\/signin\.aws\.amazon\.com\/saml"/)
  assert.doesNotMatch(xml, /InResponseTo/)
  const { Credentials, ...answer } = await assume(server, encoded)
  assert.equal(answer.Subject, 'alice@example.com')
  assert.equal(answer.SourceIdentity, 'alice')
  assert.ok(Math.abs((Number(Credentials?.Expiration) - Date.now()) / 1000 - 1800) < 10)
  const credentials = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  }
  const session = new STSClient({ endpoint: server.aws, region: 'eu-central-1', maxAttempts: 1, credentials })
  const { Arn } = await session.send(new GetCallerIdentityCommand({}))
  assert.equal(Arn, `arn:aws:sts::111122223333:assumed-role/Reader/alice@example.com`)
  // The tag is in the session, where why finds it.
  await outcome(session.send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'next' })))
  assert.match((await server.run(['why', 'last', '--json'])).out, /principaltag\/team"?[^}]*blue/i)
})

test('the command in the page is the one that works here', async () => {
  const { text } = await fillIn((await page(PATH)).text)
  const command = unescaped(/<textarea[^>]*>(.*?)<\/textarea>/s.exec(text)?.[1] ?? '')
  const words = command.replaceAll(/\\\n/g, '').split(/\s+/)
  const after = (option: string) => words[words.indexOf(option) + 1]
  assert.deepEqual(words.slice(0, 4), ['aws', 'sts', 'assume-role-with-saml', '--no-sign-request'])
  assert.equal(after('--endpoint-url'), server.aws)
  assert.equal(after('--role-arn'), ROLE)
  assert.equal(after('--principal-arn'), CORP)
  assert.equal(await outcome(assume(server, after('--saml-assertion') ?? '')), 'ok')
})

const bindings: readonly (readonly [name: string, send: (xml: string, relayState: string) => Promise<Page>])[] = [
  ['HTTP-Redirect', (xml, state) => page(`${PATH}?${redirectQuery(xml, state)}`)],
  ['HTTP-POST', (xml, RelayState) => page(PATH, { SAMLRequest: Buffer.from(xml).toString('base64'), RelayState })],
]
for (const [binding, send] of bindings) {
  test(`${binding}: the response answers the request, at its declared consumer`, async () => {
    const asked = authnRequest({
      issuer: 'https://service.example/?a=1&amp;b="2"',
      attributes: `Destination="${server.console}${PATH}" AssertionConsumerServiceURL="${CONSUMER}" ForceAuthn="true"`,
      content: '<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"/>',
    })
    const state = '"><script>alert(1)</script>\'&amp;'
    const form = await send(asked, state)
    assert.equal(form.status, 200)
    assert.doesNotMatch(form.text, /<script/)
    const wrong = await fillIn(form.text, 'alice', 'guess')
    const { action, xml, relayState } = responseOf((await fillIn(wrong.text)).text)
    assert.equal(action, CONSUMER)
    assert.equal(relayState, state)
    const parts = [...xml.matchAll(/InResponseTo="([^"]*)"/g)].map(([, id]) => id)
    assert.deepEqual(parts, ['_asked-1', '_asked-1'], 'of the response and of the confirmation')
    assert.match(xml, new RegExp(`Destination="${CONSUMER}".*Recipient="${CONSUMER}"`, 's'))
    assert.match(xml, /<saml:Audience>https:\/\/service\.example\/\?a=1&amp;b="?(&quot;)?2/)
    assert.match(xml, /NameID Format="urn:oasis:names:tc:SAML:1\.1:nameid-format:emailAddress">alice@example\.com</)
  })

  test(`${binding}: a request without wishes is answered to AWS, and strict rules take it`, async () => {
    const { action, encoded } = responseOf((await fillIn((await send(authnRequest(), '')).text)).text)
    assert.equal(action, AWS_CONSUMER)
    assert.equal(await outcome(assume(server, encoded)), 'ok')
    assert.match(await outcome(assume(server, encoded)), /^InvalidIdentityToken: .*strict/, 'a second use')
  })

  const refused: readonly (readonly [name: string, xml: string, explanation: RegExp])[] = [
    ['an undeclared consumer', wish('AssertionConsumerServiceURL="https://evil.example/acs"'), /wants the response at/],
    ['a declared consumer and more', wish(`AssertionConsumerServiceURL="${CONSUMER}/x"`), /wants the response at/],
    ['another port', wish('AssertionConsumerServiceURL="http://localhost:90/acs"'), /wants the response at/],
    ['an empty consumer', wish('AssertionConsumerServiceURL=""'), /wants the response at/],
    ['a consumer by number', wish('AssertionConsumerServiceIndex="1"'), /AssertionConsumerServiceIndex/],
    ['another Destination', wish('Destination="https://other.example/sso"'), /Destination/],
    ['another binding for the response', wish('ProtocolBinding="urn:test:artifact"'), /HTTP-POST/],
    ['no page wanted', wish('IsPassive="true"'), /IsPassive/],
    ['one certain person', authnRequest({ content: '<saml:Subject/>' }), /Subject/],
    ['a DOCTYPE', `<!DOCTYPE x>${authnRequest()}`, /document type/],
    [
      'an entity bomb',
      `<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>${authnRequest({ issuer: '&b;' })}`,
      /document type/,
    ],
    ['an external entity', `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${authnRequest()}`, /document type/],
    ['an undeclared entity', authnRequest({ issuer: '&who;' }), /entity/],
    ['a response', authnRequest().replaceAll('AuthnRequest', 'Response'), /AuthnRequest/],
    ['another namespace', authnRequest().replace('SAML:2.0:protocol', 'SAML:1.0:protocol'), /AuthnRequest/],
    ['another version', authnRequest().replace('Version="2.0"', 'Version="1.1"'), /Version/],
    ['no id', authnRequest().replace('ID="_asked-1"', ''), /ID/],
    ['an id that is markup', authnRequest().replace('_asked-1', '_&quot;&lt;'), /ID/],
    ['no time', authnRequest().replace(/IssueInstant="[^"]*"/, ''), /IssueInstant/],
    ['a time that is none', authnRequest().replace('2026-11-25T', '2026-13-45T'), /IssueInstant/],
    ['no issuer', authnRequest({ issuer: '' }), /Issuer/],
    ['broken XML', authnRequest().slice(0, -3), /refused/],
    ['no XML', 'hello', /refused/],
    ['too deep', `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`, /deep/],
    ['too many nodes', authnRequest({ content: '<a/>'.repeat(600) }), /large/],
    ['too large', authnRequest({ content: `<a>${'x'.repeat(70_000)}</a>` }), /larger than 65536 bytes/],
    ['a bomb', `<a>${'x'.repeat(8_000_000)}</a>`, /larger than 65536 bytes/],
  ]
  for (const [name, xml, explanation] of refused)
    test(`${binding}: ${name} is refused in words`, async () => {
      if (binding === 'HTTP-POST' && xml.length > 1_000_000) return
      const { status, text } = await send(xml, '')
      assert.equal(status, 400)
      assert.match(text, explanation)
      assert.doesNotMatch(text, /<form|<input/)
    })
}

function wish(attributes: string): string {
  const asked: Wish = { attributes }
  return authnRequest(asked)
}

test('what is no SAMLRequest, no form, or twice there', async () => {
  const cases: readonly (readonly [path: string, fields: URLSearchParams | undefined, status: number])[] = [
    [`${PATH}?SAMLRequest=%24%24`, undefined, 400],
    [`${PATH}?SAMLRequest=`, undefined, 400],
    [`${PATH}?SAMLRequest=aGVsbG8gd29ybGQ`, undefined, 400],
    [`${PATH}?${redirectQuery(authnRequest())}&SAMLEncoding=urn:test:brotli`, undefined, 400],
    [`${PATH}?${redirectQuery(authnRequest())}&SAMLRequest=x`, undefined, 400],
    [`${PATH}?RelayState=${'x'.repeat(5000)}`, undefined, 400],
    [PATH, new URLSearchParams('username=alice&username=bob&password=x'), 400],
    [PATH, new URLSearchParams('unknown=1'), 400],
    [PATH, new URLSearchParams(), 400],
    [PATH, new URLSearchParams({ SAMLRequest: '/w==' }), 400],
    [PATH, new URLSearchParams({ SAMLRequest: 'x'.repeat(140_000) }), 413],
  ]
  for (const [path, fields, status] of cases) {
    const answer = await page(path, fields)
    assert.equal(answer.status, status, path.slice(0, 100))
    assert.match(answer.headers.get('content-type') ?? '', /^text\/html/)
    assert.doesNotMatch(answer.text, /<input/)
  }
})

test('user and password: one message for everything that is wrong', async () => {
  const form = (await page(PATH)).text
  const wrong: readonly (readonly [name: string, password: string])[] = [
    ['alice', 'guess'],
    ['alice', ''],
    ['Alice', PASSWORD],
    ['nobody', PASSWORD],
    ['', ''],
    ['carol', ''],
    ['carol', PASSWORD],
    ['__proto__', PASSWORD],
    ['../corp/alice', PASSWORD],
  ]
  const pages = await Promise.all(wrong.map(([name, password]) => fillIn(form, name, password)))
  const said = new Set(pages.map(({ text }) => text.replace(/value="[^"]*"/g, '')))
  assert.equal(said.size, 1)
  for (const { status, text } of pages) {
    assert.equal(status, 403)
    assert.match(text, /role="alert"/)
    assert.doesNotMatch(text, /SAMLResponse/)
  }
})

test('names and passwords are escaped where they stand, and passwords stand nowhere', async () => {
  const form = (await page(PATH)).text
  const wrong = (await fillIn(form, '"><script>x</script>', PASSWORD)).text
  assert.doesNotMatch(wrong, /<script|rehearsal/)
  const right = (await fillIn(form, '<b>&"bob')).text
  assert.match(right, /Signed in as &lt;b&gt;&amp;&quot;bob/)
  assert.doesNotMatch(right, /<b>|rehearsal/)
  assert.doesNotMatch(server.log(), /rehearsal/)
})

test('a NameID of another format than the user has is refused', async () => {
  const asked = authnRequest({ content: '<samlp:NameIDPolicy Format="urn:test:other"/>' })
  const form = (await page(`${PATH}?${redirectQuery(asked)}`)).text
  for (const name of ['alice', '<b>&"bob']) {
    const { status, text } = await fillIn(form, name)
    assert.equal(status, 400)
    assert.match(text, /urn:test:other/)
  }
})

test('metadata says where the sign-in is, and another account can take it', async () => {
  const { text, headers } = await page(`${PATH}/metadata`)
  assert.equal(headers.get('content-type'), 'application/samlmetadata+xml')
  assert.ok(readXml(text).ok)
  const places = [...text.matchAll(/<md:SingleSignOnService Binding="([^"]*)" Location="([^"]*)"/g)]
  assert.deepEqual(
    places.map(([, binding, location]) => [binding?.split(':').at(-1), location]),
    ['HTTP-Redirect', 'HTTP-POST'].map((binding) => [binding, server.console + PATH]),
  )
  const made = await server.run(['account', 'create', '--name', 'other', '--json'])
  const { accessKeyId, secretAccessKey } = JSON.parse(made.out) as Record<'accessKeyId' | 'secretAccessKey', string>
  const iam = new IAMClient({
    endpoint: server.aws,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
  })
  const create = new CreateSAMLProviderCommand({ Name: 'taken', SAMLMetadataDocument: text })
  assert.match((await iam.send(create)).SAMLProviderArn ?? '', /saml-provider\/taken$/)
})

test('saml mint --user says what the seed says; other options go before it', async () => {
  const minted = async (...more: readonly string[]) => {
    const { code, out, err } = await server.run(['saml', 'mint', '--user', 'alice', ...more])
    assert.equal(code, 0, err)
    return out.trim()
  }
  const answer = await assume(server, await minted())
  assert.equal(answer.Subject, 'alice@example.com')
  assert.equal(answer.SourceIdentity, 'alice')
  const other = Buffer.from(await minted('--provider', CORP, '--tag', 'team=red', '--session-name', 'x1'), 'base64')
  assert.match(other.toString(), /PrincipalTag:team"><saml:AttributeValue>red</)
  assert.match(other.toString(), /RoleSessionName"><saml:AttributeValue>x1</)
  for (const words of [
    ['nobody'],
    ['alice', '--provider', 'empty'],
    ['alice', '--role', ROLE.replace('1111', '9999')],
  ]) {
    const { code, err } = await server.run(['saml', 'mint', '--user', ...words])
    assert.equal(code, 1)
    assert.match(err, /has a user/)
  }
  assert.equal((await server.run(['saml', 'mint'])).code, 2)
})
