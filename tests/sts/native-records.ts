/** Records of `native-sts.json`, and how an answer is held against one. The file lies beside the checkout, or is not there. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { QueryAnswer } from './signed-query.ts'

const FILE = fileURLToPath(new URL('../../../shared/recordings/native-sts.json', import.meta.url))

export interface NativeRecord {
  readonly id: string
  readonly given?: unknown
  readonly call?: string
  readonly answer: Readonly<Record<string, unknown>>
}

/** @param area `native/root/` … Empty where the recordings are not beside this checkout. */
export const nativeRecords = (area: string): readonly NativeRecord[] =>
  existsSync(FILE)
    ? (JSON.parse(readFileSync(FILE, 'utf8')) as { readonly records: readonly NativeRecord[] }).records.filter(
        ({ id }) => id.startsWith(area),
      )
    : []

/**
 * A test that says: each record whose id begins so is in exactly one of these places, and no place is without its record.
 * `native-complete.test.ts` finds these calls, and holds that together they are the whole file.
 */
export function everyRecord(prefix: string, places: readonly string[]): void {
  const skip = existsSync(FILE) ? false : 'the recordings are not beside this checkout'
  test(`every record of ${prefix} has one place`, { skip }, () => {
    assert.deepEqual(
      places.toSorted(),
      nativeRecords(prefix)
        .map(({ id }) => id)
        .toSorted(),
    )
  })
}

/** An answer to the call of a record, and what stands for the record's placeholders. */
export interface Observed {
  readonly answer: QueryAnswer
  readonly names?: Readonly<Record<string, string>>
}

/** Status where it was recorded, code and text to the letter. */
export function compareRefusal({ answer: expected }: NativeRecord, { answer, names = {} }: Observed): void {
  if (expected['ok'] === true) {
    assert.equal(answer.status, 200, answer.body)
    return
  }
  assert.equal(answer.code, expected['code'], answer.body)
  if (expected['status'] !== undefined) assert.equal(answer.status, expected['status'])
  let message = String(expected['message'])
  for (const [name, value] of Object.entries(names)) message = message.replaceAll(name, value)
  assert.equal(answer.message, message)
}

/** Seconds from the call to the Expiration of the answer. */
export function compareLifetime({ answer: expected }: NativeRecord, { answer }: Observed, now: number): void {
  const lifetime = (Date.parse(answer.element('Expiration') ?? '') - now) / 1000
  assert.ok(Math.abs(lifetime - Number(expected['lifetime'])) <= 3, `${lifetime} seconds`)
}
