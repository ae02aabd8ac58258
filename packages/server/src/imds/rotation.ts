/** The row by which an operator has new documents published before the period ends, on all nodes at once. */
import { instant } from '../domain/brands.ts'
import type { AccountId, Instant } from '../domain/brands.ts'
import type { Clock } from '../domain/clock.ts'
import { instances } from '../entities/ec2.ts'
import type { Kind, Store } from '../store/port.ts'

export interface Rotation {
  readonly instanceId: string
  /** Session time, whole seconds. */
  readonly at: Instant
  /** How often the instance was rotated so far. */
  readonly count: number
}

export const rotations: Kind<Rotation> = { name: 'imds-rotation', version: 1, key: (row) => row.instanceId }

/** @throws Error when there is no such instance */
export async function recordRotation(store: Store, clock: Clock, instanceId: string): Promise<void> {
  const found = await store.read((reader) => reader.findUnique(instances, 'id', instanceId))
  if (found === undefined) throw new Error(`There is no instance \`${instanceId}\`.`)
  await store.write([found.account as AccountId], async (writer) => {
    const before = await writer.get(rotations, found.account, instanceId)
    const at = instant(Math.floor(clock.session() / 1000) * 1000)
    await writer.put(rotations, found.account, { instanceId, at, count: (before?.count ?? 0) + 1 })
  })
}
