/** The rows behind one request. */
import type { AccountId } from '../domain/brands.ts'
import { instances } from '../entities/ec2.ts'
import type { Instance } from '../entities/ec2.ts'
import { PictureMoved } from '../store/errors.ts'
import type { Picture, Store } from '../store/port.ts'
import { rotations } from './rotation.ts'
import type { Rotation } from './rotation.ts'

export interface Snapshot {
  readonly instance: Instance
  readonly rotation?: Rotation
}

/** @returns `undefined` when the instance is no more */
export async function readSnapshot(store: Store, account: AccountId, id: string): Promise<Snapshot | undefined> {
  const from = async (picture: Picture): Promise<Snapshot | undefined> => {
    const instance = await picture.get(instances, account, id)
    if (instance === undefined) return undefined
    const rotation = await picture.get(rotations, account, id)
    return rotation === undefined ? { instance } : { instance, rotation }
  }
  try {
    return await from(store.current())
  } catch (error) {
    if (!(error instanceof PictureMoved)) throw error
    return from(await store.fresh())
  }
}
