/**
 * Comparing secrets takes the same time whatever matches: each door decides by `timingSafeEqual`, over as many bytes for a guess
 * whose first letter is wrong as for one whose last letter is. The function is watched, not a clock, so that no load can blur it.
 */
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { after, before, test } from 'node:test'
import { Sha256 } from '@aws-crypto/sha256-js'
import { HttpRequest } from '@smithy/protocol-http'
import { SignatureV4 } from '@smithy/signature-v4'
import { seededChance } from '../../packages/server/src/domain/chance.ts'
import { isCode, totpCode } from '../../packages/server/src/credentials/totp.ts'
import { checkToken, mintToken } from '../../packages/server/src/imds/token.ts'
import { tokenCheck } from '../../packages/server/src/services/admin/doors.ts'
import { openWorld } from '../support/world.ts'
import type { Administrator, World } from '../support/world.ts'

const genuine = crypto.timingSafeEqual
let compared: number[] = []
let world: World
let admin: Administrator
before(async () => {
  crypto.timingSafeEqual = (a, b) => {
    compared.push(a.byteLength)
    return genuine(a, b)
  }
  syncBuiltinESMExports()
  world = await openWorld()
  admin = await world.account('111122223333')
})
after(async () => {
  crypto.timingSafeEqual = genuine
  syncBuiltinESMExports()
  await world.close()
})

/** Lengths in bytes of what was compared while this ran. */
async function comparisons(run: () => unknown): Promise<readonly number[]> {
  compared = []
  await run()
  return compared
}

/** The text with one letter turned into another: digits stay digits, hexadecimal letters hexadecimal. */
function changed(text: string, at: number): string {
  const place = at < 0 ? text.length + at : at
  const letter = text[place] ?? ''
  const other = /[0-9a-f]/.test(letter) ? (Number.parseInt(letter, 16) ^ 1).toString(16) : letter === 'A' ? 'B' : 'A'
  return text.slice(0, place) + other + text.slice(place + 1)
}

async function sameForEveryGuess(secret: string, opens: (guess: string) => unknown, bytes: number): Promise<void> {
  const right = await comparisons(() => opens(secret))
  assert.equal(right[0], bytes, 'the right one is compared')
  const first = await comparisons(() => opens(changed(secret, 0)))
  for (const at of [1, Math.floor(secret.length / 2), -2, -1])
    assert.deepEqual(await comparisons(() => opens(changed(secret, at))), first, `the letter at ${at}`)
  assert.equal(first[0], bytes, 'and so is a wrong one')
}

async function signedHeaders() {
  const { host, hostname, port } = new URL(world.endpoint)
  const body = 'Action=GetCallerIdentity&Version=2011-06-15'
  const signer = new SignatureV4({ service: 'sts', region: 'us-east-1', credentials: admin, sha256: Sha256 })
  const headers = { host, 'content-type': 'application/x-www-form-urlencoded' }
  const parts = { method: 'POST', protocol: 'http:', hostname, port: Number(port), path: '/', headers, body }
  const signed = await signer.sign(new HttpRequest(parts))
  return { headers: signed.headers, body }
}

test('the signature of a call', async () => {
  const { headers, body } = await signedHeaders()
  const [before = '', signature = ''] = (headers['authorization'] ?? '').split('Signature=')
  const send = async (guess: string) => {
    const authorization = `${before}Signature=${guess}`
    const answer = await fetch(world.endpoint, { method: 'POST', headers: { ...headers, authorization }, body })
    assert.equal(answer.status, guess === signature ? 200 : 403)
    await answer.arrayBuffer()
  }
  await sameForEveryGuess(signature, send, 64)
})

test('the code of a device', async () => {
  const seed = Buffer.alloc(32, 7)
  const code = totpCode(seed, 1000)
  await sameForEveryGuess(code, (guess) => assert.equal(isCode(guess, seed, 1000), guess === code), 6)
})

test("the operator's token", async () => {
  const token = 'operator-token-of-the-test'
  const check = tokenCheck(token)
  const opens = (guess: string) => assert.equal(check(`Bearer ${guess}`) === undefined, guess === token)
  await sameForEveryGuess(token, opens, 32)
  assert.deepEqual(await comparisons(() => check(undefined)), [32])
  assert.deepEqual(await comparisons(() => check('Bearer short')), [32], 'not even the length shows')
})

test('a token of the metadata service', async () => {
  const scope = { key: Buffer.alloc(32, 1), instanceId: 'i-0abc', generation: 3 }
  const token = mintToken(scope, 300, 1_764_100_000, seededChance('constant time'))
  const [letters = '', padding = ''] = [token.slice(0, 52), token.slice(52)]
  const opens = (guess: string) =>
    assert.equal(checkToken(scope, guess + padding, 1_764_100_000) !== undefined, guess === letters)
  await sameForEveryGuess(letters, opens, 20)
})
