/** A profile with `role_arn`, `source_profile` and `mfa_serial`, as the shared configuration file has it, through the official SDK. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
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
import { openWorld } from '../support/world.ts'

const ACCOUNT = '111122223333'

test('a profile that wants MFA asks for a code and becomes the role', async (context) => {
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
  const asked: string[] = []
  const credentials = fromIni({
    ...files,
    profile: 'guarded',
    clientConfig: { endpoint: world.endpoint, region: 'eu-central-1' },
    mfaCodeProvider: async (serial) => {
      asked.push(serial)
      return totpCode(seed, totpStep(world.core.clock.session()))
    },
  })
  const sts = new STSClient({ endpoint: world.endpoint, region: 'eu-central-1', credentials })
  const { Arn } = await sts.send(new GetCallerIdentityCommand({}))
  assert.equal(Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/Guarded/by-profile`)
  assert.deepEqual(asked, [`arn:aws:iam::${ACCOUNT}:mfa/phone`])
})
