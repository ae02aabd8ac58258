/** Users, virtual devices and their codes, on a server inside the test process. One world a test file. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  CreateVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  IAMClient,
  PutUserPolicyCommand,
  ResyncMFADeviceCommand,
} from '@aws-sdk/client-iam'
import { GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { fromBase32, totpCode, totpStep } from '../../packages/server/src/credentials/totp.ts'
import { outcome } from '../iam/client.ts'
import { openWorld } from '../support/world.ts'
import type { Keys, World } from '../support/world.ts'

export const ACCOUNT = '111122223333'
export const WRONG = 'AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. '
export const UNABLE =
  'AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is ' +
  'valid and associated with this user.'
export const NO_PAIR = 'InvalidAuthenticationCode: Authentication code for device is not valid.'
export const OWN_NEEDS_MFA =
  'AccessDenied: To complete this action, please ensure that you are authenticated with an MFA device that is enabled for ' +
  'this user.'

export let world: World
export let admin: IAMClient
let count = 0
before(async () => {
  world = await openWorld()
  admin = iam(await world.account(ACCOUNT))
})
after(() => world.close())

export const settings = (credentials: Keys) => ({
  endpoint: world.endpoint,
  region: 'us-east-1',
  maxAttempts: 1,
  credentials,
})
export const iam = (keys: Keys) => new IAMClient(settings(keys))
export const sts = (keys: Keys) => new STSClient(settings(keys))
export const step = () => totpStep(world.core.clock.session())

export interface Person extends Keys {
  readonly name: string
}
export interface Device {
  readonly serial: string
  readonly code: (step: number) => string
}

export async function person(policy?: unknown): Promise<Person> {
  const UserName = `user-${++count}`
  await admin.send(new CreateUserCommand({ UserName }))
  if (policy !== undefined)
    await admin.send(
      new PutUserPolicyCommand({
        UserName,
        PolicyName: 'own',
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: policy }),
      }),
    )
  const { AccessKey } = await admin.send(new CreateAccessKeyCommand({ UserName }))
  return {
    name: UserName,
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  }
}

export async function device(name = `phone-${++count}`, Path = '/'): Promise<Device> {
  const { VirtualMFADevice } = await admin.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: name, Path }))
  const text = Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString()
  assert.match(text, /^[A-Z2-7]{64}$/)
  const seed = fromBase32(text)
  assert.ok(seed)
  return { serial: VirtualMFADevice?.SerialNumber ?? '', code: (at) => totpCode(seed, at) }
}

export const enable = (by: IAMClient, of: Person, it: Device, second = step()) =>
  outcome(
    by.send(
      new EnableMFADeviceCommand({
        UserName: of.name,
        SerialNumber: it.serial,
        AuthenticationCode1: it.code(second - 1),
        AuthenticationCode2: it.code(second),
      }),
    ),
  )
export const resync = (of: Person, it: Device, second: number, by = admin) =>
  outcome(
    by.send(
      new ResyncMFADeviceCommand({
        UserName: of.name,
        SerialNumber: it.serial,
        AuthenticationCode1: it.code(second - 1),
        AuthenticationCode2: it.code(second),
      }),
    ),
  )
export const login = (of: Person, it: Device, code: string) =>
  outcome(sts(of).send(new GetSessionTokenCommand({ SerialNumber: it.serial, TokenCode: code, DurationSeconds: 900 })))

export async function holder(policy?: unknown): Promise<{ readonly who: Person; readonly phone: Device }> {
  const who = await person(policy)
  const phone = await device()
  assert.equal(await enable(admin, who, phone), 'ok')
  return { who, phone }
}

/** To the start of the next three minutes, so that no test crosses a border. */
export function freshPeriod(): void {
  const now = world.core.clock.session()
  world.core.clock.advance(180_000 - (now % 180_000) + 1000)
}

/** A number that no name in this file has yet. */
export const next = (): number => ++count
