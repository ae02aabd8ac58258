/** `ObjectStore` on SQLite: writes go through the group commit, reads see what is committed. */
import type { Committer } from '../committer.ts'
import type { Job, JobResult } from '../jobs.ts'
import type { ObjectStore } from '../object-port.ts'
import type { Connection } from './connection.ts'
import { anyObject, blobsInUse, getObject, listObjects } from './objects.ts'

export function sqliteObjects(lookup: Connection, committer: Committer): ObjectStore {
  const remove = async (bucket: string, keys: readonly string[], etag?: string) => {
    if (keys.length === 0) return []
    return (await run(committer, { type: 'object-delete', bucket, keys, ...(etag !== undefined && { etag }) })).removed
  }
  return {
    put: async (row, options = {}) => (await run(committer, { type: 'object-put', row, options })).result,
    get: async (bucket, key) => getObject(lookup, bucket, key),
    delete: async (bucket, key, condition) => (await remove(bucket, [key], condition?.etag))[0],
    deleteMany: (bucket, keys) => remove(bucket, keys),
    list: async (bucket, options) => listObjects(lookup, bucket, options),
    bucketIsEmpty: async (bucket) => !anyObject(lookup, bucket),
    blobsInUse: async (blobIds) => blobsInUse(lookup, blobIds),
  }
}

/** A job and its result have the same type. */
async function run<J extends Job>(committer: Committer, job: J): Promise<JobResult & { readonly type: J['type'] }> {
  const result = await committer.run(job)
  if (result.type !== job.type) throw new Error(`a job ${job.type} came back as ${result.type}`)
  return result as JobResult & { readonly type: J['type'] }
}
