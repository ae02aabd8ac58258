/** Keys fetched from real issuers over TLS: trust in certificates, rotation, limits, and the doors that stay shut. */
import assert from 'node:assert/strict'
import type { KeyObject } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { checkedAddress } from '../../packages/server/src/federation/oidc/connect.ts'
import { fetchDocument } from '../../packages/server/src/federation/oidc/fetch.ts'
import { certificate, pem } from './certificates.ts'
import { INTERMEDIATE, ROOT, issuerServer } from './issuer-server.ts'
import type { IssuerServer, IssuerSetting } from './issuer-server.ts'
import { openStage, thumbprint, trusting } from './stage.ts'
import type { ProviderSetting, Stage, StsAnswer } from './stage.ts'
import { jwks, rsaKey, signed } from './tokens.ts'
import type { TestKey } from './tokens.ts'

const PRIVATE: ReadonlySet<string> = new Set(['--private-issuers'])
const KEY = rsaKey('one')
const NO_KEY =
  "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"

interface Scene {
  readonly stage: Stage
  readonly server: IssuerServer
  readonly role: string
  /** A token of the issuer, sent. */
  readonly assume: (key?: TestKey, kid?: string) => Promise<StsAnswer>
  /** Diagnosis of a refusal, and its explanation. */
  readonly reason: (answer: StsAnswer) => { readonly code: string; readonly text: string }
}

interface Setting extends IssuerSetting {
  readonly leniencies?: ReadonlySet<string>
  readonly provider?: Partial<ProviderSetting>
}

async function openScene(context: TestContext, setting: Setting = {}): Promise<Scene> {
  const stage = await openStage(context, { leniencies: setting.leniencies ?? PRIVATE })
  const server = await issuerServer(context, { keys: jwks(KEY), ...setting })
  const issuer = setting.provider?.issuer ?? server.issuer
  const provider = await stage.provider({
    clientIds: ['client'],
    thumbprints: [server.thumbprint],
    ...setting.provider,
    issuer,
  })
  const role = await stage.role({ name: 'probe', trust: [trusting(provider)] })
  const now = () => Math.floor(stage.world.core.clock.wire() / 1000)
  return {
    stage,
    server,
    role,
    assume: (key = KEY, kid = 'one') =>
      stage.call({
        RoleArn: role,
        WebIdentityToken: signed(
          { alg: 'RS256', kid },
          { iss: issuer, sub: 's', aud: 'client', iat: now(), exp: now() + 60 },
          key.privateKey,
        ),
      }),
    reason: (answer) => {
      const { refusal } = stage.entry(answer)
      return { code: refusal?.diagnosis ?? '', text: refusal?.explanation ?? '' }
    },
  }
}

test('keys come by discovery, once', async (context) => {
  const { assume, server } = await openScene(context, { path: '/realms/a' })
  for (let index = 0; index < 3; index++) {
    const answer = await assume()
    assert.equal(answer.status, 200, answer.body)
  }
  assert.deepEqual(server.asked, ['/realms/a/.well-known/openid-configuration', '/keys'])
})

test('rotation: an unknown key is looked up at once, and then not for ten seconds', async (context) => {
  const { assume, server, reason } = await openScene(context)
  assert.equal((await assume()).status, 200)
  const next = rsaKey('two')
  server.keys = jwks(next)
  assert.equal((await assume(next, 'two')).status, 200)
  assert.equal(server.asked.length, 4)
  const withdrawn = await assume()
  assert.equal(withdrawn.message, NO_KEY)
  assert.equal(reason(withdrawn).code, 'OIDC.KID_UNKNOWN')
  assert.match(reason(withdrawn).text, /names the key `one`; the issuer has `two`/)
  for (let index = 0; index < 5; index++) await assume(next, `unknown-${index}`)
  assert.equal(server.asked.length, 4, 'strangers cannot make the server ask again and again')
})

test('calls at the same time share one look', async (context) => {
  const { assume, server } = await openScene(context)
  const answers = await Promise.all(Array.from({ length: 8 }, () => assume()))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  assert.equal(server.asked.length, 2)
})

test('a key set that was given is never fetched', async (context) => {
  const { assume, server } = await openScene(context, { provider: { jwks: jwks(KEY) }, leniencies: new Set() })
  assert.equal((await assume()).status, 200)
  assert.equal(server.connections(), 0)
})

const tls: readonly (readonly [why: string, setting: Setting, code: string, text: RegExp])[] = [
  [
    'no thumbprint',
    { provider: { thumbprints: [] } },
    'OIDC.THUMBPRINT',
    /has no thumbprints; the top of the chain is/,
  ],
  ['another thumbprint', { provider: { thumbprints: ['a'.repeat(40)] } }, 'OIDC.THUMBPRINT', /has the thumbprints aaa/],
  ['another host in the certificate', { names: ['other.example'] }, 'OIDC.KEYS_UNREACHABLE', /altnames/],
  ['a certificate that has ended', { days: -1 }, 'OIDC.KEYS_UNREACHABLE', /expired/],
]
for (const [why, setting, code, text] of tls)
  test(`TLS: ${why}`, async (context) => {
    const { assume, server, reason } = await openScene(context, setting)
    const answer = await assume()
    assert.equal(answer.code, 'InvalidIdentityToken')
    assert.equal(answer.message, NO_KEY)
    assert.equal(reason(answer).code, code)
    assert.match(reason(answer).text, text)
    assert.deepEqual(server.asked, [], 'nothing is asked of a server that nobody vouches for')
  })

