/** The recorded answers of IAM on tags of MFA devices and on the counts of an account (native-iam.json), through the official client. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  CreateSAMLProviderCommand,
  CreateUserCommand,
  CreateVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  GetAccountSummaryCommand,
  ListMFADeviceTagsCommand,
  TagMFADeviceCommand,
} from '@aws-sdk/client-iam'
import type { Tag } from '@aws-sdk/client-iam'
import { fromBase32, totpCode, totpStep } from '../../packages/server/src/credentials/totp.ts'
import { openIamWorld, outcome } from '../iam/client.ts'
import { testIdp } from './saml-provider.ts'

const FILE = fileURLToPath(new URL('../../../shared/recordings/native-iam.json', import.meta.url))

interface NativeRecord {
  readonly id: string
  readonly call: {
    readonly operation: string
    readonly params?: { readonly Tags?: Tag[]; readonly VirtualMFADeviceName?: string }
  }
  readonly answer: {
    readonly code?: string
    readonly message?: string
    readonly members?: { readonly Tags?: Tag[]; readonly VirtualMFADevice?: { readonly Tags?: Tag[] } }
    readonly change?: Readonly<Record<string, number>>
  }
}

const records: readonly NativeRecord[] = existsSync(FILE)
  ? (JSON.parse(readFileSync(FILE, 'utf8')) as { readonly records: readonly NativeRecord[] }).records
  : []
const skip = records.length === 0 ? 'the recordings are not beside this checkout' : false
const sorted = (tags: readonly Tag[] | undefined) =>
  [...(tags ?? [])].sort((a, b) => ((a.Key ?? '') < (b.Key ?? '') ? -1 : 1))

test('tags/mfa-device', { skip }, async (context) => {
  const { admin } = await openIamWorld(context)
  let SerialNumber = ''
  const steps = records.filter(({ id }) => id.startsWith('tags/mfa-device/'))
  assert.ok(steps.length >= 4)
  for (const { id, call, answer } of steps) {
    const Tags = call.params?.Tags ?? []
    if (call.operation === 'CreateVirtualMFADevice') {
      const made = await admin.send(
        new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: call.params?.VirtualMFADeviceName, Tags }),
      )
      SerialNumber = made.VirtualMFADevice?.SerialNumber ?? ''
      assert.deepEqual(made.VirtualMFADevice?.Tags, answer.members?.VirtualMFADevice?.Tags, id)
    } else if (call.operation === 'ListMFADeviceTags') {
      const read = await admin.send(new ListMFADeviceTagsCommand({ SerialNumber }))
      assert.deepEqual(sorted(read.Tags), sorted(answer.members?.Tags), id)
    } else {
      assert.equal(call.operation, 'TagMFADevice', id)
      const want = answer.code === undefined ? 'ok' : `${answer.code}: ${answer.message}`
      assert.equal(await outcome(admin.send(new TagMFADeviceCommand({ SerialNumber, Tags }))), want, id)
    }
  }
})

test('account-summary/counts/8-saml-provider', { skip }, async (context) => {
  const { admin, world } = await openIamWorld(context)
  const counts = async () => (await admin.send(new GetAccountSummaryCommand({}))).SummaryMap ?? {}
  const before = await counts()
  await admin.send(new CreateUserCommand({ UserName: 'alice' }))
  const { VirtualMFADevice } = await admin.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: 'phone' }))
  const seed = fromBase32(Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString())
  assert.ok(seed)
  const step = totpStep(world.core.clock.session())
  await admin.send(
    new EnableMFADeviceCommand({
      UserName: 'alice',
      SerialNumber: VirtualMFADevice?.SerialNumber,
      AuthenticationCode1: totpCode(seed, step - 1),
      AuthenticationCode2: totpCode(seed, step),
    }),
  )
  await admin.send(new CreateSAMLProviderCommand({ Name: 'idp', SAMLMetadataDocument: testIdp().metadata }))
  const after = await counts()
  const want = records.find(({ id }) => id === 'account-summary/counts/8-saml-provider')?.answer.change ?? {}
  assert.ok(Object.keys(want).length > 0)
  for (const [name, change] of Object.entries(want))
    assert.equal(Reflect.get(after, name) - Reflect.get(before, name), change, name)
})
