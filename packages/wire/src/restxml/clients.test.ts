// The official S3 client at the other end of the wire: routing, input and output of its operations.
import * as s3 from '@aws-sdk/client-s3'
import { HttpResponse } from '@smithy/protocol-http'
import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { s3Model } from '../model/load.ts'
import type { Member, OperationModel, Structure, StructureShape } from '../model/types.ts'
import type { WireRequest } from '../route/request.ts'
import { arbitrary, expressible, troubledText } from '../testing/arbitrary.ts'
import { parseXml } from '../testing/parse-xml.ts'
import { bodyKind, decodeRestXml } from './decode.ts'
import type { RestBody } from './decode.ts'
import { encodeRestXml } from './encode.ts'
import type { RestResponse } from './encode.ts'
import { routeS3 } from './route.ts'

const RUNS = 8
const model = s3Model()

/** Not asked of the client: they go to hosts of their own, or answer in event streams. */
const ELSEWHERE = new Set(['ListDirectoryBuckets', 'WriteGetObjectResponse', 'SelectObjectContent', 'CreateSession'])
/** Members that the client's own middleware makes, changes or refuses. */
const CLIENT_MADE = new Set([
  'SSECustomerKey',
  'SSECustomerKeyMD5',
  'CopySourceSSECustomerKey',
  'CopySourceSSECustomerKeyMD5',

  'ContentMD5',
  'ChecksumAlgorithm',
  'ChecksumMode',
  'ContentLength',
  'ExpiresString',
  'Expires',
])

