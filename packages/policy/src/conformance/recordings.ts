/** Finds the recorded answers of AWS beside the repository, for tests that read them where they are. */
import { existsSync, readFileSync } from 'node:fs'

const folder = new URL('../../../../../shared/recordings/', import.meta.url)

export interface NativeRecord {
  readonly id: string
  readonly area: string
  readonly test?: string
  readonly call?: string
  readonly given: Readonly<Record<string, unknown>>
  readonly answer: Readonly<Record<string, unknown>>
}

/** false, or why a test that needs the file has to be skipped. */
export const withoutRecordings = (name: string): string | false =>
  existsSync(new URL(name, folder)) ? false : `../shared/recordings/${name} is missing`

/** Records of a file; none where the file is missing. */
export function readRecords<T>(name: string): readonly T[] {
  if (withoutRecordings(name)) return []
  const content = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as
    | readonly T[]
    | { readonly records: readonly T[] }
  return 'records' in content ? content.records : content
}
