import assert from 'node:assert/strict'
import { constants, createHash, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto'
import test from 'node:test'
import { openOaep } from './oaep.ts'
import type { OaepHashes } from './oaep.ts'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const BYTES = 256

/** RFC 8017, section 7.1.1, written out once more. */
function sealed(secret: Buffer, { hash, mask }: OaepHashes, bend: (block: Buffer) => void = () => undefined): Buffer {
  const label = createHash(hash).digest()
  const block = Buffer.concat([label, Buffer.alloc(BYTES - secret.length - 2 * label.length - 2), Buffer.of(1), secret])
  bend(block)
  const seed = randomBytes(label.length)
  const maskedBlock = mixed(block, seed, mask)
  const maskedSeed = mixed(seed, maskedBlock, mask)
  const encoded = Buffer.concat([Buffer.of(0), maskedSeed, maskedBlock])
  return publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, encoded)
}

function mixed(text: Buffer, seed: Buffer, hash: string): Buffer {
  const out = Buffer.from(text)
  for (let at = 0, counter = 0; at < out.length; counter++) {
    const part = createHash(hash)
      .update(seed)
      .update(Buffer.of(0, 0, 0, counter))
      .digest()
    for (let index = 0; index < part.length && at < out.length; index++, at++)
      out[at] = (out[at] ?? 0) ^ (part[index] ?? 0)
  }
  return out
}

const kinds: readonly OaepHashes[] = (['sha1', 'sha256'] as const).flatMap((hash) =>
  (['sha1', 'sha256'] as const).map((mask) => ({ hash, mask })),
)
for (const kind of kinds)
  test(`${kind.hash} with MGF1 of ${kind.mask}`, () => {
    const secret = randomBytes(32)
    assert.deepEqual(openOaep(sealed(secret, kind), privateKey, kind), secret)
    for (const other of kinds)
      if (other !== kind) assert.equal(openOaep(sealed(secret, kind), privateKey, other), undefined)
  })

test('changed blocks open for nobody', () => {
  const mixedKind = { hash: 'sha256', mask: 'sha1' } as const
  const bends: readonly ((block: Buffer) => void)[] = [
    (block) => block.writeUInt8(block.readUInt8(0) ^ 1, 0),
    (block) => block.writeUInt8(2, 40),
    (block) => block.fill(0, 32),
  ]
  for (const bend of bends)
    assert.equal(openOaep(sealed(randomBytes(16), mixedKind, bend), privateKey, mixedKind), undefined)
  assert.equal(openOaep(Buffer.alloc(3), privateKey, mixedKind), undefined)
  const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  assert.equal(openOaep(sealed(randomBytes(16), mixedKind), ec, mixedKind), undefined)
})
