/**
 * Which addresses an issuer may have. The fetch of keys is started by strangers, so it must not reach what only this machine
 * can reach. IANA Special-Purpose Address Registries for IPv4 and IPv6 (RFC 6890).
 */
import { BlockList, isIP } from 'node:net'

type Subnet = readonly [network: string, prefix: number]

const list = (v4: readonly Subnet[], v6: readonly Subnet[]): BlockList => {
  const blocks = new BlockList()
  for (const [network, prefix] of v4) blocks.addSubnet(network, prefix, 'ipv4')
  for (const [network, prefix] of v6) blocks.addSubnet(network, prefix, 'ipv6')
  return blocks
}

/** Never fetched, whatever the options: addresses at which clouds hand out credentials, and the links they stand on. */
const METADATA = list(
  [
    ['169.254.0.0', 16],
    ['100.100.100.200', 32],
    ['168.63.129.16', 32],
    ['192.0.0.192', 32],
  ],
  [
    ['fe80::', 10],
    ['fd00:ec2::', 32],
    ['fd20:ce::', 32],
  ],
)

/** What `--private-issuers` opens: loopback, private and unique-local addresses. */
const PRIVATE = list(
  [
    ['10.0.0.0', 8],
    ['127.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
  ],
  [
    ['::1', 128],
    ['fc00::', 7],
  ],
)

/** Not for the public, beside the private ones. */
const SPECIAL = list(
  [
    ['0.0.0.0', 8],
    ['100.64.0.0', 10],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.88.99.0', 24],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 3],
  ],
  [
    ['2001::', 23],
    ['2001:db8::', 32],
    ['3fff::', 20],
    ['5f00::', 16],
  ],
)
/** Everything public in IPv6 stands in here. */
const GLOBAL_V6 = list([], [['2000::', 3]])

export type AddressKind = 'public' | 'private' | 'metadata' | 'special'

/** What kind of address this is; IPv4 inside IPv6 (mapped, translated, 6to4) counts as the IPv4 address. */
export function addressKind(address: string): AddressKind {
  const family = isIP(address)
  if (family === 0) return 'special'
  const inner = family === 6 ? embedded(address) : undefined
  if (inner !== undefined) return addressKind(inner)
  const type = family === 4 ? 'ipv4' : 'ipv6'
  if (METADATA.check(address, type)) return 'metadata'
  if (PRIVATE.check(address, type)) return 'private'
  if (SPECIAL.check(address, type)) return 'special'
  return family === 4 || GLOBAL_V6.check(address, 'ipv6') ? 'public' : 'special'
}

/** @param privateAllowed `--private-issuers` is in force */
export function isFetchable(address: string, privateAllowed: boolean): boolean {
  const kind = addressKind(address)
  return kind === 'public' || (privateAllowed && kind === 'private')
}

const TRANSLATED = list(
  [],
  [
    ['64:ff9b::', 96],
    ['::ffff:0:0', 96],
    ['::ffff:0:0:0', 96],
    ['::', 96],
  ],
)
const SIX_TO_FOUR = list([], [['2002::', 16]])

/** The IPv4 address that an IPv6 address only wraps. `::1` wraps none. */
function embedded(address: string): string | undefined {
  const isTail = TRANSLATED.check(address, 'ipv6') || /^::ffff:/i.test(address)
  if (!isTail && !SIX_TO_FOUR.check(address, 'ipv6')) return undefined
  const groups = expanded(address)
  const [high = 0, low = 0] = isTail ? groups.slice(6) : groups.slice(1, 3)
  if (isTail && high === 0 && low <= 1) return undefined
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** Eight groups of sixteen bits. */
function expanded(address: string): readonly number[] {
  const [bare = ''] = address.split('%')
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(bare)
  const [a = 0, b = 0, c = 0, d = 0] = dotted?.slice(2).map(Number) ?? []
  const text = dotted ? `${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}` : bare
  const [left = '', right] = text.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)))
  const head = groups(left)
  if (right === undefined) return head
  const tail = groups(right)
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail]
}