test('without --private-issuers loopback is not even connected to', async (context) => {
  const { assume, server, reason } = await openScene(context, { leniencies: new Set() })
  const answer = await assume()
  assert.equal(answer.message, NO_KEY)
  assert.equal(reason(answer).code, 'OIDC.KEYS_UNREACHABLE')
  assert.match(reason(answer).text, /127\.0\.0\.1.*no public host name/)
  assert.equal(server.connections(), 0)
})

test('a public root vouches: thumbprints are not looked at', async (context) => {
  const server = await issuerServer(context, { keys: jwks(KEY) })
  const at = `https://127.0.0.1:${server.port}/keys`
  const trust = { privateAllowed: true, thumbprints: ['a'.repeat(40)], roots: [pem(ROOT)] }
  assert.equal((await fetchDocument(at, trust)).vouched, 'root')
  assert.equal(
    (await fetchDocument(at, { ...trust, roots: [], thumbprints: [server.thumbprint] })).vouched,
    'thumbprint',
  )
  await assert.rejects(fetchDocument(at, { ...trust, roots: [] }), { code: 'OIDC.THUMBPRINT' })
})

for (const authority of [true, false])
  test(`a certificate by itself, ${authority ? 'an authority' : 'no authority'}, is vouched for by its own thumbprint`, async (context) => {
    const key = rsaKey('alone').privateKey
    const alone = certificate({ subject: 'alone', key, authority, names: ['localhost'] })
    const port = await serve(context, { key, chain: [alone] })
    const trust = { privateAllowed: true, thumbprints: [thumbprint(alone)], roots: [] }
    assert.equal((await fetchDocument(`https://localhost:${port}/keys`, trust)).vouched, 'thumbprint')
    await assert.rejects(fetchDocument(`https://127.0.0.1:${port}/keys`, trust), /altnames|does not match/)
  })

async function serve(
  context: TestContext,
  { key, chain }: { readonly key: KeyObject; readonly chain: readonly Buffer[] },
): Promise<number> {
  const options = { key: key.export({ format: 'pem', type: 'pkcs8' }), cert: chain.map(pem).join('') }
  const server = createServer(options, (_, response) => response.end('{}'))
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.close())
  return (server.address() as AddressInfo).port
}

test('a chain that only shows the certificate of the thumbprint is not vouched for', async (context) => {
  // The attacker's leaf, signed by the attacker, in front of the genuine intermediate.
  const forger = rsaKey('forger').privateKey
  const leaf = certificate({ subject: 'issuer', key: forger, names: ['127.0.0.1'] })
  const port = await serve(context, { key: forger, chain: [leaf, INTERMEDIATE] })
  const trust = { privateAllowed: true, thumbprints: [thumbprint(INTERMEDIATE)], roots: [] }
  await assert.rejects(fetchDocument(`https://127.0.0.1:${port}/keys`, trust), /127\.0\.0\.1/)
})

const doors: readonly (readonly [why: string, issuer: string, leniencies: ReadonlySet<string>, text: RegExp])[] = [
  ['instance metadata', 'https://169.254.169.254', PRIVATE, /instance metadata, never fetched/],
  ['instance metadata in IPv6', 'https://[fd00:ec2::254]', PRIVATE, /instance metadata, never fetched/],
  ['instance metadata, mapped', 'https://[::ffff:a9fe:a9fe]', PRIVATE, /instance metadata, never fetched/],
  ['task credentials', 'https://169.254.170.2', PRIVATE, /instance metadata, never fetched/],
  ['the unspecified address', 'https://0.0.0.0', PRIVATE, /not public/],
  ['localhost', 'https://localhost', new Set(), /no public host name/],
  ['a name below localhost', 'https://a.localhost', new Set(), /no public host name/],
  ['a literal', 'https://10.0.0.1', new Set(), /no public host name/],
  ['a port', 'https://issuer.example:8443', new Set(), /names a port/],
  ['a name of nobody', 'https://issuer.invalid', new Set(), /cannot be resolved/],
]
for (const [why, issuer, leniencies, text] of doors)
  test(`a door that stays shut: ${why}`, async (context) => {
    const { assume, reason } = await openScene(context, { leniencies, provider: { issuer } })
    const answer = await assume()
    assert.equal(answer.message, NO_KEY)
    assert.equal(reason(answer).code, 'OIDC.KEYS_UNREACHABLE')
    assert.match(reason(answer).text, text)
  })

