/** A provider made through IAM, keys from an issuer on loopback, a role through the SDK: with `--private-issuers`, and without. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { CreateOpenIDConnectProviderCommand, CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { start } from '../support/started.ts'
import { issuerServer } from './issuer-server.ts'
import { jwks, rsaKey, signed } from './tokens.ts'

const KEY = rsaKey('one')

async function assumed(context: TestContext, options: readonly string[]) {
  const server = await start(['--ephemeral', ...options])
  context.after(() => server.stop())
  const { out } = await server.run(['env', '--json'])
  const environment = JSON.parse(out) as Readonly<Record<string, string>>
  const credentials = {
    accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
  }
  const settings = { endpoint: server.aws, region: 'eu-central-1', maxAttempts: 1 }
  const iam = new IAMClient({ ...settings, credentials })
  const issuer = await issuerServer(context, { keys: jwks(KEY) })
  const { OpenIDConnectProviderArn } = await iam.send(
    new CreateOpenIDConnectProviderCommand({
      Url: issuer.issuer,
      ClientIDList: ['client'],
      ThumbprintList: [issuer.thumbprint],
    }),
  )
  const trust = {
    Effect: 'Allow',
    Principal: { Federated: OpenIDConnectProviderArn },
    Action: 'sts:AssumeRoleWithWebIdentity',
  }
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName: 'Loopback',
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }),
    }),
  )
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: issuer.issuer, sub: 'me', aud: 'client', iat: now, exp: now + 60 }
  const call = new AssumeRoleWithWebIdentityCommand({
    RoleArn: Role?.Arn,
    RoleSessionName: 'loopback',
    WebIdentityToken: signed({ alg: 'RS256', kid: 'one' }, claims, KEY.privateKey),
  })
  return { server, issuer, answer: new STSClient(settings).send(call) }
}

test('with the leniency the role is assumed, and start-up says so', async (context) => {
  const { server, answer } = await assumed(context, ['--private-issuers'])
  const { AssumedRoleUser, SubjectFromWebIdentityToken } = await answer
  assert.match(AssumedRoleUser?.Arn ?? '', /:assumed-role\/Loopback\/loopback$/)
  assert.equal(SubjectFromWebIdentityToken, 'me')
  assert.match(server.log(), /Leniency --private-issuers: keys of web identity issuers are fetched from loopback/)
})

test('without it nothing connects to the issuer', async (context) => {
  const { server, issuer, answer } = await assumed(context, [])
  await assert.rejects(answer, { name: 'InvalidIdentityTokenException' })
  assert.equal(issuer.connections(), 0)
  const { out } = await server.run(['why', 'last'])
  assert.match(out, /OIDC\.KEYS_UNREACHABLE/)
  assert.match(out, /--private-issuers would allow it/)
})
