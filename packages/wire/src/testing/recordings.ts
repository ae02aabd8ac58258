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
  readonly call: { readonly operation: string; readonly query?: Readonly<Record<string, string>> }
  readonly answer: { readonly status?: number; readonly code?: string; readonly message?: string | null }
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
