/** The errors of S3, in its words. Source: S3 API Reference, "Error responses", and recorded answers. */
import { AwsError } from '../../errors/aws-error.ts'
import type { AwsErrorOptions } from '../../errors/aws-error.ts'

const missing = (code: string, message: string, fields: Readonly<Record<string, string>>) =>
  new AwsError(code, 404, message, { fields, diagnosis: 'REQUEST.NO_SUCH_ENTITY' })
const invalid = (code: string, message: string, fields: Readonly<Record<string, string>> = {}) =>
  new AwsError(code, 400, message, { fields, diagnosis: 'REQUEST.INVALID' })

export const noSuchBucket = (bucket: string) =>
  missing('NoSuchBucket', 'The specified bucket does not exist', { BucketName: bucket })
export const noSuchKey = (key: string) => missing('NoSuchKey', 'The specified key does not exist.', { Key: key })
export const noSuchVersion = (key: string, version: string) =>
  missing('NoSuchVersion', 'The specified version does not exist.', { Key: key, VersionId: version })
export const noSuchBucketPolicy = (bucket: string) =>
  missing('NoSuchBucketPolicy', 'The bucket policy does not exist', { BucketName: bucket })
export const noSuchUpload = (uploadId: string) =>
  missing(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { UploadId: uploadId },
  )
/** A setting of a bucket that was never made. */
export const noSuchSetting = (code: string, message: string, bucket: string) =>
  missing(code, message, { BucketName: bucket })

export const bareAccessDenied = (options: AwsErrorOptions = {}) =>
  new AwsError('AccessDenied', 403, 'Access Denied', { diagnosis: 'REQUEST.INVALID', ...options })
/** An empty message leaves the element out. */
export const invalidArgument = (message: string, name: string, value: string) =>
  invalid('InvalidArgument', message, { ArgumentName: name, ArgumentValue: value })
export const invalidRequest = (message: string) => invalid('InvalidRequest', message)
export const malformedXml = () =>
  invalid('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema')
export const malformedPolicy = (message: string, detail?: string, options: AwsErrorOptions = {}) =>
  new AwsError('MalformedPolicy', 400, message, {
    fields: detail === undefined ? {} : { Detail: detail },
    diagnosis: 'POLICY.GRAMMAR',
    ...options,
  })
export const invalidTag = (message: string, fields: Readonly<Record<string, string>> = {}) =>
  invalid('InvalidTag', message, fields)

export const invalidDigest = (given: string) =>
  invalid('InvalidDigest', 'The Content-MD5 you specified was invalid.', { 'Content-MD5': given })
export const md5Mismatch = (expected: string, calculated: string) =>
  invalid('BadDigest', 'The Content-MD5 you specified did not match what we received.', {
    ExpectedDigest: expected,
    CalculatedDigest: calculated,
  })
export const checksumMismatch = (algorithm: string) =>
  invalid('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`)
export const entityTooLarge = (proposed: number, max: number) =>
  invalid('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
    ProposedSize: String(proposed),
    MaxSizeAllowed: String(max),
  })
export const keyTooLong = (bytes: number) =>
  invalid('KeyTooLongError', 'Your key is too long', { Size: String(bytes), MaxSizeAllowed: '1024' })
export const metadataTooLarge = (bytes: number) =>
  invalid('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', {
    Size: String(bytes),
    MaxSizeAllowed: '2048',
  })
export const invalidStorageClass = (given: string) =>
  invalid('InvalidStorageClass', 'The storage class you specified is not valid', { StorageClassRequested: given })
export const accessControlListNotSupported = () =>
  invalid('AccessControlListNotSupported', 'The bucket does not allow ACLs')

/** @param condition the header that did not hold, as S3 names it */
export const preconditionFailed = (condition: string) =>
  new AwsError('PreconditionFailed', 412, 'At least one of the pre-conditions you specified did not hold', {
    fields: { Condition: condition },
    diagnosis: 'REQUEST.INVALID',
  })
/** The caller's copy is current: an answer of GET and HEAD without a body. */
export const notModified = (etag: string, lastModified: Date) =>
  new AwsError('NotModified', 304, '', {
    headers: { etag: `"${etag}"`, 'last-modified': lastModified.toUTCString() },
    diagnosis: 'REQUEST.INVALID',
  })
export const invalidRange = (range: string, size: number) =>
  new AwsError('InvalidRange', 416, 'The requested range is not satisfiable', {
    fields: { RangeRequested: range, ActualObjectSize: String(size) },
    headers: { 'content-range': `bytes */${size}` },
    diagnosis: 'REQUEST.INVALID',
  })
export const invalidPartNumber = (asked: number, parts: number) =>
  new AwsError('InvalidPartNumber', 416, 'The requested partnumber is not satisfiable', {
    fields: { PartNumberRequested: String(asked), ActualPartCount: String(parts) },
    diagnosis: 'REQUEST.INVALID',
  })
/** @param method of HTTP */
export const methodNotAllowed = (method: string, resourceType: string) =>
  new AwsError('MethodNotAllowed', 405, 'The specified method is not allowed against this resource.', {
    fields: { Method: method, ResourceType: resourceType },
    diagnosis: 'REQUEST.INVALID',
  })
export const invalidObjectState = (storageClass: string) =>
  new AwsError('InvalidObjectState', 403, "The operation is not valid for the object's storage class", {
    fields: { StorageClass: storageClass },
    diagnosis: 'REQUEST.INVALID',
  })
export const conflict = (code: string, message: string, bucket: string) =>
  new AwsError(code, 409, message, { fields: { BucketName: bucket }, diagnosis: 'REQUEST.INVALID' })
/** The bucket stands in another Region than the one that the host names. */
export const permanentRedirect = (bucket: string, region: string) =>
  new AwsError(
    'PermanentRedirect',
    301,
    'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
    {
      fields: { Endpoint: `${bucket}.s3.${region}.amazonaws.com`, Bucket: bucket },
      headers: { 'x-amz-bucket-region': region },
      diagnosis: 'REQUEST.WRONG_REGION',
    },
  )
/** A part of an operation that is not built: S3's own words for a header that it does not take. */
export const headerNotImplemented = (header: string) =>
  new AwsError('NotImplemented', 501, 'A header you provided implies functionality that is not implemented', {
    fields: { Header: header },
    diagnosis: 'REQUEST.NOT_IMPLEMENTED',
  })
/** The object changed while it was read: ask again. */
export const slowDown = () =>
  new AwsError('SlowDown', 503, 'Please reduce your request rate.', { diagnosis: 'STORE.BUSY' })