interface Sent {
  readonly method: string
  readonly hostname: string
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

const state: { sent: Sent | undefined; answer: RestResponse } = {
  sent: undefined,
  answer: { status: 200, headers: {}, body: undefined },
}

const requestHandler = {
  handle: (sent: Sent) => {
    state.sent = sent
    const { status, headers, body } = state.answer
    const stream = new Blob([typeof body === 'string' ? body : '']).stream()
    return Promise.resolve({
      response: new HttpResponse({ statusCode: status, headers: { ...headers }, body: stream }),
    })
  },
}
const clients = [true, false].map(
  (forcePathStyle) =>
    new s3.S3Client({
      region: 'us-east-1',
      endpoint: 'http://localhost:1',
      forcePathStyle,
      credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' },
      requestHandler: requestHandler as never,
      maxAttempts: 1,
      followRegionRedirects: false,
    }),
)

function wireRequest(sent: Sent): WireRequest {
  const query = Object.entries(sent.query ?? {}).flatMap(([name, value]) =>
    [value].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one ?? '')}`),
  )
  const headers = Object.fromEntries(Object.entries(sent.headers).map(([name, value]) => [name.toLowerCase(), value]))
  return { method: sent.method, host: sent.hostname, path: sent.path, query: query.join('&'), headers }
}

function bodyOf(operation: OperationModel, sent: Sent): RestBody {
  const text =
    typeof sent.body === 'string' ? sent.body : Buffer.from((sent.body as Uint8Array | undefined) ?? []).toString()
  const kind = bodyKind(operation)
  if (kind === 'none' || (text === '' && kind === 'xml')) return { kind: 'none' }
  if (kind === 'xml') return { kind, root: parseXml(text) }
  return kind === 'text' ? { kind, text } : { kind, stream: Readable.from([text]) }
}

/** Header values are printable and not padded; keys and the like are not empty. */
const headerText = fc.stringMatching(/^[!-~]([ -~]{0,8}[!-~])?$/).filter((text) => !text.includes(','))

const memberFilter = (member: Member, owner: StructureShape): boolean => {
  if (member.shape.kind === 'stream' || member.shape.kind === 'events') return false
  if (owner.name.endsWith('Request') || owner.name.endsWith('Output'))
    return !CLIENT_MADE.has(member.name) && !member.name.startsWith('Checksum')
  return true
}

/** Labels and headers take text of their own kind; the rest takes trouble. */
function top(shape: StructureShape): fc.Arbitrary<Structure> {
  const place = (located: boolean) =>
    arbitrary(shape, {
      text: located ? headerText : troubledText,
      member: (member, owner) =>
        memberFilter(member, owner) &&
        (owner !== shape || (member.location !== undefined && member.location !== 'payload') === located),
    }) as fc.Arbitrary<Structure>
  return fc.tuple(place(true), place(false)).map(([outside, inside]) => ({ ...outside, ...inside }))
}

const bucketName = fc
  .stringMatching(/^[a-z][a-z0-9-]{3,9}[a-z0-9]$/)
  .filter((name) => !name.includes('--') && !name.startsWith('xn-'))
const keyText = troubledText.filter((key) => !/^\/|\/\/|(^|\/)\.{1,2}(\/|$)/.test(key))

/** What the wire keeps of a value: many dates have no milliseconds there. */
function inSeconds(value: unknown): unknown {
  if (value instanceof Date) return new Date(Math.floor(value.getTime() / 1000) * 1000)
  if (Array.isArray(value)) return value.map(inSeconds)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inSeconds(inner)]))
}

function inputOf(operation: OperationModel): fc.Arbitrary<Structure> {
  return fc.tuple(top(operation.input), bucketName, keyText).map(([input, Bucket, Key]) => {
    const labels = new Set(
      operation.input.members.filter(({ location }) => location === 'label').map(({ name }) => name),
    )
    const metadata = input['Metadata'] === undefined ? {} : { Metadata: { 'some-name': 'some value' } }
    return { ...input, ...metadata, ...(labels.has('Bucket') ? { Bucket } : {}), ...(labels.has('Key') ? { Key } : {}) }
  })
}

/** The client refuses a 200 without body where it expects one, so a structure in the body is always there. */
function outputOf(operation: OperationModel): fc.Arbitrary<Structure> {
  const { output: shape } = operation
  if (shape === undefined) return fc.constant({})
  const payload = shape.members.find((member) => member.location === 'payload' && member.shape.kind === 'structure')
  return top(shape).map((output) => ({
    ...(payload ? { [payload.name]: {} } : {}),
    ...output,
    ...(output['Metadata'] === undefined ? {} : { Metadata: { 'some-name': 'some value' } }),
  }))
}

const reached = [...model.operations.values()].filter(({ name }) => !ELSEWHERE.has(name))
test('all but four operations take part', () => assert.equal(reached.length, model.operations.size - ELSEWHERE.size))

for (const operation of reached)
  test(operation.name, async () => {
    await fc.assert(
      fc.asyncProperty(inputOf(operation), outputOf(operation), fc.constantFrom(...clients), (input, output, client) =>
        roundTrip(operation, { input, output, client }),
      ),
      { numRuns: RUNS },
    )
  })

interface Case {
  readonly input: Structure
  readonly output: Structure
  readonly client: s3.S3Client
}

async function roundTrip(operation: OperationModel, { input, output, client }: Case): Promise<void> {
  const Command = (s3 as unknown as Record<string, new (input: Structure) => never>)[`${operation.name}Command`]
  assert.ok(Command)
  state.answer = encodeRestXml(model, operation, output)
  const got = (await client.send(new Command(input))) as object as Structure
  assert.ok(state.sent)
  const request = wireRequest(state.sent)
  const route = routeS3(model, request, ['localhost'])
  assert.ok(route.ok, JSON.stringify(route))
  assert.equal(route.operation.name, operation.name)
  const decoded = decodeRestXml(route, request, bodyOf(operation, state.sent))
  assert.ok(decoded.ok, JSON.stringify(decoded))
  assert.deepEqual(asked(operation.input, decoded.input, input), wanted(input))
  if (operation.output) assert.deepEqual(asked(operation.output, got, output), wanted(output))
}

/** Leaves out what the client added by itself. */
function asked(shape: StructureShape, got: Structure, given: Structure): unknown {
  const entries = Object.entries(got).filter(([name]) => given[name] !== undefined && shape.byName.has(name))
  return wanted(Object.fromEntries(entries))
}

const wanted = (value: unknown): unknown => expressible(inSeconds(value), 'absent') ?? {}
