/** Profiles of the shared configuration file, as people write them, through the default chain of three clients. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fromIni } from '@aws-sdk/credential-providers'
import { ROOT } from '../house/files.ts'
import { start } from '../support/started.ts'
import type { Started } from '../support/started.ts'
import { isInstalled } from './clients.ts'

const ROLES = 'arn:aws:iam::111122223333:role'
const SESSIONS = 'arn:aws:sts::111122223333:assumed-role'
const BOB = { AWS_ACCESS_KEY_ID: 'AKIAQEXAMPLEBOBSKEYB', AWS_SECRET_ACCESS_KEY: 'only-for-tests-bob' }

const configuration = (token: string): string => `
[profile bob]
aws_access_key_id = ${BOB.AWS_ACCESS_KEY_ID}
aws_secret_access_key = ${BOB.AWS_SECRET_ACCESS_KEY}

[profile gate]
role_arn = ${ROLES}/Gate
source_profile = bob
external_id = invoice-4711
role_session_name = profile
duration_seconds = 1800

[profile vault]
role_arn = ${ROLES}/Vault
source_profile = gate
role_session_name = onward

[profile stranger]
role_arn = ${ROLES}/Gate
source_profile = bob
external_id = invoice-0815
role_session_name = profile

[profile too-long]
role_arn = ${ROLES}/Vault
source_profile = gate
role_session_name = onward
duration_seconds = 7200

[profile from-environment]
role_arn = ${ROLES}/Gate
credential_source = Environment
external_id = invoice-4711
role_session_name = environment

[profile from-instance]
role_arn = ${ROLES}/Vault
credential_source = Ec2InstanceMetadata
role_session_name = instance

[profile job]
role_arn = ${ROLES}/Deploy
web_identity_token_file = ${token}
role_session_name = job
`

interface Client {
  readonly name: string
  readonly skip: string | false
  readonly command: string
  readonly words: (profile: string) => readonly string[]
}

const JAVASCRIPT = `import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
const { Arn } = await new STSClient({}).send(new GetCallerIdentityCommand({}))
console.log(Arn)`
const python = (profile: string): string =>
  `import boto3; print(boto3.Session(profile_name="${profile}").client("sts").get_caller_identity()["Arn"])`

/** Each prints the ARN of its caller. Botocore puts keys of the environment before AWS_PROFILE, so it is told the profile itself. */
const CLIENTS: readonly Client[] = [
  {
    name: 'JavaScript',
    skip: false,
    command: process.execPath,
    words: () => ['--input-type=module', '--eval', JAVASCRIPT],
  },
  {
    name: 'AWS CLI',
    skip: isInstalled('aws', '--version') ? false : 'the AWS CLI is missing',
    command: 'aws',
    words: (profile) => ['sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text', '--profile', profile],
  },
  {
    name: 'boto3',
    skip: isInstalled('python3', '-c', 'import boto3') ? false : 'boto3 is missing',
    command: 'python3',
    words: (profile) => ['-c', python(profile)],
  },
]

const ALLOWED: readonly (readonly [profile: string, arn: string])[] = [
  ['gate', `${SESSIONS}/Gate/profile`],
  ['vault', `${SESSIONS}/Vault/onward`],
  ['from-environment', `${SESSIONS}/Gate/environment`],
  ['from-instance', `${SESSIONS}/Vault/instance`],
  ['job', `${SESSIONS}/Deploy/job`],
]
const REFUSED: readonly (readonly [profile: string, words: RegExp, code: string])[] = [
  ['stranger', /not authorized to perform: sts:AssumeRole on resource: \S+role\/Gate/, 'TRUST.EXTERNAL_ID_MISMATCH'],
  [
    'too-long',
    /DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining/,
    'SESSION.CHAIN_LIMIT',
  ],
]

describe('profiles', { timeout: 600_000 }, () => {
  let server: Started
  let metadata: string
  const folder = mkdtempSync(join(tmpdir(), 'understudy-profiles-'))
  before(async () => {
    server = await start(['--ephemeral', '--seed', resolve(ROOT, 'tests/clients/federation.yaml')])
    const listed = await server.run(['imds', 'list', '--json'])
    const [instance] = JSON.parse(listed.out) as readonly { readonly address: string }[]
    metadata = instance?.address ?? ''
    const words = ['token', 'mint', 'github', '--repo', 'octo-org/app', '--ref', 'refs/heads/main']
    const minted = await server.run(words)
    assert.equal(minted.code, 0, minted.err)
    writeFileSync(join(folder, 'token'), minted.out.trim())
    writeFileSync(join(folder, 'config'), configuration(join(folder, 'token')))
  })
  after(async () => {
    rmSync(folder, { recursive: true, force: true })
    await server?.stop()
  })

  async function call(
    command: string,
    args: readonly string[],
    profile: string,
  ): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
    const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'))
    const child = spawn(command, [...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...Object.fromEntries(kept),
        HOME: folder,
        AWS_CONFIG_FILE: join(folder, 'config'),
        AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
        AWS_PROFILE: profile,
        AWS_REGION: 'eu-central-1',
        AWS_DEFAULT_REGION: 'eu-central-1',
        AWS_ENDPOINT_URL: server.aws,
        AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata,
        AWS_MAX_ATTEMPTS: '1',
        ...(profile === 'from-environment' ? BOB : {}),
      },
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk) => (out += String(chunk)))
    child.stderr.on('data', (chunk) => (err += String(chunk)))
    await once(child, 'close')
    return { code: child.exitCode, out, err }
  }

  for (const { name, skip, command, words: wordsFor } of CLIENTS) {
    for (const [profile, arn] of ALLOWED)
      test(`${name}: ${profile}`, { skip }, async () => {
        const { code, out, err } = await call(command, wordsFor(profile), profile)
        assert.equal(code, 0, err)
        assert.equal(out.trim(), arn)
      })
    for (const [profile, words, code] of REFUSED)
      test(`${name}: ${profile} is refused`, { skip }, async () => {
        const run = await call(command, wordsFor(profile), profile)
        assert.notEqual(run.code, 0)
        assert.match(run.err, words)
        const why = await server.run(['why', 'refusal', '--json'])
        assert.equal((JSON.parse(why.out) as { readonly code: string }).code, code)
      })
  }

  test('a profile may say how long its session lasts', async () => {
    const credentials = fromIni({
      profile: 'gate',
      configFilepath: join(folder, 'config'),
      filepath: join(folder, 'none'),
      clientConfig: { endpoint: server.aws, region: 'eu-central-1' },
    })
    const { expiration } = await credentials()
    const minutes = ((expiration?.getTime() ?? 0) - Date.now()) / 60_000
    assert.ok(minutes > 28 && minutes <= 30, `${minutes} minutes`)
  })
})
