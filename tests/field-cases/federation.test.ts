/** Cases about web identities: issuers, audiences, subjects. Ids are those of the collection; see README.md. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { ACCOUNT, openStage, trusting } from '../federation/stage.ts'
import type { StsAnswer } from '../federation/stage.ts'
import { ecKey, jwks, signed } from '../federation/tokens.ts'
import type { Members } from '../federation/tokens.ts'

const key = ecKey('one')

function token(iss: string, claims: Members = {}): string {
  const iat = Math.floor(Date.now() / 1000) - 5
  const all = { iss, sub: 'app', aud: 'api', iat, exp: iat + 600, ...claims }
  return signed({ alg: 'ES256', kid: 'one' }, all, key.privateKey)
}

interface Scene {
  readonly call: (claims?: Members, iss?: string) => Promise<StsAnswer>
  readonly register: (issuer: string) => Promise<string>
}

/** One registered issuer and a role that trusts it under a condition. */
async function scene(context: TestContext, issuer: string, condition?: object, audience = 'api'): Promise<Scene> {
  const stage = await openStage(context)
  const register = (url: string) => stage.provider({ issuer: url, clientIds: [audience], jwks: jwks(key) })
  const RoleArn = await stage.role({ name: 'federated', trust: [trusting(await register(issuer), condition)] })
  return {
    call: (claims = {}, iss = issuer) =>
      stage.call({ RoleArn, WebIdentityToken: token(iss, { aud: audience, ...claims }) }),
    register,
  }
}

const brief = ({ status, code }: StsAnswer): string => `${status} ${code ?? ''}`.trim()
const DENIED = '403 AccessDenied'

test('O01 a slash at the end of an issuer counts, on either side', async (context) => {
  const without = await scene(context, 'https://issuer.example')
  const refused = await without.call({}, 'https://issuer.example/')
  assert.equal(brief(refused), '400 InvalidIdentityToken')
  assert.equal(refused.message, 'No OpenIDConnect provider found in your account for https://issuer.example/')
  const condition = { StringEquals: { 'tenant.example/:sub': 'app', 'tenant.example/:aud': 'api' } }
  const slash = await scene(context, 'https://tenant.example/', condition)
  assert.equal(brief(await slash.call()), '200')
  assert.equal(brief(await slash.call({ sub: 'other' })), DENIED)
})

test('O02 several audiences need an authorized party', async (context) => {
  const { call } = await scene(context, 'https://issuer.example', undefined, 'sts.amazonaws.com')
  assert.equal(brief(await call({ aud: ['sts.amazonaws.com'] })), '200')
  const several = { aud: ['sts.amazonaws.com', 'kubernetes'] }
  const refused = await call(several)
  assert.equal(brief(refused), '400 InvalidIdentityToken')
  assert.equal(refused.message, 'Token audience contains more than one audience while authorized party is not present')
  assert.equal(brief(await call({ ...several, azp: 'sts.amazonaws.com' })), '200')
})

test('O04 braces in a subject are no variable', async (context) => {
  const path = 'api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc'
  const pattern = '{11111111-2222-3333-4444-555555555555}:*'
  const sub = pattern.replace('*', '{9999}')
  const like = await scene(context, `https://${path}`, { StringLike: { [`${path}:sub`]: pattern } })
  assert.equal(brief(await like.call({ sub })), '200')
  assert.equal(brief(await like.call({ sub: sub.replace('1', '2') })), DENIED)
  const equals = await scene(context, `https://${path}`, { StringEquals: { [`${path}:sub`]: pattern } })
  assert.equal(brief(await equals.call({ sub })), DENIED)
})

