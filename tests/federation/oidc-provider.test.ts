/** An independent issuer: `oidc-provider` on loopback over TLS, trusted by thumbprint, under `--private-issuers`. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:https'
import { request } from 'node:https'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Provider } from 'oidc-provider'
import { INTERMEDIATE, tlsOptions } from './issuer-server.ts'
import { openStage, thumbprint, trusting } from './stage.ts'
import { claimsOf, rsaKey } from './tokens.ts'

test('a token of oidc-provider becomes a role', async (context) => {
  const late: { listener?: RequestListener } = {}
  const server = createServer(tlsOptions(), (incoming, response) => late.listener?.(incoming, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`
  late.listener = independentIssuer(issuer)
  const token = await clientToken(issuer)
  assert.equal(claimsOf(token)['iss'], issuer)
  const stage = await openStage(context, { leniencies: new Set(['--private-issuers']) })
  const provider = await stage.provider({
    issuer,
    clientIds: ['sts.amazonaws.com'],
    thumbprints: [thumbprint(INTERMEDIATE)],
  })
  const name = issuer.slice('https://'.length)
  const RoleArn = await stage.role({
    name: 'service',
    trust: [trusting(provider, { StringEquals: { [`${name}:sub`]: 'build', [`${name}:aud`]: 'sts.amazonaws.com' } })],
  })
  const answer = await stage.call({ RoleArn, WebIdentityToken: token })
  assert.equal(answer.status, 200, answer.body)
  assert.equal(answer.element('SubjectFromWebIdentityToken'), 'build')
  assert.equal(answer.element('Provider'), provider)
})

function independentIssuer(issuer: string): RequestListener {
  const { privateKey } = rsaKey('independent')
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'independent', use: 'sig' }] },
    clients: [
      {
        client_id: 'build',
        client_secret: 'only-for-tests',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:aws',
        getResourceServerInfo: () => ({
          scope: '',
          audience: 'sts.amazonaws.com',
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  })
  return provider.callback()
}

async function clientToken(issuer: string): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', resource: 'urn:aws' }).toString()
  const sent = request(`${issuer}/token`, {
    method: 'POST',
    rejectUnauthorized: false,
    auth: 'build:only-for-tests',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) },
  })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [AsyncIterable<Buffer>]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  const { access_token: token } = JSON.parse(text) as { readonly access_token?: string }
  assert.ok(token, text)
  return token
}
