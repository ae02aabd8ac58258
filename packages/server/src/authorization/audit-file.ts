/**
 * The audit file: one JSON line for each decision, rotated by size. Lines that arrive together are written together. Holds
 * who, what, on which resource, the verdict and why; never a secret, a token or a header.
 */
import { open, rename, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { explain } from '@understudy/policy'
import { isoMilliseconds } from '../domain/brands.ts'
import { isRefusal } from './journal-ring.ts'
import type { JournalEntry } from './journal.ts'

export interface AuditOptions {
  readonly file: string
  /** Bytes after which a new file begins. Default 64 MiB. */
  readonly bytesMax?: number
  /** Older files that are kept, as `file.1` (newest) and up. Default 5. */
  readonly filesMax?: number
  /** Lines that may wait for the disk; what comes beyond them is lost. Default 20,000. */
  readonly waitingMax?: number
  /** Told when lines could not be written. */
  readonly onFailure: (error: unknown) => void
}

export interface AuditFile {
  /** Takes a line; resolves when it is in the file, rejects when it cannot be. */
  readonly write: (entry: JournalEntry) => Promise<void>
  /** Takes a line that nobody waits for: `lost` and `onFailure` tell when it cannot be written. */
  readonly note: (entry: JournalEntry) => void
  /** Lines that were lost since the start. */
  readonly lost: () => number
  readonly close: () => Promise<void>
}

/** Lines of this time are written together. Milliseconds. */
const GATHER_MILLISECONDS = 20
const BYTES_MAX = 64 * 1024 * 1024
const FILES_MAX = 5
const WAITING_MAX = 20_000

interface Waiting {
  readonly entry: JournalEntry
  /** Told what became of the line: the error, or nothing. Absent when nobody waits. */
  readonly ended?: (error?: unknown) => void
}

/** @throws Error when the file cannot be opened for appending */
export async function openAuditFile(options: AuditOptions): Promise<AuditFile> {
  const { file, bytesMax = BYTES_MAX, filesMax = FILES_MAX, waitingMax = WAITING_MAX } = options
  let handle: FileHandle | undefined = await open(file, 'a', 0o600)
  let size = (await stat(file)).size
  // A line that was cut off, by a crash or a full disk, is ended before the next one begins.
  let broken = size > 0 && !(await endsLine(file, size))
  let waiting: Waiting[] = []
  let lost = 0
  let writing: Promise<void> | undefined
  let closing = false

  const append = async (text: string): Promise<void> => {
    if (size >= bytesMax) {
      await handle?.close()
      handle = undefined
      await shift(file, filesMax)
      size = 0
    }
    handle ??= await open(file, 'a', 0o600)
    // A write that failed may have left a part of itself.
    if (broken) size = (await handle.stat()).size
    const whole = broken && size > 0 ? `\n${text}` : text
    broken = true
    await handle.appendFile(whole)
    broken = false
    size += Buffer.byteLength(whole)
  }
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      // Under load the next lines are there before these are written: without a pause each write would hold a few.
      if (!closing) await pause(GATHER_MILLISECONDS)
      const batch = waiting
      waiting = []
      try {
        await append(batch.map((item) => `${JSON.stringify(auditLine(item.entry))}\n`).join(''))
        for (const item of batch) item.ended?.()
      } catch (error) {
        lost += batch.length
        options.onFailure(error)
        for (const item of batch) item.ended?.(error)
      }
    }
    writing = undefined
  }
  const take = (line: Waiting): void => {
    if (waiting.length >= waitingMax) {
      if (lost++ % waitingMax === 0) options.onFailure(new Error(`${waitingMax} lines wait for the disk already`))
      line.ended?.(new Error('too many lines wait for the disk'))
      return
    }
    waiting.push(line)
    writing ??= drain()
  }
  return {
    write: (entry) =>
      new Promise((done, failed) => {
        take({ entry, ended: (error) => (error === undefined ? done() : failed(error)) })
      }),
    note: (entry) => take({ entry }),
    lost: () => lost,
    close: async () => {
      closing = true
      await writing
      await handle?.close()
    },
  }
}

async function endsLine(file: string, size: number): Promise<boolean> {
  const handle = await open(file, 'r')
  try {
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
    return buffer[0] === LINE_FEED
  } finally {
    await handle.close()
  }
}

const LINE_FEED = 10

async function shift(file: string, filesMax: number): Promise<void> {
  await rm(`${file}.${filesMax}`, { force: true })
  for (let number = filesMax - 1; number >= 0; number--) {
    const from = number === 0 ? file : `${file}.${number}`
    await rename(from, `${file}.${number + 1}`).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
}

/** What a line holds. Times are session time, ISO 8601. */
export function auditLine(entry: JournalEntry): Readonly<Record<string, unknown>> {
  const denied = entry.questions.find((question) => question.decision.effect === 'Deny')
  const code = entry.refusal?.diagnosis ?? denied?.diagnosis ?? (denied && explain(denied.request, denied.set).code)
  return {
    time: isoMilliseconds(entry.at),
    decisionId: entry.decisionId,
    requestId: entry.requestId,
    service: entry.service,
    operation: entry.operation,
    ...(entry.claimed ? { claimedPrincipal: entry.principal } : { principal: entry.principal }),
    account: entry.account,
    ...(entry.delegate === undefined ? {} : { invokedByDelegate: { accountId: entry.delegate } }),
    accessKeyId: entry.accessKeyId,
    clientIp: entry.clientIp,
    userAgent: entry.userAgent,
    verdict: isRefusal(entry) ? 'Deny' : 'Allow',
    code,
    error: entry.refusal?.code,
    questions: entry.questions.map(({ request, decision }) => ({
      action: request.action,
      resource: request.resource,
      effect: decision.effect,
      reason: decision.reason,
    })),
    revision: entry.revision,
  }
}
