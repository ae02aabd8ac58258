/** GetObjectAttributes: what is known of an object without its bytes. It asks for reading the object and its attributes. */
import type { S3, S3Operations } from '@understudy/wire'
import type { Asks } from '../../authorization/question.ts'
import type { ObjectRow } from '../../store/port.ts'
import type { Operations } from '../operation.ts'
import { checksumMembers } from './checksums.ts'
import { existingTagKeys } from './context.ts'
import { invalidArgument } from './errors.ts'
import { checksumType, existingObject } from './get-object.ts'
import { checkBuilt } from './metadata.ts'
import { askOn, existingBucket, mayList, objectOf } from './questions.ts'

export const objectAttributeOperations = {
  GetObjectAttributes: {
    access: 'read',
    ask: async (input, call, store): Promise<Asks> => {
      const found = await existingBucket(store, input.Bucket, input.ExpectedBucketOwner)
      const context = existingTagKeys(await objectOf(call, input.Bucket, input.Key))
      const version = input.VersionId === undefined ? '' : 'Version'
      const on = (action: string) => askOn(found, call, { action, key: input.Key, input, context })
      return [on(`s3:GetObject${version}`), on(`s3:GetObject${version}Attributes`)]
    },
    ifMissing: mayList,
    handle: async (input, call) => {
      checkBuilt(input)
      const row = await existingObject(input, call)
      const wanted = input.ObjectAttributes.map(attributeOf)
      return {
        LastModified: new Date(row.lastModified),
        ...Object.assign({}, ...wanted.map((attribute) => attribute(row))),
      }
    },
  },
} satisfies Operations<S3Operations, 'GetObjectAttributes'>

type Attribute = (row: ObjectRow) => S3.GetObjectAttributesOutput

const ATTRIBUTES: ReadonlyMap<string, Attribute> = new Map<string, Attribute>([
  ['ETag', (row) => ({ ETag: row.etag })],
  [
    'Checksum',
    (row) =>
      row.checksums ? { Checksum: { ...checksumMembers(row.checksums), ChecksumType: checksumType(row) } } : {},
  ],
  ['ObjectParts', (row) => (row.partSizes ? { ObjectParts: { TotalPartsCount: row.partSizes.length } } : {})],
  [
    'StorageClass',
    (row) => ({ StorageClass: (row.storageClass ?? 'STANDARD') as S3.GetObjectAttributesOutput['StorageClass'] }),
  ],
  ['ObjectSize', (row) => ({ ObjectSize: row.size })],
])

/** @throws `InvalidArgument` for an attribute that is none */
function attributeOf(name: string): Attribute {
  const attribute = ATTRIBUTES.get(name)
  if (attribute) return attribute
  throw invalidArgument('Invalid attribute name specified.', 'x-amz-object-attributes', name)
}