test('O05 a star crosses slashes, and stops at the next fixed word', async (context) => {
  const issuer = 'oidc.circleci.com/org/11111111-2222-3333-4444-555555555555'
  const subject = (origin: string, ref: string) =>
    `org/1/project/p/user/u/vcs-origin/${origin}/vcs-ref/refs/heads/${ref}`
  const pattern = 'org/1/project/*/user/*/vcs-origin/github.com/acme/*/vcs-ref/refs/heads/main'
  const { call } = await scene(context, `https://${issuer}`, { StringLike: { [`${issuer}:sub`]: pattern } })
  assert.equal(brief(await call({ sub: subject('github.com/acme/shop', 'main') })), '200')
  assert.equal(brief(await call({ sub: subject('github.com/acme/shop', 'x/vcs-ref/refs/heads/main') })), '200')
  assert.equal(brief(await call({ sub: subject('github.com/acme-evil/shop', 'main') })), DENIED)
})

test('O06 the name of a file is no token', async (context) => {
  const stage = await openStage(context)
  const RoleArn = await stage.role({ name: 'federated', trust: [] })
  const file = '/var/run/secrets/eks.amazonaws.com/serviceaccount/token'
  const refused = await stage.call({ RoleArn, WebIdentityToken: file })
  assert.equal(brief(refused), '400 InvalidIdentityToken')
  assert.equal(
    refused.message,
    'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
  )
  assert.match(
    stage.entry(refused).refusal?.explanation ?? '',
    /looks like the name of a file: send what the file holds/,
  )
  assert.equal(brief(await stage.call({ RoleArn, WebIdentityToken: 'abc' })), '400 ValidationError')
})

test('O06 a token file that was written with echo: the line end is no part of the token', async (context) => {
  const stage = await openStage(context)
  const issuer = 'https://issuer.example'
  const provider = await stage.provider({ issuer, clientIds: ['api'], jwks: jwks(key) })
  const RoleArn = await stage.role({ name: 'federated', trust: [trusting(provider)] })
  const sent = token(issuer)
  for (const end of ['\n', '\r\n', '\n\n'])
    assert.equal(brief(await stage.call({ RoleArn, WebIdentityToken: sent + end })), '200', JSON.stringify(end))
  for (const other of [`${sent}\0`, `\n${sent}`, sent.replace('.', '\n.'), `${sent}\n.`])
    assert.equal(brief(await stage.call({ RoleArn, WebIdentityToken: other })), '400 InvalidIdentityToken')
})

test('O10 a provider does not stand for the paths below it, nor do its keys', async (context) => {
  const base = 'token.actions.githubusercontent.com'
  const { call, register } = await scene(context, `https://${base}`)
  const enterprise = `https://${base}/acme`
  const refused = await call({}, enterprise)
  assert.equal(brief(refused), '400 InvalidIdentityToken')
  assert.equal(refused.message, `No OpenIDConnect provider found in your account for ${enterprise}`)
  await register(enterprise)
  assert.equal(brief(await call({}, enterprise)), DENIED)
  const oldKeys = await scene(context, enterprise, { StringLike: { [`${base}:sub`]: '*' } })
  assert.equal(brief(await oldKeys.call()), DENIED)
  const newKeys = await scene(context, enterprise, { StringLike: { [`${base}/acme:sub`]: '*' } })
  assert.equal(brief(await newKeys.call()), '200')
})

test('O08 ARNs exchanged are told before the assertion is looked at', async (context) => {
  const stage = await openStage(context)
  const role = `arn:aws:iam::${ACCOUNT}:role/Admin`
  const provider = `arn:aws:iam::${ACCOUNT}:saml-provider/corp`
  const call = (RoleArn: string, PrincipalArn: string) =>
    stage.call({ Action: 'AssumeRoleWithSAML', RoleArn, PrincipalArn, SAMLAssertion: 'bm90aGluZw==' })
  const first = await call(provider, provider)
  assert.deepEqual([brief(first), first.message], ['400 ValidationError', 'Request ARN is invalid'])
  const second = await call(role, role)
  assert.deepEqual([brief(second), second.message], ['400 ValidationError', 'Principal ARN is invalid'])
})
