/** Virtual MFA devices. Rules and texts are AWS's, recorded in 2025 and 2026; those of the codes stand in `credentials/mfa.ts`. */
import type { Iam, IamOperations } from '@understudy/wire'
import { acceptPair, seedOf } from '../../credentials/mfa.ts'
import { base32 } from '../../credentials/totp.ts'
import { mfaArn } from '../../domain/arn.ts'
import { dateOf } from '../../domain/brands.ts'
import { users } from '../../entities/iam.ts'
import type { User } from '../../entities/iam.ts'
import { mfaDevices, mfaSealOwner } from '../../entities/mfa.ts'
import type { MfaDevice } from '../../entities/mfa.ts'
import { AwsError } from '../../errors/aws-error.ts'
import {
  accessDenied,
  deleteConflict,
  entityAlreadyExists,
  limitExceeded,
  noSuchEntity,
  validationError,
} from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { askOnDevice, askOnDevices, askOnHolder, deviceOf, existingDevice, unknownDevice } from './mfa-reference.ts'
import { creationTime, existing, userFamily } from './names.ts'
import { pageOf, pageOfRows } from './paging.ts'
import { pngOf } from './png.ts'
import { qrCode } from './qr-code.ts'
import { newTags, requestTagKeys, tagKeys, wireTags, withoutTags, withTags } from './tag-rules.ts'
import { callerName, listedUser } from './users.ts'

const SEED_BYTES = 40
const LABEL_MAX = 100
const DEVICES_OF_USER_MAX = 8

