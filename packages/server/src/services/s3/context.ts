/**
 * Condition keys of S3, as a table: which request parameter each holds and for which actions it exists. Source: Service
 * Authorization Reference, "Actions, resources, and condition keys for Amazon S3". An absent parameter is an absent key.
 */
import type { ContextValue } from '@understudy/policy'
import type { ObjectRow } from '../../store/port.ts'
import type { Call } from '../operation.ts'
import type { S3Tag } from './tags.ts'

/** Condition keys of one question. */
export type Context = Readonly<Record<string, ContextValue | undefined>>

const LIST = ['s3:ListBucket', 's3:ListBucketVersions']
const WRITE = ['s3:PutObject']
const ACL = ['s3:PutBucketAcl', 's3:PutObjectAcl', 's3:PutObjectVersionAcl']
const VERSION = [
  's3:GetObjectVersion',
  's3:DeleteObjectVersion',
  's3:GetObjectVersionTagging',
  's3:PutObjectVersionTagging',
  's3:DeleteObjectVersionTagging',
  's3:GetObjectVersionAcl',
  's3:GetObjectVersionAttributes',
  's3:PutObjectVersionAcl',
]

/** Member of the operation's input → condition key, and the actions that know the key. */
const PARAMETERS: readonly (readonly [member: string, key: string, actions: readonly string[]])[] = [
  ['Prefix', 's3:prefix', LIST],
  ['Delimiter', 's3:delimiter', LIST],
  ['MaxKeys', 's3:max-keys', LIST],
  ['VersionId', 's3:VersionId', VERSION],
  ['ACL', 's3:x-amz-acl', ['s3:CreateBucket', ...ACL, ...WRITE]],
  ['GrantFullControl', 's3:x-amz-grant-full-control', ['s3:CreateBucket', ...ACL, ...WRITE]],
  ['GrantRead', 's3:x-amz-grant-read', ['s3:CreateBucket', ...ACL, ...WRITE]],
  ['GrantReadACP', 's3:x-amz-grant-read-acp', ['s3:CreateBucket', ...ACL, ...WRITE]],
  ['GrantWriteACP', 's3:x-amz-grant-write-acp', ['s3:CreateBucket', ...ACL, ...WRITE]],
  ['GrantWrite', 's3:x-amz-grant-write', ['s3:CreateBucket', ...ACL]],
  ['ObjectOwnership', 's3:x-amz-object-ownership', ['s3:CreateBucket']],
  ['StorageClass', 's3:x-amz-storage-class', WRITE],
  ['ServerSideEncryption', 's3:x-amz-server-side-encryption', WRITE],
  ['SSEKMSKeyId', 's3:x-amz-server-side-encryption-aws-kms-key-id', WRITE],
  ['SSECustomerAlgorithm', 's3:x-amz-server-side-encryption-customer-algorithm', WRITE],
  ['MetadataDirective', 's3:x-amz-metadata-directive', WRITE],
  ['WebsiteRedirectLocation', 's3:x-amz-website-redirect-location', WRITE],
  ['IfMatch', 's3:if-match', [...WRITE, 's3:DeleteObject']],
  ['IfNoneMatch', 's3:if-none-match', WRITE],
]

/** Keys that hold a parameter of the request. */
export function parameterKeys(action: string, input: object): Context {
  const values = new Map(Object.entries(input))
  const context: Record<string, ContextValue> = {}
  for (const [member, key, actions] of PARAMETERS) {
    const value: unknown = values.get(member)
    if (actions.includes(action) && (typeof value === 'string' || typeof value === 'number'))
      context[key] = String(value)
  }
  return context
}

/** Keys that every S3 request has. */
export function requestKeys(call: Call, owner: string): Context {
  const { request } = call
  return {
    's3:ResourceAccount': owner,
    's3:authType': request.authType,
    's3:signatureversion': request.signatureVersion,
    's3:signatureAge':
      request.signatureAgeMilliseconds === undefined ? undefined : String(request.signatureAgeMilliseconds),
    's3:x-amz-content-sha256': request.contentSha256,
  }
}

/** `s3:ExistingObjectTag/<key>` of the object that is there now. */
export const existingTagKeys = (row: ObjectRow | undefined): Context =>
  Object.fromEntries((row?.tags ?? []).map((tag) => [`s3:ExistingObjectTag/${tag.key}`, tag.value]))

/** `s3:RequestObjectTag/<key>` and their names, of tags that the request brings; absent when it brings none. */
export function requestTagKeys(tags: readonly S3Tag[]): Context {
  if (tags.length === 0) return {}
  return {
    's3:RequestObjectTagKeys': tags.map((tag) => tag.key),
    ...Object.fromEntries(tags.map((tag) => [`s3:RequestObjectTag/${tag.key}`, tag.value])),
  }
}
