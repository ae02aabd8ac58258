/** The federation lab as its users meet it: the command line, unmodified clients, and a job of GitHub Actions. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromTokenFile, fromWebToken } from '@aws-sdk/credential-providers'
import { ROOT } from '../house/files.ts'
import { start } from '../support/started.ts'
import type { Started } from '../support/started.ts'
import { isInstalled } from '../clients/clients.ts'
import { claimsOf, ecKey, jwks, rsaKey, signed, verified } from './tokens.ts'
import type { Members } from './tokens.ts'

const DEPLOY = 'arn:aws:iam::111122223333:role/Deploy'
const POD = 'arn:aws:iam::111122223333:role/Pod'
const CLUSTER = 'oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE'
const GITHUB = 'https://token.actions.githubusercontent.com'
const MAIN = ['--repo', 'octo-org/app', '--ref', 'refs/heads/main']

let server: Started
const folder = mkdtempSync(join(tmpdir(), 'understudy-lab-'))
before(async () => {
  server = await start(['--ephemeral', '--seed', resolve(ROOT, 'tests/federation/seed.yaml')])
})
after(async () => {
  rmSync(folder, { recursive: true, force: true })
  assert.equal(await server.stop(), 0)
})

async function mint(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await server.run(['token', 'mint', ...args])
  assert.equal(code, 0, err)
  return out.trim()
}

const settings = () => ({ endpoint: server.aws, region: 'eu-central-1', maxAttempts: 1 })
const clientConfig = () => ({ ...settings() })

async function arnOf(credentials: () => Promise<{ accessKeyId: string; secretAccessKey: string }>): Promise<string> {
  const { Arn } = await new STSClient({ ...settings(), credentials }).send(new GetCallerIdentityCommand({}))
  return Arn ?? ''
}

async function refused(token: string, RoleArn = DEPLOY): Promise<Readonly<Record<string, unknown>>> {
  const call = new AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName: 'probe', WebIdentityToken: token })
  const failure = await new STSClient(settings()).send(call).then(
    () => assert.fail('it was allowed'),
    (error: { readonly message: string; readonly $metadata: { readonly requestId?: string } }) => error,
  )
  const { out, code } = await server.run(['why', failure.$metadata.requestId ?? '', '--json'])
  assert.equal(code, 0)
  return { ...(JSON.parse(out) as object), wire: failure.message }
}

test("JavaScript: fromWebToken with a token of GitHub's name", async () => {
  const webIdentityToken = await mint('github', ...MAIN)
  assert.equal(claimsOf(webIdentityToken)['iss'], GITHUB)
  const credentials = fromWebToken({
    roleArn: DEPLOY,
    roleSessionName: 'ci',
    webIdentityToken,
    clientConfig: clientConfig(),
  })
  assert.equal(await arnOf(credentials), 'arn:aws:sts::111122223333:assumed-role/Deploy/ci')
})

test('JavaScript: fromTokenFile with the file and the variables of a pod', async () => {
  const webIdentityTokenFile = join(folder, 'token')
  writeFileSync(webIdentityTokenFile, await mint('k8s', '--namespace', 'shop', '--service-account', 'cart'))
  const credentials = fromTokenFile({ roleArn: POD, webIdentityTokenFile, clientConfig: clientConfig() })
  assert.match(await arnOf(credentials), /^arn:aws:sts::111122223333:assumed-role\/Pod\//)
})

const hasBoto = isInstalled('python3', '-c', 'import boto3') && isInstalled('aws', '--version')
test(
  'boto3 and the AWS CLI: web_identity_token_file',
  { skip: hasBoto ? false : 'boto3 or the AWS CLI is missing' },
  async () => {
    const tokenFile = join(folder, 'python-token')
    writeFileSync(tokenFile, await mint('kubernetes', '--namespace', 'shop', '--service-account', 'cart'))
    const config = join(folder, 'config')
    writeFileSync(
      config,
      `[profile pod]\nrole_arn = ${POD}\nweb_identity_token_file = ${tokenFile}\nrole_session_name = from-profile\nregion = eu-central-1\n`,
    )
    const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, ...environment } = process.env
    const env = { ...environment, AWS_CONFIG_FILE: config, AWS_ENDPOINT_URL: server.aws, HOME: folder }
    const wanted = 'arn:aws:sts::111122223333:assumed-role/Pod/from-profile'
    const cli = spawnSync(
      'aws',
      ['--profile', 'pod', 'sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text'],
      { env },
    )
    assert.equal(String(cli.stdout).trim(), wanted, String(cli.stderr))
    const program = 'import boto3; print(boto3.Session(profile_name="pod").client("sts").get_caller_identity()["Arn"])'
    const python = spawnSync('python3', ['-c', program], { env })
    assert.equal(String(python.stdout).trim(), wanted, String(python.stderr))
  },
)

test('a job of GitHub Actions: the published flow from variables to credentials', async () => {
  const { out, err } = await server.run(['token', 'mint', 'github', ...MAIN, '--job', '--json'])
  assert.equal(err, '')
  const variables = JSON.parse(out) as Readonly<Record<string, string>>
  // What @actions/core does for getIDToken(audience).
  const url = `${variables['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience=${encodeURIComponent('sts.amazonaws.com')}`
  const ask = (secret: string) =>
    fetch(url, { headers: { authorization: `Bearer ${secret}`, accept: 'application/json' } })
  const answer = await ask(variables['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '')
  assert.equal(answer.status, 200)
  const { value } = (await answer.json()) as { readonly value: string }
  assert.equal(claimsOf(value)['aud'], 'sts.amazonaws.com')
  // What aws-actions/configure-aws-credentials sends, and how it checks what it got.
  const sts = new STSClient({ ...settings(), customUserAgent: 'configure-aws-credentials-for-github-actions' })
  const { Credentials, PackedPolicySize } = await sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: DEPLOY,
      RoleSessionName: 'GitHubActions',
      DurationSeconds: 3600,
      WebIdentityToken: value,
    }),
  )
  assert.ok(
    Credentials?.AccessKeyId && Credentials.SecretAccessKey && Credentials.SessionToken && Credentials.Expiration,
  )
  assert.ok(Number(PackedPolicySize) > 0)
  const credentials = async () => ({
    accessKeyId: Credentials.AccessKeyId ?? '',
    secretAccessKey: Credentials.SecretAccessKey ?? '',
    sessionToken: Credentials.SessionToken ?? '',
  })
  assert.equal(await arnOf(credentials), 'arn:aws:sts::111122223333:assumed-role/Deploy/GitHubActions')
  const secret = variables['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? ''
  for (const wrong of ['', 'x', `${secret.slice(0, -3)}AAA`]) assert.equal((await ask(wrong)).status, 401)
})

test('a job without an audience gets the one of its owner', async () => {
  const { out } = await server.run(['token', 'mint', 'github', ...MAIN, '--job', '--json'])
  const variables = JSON.parse(out) as Readonly<Record<string, string>>
  const answer = await fetch(variables['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '', {
    headers: { authorization: `bearer ${variables['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}` },
  })
  assert.equal(
    claimsOf(((await answer.json()) as { readonly value: string }).value)['aud'],
    'https://github.com/octo-org',
  )
})

test('discovery and keys of a lab issuer verify its tokens for anybody', async () => {
  const token = await mint('kubernetes', '--namespace', 'shop', '--service-account', 'cart')
  const place = `${server.console}/lab/${CLUSTER}`
  const discovery = (await (await fetch(`${place}/.well-known/openid-configuration`)).json()) as {
    readonly issuer: string
    readonly jwks_uri: string
  }
  assert.equal(discovery.issuer, `https://${CLUSTER}`)
  const { keys } = (await (await fetch(discovery.jwks_uri)).json()) as { readonly keys: readonly Members[] }
  assert.ok(
    keys.every((key) => key['d'] === undefined),
    'no private half is published',
  )
  assert.ok(keys.some((key) => verified(token, key)))
  assert.equal(claimsOf(token)['sub'], 'system:serviceaccount:shop:cart')
  assert.equal((await fetch(`${server.console}/lab/nobody.example/keys`)).status, 404)
})

const whys: readonly (readonly [why: string, args: readonly string[], role: string, code: string, note: RegExp])[] = [
  [
    'pull request',
    ['github', '--repo', 'octo-org/app', '--event', 'pull_request'],
    DEPLOY,
    'OIDC.SUB_EVENT',
    /came from a pull_request run/,
  ],
  ['environment', ['github', ...MAIN, '--environment', 'prod'], DEPLOY, 'OIDC.SUB_EVENT', /run in an environment/],
  ['tag', ['github', '--repo', 'octo-org/app', '--ref', 'refs/tags/v1'], DEPLOY, 'OIDC.SUB_EVENT', /run on a tag/],
  [
    'another branch',
    ['github', '--repo', 'octo-org/app', '--ref', 'feature'],
    DEPLOY,
    'OIDC.SUB_MISMATCH',
    /first difference at character 34: `feature`/,
  ],
  ['case', ['github', '--repo', 'Octo-Org/app', '--ref', 'main'], DEPLOY, 'OIDC.SUB_CASE', /only in case/],
  [
    'immutable',
    ['github', ...MAIN, '--subject', 'immutable'],
    DEPLOY,
    'OIDC.SUB_IMMUTABLE',
    /Without the ids it would fit/,
  ],
  ['another repository', ['github', '--repo', 'octo-org/other'], DEPLOY, 'OIDC.SUB_MISMATCH', /another repository/],
  [
    'custom subject',
    ['github', ...MAIN, '--subject', 'repo,job_workflow_ref'],
    DEPLOY,
    'OIDC.SUB_EVENT',
    /subject of its own form/,
  ],
  ['another provider', ['github', ...MAIN], POD, 'OIDC.PROVIDER_NOT_TRUSTED', /No statement of the trust policy names/],
  [
    'namespace',
    ['k8s', '--namespace', 'other', '--service-account', 'cart'],
    POD,
    'OIDC.K8S_SUBJECT',
    /the namespace is `other`, wanted `shop`/,
  ],
  [
    'service account',
    ['k8s', '--namespace', 'shop', '--service-account', 'till'],
    POD,
    'OIDC.K8S_SUBJECT',
    /the service account is `till`, wanted `cart`/,
  ],
]
for (const [why, args, role, code, note] of whys)
  test(`why: ${why}`, async () => {
    const told = await refused(await mint(...args), role)
    assert.equal(told['wire'], 'Not authorized to perform sts:AssumeRoleWithWebIdentity')
    assert.equal(told['code'], code, String(told['note']))
    assert.match(String(told['note']), note)
    assert.equal(told['verdict'], 'Deny')
    assert.ok((told['details'] as Readonly<Record<string, unknown>>)['claims'])
  })

test('why, for people, shows the claims beside the patterns', async () => {
  await refused(await mint('github', '--repo', 'octo-org/app', '--event', 'pull_request'))
  const { out } = await server.run(['why', 'last'])
  assert.match(out, /claim sub: `repo:octo-org\/app:pull_request`/)
  assert.match(out, /StringLike `repo:octo-org\/app:ref:refs\/heads\/main`: first difference at character 19/)
})

test("a real issuer's token is refused while the lab plays its name", async () => {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: GITHUB,
    aud: 'sts.amazonaws.com',
    sub: 'repo:octo-org/app:ref:refs/heads/main',
    iat: now,
    exp: now + 300,
  }
  const token = signed({ alg: 'RS256', kid: 'real' }, claims, rsaKey('real').privateKey)
  assert.equal((await refused(token))['code'], 'OIDC.KID_UNKNOWN')
})

test('wrong wishes are told', async () => {
  const wrong: readonly (readonly [args: readonly string[], code: number, text: RegExp])[] = [
    [['mint', 'gitlab'], 2, /knows github, kubernetes and oidc/],
    [['mint', 'github'], 2, /needs `--repo`/],
    [['mint', 'oidc', '--repo', 'a/b'], 2, /belongs to `token mint github`/],
    [['mint', 'github', '--repo', 'nonsense'], 1, /no repository/],
    [['mint', 'oidc', '--issuer', 'https://other.example'], 1, /does not play/],
    [['mint', 'github', '--repo', 'a/b', '--subject', 'nothing'], 1, /none of them/],
    [['mint', 'k8s', '--namespace', 'A', '--service-account', 'b'], 1, /no name of a namespace/],
  ]
  for (const [args, code, text] of wrong) {
    const result = await server.run(['token', ...args])
    assert.equal(result.code, code, result.err)
    assert.match(result.err, text)
  }
})

test('keys of a provider are replaced by a file, and fetched again', async () => {
  const provider = 'arn:aws:iam::111122223333:oidc-provider/issuer.example'
  const file = join(folder, 'jwks.json')
  writeFileSync(file, jwks(ecKey('mine')))
  const given = await server.run(['oidc', 'keys', provider, file])
  assert.match(given.out, /has the keys mine; nothing is fetched/)
  assert.equal((await refused(await mint('oidc', '--audience', 'client'), POD))['code'], 'OIDC.KID_UNKNOWN')
  assert.equal((await server.run(['oidc', 'keys', provider, '--fetch'])).code, 0)
  assert.equal((await refused(await mint('oidc', '--audience', 'client'), POD))['code'], 'OIDC.PROVIDER_NOT_TRUSTED')
  writeFileSync(file, '{"keys":[]}')
  assert.match((await server.run(['oidc', 'keys', provider, file])).err, /None of the keys has a `kid`/)
  assert.equal((await server.run(['oidc', 'keys', `${provider}x`, '--fetch'])).code, 1)
})

test('start-up says whose names are played', () => {
  for (const issuer of [GITHUB, `https://${CLUSTER}`, 'https://issuer.example'])
    assert.ok(server.log().includes(`Federation lab: this server plays ${issuer} with keys of its own`), server.log())
})
