/** Long-term keys of users and of the root user, with fixed or random secrets. */
import { accessKeySealOwner, accessKeys } from '../entities/iam.ts'
import type { AccessKey } from '../entities/iam.ts'
import type { KeySeed } from './types.ts'
import { newId, newSecret, refuse } from './work.ts'
import type { Work } from './work.ts'

/** Whose key it is. */
export interface KeyOwner {
  /** Unique id of the user; the account id for the root user. */
  readonly id: string
  /** Absent for the root user. */
  readonly userName?: string
}

/** How a plan names the root user. */
const ROOT_NAME = '<root>'

/** Makes a key that is not there, and gives one that is there the secret and the status of the seed. */
export async function ensureKey(work: Work, owner: KeyOwner, wanted: KeySeed): Promise<void> {
  const found = await work.store.findUnique(accessKeys, 'id', wanted.accessKeyId)
  if (found === undefined) return makeKey(work, owner, wanted)
  const { row } = found
  if (found.account !== work.account || row.ownerId !== owner.id)
    refuse(
      wanted.line,
      '',
      `the key ${wanted.accessKeyId} belongs to ${row.userName ?? 'the root user'} of ${found.account}`,
    )
  const sealOwner = accessKeySealOwner(work.account, row.id, row.ownerId)
  const isOtherSecret =
    wanted.secretAccessKey !== undefined &&
    work.parts.vault.open(row.sealedSecret, sealOwner) !== wanted.secretAccessKey
  const isOtherStatus = wanted.status !== undefined && wanted.status !== row.status
  if (!isOtherSecret && !isOtherStatus) return
  await work.store.put(accessKeys, work.account, {
    ...row,
    status: wanted.status ?? row.status,
    sealedSecret: isOtherSecret ? work.parts.vault.seal(wanted.secretAccessKey ?? '', sealOwner) : row.sealedSecret,
  })
  work.record({
    action: 'change',
    kind: 'access key',
    name: row.id,
    changes: [...(isOtherSecret ? ['its secret'] : []), ...(isOtherStatus ? [`status ${wanted.status ?? ''}`] : [])],
  })
}

async function makeKey(work: Work, owner: KeyOwner, wanted: KeySeed): Promise<void> {
  const secret = wanted.secretAccessKey ?? newSecret(work)
  const row: AccessKey = {
    id: wanted.accessKeyId,
    ownerId: owner.id,
    ...(owner.userName === undefined ? {} : { userName: owner.userName }),
    status: wanted.status ?? 'Active',
    createdAt: work.now,
    sealedSecret: work.parts.vault.seal(secret, accessKeySealOwner(work.account, wanted.accessKeyId, owner.id)),
  }
  await work.store.insert(accessKeys, work.account, row)
  const userName = owner.userName ?? ROOT_NAME
  work.record({ action: 'create', kind: 'access key', name: row.id, changes: [`of ${userName}`] })
  if (wanted.secretAccessKey === undefined)
    work.addKey({ accountId: work.account, userName, accessKeyId: row.id, secretAccessKey: secret })
}

/** A key for an owner who has none. */
export async function ensureSomeKey(work: Work, owner: KeyOwner): Promise<void> {
  const keys = await work.store.find(accessKeys, work.account, 'owner', owner.id)
  if (keys.length === 0) await makeKey(work, owner, { accessKeyId: newId(work, 'AKIA'), line: 0 })
}
