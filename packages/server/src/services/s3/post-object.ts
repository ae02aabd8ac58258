/**
 * PostObject: an upload by a browser's form. The pipeline reads the form, verifies its signature and checks its policy; from
 * there on it is a PutObject whose parameters came as fields. S3 API Reference, "POST Object".
 */
import { elementsOf, localName, textOf } from '@understudy/wire'
import type { XmlNode } from '@understudy/wire'
import type { Asks } from '../../authorization/question.ts'
import type { AwsError } from '../../errors/aws-error.ts'
import type { ObjectRow, Reader } from '../../store/port.ts'
import type { Call, ReadRow } from '../operation.ts'
import type { BrowserForm } from './browser-form.ts'
import { CHECKSUMS } from './checksums.ts'
import { invalidArgument } from './errors.ts'
import { storeObject, writeQuestions } from './put-object.ts'
import type { ObjectInput } from './put-object.ts'
import { existingBucket } from './questions.ts'
import { objectTags } from './tags.ts'
import type { S3Tag } from './tags.ts'

/** A form whose signature and policy were found good. */
export interface PostObjectInput {
  readonly Bucket: string
  readonly form: BrowserForm
  /** The field `tagging`, read as XML; absent when there is none or it is none. */
  readonly tagging?: XmlNode
  /** Refuses a file whose size the policy does not allow. */
  readonly checkSize: (bytes: number) => AwsError | undefined
}

/** The answer, complete: it is in no service model. */
export interface PostObjectOutput {
  readonly status: 200 | 201 | 204 | 303
  readonly headers: Readonly<Record<string, string>>
  /** What the body of a 201 tells. */
  readonly created?: { readonly Location: string; readonly Bucket: string; readonly Key: string; readonly ETag: string }
}

export const postObject: ReadRow<PostObjectInput, PostObjectOutput> = {
  access: 'read',
  ask: async (input: PostObjectInput, call: Call, store: Reader): Promise<Asks> => {
    const found = await existingBucket(store, input.Bucket)
    return writeQuestions(found, call, { input: objectInput(input), tags: tagsOf(input.tagging) })
  },
  handle: async (input, call, store) => {
    const target = await existingBucket(store, input.Bucket)
    const accept = ({ size }: { readonly size: number }) => input.checkSize(size)
    const row = await storeObject(objectInput(input), { target, tags: tagsOf(input.tagging), accept }, call)
    return answer(input, row)
  },
}

const fieldOf = (form: BrowserForm, name: string): string | undefined =>
  form.fields.find(([field]) => field.toLowerCase() === name)?.[1]

/** Field, in lower case → member of PutObject's input. */
const FIELDS: readonly (readonly [field: string, member: string])[] = [
  ['acl', 'ACL'],
  ['content-type', 'ContentType'],
  ['cache-control', 'CacheControl'],
  ['content-disposition', 'ContentDisposition'],
  ['content-encoding', 'ContentEncoding'],
  ['content-language', 'ContentLanguage'],
  ['content-md5', 'ContentMD5'],
  ['x-amz-storage-class', 'StorageClass'],
  ['x-amz-website-redirect-location', 'WebsiteRedirectLocation'],
  ['x-amz-server-side-encryption', 'ServerSideEncryption'],
  ['x-amz-server-side-encryption-customer-algorithm', 'SSECustomerAlgorithm'],
  ...[...CHECKSUMS.values()].map(({ header, member }) => [header, member] as const),
]
const META = 'x-amz-meta-'

/** @throws `InvalidArgument` without a key */
function objectInput({ Bucket, form }: PostObjectInput): ObjectInput {
  const members = FIELDS.flatMap(([field, member]) => {
    const value = fieldOf(form, field)
    return value === undefined ? [] : [[member, value] as const]
  })
  const metadata = form.fields
    .filter(([name]) => name.toLowerCase().startsWith(META))
    .map(([name, value]) => [name.slice(META.length), value] as const)
  const expires = new Date(fieldOf(form, 'expires') ?? Number.NaN)
  return {
    ...Object.fromEntries(members),
    Bucket,
    Key: keyOf(form),
    Body: form.file.bytes,
    Metadata: Object.fromEntries(metadata),
    ...(!Number.isNaN(expires.getTime()) && { Expires: expires }),
  }
}

/** `${filename}` stands for the file's name, without the folders that some browsers send; it stays where there is none. */
function keyOf(form: BrowserForm): string {
  const key = fieldOf(form, 'key')
  if (key === undefined || key === '')
    throw invalidArgument(
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
      'key',
      '',
    )
  const name = form.file.name?.split(/[/\\]/).at(-1)
  return name ? key.replaceAll('${filename}', name) : key
}

/** XML that is no tag set means no tags, as recorded. @throws `InvalidTag`, `BadRequest` */
function tagsOf(root: XmlNode | undefined): readonly S3Tag[] {
  if (!root || localName(root.name) !== 'Tagging') return []
  const child = (node: XmlNode, name: string) => elementsOf(node).find((element) => localName(element.name) === name)
  const set = child(root, 'TagSet')
  const tags = set ? elementsOf(set).filter((element) => localName(element.name) === 'Tag') : []
  const text = (node: XmlNode | undefined) => (node ? textOf(node) : '')
  return objectTags(tags.map((tag) => ({ Key: text(child(tag, 'Key')), Value: text(child(tag, 'Value')) })))
}

function answer({ Bucket, form }: PostObjectInput, row: ObjectRow): PostObjectOutput {
  const etag = `"${row.etag}"`
  const location = `http://${Bucket}.s3.amazonaws.com/${encodeURIComponent(row.key)}`
  const checksums = Object.entries(row.checksums ?? {}).map(([name, value]) => [
    `x-amz-checksum-${name.toLowerCase()}`,
    value,
  ])
  const headers = {
    etag,
    location,
    'x-amz-server-side-encryption': 'AES256',
    'x-amz-checksum-type': 'FULL_OBJECT',
    ...Object.fromEntries(checksums),
  }
  const redirect = redirectOf(form, { bucket: Bucket, key: row.key, etag })
  if (redirect !== undefined) return { status: 303, headers: { ...headers, location: redirect } }
  const status = fieldOf(form, 'success_action_status')
  if (status === '200') return { status: 200, headers }
  if (status !== '201') return { status: 204, headers }
  return { status: 201, headers, created: { Location: location, Bucket, Key: row.key, ETag: etag } }
}

/** What cannot be an address is ignored. */
function redirectOf(form: BrowserForm, shown: Readonly<Record<string, string>>): string | undefined {
  const wanted = fieldOf(form, 'success_action_redirect') ?? fieldOf(form, 'redirect')
  if (wanted === undefined || !URL.canParse(wanted)) return undefined
  const url = new URL(wanted)
  for (const [name, value] of Object.entries(shown)) url.searchParams.set(name, value)
  return url.href
}
