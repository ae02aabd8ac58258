/** The lab's identity provider, inspection, MFA codes and `--saml strict`, through the command line of a started server. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  AssumeRoleCommand,
  AssumeRoleWithSAMLCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
} from '@aws-sdk/client-sts'
import { outcome } from '../iam/client.ts'
import { start } from '../support/started.ts'
import type { Started } from '../support/started.ts'
import { responseXml, testIdp, toBase64 } from './saml-provider.ts'

const ACCOUNT = '111122223333'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/Reader`
const CORP = `arn:aws:iam::${ACCOUNT}:saml-provider/corp`
const OUTSIDE = `arn:aws:iam::${ACCOUNT}:saml-provider/outside`
const ALICE = { accessKeyId: 'AKIAQEXAMPLECOMPANYB', secretAccessKey: 'alices-secret' }

const seed = {
  accounts: [
    {
      id: ACCOUNT,
      name: 'company',
      users: [
        {
          userName: 'alice',
          accessKeys: [ALICE],
          mfaDevices: [{ virtualMFADeviceName: 'phone' }],
          inlinePolicies: {
            roles: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:*', Resource: '*' }] },
          },
        },
      ],
      samlProviders: [
        { name: 'corp', lab: { entityId: 'https://idp.corp.example/metadata' } },
        { name: 'outside', metadataFile: 'outside.xml' },
      ],
      roles: [
        {
          roleName: 'Reader',
          assumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { Federated: [CORP, OUTSIDE] },
                Action: ['sts:AssumeRoleWithSAML', 'sts:TagSession', 'sts:SetSourceIdentity'],
                Condition: { StringEquals: { 'saml:aud': 'https://signin.aws.amazon.com/saml' } },
              },
              {
                Effect: 'Allow',
                Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/alice` },
                Action: 'sts:AssumeRole',
                Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
              },
            ],
          },
        },
      ],
    },
  ],
}

const idp = testIdp()

async function started(options: readonly string[] = []): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-saml-'))
  writeFileSync(join(folder, 'seed.json'), JSON.stringify(seed))
  writeFileSync(join(folder, 'outside.xml'), idp.metadata)
  const server = await start(['--ephemeral', '--clock', 'movable', '--seed', join(folder, 'seed.json'), ...options])
  rmSync(folder, { recursive: true, force: true })
  return server
}

/** Most tests share a server. */
let server: Started
before(async () => {
  server = await started()
})
after(() => server.stop())

const anonymous = (server: Started) =>
  new STSClient({
    endpoint: server.aws,
    region: 'eu-central-1',
    maxAttempts: 1,
    credentials: { accessKeyId: '-', secretAccessKey: '-' },
  })
const assume = (server: Started, SAMLAssertion: string, PrincipalArn = CORP) =>
  anonymous(server).send(new AssumeRoleWithSAMLCommand({ RoleArn: ROLE, PrincipalArn, SAMLAssertion }))

async function minted(server: Started, ...more: readonly string[]): Promise<string> {
  const { code, out, err } = await server.run(['saml', 'mint', '--role', ROLE, ...more])
  assert.equal(code, 0, err)
  return out.trim()
}

async function why(
  server: Started,
): Promise<{ readonly code?: string; readonly note?: string; readonly refusal?: { readonly explanation?: string } }> {
  const { out } = await server.run(['why', 'last', '--json'])
  return JSON.parse(out) as Awaited<ReturnType<typeof why>>
}

