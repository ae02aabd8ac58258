/** AWS's answers of September 2026 on S3, which lie beside the project; tests that need them are skipped where they do not. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Recorded {
  readonly id: string
  readonly area: string
  readonly given: Readonly<Record<string, unknown>>
  readonly call: string
  readonly answer: Readonly<Record<string, unknown>>
}

const file = resolve(dirname(fileURLToPath(import.meta.url)), '../../../shared/recordings/native-s3.json')

/** `undefined` where the recordings are not at hand. */
export const recorded: readonly Recorded[] | undefined = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as { readonly records: readonly Recorded[] }).records
  : undefined

export const WHY_SKIPPED = 'the recordings are not beside this checkout (../shared/recordings)'
