// Owns reading the recordings of real AWS answers, for tests. They lie beside the repository and may be missing.
import { existsSync, readFileSync } from 'node:fs'

const FOLDER = new URL('../../../../../shared/recordings/', import.meta.url)

/** undefined where the recordings are not on this machine. */
export function readRecording(name: string): unknown {
  const file = new URL(name, FOLDER)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

/** A record of `native-*.json`. */
export interface NativeRecord {
  readonly id: string
  readonly call:
    | string
    | {
        readonly operation: string
        readonly query?: Readonly<Record<string, string>>
        readonly params?: Readonly<Record<string, unknown>>
      }
  /** Of native-sts: the parameters, or words. */
  readonly given?: unknown
  readonly answer: { readonly status?: number; readonly code?: string; readonly message?: string | null }
}

/** Values as they were sent: `$repeat`, `$repeat_items` and `$concat` stand for long ones. */
export function expandRecorded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expandRecorded)
  if (typeof value !== 'object' || value === null) return value
  if ('$repeat' in value) {
    const [text, count] = value.$repeat as [string, number]
    return text.repeat(count)
  }
  if ('$repeat_items' in value) {
    const [item, count] = value.$repeat_items as [unknown, number]
    return Array.from({ length: count }, () => item)
  }
  if ('$concat' in value) return (value.$concat as readonly unknown[]).map(expandRecorded).join('')
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, expandRecorded(inner)]))
}

/** A record of `aws-recorded.json`. */
export interface ScenarioRecord {
  readonly id: string
  readonly service: string
  readonly operation: string
  readonly sent: Readonly<Record<string, unknown>> | null
  readonly recorded: {
    readonly status: number
    readonly content_length?: number
    readonly body?: Readonly<Record<string, unknown>>
    readonly error?: { readonly code: string; readonly message?: string | null }
  } | null
}
