// Owns the order in which several violations of one structure are named. AWS's services walk a Java hash map of the
// member names: the buckets of its default size reproduce every recorded message that names more than one member
// (value before key; minimumPasswordLength, passwordReusePrevention, maxPasswordAge; clientIDList, thumbprintList, url).
import type { Member, StructureShape } from '../model/types.ts'

const orders = new WeakMap<StructureShape, readonly Member[]>()

/** The members in the order of a java.util.HashMap keyed by their lower-camel names. */
export function javaOrder(shape: StructureShape): readonly Member[] {
  const known = orders.get(shape)
  if (known !== undefined) return known
  let buckets = 16
  while (shape.members.length > buckets * 0.75) buckets *= 2
  const order = [...shape.members].sort((a, b) => bucket(a.path, buckets) - bucket(b.path, buckets))
  orders.set(shape, order)
  return order
}

function bucket(name: string, buckets: number): number {
  let hash = 0
  for (let index = 0; index < name.length; index += 1) hash = (Math.imul(31, hash) + name.charCodeAt(index)) | 0
  return (hash ^ (hash >>> 16)) & (buckets - 1)
}
