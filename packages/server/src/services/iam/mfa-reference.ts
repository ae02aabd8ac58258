/** How calls name MFA devices and their holders, and what they are authorized on. */
import { mfaArn, parseIamArn, rootArn, splitIamResource } from '../../domain/arn.ts'
import { mfaDevices, mfaKey } from '../../entities/mfa.ts'
import type { MfaDevice } from '../../entities/mfa.ts'
import { noSuchEntity } from '../../errors/catalogue.ts'
import type { Asks } from '../../authorization/question.ts'
import type { Reader } from '../../store/port.ts'
import type { Call } from '../operation.ts'
import { askOn, resourceTagKeys, userFamily } from './names.ts'
import type { Context } from './names.ts'
import { callerName } from './users.ts'

interface Serial {
  readonly SerialNumber: string
}

/** The virtual device of that serial number, if the caller's account has it. */
export async function deviceOf(serial: string, call: Call, store: Reader): Promise<MfaDevice | undefined> {
  const arn = parseIamArn(serial)
  const named = arn?.account === call.account ? splitIamResource(arn.resource) : undefined
  return named?.kind === 'mfa' ? store.get(mfaDevices, call.account, mfaKey(named.path, named.name)) : undefined
}

/** @throws AwsError NoSuchEntity */
export async function existingDevice(serial: string, call: Call, store: Reader): Promise<MfaDevice> {
  const device = await deviceOf(serial, call, store)
  if (device === undefined) throw unknownDevice(serial)
  return device
}

export const unknownDevice = (serial: string) => noSuchEntity(`MFA Device with serial number ${serial} does not exist.`)

/** Asks about a device by its serial number, which is its ARN. */
export function askOnDevice<Input extends Serial = Serial>(
  action: string,
  more: (input: Input) => Context = () => ({}),
) {
  return async (input: Input, call: Call, store: Reader): Promise<Asks> => {
    const device = await deviceOf(input.SerialNumber, call, store)
    const resource = device ? mfaArn(call.account, device.path, device.name) : input.SerialNumber
    return [{ action, resource, context: { ...resourceTagKeys(device?.tags, false), ...more(input) } }]
  }
}

export const askOnDevices = (_input: unknown, call: Call): Asks => [
  { action: 'iam:ListVirtualMFADevices', resource: mfaArn(call.account, '/', '') },
]

/** Asks about the user whose devices a call is about; without UserName that is the caller. */
export function askOnHolder(action: string) {
  return async (input: { readonly UserName?: string | undefined }, call: Call, store: Reader): Promise<Asks> => {
    const name = input.UserName ?? callerName(call)
    if (name !== undefined) return askOn(userFamily, action)({ UserName: name }, call, store)
    return [{ action, resource: rootArn(call.account) }]
  }
}
