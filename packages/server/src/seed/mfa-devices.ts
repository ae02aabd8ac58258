/** Virtual MFA devices of a seed: made once, and enabled for their user. */
import { fromBase32, base32 } from '../credentials/totp.ts'
import { mfaArn } from '../domain/arn.ts'
import { mfaDevices, mfaKey, mfaSealOwner } from '../entities/mfa.ts'
import type { MfaDevice } from '../entities/mfa.ts'
import type { MfaDeviceSeed } from './types.ts'
import { refuse } from './work.ts'
import type { Work } from './work.ts'

const SEED_BYTES = 40

/** A device that is there keeps its seed, unless the seed file gives another. @throws SeedRefused for another user's device */
export async function ensureMfaDevice(
  work: Work,
  user: { readonly id: string; readonly name: string },
  wanted: MfaDeviceSeed,
): Promise<void> {
  const { store, account, parts, now } = work
  const path = wanted.path ?? '/'
  const name = wanted.virtualMFADeviceName
  const place = `user ${user.name}`
  const before = await store.get(mfaDevices, account, mfaKey(path, name))
  if (before?.assigned !== undefined && before.assigned.userId !== user.id)
    refuse(wanted.line, place, `the MFA device \`${name}\` belongs to another user`)
  const given = wanted.seed?.toUpperCase()
  if (given !== undefined && fromBase32(given) === undefined) refuse(wanted.line, place, 'the seed is not base32')
  const isOther =
    before !== undefined &&
    given !== undefined &&
    parts.vault.open(before.sealedSeed, mfaSealOwner(account, before.id)) !== given
  if (before?.assigned !== undefined && !isOther) return
  const id = parts.chance.bytes(8).toString('hex')
  const device: MfaDevice =
    before !== undefined && !isOther
      ? before
      : {
          name,
          path,
          id,
          sealedSeed: parts.vault.seal(given ?? base32(parts.chance.bytes(SEED_BYTES)), mfaSealOwner(account, id)),
          tags: before?.tags ?? [],
          createdAt: now,
          aheadSteps: 0,
        }
  await store.put(mfaDevices, account, { ...device, assigned: { userId: user.id, enabledAt: now } })
  work.record({
    action: before === undefined ? 'create' : 'change',
    kind: 'MFA device',
    name: `${name} of user ${user.name}`,
    changes: before === undefined ? [] : [isOther ? 'its seed' : `enabled as ${mfaArn(account, path, name)}`],
  })
}
