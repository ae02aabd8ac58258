/**
 * The code of an MFA device that comes with AssumeRole or GetSessionToken. Checked once for a call and before its questions:
 * the try counts and the code is spent in a write of its own, whatever becomes of the call.
 */
import { TRIES_MAX, judgeCode, seedOf } from '../../credentials/mfa.ts'
import type { CodeVerdict } from '../../credentials/mfa.ts'
import type { Caller } from '../../credentials/caller.ts'
import { parseIamArn, splitIamResource } from '../../domain/arn.ts'
import { isoSeconds } from '../../domain/brands.ts'
import { mfaDevices, mfaKey, mfaUses } from '../../entities/mfa.ts'
import type { MfaDevice } from '../../entities/mfa.ts'
import type { Reader, Store, Writer } from '../../store/port.ts'
import type { Call, Proof } from '../operation.ts'
import { halfMfa, invalidMfaCode, unknownMfaDevice } from './errors.ts'

interface MfaInput {
  readonly SerialNumber?: string | undefined
  readonly TokenCode?: string | undefined
}

type Outcome = CodeVerdict | { readonly ok: false; readonly why: 'no-device'; readonly explanation: string }

/** What the call proves by MFA; nothing when it names no device. Rejects with AwsError AccessDenied, in AWS's two texts */
export function proveMfa(
  { SerialNumber: serial, TokenCode: code }: MfaInput,
  call: Call,
  store: Store,
): Promise<Proof> | undefined {
  return serial === undefined && code === undefined ? undefined : proved(serial, code, call, store)
}

async function proved(serial: string | undefined, code: string | undefined, call: Call, store: Store): Promise<Proof> {
  if (serial === undefined || code === undefined) throw halfMfa()
  // A refusal must be committed too, so nothing is thrown inside the write.
  const outcome = await store.write([call.account], (writer) => shown({ serial, code }, call, writer))
  if (outcome.ok) return { mfaAt: call.now }
  throw refusal(outcome, serial)
}

interface Shown {
  readonly serial: string
  readonly code: string
}

async function shown({ serial, code }: Shown, call: Call, writer: Writer): Promise<Outcome> {
  const device = await ownDevice(serial, call, writer)
  if ('explanation' in device) return { ok: false, why: 'no-device', ...device }
  const deviceKey = mfaDevices.key(device)
  const seed = seedOf(device, call.account, call.platform.vault)
  const before = await writer.get(mfaUses, call.account, deviceKey)
  const verdict = judgeCode({ device, deviceKey, seed, code, now: call.now }, before)
  if (verdict.ok || verdict.why !== 'too-many-tries') await writer.put(mfaUses, call.account, verdict.use)
  return verdict
}

async function ownDevice(
  serial: string,
  call: Call,
  store: Reader,
): Promise<MfaDevice | { readonly explanation: string }> {
  const userId = userIdOf(call.caller)
  if (userId === undefined) return { explanation: 'Only IAM users hold MFA devices here, and the caller is none.' }
  const arn = parseIamArn(serial)
  const named = arn?.account === call.account ? splitIamResource(arn.resource) : undefined
  const device =
    named?.kind === 'mfa' ? await store.get(mfaDevices, call.account, mfaKey(named.path, named.name)) : undefined
  if (device === undefined) return { explanation: `There is no MFA device \`${serial}\` in the caller's account.` }
  if (device.assigned === undefined) return { explanation: `The MFA device \`${serial}\` is not enabled for anybody.` }
  if (device.assigned.userId !== userId) return { explanation: `The MFA device \`${serial}\` belongs to another user.` }
  return device
}

const userIdOf = (caller: Caller): string | undefined => (caller.kind === 'user' ? caller.userId : undefined)

function refusal(outcome: Extract<Outcome, { ok: false }>, serial: string) {
  switch (outcome.why) {
    case 'no-device':
      return unknownMfaDevice('MFA.WRONG_DEVICE', outcome.explanation)
    case 'too-many-tries':
      return unknownMfaDevice(
        'MFA.TOO_MANY_TRIES',
        `${TRIES_MAX} codes of \`${serial}\` were tried in these three minutes; right ones count too. The next three minutes ` +
          `begin at ${isoSeconds(outcome.nextPeriodAt)}.`,
      )
    case 'reused':
      return invalidMfaCode(
        'MFA.CODE_REUSED',
        `This code was used already; a code counts once. ${left(outcome.use.tries)}`,
      )
    case 'wrong':
      return invalidMfaCode(
        'MFA.WRONG_CODE',
        `The code is none of the device's, two steps of 30 seconds either way. ${left(outcome.use.tries)}`,
      )
  }
}

const left = (tries: number): string => `Tries left in these three minutes: ${TRIES_MAX - tries}.`

/** `aws:MultiFactorAuthPresent` and its age for a call that came with a code; those of the session stand otherwise. */
export const mfaKeys = ({ proof }: Call): Readonly<Record<string, string>> =>
  proof?.mfaAt === undefined ? {} : { 'aws:MultiFactorAuthPresent': 'true', 'aws:MultiFactorAuthAge': '0' }
