/** Virtual MFA devices as AWS answered in September 2026, through the official clients. native-mfa.test.ts says which record is where. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreateRoleCommand,
  CreateVirtualMFADeviceCommand,
  DeactivateMFADeviceCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  GetMFADeviceCommand,
  ListMFADevicesCommand,
  ListUsersCommand,
  ListVirtualMFADevicesCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { outcome } from '../iam/client.ts'
import { lastDiagnosis } from '../support/diagnosis.ts'
import {
  ACCOUNT,
  NO_PAIR,
  OWN_NEEDS_MFA,
  UNABLE,
  WRONG,
  admin,
  device,
  enable,
  freshPeriod,
  holder,
  iam,
  login,
  next,
  person,
  resync,
  step,
  sts,
  world,
} from './mfa-stage.ts'

test('device: create, again, delete while assigned, get', async () => {
  freshPeriod()
  const first = await device('handset', '/devices/')
  assert.equal(first.serial, `arn:aws:iam::${ACCOUNT}:mfa/devices/handset`)
  const again = new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: 'handset', Path: '/devices/' })
  assert.equal(await outcome(admin.send(again)), 'EntityAlreadyExists: MFA device already exists.')
  const who = await person()
  const other = await person()
  assert.equal(await resync(who, first, step()), 'NoSuchEntity: MFA Device invalid for user.')
  const pair = (a: number, b: number) =>
    new EnableMFADeviceCommand({
      UserName: who.name,
      SerialNumber: first.serial,
      AuthenticationCode1: first.code(a),
      AuthenticationCode2: first.code(b),
    })
  const now = step()
  assert.equal(await outcome(admin.send(pair(now, now))), NO_PAIR)
  assert.equal(await outcome(admin.send(pair(now, now - 1))), NO_PAIR)
  assert.equal(await enable(admin, who, first), 'ok')
  assert.equal(await enable(admin, who, first), `EntityAlreadyExists: MFA Device for user ${who.name} already exists.`)
  assert.equal(await enable(admin, other, first), 'EntityAlreadyExists: MFA Device is already in use.')
  assert.match(
    await outcome(admin.send(new GetMFADeviceCommand({ SerialNumber: first.serial, UserName: who.name }))),
    /^ValidationError: .*only hardware FIDO security keys/,
  )
  const remove = new DeleteVirtualMFADeviceCommand({ SerialNumber: first.serial })
  assert.equal(await outcome(admin.send(remove)), 'DeleteConflict: MFA VirtualDevice in use. Must deactivate first.')
  await admin.send(new DeleteAccessKeyCommand({ UserName: who.name, AccessKeyId: who.accessKeyId }))
  assert.equal(
    await outcome(admin.send(new DeleteUserCommand({ UserName: who.name }))),
    'DeleteConflict: Cannot delete entity, must remove tokens from principal first.',
  )
  const listed = await admin.send(new ListMFADevicesCommand({ UserName: who.name }))
  assert.equal(listed.MFADevices?.[0]?.SerialNumber, first.serial)
  const assigned = await admin.send(new ListVirtualMFADevicesCommand({ AssignmentStatus: 'Assigned' }))
  const shown = assigned.VirtualMFADevices?.find((each) => each.SerialNumber === first.serial)
  assert.equal(shown?.User?.UserName, who.name)
  assert.equal(shown?.Base32StringSeed, undefined)
  await admin.send(new DeactivateMFADeviceCommand({ UserName: who.name, SerialNumber: first.serial }))
  assert.equal(await enable(admin, other, first, now), NO_PAIR, 'reassign-old-codes')
  assert.equal(await outcome(admin.send(remove)), 'ok')
  assert.equal(
    await outcome(admin.send(remove)),
    `NoSuchEntity: MFA Device with serial number ${first.serial} does not exist.`,
  )
})

test('a long name fits into the picture', async () => {
  const name = '+'.repeat(200)
  const { VirtualMFADevice } = await admin.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: name }))
  assert.equal(
    Buffer.from(VirtualMFADevice?.QRCodePNG ?? [])
      .subarray(1, 4)
      .toString(),
    'PNG',
  )
})

test('window, reuse, resync keep to the recordings', async () => {
  freshPeriod()
  for (const [offset, want] of [
    [-3, WRONG],
    [-2, 'ok'],
    [2, 'ok'],
    [3, WRONG],
  ] as const) {
    const { who, phone } = await holder()
    assert.equal(await login(who, phone, phone.code(step() + offset)), want, `step ${offset}`)
  }
  const { who, phone } = await holder()
  const n = step()
  const answers = []
  for (const at of [n, n + 1, n, n + 2, n + 1, n + 2]) answers.push(await login(who, phone, phone.code(at)))
  assert.deepEqual(answers, ['ok', 'ok', WRONG, 'ok', WRONG, WRONG])
  assert.equal(await resync(who, phone, n + 2), 'ok', 'the pair of used codes is newer than the one that enabled')
  assert.equal(await resync(who, phone, n + 3), NO_PAIR, 'it overlaps')
  assert.equal(await resync(who, phone, n + 4), 'ok')
  assert.equal(await login(who, phone, phone.code(n + 2)), WRONG, 'a spent code stays spent')
})

test('nine tries in three minutes of UTC', async () => {
  freshPeriod()
  const { who, phone } = await holder()
  const second = await device()
  assert.equal(await enable(admin, who, second), 'ok')
  assert.equal(await login(who, phone, phone.code(step())), 'ok')
  for (let index = 2; index <= 9; index++)
    assert.equal(await login(who, phone, phone.code(step() - 50)), WRONG, `${index}`)
  assert.equal(await login(who, phone, phone.code(step() - 50)), UNABLE)
  assert.equal(await lastDiagnosis(world), 'MFA.TOO_MANY_TRIES')
  assert.equal(await login(who, phone, phone.code(step() + 1)), UNABLE, 'a right code too')
  assert.equal(await login(who, second, second.code(step())), 'ok', 'the other device is free')
  await admin.send(new DeactivateMFADeviceCommand({ UserName: who.name, SerialNumber: phone.serial }))
  await admin.send(new DeleteVirtualMFADeviceCommand({ SerialNumber: phone.serial }))
  const again = await device(phone.serial.slice(phone.serial.lastIndexOf('/') + 1))
  assert.equal(await enable(admin, who, again), 'ok')
  assert.equal(await login(who, again, again.code(step())), UNABLE, 'made anew under its name')
  freshPeriod()
  assert.equal(await login(who, again, again.code(step())), 'ok', 'the next three minutes')
})

test('tries at the same time are counted one by one', async () => {
  freshPeriod()
  const { who, phone } = await holder()
  const code = phone.code(step())
  const answers = await Promise.all(Array.from({ length: 12 }, () => login(who, phone, code)))
  assert.equal(answers.filter((answer) => answer === 'ok').length, 1)
  assert.equal(answers.filter((answer) => answer === WRONG).length, 8)
  assert.equal(answers.filter((answer) => answer === UNABLE).length, 3)
})

test("one's own devices beyond the first take a session with MFA", async () => {
  freshPeriod()
  const may = {
    Effect: 'Allow',
    Action: ['iam:EnableMFADevice', 'iam:DeactivateMFADevice', 'iam:ResyncMFADevice', 'iam:ListUsers'],
    Resource: '*',
  }
  const who = await person(may)
  const other = await person()
  const [first, second, third] = [await device(), await device(), await device()]
  const own = iam(who)
  assert.equal(await enable(own, who, first), 'ok')
  assert.equal(await enable(own, who, second), OWN_NEEDS_MFA)
  assert.equal(await lastDiagnosis(world), 'MFA.SELF_NEEDS_MFA')
  assert.equal(await enable(own, who, first), OWN_NEEDS_MFA)
  const off = (serial: string) => new DeactivateMFADeviceCommand({ UserName: who.name, SerialNumber: serial })
  assert.equal(await outcome(own.send(off(first.serial))), OWN_NEEDS_MFA)
  assert.equal(await outcome(own.send(off(`${first.serial}-missing`))), OWN_NEEDS_MFA)
  assert.equal(await enable(own, other, third), 'ok', 'for another user')
  const { Credentials } = await sts(who).send(
    new GetSessionTokenCommand({ SerialNumber: first.serial, TokenCode: first.code(step()) }),
  )
  const proved = iam({
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  })
  assert.equal(await enable(proved, who, second), 'ok')
  assert.equal(await outcome(proved.send(off(first.serial))), 'ok')
  assert.equal(await outcome(proved.send(off(second.serial))), 'ok')
  assert.equal(await outcome(proved.send(new ListUsersCommand({}))), 'ok', 'the session keeps its MFA')
  world.core.clock.advance(60_000)
  assert.equal(await enable(own, who, first), 'ok', 'with none left the first device needs no MFA')
})

test('devices of others, devices that nobody enabled, half of the parameters', async () => {
  freshPeriod()
  const { phone } = await holder()
  const stranger = await person()
  assert.equal(await login(stranger, phone, phone.code(step())), UNABLE)
  assert.equal(await lastDiagnosis(world), 'MFA.WRONG_DEVICE')
  const loose = await device()
  assert.equal(await login(stranger, loose, loose.code(step())), UNABLE)
  const half = new GetSessionTokenCommand({ SerialNumber: phone.serial })
  assert.match(await outcome(sts(stranger).send(half)), /^AccessDenied: .*must provide both/)
})

test('a trust policy that asks for MFA sees the code of the call, and of the session that calls', async () => {
  freshPeriod()
  const who = await person([{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }])
  const phone = await device()
  assert.equal(await enable(admin, who, phone), 'ok')
  const RoleName = `guarded-${next()}`
  await admin.send(
    new CreateRoleCommand({
      RoleName,
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/${who.name}` },
          Action: 'sts:AssumeRole',
          Condition: {
            Bool: { 'aws:MultiFactorAuthPresent': 'true' },
            NumericLessThan: { 'aws:MultiFactorAuthAge': '60' },
          },
        },
      }),
    }),
  )
  const RoleArn = `arn:aws:iam::${ACCOUNT}:role/${RoleName}`
  const plain = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'nn' })
  assert.match(
    await outcome(sts(who).send(plain)),
    /^AccessDenied: User: .* is not authorized to perform: sts:AssumeRole/,
  )
  assert.equal(await lastDiagnosis(world), 'MFA.NOT_PRESENT')
  const withCode = (code: string) =>
    new AssumeRoleCommand({ RoleArn, RoleSessionName: 'nn', SerialNumber: phone.serial, TokenCode: code })
  assert.equal(await outcome(sts(who).send(withCode(phone.code(step())))), 'ok')
  assert.equal(await outcome(sts(who).send(withCode(phone.code(step())))), WRONG)
  assert.equal(await lastDiagnosis(world), 'MFA.CODE_REUSED')
  const { Credentials } = await sts(who).send(
    new GetSessionTokenCommand({ SerialNumber: phone.serial, TokenCode: phone.code(step() + 1) }),
  )
  const session = sts({
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  })
  assert.equal(await outcome(session.send(plain)), 'ok')
  world.core.clock.advance(61_000)
  assert.match(await outcome(session.send(plain)), /^AccessDenied/, 'the session is older than the policy takes')
})

test('codes that enabled a device may be shown at STS, and an earlier unused code after a later one', async () => {
  freshPeriod()
  const { who, phone } = await holder()
  const n = step()
  assert.equal(await login(who, phone, phone.code(n + 1)), 'ok')
  assert.equal(await login(who, phone, phone.code(n)), 'ok', 'the second code of the pair')
  assert.equal(await login(who, phone, phone.code(n - 1)), 'ok', 'the first')
  assert.equal(await login(who, phone, phone.code(n - 2)), 'ok', 'the other edge of the window')
})
