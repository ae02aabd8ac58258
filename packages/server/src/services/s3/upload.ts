/** Taking bytes in: one pass over the stream feeds the blob and the checksums, in constant memory. */
import type { AwsError } from '../../errors/aws-error.ts'
import type { PutBlob } from '../../blobs/port.ts'
import type { Call } from '../operation.ts'
import { entityTooLarge } from './errors.ts'
import { brokenClaim } from './integrity.ts'
import type { Claims } from './integrity.ts'

/** The largest body of one request: 5 GiB. S3 User Guide, "Amazon S3 multipart upload limits". */
export const UPLOAD_BYTES_MAX = 5 * 1024 ** 3

/** A durable blob whose bytes keep what the request claimed. */
export interface Received extends PutBlob {
  /** Algorithm → base64. */
  readonly checksums: Readonly<Record<string, string>>
}

const nothing = async function* (): AsyncIterable<Uint8Array> {}

/**
 * Writes the body as a blob.
 * @throws `EntityTooLarge`, `BadDigest`, `InvalidRequest`; then no blob is left
 */
export async function receive(
  body: AsyncIterable<Uint8Array> | undefined,
  claims: Claims,
  call: Call,
): Promise<Received> {
  const { blobs } = call.platform
  const digester = await claims.algorithm.start()
  const measured = async function* (): AsyncIterable<Uint8Array> {
    let size = 0
    for await (const bytes of body ?? nothing()) {
      size += bytes.length
      if (size > UPLOAD_BYTES_MAX) throw entityTooLarge(size, UPLOAD_BYTES_MAX)
      digester.update(bytes)
      yield bytes
    }
  }
  const blob = await blobs.put(measured())
  const checksum = digester.digest()
  const broken: AwsError | undefined = brokenClaim(claims, { md5Hex: blob.md5Hex, checksum }, call.request)
  if (broken) {
    await blobs.remove(blob.id)
    throw broken
  }
  return { ...blob, checksums: { [claims.algorithm.name]: checksum } }
}
