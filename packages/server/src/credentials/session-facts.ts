/** What a session token holds, as bytes and back. Tags are never given to another member: old tokens must stay readable. */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { instant, knownAccountId } from '../domain/brands.ts'
import type { Instant } from '../domain/brands.ts'
import type { Hop, SessionFacts, SessionProof, SessionTag } from './caller.ts'
import { numberBytes, numberFrom, readFields, writeFields } from './fields.ts'
import type { Field } from './fields.ts'

const TAG = {
  accessKeyId: 1,
  account: 2,
  issuedAt: 3,
  expiresAt: 4,
  holderKind: 5,
  holderName: 6,
  holderPath: 7,
  holderId: 8,
  sessionName: 9,
  sessionPolicy: 10,
  sessionPolicyArn: 11,
  tagKey: 12,
  tagValue: 13,
  transitiveKey: 14,
  sourceIdentity: 15,
  mfaAt: 16,
  proof: 17,
  firstHop: 18,
  lastHop: 19,
  hops: 20,
  scopePolicy: 21,
} as const

/** Phrases of policy documents, the most frequent last: deflate refers back to them. Changing it needs a new token version. */
const DICTIONARY = Buffer.from(
  '{"Version":"2008-10-17","Id":"NotAction":"NotResource":"aws:PrincipalTag/aws:RequestedRegion"StringNotEquals":{"aws:SourceIp"' +
    '"IpAddress":{"Bool":{"aws:SecureTransport":"true"}}"arn:aws:dynamodb:us-east-1:arn:aws:sqs:arn:aws:iam::arn:aws:kms:' +
    '"Effect":"Deny","Condition":{"StringLike":{"StringEquals":{"s3:prefix":"s3:ListBucket","s3:PutObject","s3:GetObject",' +
    '"Sid":"","Action":["s3:*"],"Resource":["arn:aws:s3:::","Resource":"*"}]}{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"',
)
const DEFLATED_BYTES_MAX = 1 << 20

const seconds = (time: Instant): Uint8Array => numberBytes(Math.floor(time / 1000))
const time = (bytes: Uint8Array): Instant => instant(numberFrom(bytes) * 1000)

/** The facts as bytes. Times lose their milliseconds. Policies are compressed only where the token would be long otherwise. */
export function factsToBytes(facts: SessionFacts): Buffer {
  const bytes = written(facts, stored)
  return bytes.length <= PLAIN_BYTES_MAX ? bytes : written(facts, deflated)
}

/** To compress a policy costs more than everything else about a session: what stays below half the largest token is left as it is. */
const PLAIN_BYTES_MAX = 1500

function written(facts: SessionFacts, packed: (text: string) => Uint8Array): Buffer {
  const { holder, chain } = facts
  const fields: Field[] = [
    [TAG.accessKeyId, facts.accessKeyId],
    [TAG.account, facts.account],
    [TAG.issuedAt, seconds(facts.issuedAt)],
    [TAG.expiresAt, seconds(facts.expiresAt)],
    [TAG.holderKind, holder.kind],
  ]
  if (holder.kind !== 'root')
    fields.push([TAG.holderName, holder.name], [TAG.holderPath, holder.path], [TAG.holderId, holder.id])
  if (facts.sessionName !== undefined) fields.push([TAG.sessionName, facts.sessionName])
  for (const text of facts.sessionPolicies) fields.push([TAG.sessionPolicy, packed(text)])
  for (const arn of facts.sessionPolicyArns) fields.push([TAG.sessionPolicyArn, arn])
  for (const text of facts.scopePolicies ?? []) fields.push([TAG.scopePolicy, packed(text)])
  for (const tag of facts.tags) fields.push([TAG.tagKey, tag.key], [TAG.tagValue, tag.value])
  for (const key of facts.transitiveKeys) fields.push([TAG.transitiveKey, key])
  if (facts.sourceIdentity !== undefined) fields.push([TAG.sourceIdentity, facts.sourceIdentity])
  if (facts.mfaAt !== undefined) fields.push([TAG.mfaAt, seconds(facts.mfaAt)])
  fields.push([TAG.proof, JSON.stringify(facts.proof)])
  if (chain.first) fields.push([TAG.firstHop, hopText(chain.first)])
  if (chain.last && chain.length > 1) fields.push([TAG.lastHop, hopText(chain.last)])
  fields.push([TAG.hops, numberBytes(chain.length)])
  return writeFields(fields)
}