test('a name that resolves to this machine is told by its address, not by its name', async (context) => {
  const trust = { privateAllowed: false, thumbprints: [] }
  const rebinding = async () => ['127.0.0.1', '169.254.169.254']
  await assert.rejects(checkedAddress(new URL('https://rebind.example'), trust, rebinding), /127\.0\.0\.1 \(private/)
  await assert.rejects(fetchDocument('http://issuer.example/x', trust), /plain http is never fetched/)
  context.diagnostic('the resolved address itself is connected to; no second lookup follows')
})

interface Wrong {
  readonly why: string
  readonly path: '/.well-known/openid-configuration' | '/keys'
  readonly answer: (server: IssuerServer) => Parameters<IssuerServer['answers']['set']>[1]
  readonly text: RegExp
}
const redirect = (location: string) => () => (_: unknown, response: ServerResponse) => {
  response.writeHead(302, { location }).end()
}
const wrongs: readonly Wrong[] = [
  {
    why: 'to another host',
    path: '/keys',
    answer: redirect('https://localhost/keys'),
    text: /redirects to another place/,
  },
  {
    why: 'to metadata',
    path: '/keys',
    answer: redirect('https://169.254.169.254/'),
    text: /redirects to another place/,
  },
  {
    why: 'to plain http',
    path: '/keys',
    answer: (server) => redirect(`http://127.0.0.1:${server.port}/keys`)(),
    text: /another place/,
  },
  { why: 'round and round', path: '/keys', answer: redirect('/keys'), text: /redirects more than 3 times/ },
  {
    why: 'an error',
    path: '/keys',
    answer: () => (_, response) => void response.writeHead(500).end(),
    text: /answered 500/,
  },
  { why: 'no JSON', path: '/keys', answer: () => (_, response) => void response.end('<html>'), text: /no key set/ },
  {
    why: 'deep JSON',
    path: '/keys',
    answer: () => (_, response) => void response.end('['.repeat(900_000)),
    text: /no key set/,
  },
  {
    why: 'more than a MiB',
    path: '/keys',
    answer: () => (_, response) => void response.end(JSON.stringify({ keys: ['x'.repeat(1024 * 1024)] })),
    text: /more than 1048576 bytes/,
  },
  {
    why: 'discovery of another issuer',
    path: '/.well-known/openid-configuration',
    answer: () => (_, response) =>
      void response.end('{"issuer":"https://other.example","jwks_uri":"https://x.example"}'),
    text: /speaks for the issuer "https:\/\/other.example"/,
  },
  {
    why: 'keys at an address of metadata',
    path: '/.well-known/openid-configuration',
    answer: (server) => (_, response) =>
      void response.end(JSON.stringify({ issuer: server.issuer, jwks_uri: 'https://169.254.169.254/latest' })),
    text: /instance metadata, never fetched/,
  },
]
for (const { why, path, answer, text } of wrongs)
  test(`an issuer that answers ${why}`, async (context) => {
    const { assume, server, reason } = await openScene(context)
    server.answers.set(path, answer(server))
    const refused = await assume()
    assert.equal(refused.message, NO_KEY)
    assert.equal(reason(refused).code, 'OIDC.KEYS_UNREACHABLE')
    assert.match(reason(refused).text, text)
  })

test('a redirect on the same host is followed', async (context) => {
  const { assume, server } = await openScene(context)
  server.answers.set('/keys', redirect('/moved')())
  server.answers.set('/moved', (_, response) => response.end(server.keys))
  assert.equal((await assume()).status, 200)
})

test('an issuer that never answers costs five seconds, not more', { timeout: 20_000 }, async (context) => {
  const { assume, server, reason } = await openScene(context)
  server.answers.set('/keys', () => undefined)
  const began = performance.now()
  const refused = await assume()
  const took = performance.now() - began
  assert.match(reason(refused).text, /no answer in time/)
  assert.ok(took > 4500 && took < 8000, `it took ${took} ms`)
})

test('a trust policy that changed while the keys were fetched is the one that decides', async (context) => {
  const { assume, server, stage } = await openScene(context)
  server.answers.set('/keys', (_, response) => void setTimeout(() => response.end(server.keys), 700))
  const late = assume()
  await new Promise((resolve) => setTimeout(resolve, 350))
  assert.equal(server.asked.length, 2, 'the keys are being waited for')
  await stage.role({ name: 'probe', trust: [] })
  assert.equal((await late).message, 'Not authorized to perform sts:AssumeRoleWithWebIdentity')
})

test('keys outlive an issuer that is down for a moment', async (context) => {
  const { assume, server } = await openScene(context)
  assert.equal((await assume()).status, 200)
  server.answers.set('/.well-known/openid-configuration', (_, response) => void response.writeHead(503).end())
  const unknown = await assume(KEY, 'another')
  assert.equal(unknown.message, NO_KEY)
  assert.equal((await assume()).status, 200)
})
