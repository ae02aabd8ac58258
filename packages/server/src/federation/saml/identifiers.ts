/** Ids of SAML providers and their private keys, as AWS makes them: a prefix and 16 of `0-9A-Z`. */
import type { Chance } from '../../domain/chance.ts'

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'

export function samlId(prefix: 'SAMLSP' | 'SAMLPK', chance: Chance): string {
  let id: string = prefix
  while (id.length < prefix.length + 16)
    // Bytes above the last whole multiple would make some letters more frequent.
    for (const byte of chance.bytes(24)) if (byte < 252 && id.length < prefix.length + 16) id += LETTERS[byte % 36]
  return id
}
