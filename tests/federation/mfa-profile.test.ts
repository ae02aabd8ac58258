/** A profile with `role_arn`, `source_profile` and `mfa_serial`, as the shared configuration file has it, through the clients that read it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  CreateVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  IAMClient,
} from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromIni } from '@aws-sdk/credential-providers'
import { fromBase32, totpCode, totpStep } from '../../packages/server/src/credentials/totp.ts'
import { isInstalled } from '../clients/clients.ts'
import { openWorld } from '../support/world.ts'

const ACCOUNT = '111122223333'

/** A server, a role that wants MFA of alice, and her files. */
async function guarded(context: TestContext) {
  const world = await openWorld()
  context.after(() => world.close())
  const folder = mkdtempSync(join(tmpdir(), 'understudy-profile-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const iam = new IAMClient({
    endpoint: world.endpoint,
    region: 'us-east-1',
    credentials: await world.account(ACCOUNT),
  })
  await iam.send(new CreateUserCommand({ UserName: 'alice' }))
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'alice' }))
  const { VirtualMFADevice } = await iam.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: 'phone' }))
  const seed = fromBase32(Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString())
  assert.ok(seed)
  const now = totpStep(world.core.clock.session())
  await iam.send(
    new EnableMFADeviceCommand({
      UserName: 'alice',
      SerialNumber: VirtualMFADevice?.SerialNumber ?? '',
      AuthenticationCode1: totpCode(seed, now - 1),
      AuthenticationCode2: totpCode(seed, now),
    }),
  )
  await iam.send(
    new CreateRoleCommand({
      RoleName: 'Guarded',
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/alice` },
          Action: 'sts:AssumeRole',
          Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
        },
      }),
    }),
  )
  const files = { filepath: join(folder, 'credentials'), configFilepath: join(folder, 'config') }
  writeFileSync(
    files.filepath,
    `[alice]\naws_access_key_id = ${AccessKey?.AccessKeyId}\naws_secret_access_key = ${AccessKey?.SecretAccessKey}\n`,
  )
  writeFileSync(
    files.configFilepath,
    `[profile guarded]\nrole_arn = arn:aws:iam::${ACCOUNT}:role/Guarded\nsource_profile = alice\nmfa_serial = ${VirtualMFADevice?.SerialNumber}\nrole_session_name = by-profile\nduration_seconds = 900\n`,
  )
  const code = (ahead = 0) => totpCode(seed, totpStep(world.core.clock.session()) + ahead)
  return { endpoint: world.endpoint, files, code }
}

const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/Guarded/by-profile`

test('a profile that wants MFA asks for a code and becomes the role', async (context) => {
  const { endpoint, files, code } = await guarded(context)
  const asked: string[] = []
  const credentials = fromIni({
    ...files,
    profile: 'guarded',
    clientConfig: { endpoint, region: 'eu-central-1' },
    mfaCodeProvider: async (serial) => {
      asked.push(serial)
      return code()
    },
  })
  const sts = new STSClient({ endpoint, region: 'eu-central-1', credentials })
  const { Arn } = await sts.send(new GetCallerIdentityCommand({}))
  assert.equal(Arn, SESSION)
  assert.deepEqual(asked, [`arn:aws:iam::${ACCOUNT}:mfa/phone`])
})

const PYTHON = `import boto3, sys
session = boto3.Session(profile_name='guarded')
chain = session._session.get_component('credential_provider')
chain.get_provider('assume-role')._prompter = lambda prompt: sys.argv[1]
print(session.client('sts').get_caller_identity()['Arn'])`
const CLI = ['sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text', '--profile', 'guarded']

test(
  'boto3 asks its prompter, and is refused with a code that was used',
  { skip: isInstalled('python3', '-c', 'import boto3') ? false : 'boto3 is missing' },
  async (context) => {
    const { endpoint, files, code } = await guarded(context)
    const shown = code()
    const call = () => run('python3', ['-c', PYTHON, shown], variables(endpoint, files))
    const first = await call()
    assert.equal(first.out.trim(), SESSION, first.err)
    assert.match((await call()).err, /MultiFactorAuthentication failed with invalid MFA one time pass code/)
  },
)

test(
  'the AWS CLI reads the code from its input where there is no terminal',
  { skip: isInstalled('aws', '--version') ? false : 'the AWS CLI is missing' },
  async (context) => {
    const { endpoint, files, code } = await guarded(context)
    const called = await run('aws', CLI, variables(endpoint, files), `${code()}\n`)
    assert.equal(called.out.trim().split('\n').at(-1), SESSION, called.err)
  },
)

const variables = (endpoint: string, files: { readonly filepath: string; readonly configFilepath: string }) => ({
  AWS_CONFIG_FILE: files.configFilepath,
  AWS_SHARED_CREDENTIALS_FILE: files.filepath,
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: 'eu-central-1',
  AWS_DEFAULT_REGION: 'eu-central-1',
  AWS_MAX_ATTEMPTS: '1',
  AWS_EC2_METADATA_DISABLED: 'true',
})

/** In a session of its own, so that nothing asks the terminal of whoever runs the tests. */
async function run(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  input = '',
) {
  const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')))
  const env = { ...kept, ...environment }
  const child = spawn(command, [...args], { env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (err += String(chunk)))
  child.stdin.end(input)
  await once(child, 'close')
  return { out, err }
}