export const mfaDeviceOperations = {
  CreateVirtualMFADevice: {
    access: 'write',
    ask: (input, call) => {
      const resource = mfaArn(call.account, input.Path ?? '/', input.VirtualMFADeviceName)
      const context = requestTagKeys(input.Tags)
      const create = { action: 'iam:CreateVirtualMFADevice', resource, context }
      return input.Tags?.length ? [create, { action: 'iam:TagMFADevice', resource, context }] : [create]
    },
    handle: async (input, call, store) => {
      const { chance, vault } = call.platform
      const path = input.Path ?? '/'
      const id = chance.bytes(8).toString('hex')
      const seed = base32(chance.bytes(SEED_BYTES))
      const device: MfaDevice = {
        name: input.VirtualMFADeviceName,
        path,
        id,
        sealedSeed: vault.seal(seed, mfaSealOwner(call.account, id)),
        tags: newTags(input.Tags, 'exact'),
        createdAt: creationTime(call),
        aheadSteps: 0,
      }
      if ((await store.insert(mfaDevices, call.account, device)) === 'exists')
        throw entityAlreadyExists('MFA device already exists.')
      return {
        VirtualMFADevice: {
          SerialNumber: mfaArn(call.account, path, device.name),
          Base32StringSeed: Buffer.from(seed),
          QRCodePNG: pngOf(qrCode(otpAddress(device.name, seed, call))),
          ...(device.tags.length === 0 ? {} : { Tags: wireTags(device.tags) }),
        },
      }
    },
  },
  DeleteVirtualMFADevice: {
    access: 'write',
    ask: askOnDevice('iam:DeleteVirtualMFADevice'),
    handle: async (input, call, store) => {
      const device = await existingDevice(input.SerialNumber, call, store)
      if (device.assigned) throw deleteConflict('MFA VirtualDevice in use. Must deactivate first.')
      await store.remove(mfaDevices, call.account, mfaDevices.key(device))
      return {}
    },
  },
  EnableMFADevice: {
    access: 'write',
    ask: askOnHolder('iam:EnableMFADevice'),
    handle: async (input, call, store) => {
      const user = await existing(userFamily, store, call.account, input.UserName)
      await requireMfaForOwn(user, call, store)
      const device = await existingDevice(input.SerialNumber, call, store)
      if (device.assigned)
        throw entityAlreadyExists(
          device.assigned.userId === user.id
            ? `MFA Device for user ${user.name} already exists.`
            : 'MFA Device is already in use.',
        )
      if ((await devicesOf(user, call, store)).length >= DEVICES_OF_USER_MAX)
        throw limitExceeded(`Cannot exceed quota for MfaDevicesPerUser: ${DEVICES_OF_USER_MAX}`)
      const accepted = withAcceptedPair(device, input, call)
      await store.put(mfaDevices, call.account, {
        ...accepted,
        assigned: { userId: user.id, enabledAt: creationTime(call) },
      })
      return {}
    },
  },
  ResyncMFADevice: {
    access: 'write',
    ask: askOnHolder('iam:ResyncMFADevice'),
    handle: async (input, call, store) => {
      const user = await existing(userFamily, store, call.account, input.UserName)
      const device = await deviceOfUser(input.SerialNumber, user, call, store)
      await store.put(mfaDevices, call.account, withAcceptedPair(device, input, call))
      return {}
    },
  },
  DeactivateMFADevice: {
    access: 'write',
    ask: askOnHolder('iam:DeactivateMFADevice'),
    handle: async (input, call, store) => {
      const name = input.UserName ?? callerName(call)
      if (name === undefined) throw unknownDevice(input.SerialNumber)
      const user = await existing(userFamily, store, call.account, name)
      await requireMfaForOwn(user, call, store)
      const { assigned: _, ...free } = await deviceOfUser(input.SerialNumber, user, call, store)
      await store.put(mfaDevices, call.account, free)
      return {}
    },
  },
  ListMFADevices: {
    access: 'read',
    ask: askOnHolder('iam:ListMFADevices'),
    handle: async (input, call, store) => {
      const name = input.UserName ?? callerName(call)
      // The root user's devices cannot be made through the API, so it has none.
      const user = name === undefined ? undefined : await existing(userFamily, store, call.account, name)
      const devices = user === undefined ? [] : await devicesOf(user, call, store)
      const page = pageOf(devices, mfaDevices.key, input, ['ListMFADevices', call.account, user?.id])
      return { MFADevices: page.items.map((device) => assignedView(device, user, call)), ...page.more }
    },
  },
  ListVirtualMFADevices: {
    access: 'read',
    ask: askOnDevices,
    handle: async (input, call, store) => {
      const { AssignmentStatus = 'Any' } = input
      const keep = (row: MfaDevice) =>
        AssignmentStatus === 'Any' || (row.assigned !== undefined) === (AssignmentStatus === 'Assigned')
      const listing = { kind: mfaDevices, account: call.account, keep }
      const scope = ['ListVirtualMFADevices', call.account, AssignmentStatus]
      const page = await pageOfRows(store, listing, input, scope)
      return {
        VirtualMFADevices: await Promise.all(page.items.map((device) => virtualView(device, call, store))),
        ...page.more,
      }
    },
  },
  GetMFADevice: {
    access: 'read',
    ask: askOnHolder('iam:GetMFADevice'),
    handle: async (input, call, store) => {
      await existingDevice(input.SerialNumber, call, store)
      throw validationError(
        'The MFA device serial number sent in the request is invalid or not supported by this API. Currently, only ' +
          'hardware FIDO security keys are supported. Please use the compatible device or API.',
      )
    },
  },
  TagMFADevice: {
    access: 'write',
    ask: askOnDevice<{ readonly SerialNumber: string; readonly Tags: readonly Iam.Tag[] }>(
      'iam:TagMFADevice',
      (input) => requestTagKeys(input.Tags),
    ),
    handle: async (input, call, store) => {
      const device = await existingDevice(input.SerialNumber, call, store)
      await store.put(mfaDevices, call.account, { ...device, tags: withTags(device.tags, input.Tags, 'exact') })
      return {}
    },
  },
  UntagMFADevice: {
    access: 'write',
    ask: askOnDevice<{ readonly SerialNumber: string; readonly TagKeys: readonly string[] }>(
      'iam:UntagMFADevice',
      (input) => tagKeys(input.TagKeys),
    ),
    handle: async (input, call, store) => {
      const device = await existingDevice(input.SerialNumber, call, store)
      await store.put(mfaDevices, call.account, { ...device, tags: withoutTags(device.tags, input.TagKeys, 'exact') })
      return {}
    },
  },
  ListMFADeviceTags: {
    access: 'read',
    ask: askOnDevice('iam:ListMFADeviceTags'),
    handle: async (input, call, store) => {
      const device = await existingDevice(input.SerialNumber, call, store)
      const page = pageOf(device.tags, (tag) => tag.key, input, ['ListMFADeviceTags', call.account, device.id])
      return { Tags: wireTags(page.items), ...page.more }
    },
  },
} satisfies Operations<
  IamOperations,
  | 'CreateVirtualMFADevice'
  | 'DeleteVirtualMFADevice'
  | 'EnableMFADevice'
  | 'ResyncMFADevice'
  | 'DeactivateMFADevice'
  | 'ListMFADevices'
  | 'ListVirtualMFADevices'
  | 'GetMFADevice'
  | 'TagMFADevice'
  | 'UntagMFADevice'
  | 'ListMFADeviceTags'
