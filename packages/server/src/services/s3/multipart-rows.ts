/**
 * Uploads in progress and their parts, kept as rows of the object store under names that no bucket can have, so that they
 * stream, list in order and move no revision, and so that the blobs of parts count as in use.
 */
import type { Bucket } from '../../entities/s3.ts'
import type { ObjectRow } from '../../store/port.ts'
import type { Call } from '../operation.ts'
import { canonicalUserId } from './bucket-rules.ts'
import { noSuchUpload } from './errors.ts'

/** A bucket made anew under an old name has none of the old uploads. */
export const uploadsOf = (bucket: Bucket): string => `${bucket.name}/uploads/${bucket.createdAt}`
export const partsOf = (uploadId: string): string => `/parts/${uploadId}`

/** Between key and upload id: sorts before every letter that a key is likely to hold. */
const SEPARATOR = '\u0001'
const ID_LETTERS = 75
/** Letters of a row's name behind the key. */
export const SUFFIX_LETTERS = ID_LETTERS + SEPARATOR.length

export const uploadName = (key: string, uploadId: string): string => `${key}${SEPARATOR}${uploadId}`
/** The inverse of `uploadName`. */
export const splitUploadName = (name: string): { readonly key: string; readonly uploadId: string } => ({
  key: name.slice(0, -SUFFIX_LETTERS),
  uploadId: name.slice(-ID_LETTERS),
})

/** Ids of one key sort by the time when their uploads began. */
export function newUploadId(call: Call): string {
  const time = call.now.toString(36).padStart(11, '0')
  return time + call.platform.chance.bytes(48).toString('base64url')
}

export const partName = (partNumber: number): string => String(partNumber).padStart(5, '0')

/** @throws `NoSuchUpload` */
export async function existingUpload(bucket: Bucket, key: string, uploadId: string, call: Call): Promise<ObjectRow> {
  const row = await call.platform.objects.get(uploadsOf(bucket), uploadName(key, uploadId))
  if (!row) throw noSuchUpload(uploadId)
  return row
}

/** All parts, in order. There are ten thousand at most. */
export async function allParts(uploadId: string, call: Call): Promise<readonly ObjectRow[]> {
  return call.platform.objects.list(partsOf(uploadId), { limit: 10_000 })
}

/** Ends an upload: the row first, so that nobody goes on with parts that are leaving. */
export async function discardUpload(bucket: Bucket, key: string, uploadId: string, call: Call): Promise<void> {
  const { objects, blobs } = call.platform
  await objects.delete(uploadsOf(bucket), uploadName(key, uploadId))
  const parts = await allParts(uploadId, call)
  const removed = await objects.deleteMany(
    partsOf(uploadId),
    parts.map((part) => part.key),
  )
  for (const part of removed) await blobs.remove(part.blobId)
}

/** Who began an upload, as ListParts shows it. */
export function initiatorOf(call: Call): { readonly id: string; readonly displayName: string } {
  const { caller } = call
  switch (caller.kind) {
    case 'user':
      return {
        id: caller.principal.kind === 'user' ? caller.principal.arn : caller.userId,
        displayName: caller.userName,
      }
    case 'role-session':
    case 'federated-user': {
      const arn = 'arn' in caller.principal ? caller.principal.arn : ''
      return { id: arn, displayName: arn.slice(arn.indexOf('/') + 1) }
    }
    case 'root':
      return { id: canonicalUserId(caller.account), displayName: '' }
    case 'service':
      return { id: caller.name, displayName: caller.name }
    // Whoever only asks for a role yet never gets to S3.
    case 'federated':
    case 'anonymous':
      return { id: canonicalUserId('anonymous'), displayName: '' }
  }
}