test('a minted assertion becomes a session with all that it says', async () => {
  assert.match(server.log(), /https:\/\/idp\.corp\.example\/metadata/)
  const assertion = await minted(
    server,
    '--subject',
    'carol@example.com',
    '--tag',
    'team=blue',
    '--transitive',
    'team',
    '--source-identity',
    'carol',
    '--session-duration',
    '15m',
  )
  const answer = await assume(server, assertion)
  assert.equal(answer.AssumedRoleUser?.Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/Reader/carol@example.com`)
  assert.equal(answer.Issuer, 'https://idp.corp.example/metadata')
  assert.equal(answer.SourceIdentity, 'carol')
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '', Expiration } = answer.Credentials ?? {}
  assert.ok(Expiration && Math.abs((Expiration.getTime() - Date.now()) / 1000 - 900) < 5)
  const session = new STSClient({
    endpoint: server.aws,
    region: 'eu-central-1',
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
  })
  assert.equal((await session.send(new GetCallerIdentityCommand({}))).Arn, answer.AssumedRoleUser?.Arn)
})

test('inspect tells what a response says, and whether it is taken', async () => {
  const good = await server.run(
    ['saml', 'inspect', '-', '--json'],
    await minted(server, '--recipient', 'https://elsewhere.example'),
  )
  assert.equal(good.code, 0, good.err)
  const told = JSON.parse(good.out) as {
    readonly proved: boolean
    readonly strict: readonly string[]
    readonly certificate: { readonly fingerprint: string }
  }
  assert.equal(told.proved, true)
  assert.match(told.certificate.fingerprint, /^[0-9a-f]{64}$/)
  assert.deepEqual(told.strict, ['the recipient `https://elsewhere.example` is no sign-in address of AWS'])
  const real = await server.run(['saml', 'inspect', '-'], responseXml(idp, [ROLE, OUTSIDE]))
  assert.equal(real.code, 0, real.out)
  assert.match(real.out, /Taken by .*saml-provider\/outside/)
  const late = await server.run(['saml', 'inspect', '-'], await minted(server, '--expires=-1m'))
  assert.equal(late.code, 1)
  assert.match(late.out, /ExpiredTokenException: Response has expired[\s\S]*SAML\.EXPIRED[\s\S]*nothing proves it/)
  const strange = await server.run(['saml', 'inspect', '-'], responseXml(testIdp(), [ROLE, OUTSIDE]))
  assert.match(strange.out, /Response signature invalid[\s\S]*SAML\.SIGNATURE/)
})

test('saml:aud of the trust policy is told as SAML.AUDIENCE; what AWS lets pass is a note', async () => {
  assert.equal(
    await outcome(assume(server, await minted(server, '--recipient', 'https://elsewhere.example'))),
    'AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML',
  )
  assert.equal((await why(server)).code, 'SAML.AUDIENCE')
  const other = await minted(server, '--audience', 'urn:other')
  assert.equal(await outcome(assume(server, other)), 'ok')
  assert.equal(await outcome(assume(server, other)), 'ok', 'a second use')
})

test('--saml strict refuses audience, recipient, not yet valid and a second use', async (context) => {
  const server = await started(['--saml', 'strict'])
  context.after(() => server.stop())
  const refused =
    'InvalidIdentityToken: The SAML response was refused: it does not meet the strict rules of this server.'
  const cases: readonly (readonly [assertion: string, provider: string, explanation: RegExp])[] = [
    [await minted(server, '--audience', 'urn:other'), CORP, /audience/],
    [await minted(server, '--recipient', 'https://elsewhere.example'), CORP, /recipient/],
    [
      toBase64(
        responseXml(idp, [ROLE, OUTSIDE], {
          before: (xml) => xml.replace(/(?<=NotBefore=")[^"]*/, new Date(Date.now() + 90_000).toISOString()),
        }),
      ),
      OUTSIDE,
      /not valid before/,
    ],
  ]
  for (const [assertion, provider, explanation] of cases) {
    assert.equal(await outcome(assume(server, assertion, provider)), refused)
    const { code, refusal } = await why(server)
    assert.equal(code, 'SAML.STRICT')
    assert.match(refusal?.explanation ?? '', explanation)
  }
  const once = await minted(server)
  const answers = await Promise.all(Array.from({ length: 5 }, () => outcome(assume(server, once))))
  assert.deepEqual(answers.toSorted(), [...Array.from({ length: 4 }, () => refused), 'ok'])
})

test('mfa code is what the phone shows, and never the same code twice', async () => {
  const sts = new STSClient({ endpoint: server.aws, region: 'eu-central-1', maxAttempts: 1, credentials: ALICE })
  const serial = `arn:aws:iam::${ACCOUNT}:mfa/phone`
  const code = async () => (await server.run(['mfa', 'code', 'alice'])).out.trim()
  const plain = { RoleArn: ROLE, RoleSessionName: 'alice' }
  assert.match(await outcome(sts.send(new AssumeRoleCommand(plain))), /^AccessDenied/)
  assert.equal((await why(server)).code, 'MFA.NOT_PRESENT')
  for (let turn = 0; turn < 2; turn++)
    assert.equal(
      await outcome(sts.send(new AssumeRoleCommand({ ...plain, SerialNumber: serial, TokenCode: await code() }))),
      'ok',
    )
  assert.equal((await server.run(['clock', 'advance', '7h'])).code, 0)
  assert.equal(
    await outcome(sts.send(new GetSessionTokenCommand({ SerialNumber: serial, TokenCode: await code() }))),
    'ok',
    'session time',
  )
  assert.equal((await server.run(['mfa', 'code', 'nobody'])).code, 1)
  const pair = await server.run(['mfa', 'code', serial, '--pair'])
  assert.match(pair.out.trim(), /^\d{6} \d{6}$/)
})

test('the Role attribute in any order, with blanks, among others', async () => {
  for (const values of [
    [`${ROLE},${CORP}`],
    [`${CORP}, ${ROLE}`],
    [`${ROLE.replace('Reader', 'Other')},${CORP}`, `${CORP},${ROLE}`],
  ]) {
    const { out, err } = await server.run([
      'saml',
      'mint',
      '--provider',
      'corp',
      ...values.flatMap((value) => ['--role-attribute', value]),
    ])
    assert.equal(await outcome(assume(server, out.trim())), 'ok', err)
  }
})

test('exchanged ARNs are told by their kind', async () => {
  const assertion = await minted(server)
  const call = (RoleArn: string, PrincipalArn: string) =>
    outcome(anonymous(server).send(new AssumeRoleWithSAMLCommand({ RoleArn, PrincipalArn, SAMLAssertion: assertion })))
  assert.equal(await call(CORP, ROLE), 'ValidationError: Request ARN is invalid')
  assert.match((await why(server)).refusal?.explanation ?? '', /The two ARNs are exchanged/)
  assert.equal(await call(ROLE, ROLE), 'ValidationError: Principal ARN is invalid')
})

test('after a reset the lab signs with the same key', async () => {
  const before = await minted(server)
  assert.equal((await server.run(['reset'])).code, 0)
  assert.equal(await outcome(assume(server, before)), 'ok')
  assert.equal(await outcome(assume(server, await minted(server))), 'ok')
})

test('without a lab nothing is minted', async (context) => {
  const server = await start(['--ephemeral'])
  context.after(() => server.stop())
  const { code, err } = await server.run(['saml', 'mint', '--role', ROLE])
  assert.equal(code, 1)
  assert.match(err, /lab plays no SAML provider/)
})