/** Reads the facts back. Called with authenticated bytes only. @throws Error when a member that must be there is not */
export function factsFrom(bytes: Buffer): SessionFacts {
  const all = new Map<number, Buffer[]>()
  for (const [tag, value] of readFields(bytes)) all.set(tag, [...(all.get(tag) ?? []), value])
  const one = (tag: number) => all.get(tag)?.[0]
  const text = (tag: number) => one(tag)?.toString('utf8')
  const texts = (tag: number) => (all.get(tag) ?? []).map((value) => value.toString('utf8'))
  const needed = (tag: number): Buffer => {
    const value = one(tag)
    if (value === undefined) throw new Error(`a session token lacks field ${tag}`)
    return value
  }
  const sessionName = text(TAG.sessionName)
  const sourceIdentity = text(TAG.sourceIdentity)
  const mfaAt = one(TAG.mfaAt)
  return {
    accessKeyId: needed(TAG.accessKeyId).toString('utf8'),
    account: knownAccountId(needed(TAG.account).toString('utf8')),
    issuedAt: time(needed(TAG.issuedAt)),
    expiresAt: time(needed(TAG.expiresAt)),
    holder: holderFrom(needed(TAG.holderKind).toString('utf8'), text),
    ...(sessionName === undefined ? {} : { sessionName }),
    sessionPolicies: (all.get(TAG.sessionPolicy) ?? []).map(inflated),
    sessionPolicyArns: texts(TAG.sessionPolicyArn),
    ...(all.has(TAG.scopePolicy) ? { scopePolicies: (all.get(TAG.scopePolicy) ?? []).map(inflated) } : {}),
    tags: tagsFrom(texts(TAG.tagKey), texts(TAG.tagValue)),
    transitiveKeys: texts(TAG.transitiveKey),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(mfaAt === undefined ? {} : { mfaAt: time(mfaAt) }),
    proof: JSON.parse(needed(TAG.proof).toString('utf8')) as SessionProof,
    chain: chainFrom(text(TAG.firstHop), text(TAG.lastHop), numberFrom(needed(TAG.hops))),
  }
}

function holderFrom(kind: string, text: (tag: number) => string | undefined): SessionFacts['holder'] {
  if (kind === 'root') return { kind }
  const [name, path, id] = [text(TAG.holderName), text(TAG.holderPath), text(TAG.holderId)]
  const known = kind === 'role' || kind === 'user'
  if (!known || name === undefined || path === undefined || id === undefined)
    throw new Error('a session token has no holder')
  return { kind, name, path, id }
}

const tagsFrom = (keys: readonly string[], values: readonly string[]): SessionTag[] =>
  keys.map((key, index) => ({ key, value: values[index] ?? '' }))

const deflated = (text: string): Buffer => deflateRawSync(text, { dictionary: DICTIONARY, level: 9 })

/** One stored block (RFC 1951, section 3.2.4): a deflate stream that compresses nothing, so that readers need not know. */
function stored(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length > PLAIN_BYTES_MAX) return deflated(text)
  const block = Buffer.allocUnsafe(STORED_HEAD_BYTES + bytes.length)
  block[0] = 1
  block.writeUInt16LE(bytes.length, 1)
  block.writeUInt16LE(~bytes.length & 0xffff, 3)
  block.set(bytes, STORED_HEAD_BYTES)
  return block
}

const STORED_HEAD_BYTES = 5

const inflated = (bytes: Buffer): string =>
  isStored(bytes)
    ? bytes.toString('utf8', STORED_HEAD_BYTES)
    : inflateRawSync(bytes, { dictionary: DICTIONARY, maxOutputLength: DEFLATED_BYTES_MAX }).toString('utf8')

const isStored = (bytes: Buffer): boolean =>
  bytes[0] === 1 && bytes.length >= STORED_HEAD_BYTES && bytes.readUInt16LE(1) === bytes.length - STORED_HEAD_BYTES

const hopText = (hop: Hop): string => `${hop.accessKeyId} ${hop.arn}`

function hopFrom(text: string): Hop {
  const blank = text.indexOf(' ')
  return { accessKeyId: text.slice(0, blank), arn: text.slice(blank + 1) }
}

function chainFrom(first: string | undefined, last: string | undefined, length: number): SessionFacts['chain'] {
  if (first === undefined) return { length }
  return { first: hopFrom(first), last: hopFrom(last ?? first), length }
}