>

/** What phones read from the picture. IAM API Reference, VirtualMFADevice. The name only labels it, so a long one is cut to fit. */
const otpAddress = (name: string, seed: string, { account }: Call): string =>
  `otpauth://totp/${encodeURIComponent(name.slice(0, LABEL_MAX))}@${account}?secret=${seed}`

const devicesOf = (user: User, call: Call, store: Reader): Promise<readonly MfaDevice[]> =>
  store.find(mfaDevices, call.account, 'user', user.id)

/** @throws AwsError NoSuchEntity */
async function deviceOfUser(serial: string, user: User, call: Call, store: Reader): Promise<MfaDevice> {
  const device = await deviceOf(serial, call, store)
  if (device?.assigned?.userId !== user.id) throw noSuchEntity('MFA Device invalid for user.')
  return device
}

/**
 * Who has a device changes his own ones only with MFA, whatever his policies say, and is told so before serial number and
 * codes are looked at. @throws AwsError AccessDenied
 */
async function requireMfaForOwn(user: User, call: Call, store: Reader): Promise<void> {
  const { caller } = call
  if (caller.kind !== 'user' || caller.userId !== user.id || caller.session?.mfaAt !== undefined) return
  const devices = await devicesOf(user, call, store)
  if (devices.length === 0) return
  throw accessDenied(
    'To complete this action, please ensure that you are authenticated with an MFA device that is enabled for this user.',
    {
      diagnosis: 'MFA.SELF_NEEDS_MFA',
      explanation:
        `${user.name} holds ${devices.length} MFA device(s) already: to enable or deactivate one of one's own, call with ` +
        'credentials of GetSessionToken that were made with a code. Resynchronizing, and devices of others, need none.',
    },
  )
}

interface Pair {
  readonly AuthenticationCode1: string
  readonly AuthenticationCode2: string
}

/** @throws AwsError InvalidAuthenticationCode */
function withAcceptedPair(device: MfaDevice, input: Pair, call: Call): MfaDevice {
  const seed = seedOf(device, call.account, call.platform.vault)
  const codes = [input.AuthenticationCode1, input.AuthenticationCode2] as const
  const accepted = acceptPair(device, codes, { seed, now: call.now })
  if (accepted === undefined)
    throw new AwsError('InvalidAuthenticationCode', 403, 'Authentication code for device is not valid.', {
      diagnosis: 'MFA.PAIR_REFUSED',
      explanation:
        'Two codes are wanted that the device showed one after the other, the earlier one first, and both later than the ' +
        'pair that was accepted last.',
    })
  return accepted
}

const assignedView = (device: MfaDevice, user: User | undefined, call: Call): Iam.MFADevice => ({
  UserName: user?.name ?? '',
  SerialNumber: mfaArn(call.account, device.path, device.name),
  EnableDate: dateOf(device.assigned?.enabledAt ?? device.createdAt),
})

async function virtualView(device: MfaDevice, call: Call, store: Reader): Promise<Iam.VirtualMFADevice> {
  const SerialNumber = mfaArn(call.account, device.path, device.name)
  const { assigned } = device
  if (assigned === undefined) return { SerialNumber }
  const holder = await store.findUnique(users, 'id', assigned.userId)
  return {
    SerialNumber,
    EnableDate: dateOf(assigned.enabledAt),
    ...(holder === undefined ? {} : { User: listedUser(call.account, holder.row) }),
  }
}
