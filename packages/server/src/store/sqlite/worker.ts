/** The worker thread: owns the writing connection, so that no flush to disk and no checkpoint blocks the main thread. */
import { parentPort, workerData } from 'node:worker_threads'
import { StoreRefused } from '../errors.ts'
import type { BatchAnswer, Job } from '../jobs.ts'
import { commitBatch } from './commit.ts'
import { connectWriter } from './connection.ts'

export interface WorkerOptions {
  readonly file: string
  readonly durable: boolean
  /** Bound of the file in pages of 4,096 bytes: then it counts as full. */
  readonly pagesMax?: number
}

export type ToWorker = { readonly type: 'batch'; readonly jobs: readonly Job[] } | { readonly type: 'close' }

export type FromWorker =
  | { readonly type: 'open' }
  | { readonly type: 'refused'; readonly why: StoreRefused['why']; readonly message: string }
  | { readonly type: 'answer'; readonly answer: BatchAnswer }
  | { readonly type: 'closed' }

const port = parentPort
if (!port) throw new Error('this file is the body of a worker thread')
const tell = (message: FromWorker): void => port.postMessage(message)

try {
  const connection = connectWriter((workerData as WorkerOptions).file, workerData as WorkerOptions)
  port.on('message', (message: ToWorker) => {
    if (message.type === 'batch') return tell({ type: 'answer', answer: commitBatch(connection, message.jobs) })
    connection.close()
    tell({ type: 'closed' })
    port.close()
  })
  tell({ type: 'open' })
} catch (error) {
  const why = error instanceof StoreRefused ? error.why : 'unusable'
  tell({ type: 'refused', why, message: (error as Error).message })
  port.close()
}
