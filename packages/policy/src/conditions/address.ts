/**
 * IP addresses and networks as AWS's IpAddress operator reads them (policy-semantics 3.12): leading zeros are decimal,
 * an IPv4 network ignores its host bits, an IPv6 network with host bits covers nothing, and an address in mapped form
 * is its IPv4 address, while a network in mapped form covers nothing.
 */

/** 32 or 128 bits, as 16-bit groups (two or eight of them). */
export type Address = readonly number[]

export interface Network {
  readonly address: Address
  readonly prefix: number
  /** An IPv6 network with host bits set, or one in mapped form: a network that covers nothing. */
  readonly empty: boolean
}

const isV4 = (address: Address): boolean => address.length === 2

/** undefined for a text that is no address, one with a prefix included. */
export function readAddress(text: string): Address | undefined {
  if (!text.includes(':')) return readV4(text)
  const tail = text.slice(text.lastIndexOf(':') + 1)
  if (tail.includes('.')) return isMappedHead(text.slice(0, -tail.length)) ? readV4(tail) : undefined
  const groups = readV6(text)
  return groups && isMapped(groups) ? groups.slice(6) : groups
}

const isMappedHead = (head: string): boolean => {
  const groups = readV6(`${head}0:0`)
  return groups !== undefined && isMapped(groups)
}

const isMapped = (groups: Address): boolean => groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff

function readV4(text: string): Address | undefined {
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(text)) return undefined
  const [a = 256, b = 256, c = 256, d = 256] = text.split('.').map(Number)
  return Math.max(a, b, c, d) > 255 ? undefined : [a * 256 + b, c * 256 + d]
}

/** Eight groups. AWS takes `2001:db8:::1` too, so a third colon after the gap is passed over. */
function readV6(text: string): Address | undefined {
  const gap = text.indexOf('::')
  if (gap < 0) {
    const groups = readGroups(text)
    return groups?.length === 8 ? groups : undefined
  }
  const tail = text.slice(gap + 2)
  const head = readGroups(text.slice(0, gap))
  const rest = readGroups(tail.startsWith(':') ? tail.slice(1) : tail)
  if (!head || !rest || head.length + rest.length > 7) return undefined
  return [...head, ...Array<number>(8 - head.length - rest.length).fill(0), ...rest]
}

function readGroups(text: string): readonly number[] | undefined {
  if (text === '') return []
  const groups = text.split(':')
  return groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))
    ? groups.map((group) => parseInt(group, 16))
    : undefined
}

/** A network of a policy; undefined for a text that is none. */
export function readNetwork(text: string): Network | undefined {
  const [base = '', length, more] = text.split('/')
  if (more !== undefined) return undefined
  const v6 = base.includes(':')
  const address = v6 ? readV6(base) : readV4(base)
  if (!address) return undefined
  const bits = v6 ? 128 : 32
  if (length !== undefined && !/^\+?\d+$/.test(length)) return undefined
  const prefix = length === undefined ? bits : Number(length)
  if (prefix > bits) return undefined
  return { address, prefix, empty: v6 && (hasHostBits(address, prefix) || isMapped(address)) }
}

const hasHostBits = (address: Address, prefix: number): boolean =>
  address.some((group, index) => (group & ~groupMask(prefix - index * 16) & 0xffff) !== 0)

const groupMask = (bits: number): number => (bits >= 16 ? 0xffff : bits <= 0 ? 0 : (0xffff << (16 - bits)) & 0xffff)

export function contains(network: Network, address: Address): boolean {
  if (network.empty || isV4(network.address) !== isV4(address)) return false
  for (let index = 0; index * 16 < network.prefix; index++) {
    const mask = groupMask(network.prefix - index * 16)
    if (((network.address[index] ?? 0) & mask) !== ((address[index] ?? 0) & mask)) return false
  }
  return true
}
