/** The main thread's end of the worker: opens it, sends batches, closes it. */
import { Worker } from 'node:worker_threads'
import { StoreRefused, StoreUnavailable } from '../errors.ts'
import type { BatchAnswer, Job } from '../jobs.ts'
import type { FromWorker, ToWorker, WorkerOptions } from './worker.ts'

/** Commits a batch; one at a time. Rejects with `StoreUnavailable` when the worker is gone. */
export type Commit = (jobs: readonly Job[]) => Promise<BatchAnswer>

export interface WriterThread {
  readonly commit: Commit
  readonly close: () => Promise<void>
}

export async function startWriterThread(options: WorkerOptions): Promise<WriterThread> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData: options })
  let gone: Error | undefined
  let waiting: PromiseWithResolvers<FromWorker> | undefined
  const end = (error: Error): void => {
    gone ??= error
    waiting?.reject(gone)
  }
  worker.on('message', (message: FromWorker) => waiting?.resolve(message))
  worker.on('error', (error) => end(new StoreUnavailable('STORE.FAULT', 'The writing thread failed.', error)))
  worker.on('exit', () => end(new StoreUnavailable('STORE.CLOSED', 'The store is closed.')))
  const answer = async (message?: ToWorker): Promise<FromWorker> => {
    if (gone) throw gone
    waiting = Promise.withResolvers()
    if (message) worker.postMessage(message, [])
    return waiting.promise
  }
  const opened = await answer()
  if (opened.type === 'refused') throw new StoreRefused(opened.why, opened.message)
  return {
    commit: async (jobs) => {
      const answered = await answer({ type: 'batch', jobs })
      if (answered.type !== 'answer') throw new Error(`the writing thread said ${answered.type}`)
      return answered.answer
    },
    close: async () => {
      if (!gone) await answer({ type: 'close' })
      await worker.terminate()
    },
  }
}
