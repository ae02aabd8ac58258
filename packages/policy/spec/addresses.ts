/** IP addresses and networks as conditions read them: rule 3.12. */

/** An address as one number. */
interface Address {
  readonly family: 4 | 6
  readonly value: bigint
}

/** Four decimal numbers, leading zeros and all; no shorter forms. */
function readV4(text: string): bigint | undefined {
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(text)) return undefined
  const bytes = text.split('.').map(Number)
  if (bytes.some((byte) => byte > 255)) return undefined
  return bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n)
}

/** Eight groups of up to four hexadecimal digits, one run of zero groups left out as `::`. No dotted tail. */
function readV6(text: string): bigint | undefined {
  // Recorded: three colons in a row are taken for two.
  const halves = text.replace(/:::/, '::').split('::')
  if (halves.length > 2) return undefined
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  if (groups.flat().some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  const [head = [], tail = []] = groups
  const gap = 8 - head.length - tail.length
  if (halves.length === 2 ? gap < 1 : gap !== 0) return undefined
  const all = [...head, ...Array.from({ length: gap }, () => '0'), ...tail]
  return all.reduce((value, group) => value * 65536n + BigInt(`0x${group}`), 0n)
}

const MAPPED = 0xffffn

/** An address of a request: one in v4-mapped form, dotted or not, is its v4 address. */
export function readAddress(text: string): Address | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (dotted) {
    // Of the dotted tails only those behind the mapped prefix are addresses.
    const [prefix, v4] = [readV6(`${dotted[1]}0:0`), readV4(dotted[2] ?? '')]
    return v4 !== undefined && prefix === MAPPED << 32n ? { family: 4, value: v4 } : undefined
  }
  const v4 = readV4(text)
  if (v4 !== undefined) return { family: 4, value: v4 }
  const v6 = readV6(text)
  if (v6 === undefined) return undefined
  return v6 >> 32n === MAPPED ? { family: 4, value: v6 & 0xffffffffn } : { family: 6, value: v6 }
}

/**
 * Does the network of a policy cover the address? A text that is no network covers nothing (3.24), and so does one in
 * mapped form and a v6 network with host bits. A v4 network ignores its host bits. No prefix is a single address.
 */
export function networkCovers(network: string, address: Address): boolean {
  const parts = /^([^/]+)(?:\/(\+?\d+))?$/.exec(network)
  if (!parts) return false
  const v4 = readV4(parts[1] ?? '')
  const base = v4 ?? readV6(parts[1] ?? '')
  const [family, width] = v4 === undefined ? [6, 128] : [4, 32]
  const prefix = Number(parts[2] ?? width)
  if (base === undefined || prefix > width || address.family !== family) return false
  const hostBits = BigInt(width - prefix)
  if (family === 6 && (base >> hostBits) << hostBits !== base) return false
  return base >> hostBits === address.value >> hostBits
}
