// Owns reading an S3 request into the input of its operation: labels, headers, query and body.
import { failure } from '../failure.ts'
import type { WireFailure } from '../failure.ts'
import type { Member, OperationModel, ScalarShape, Shape, Structure } from '../model/types.ts'
import type { DecodedCall } from '../query/decode.ts'
import type { WireRequest } from '../route/request.ts'
import { readScalar } from '../scalar.ts'
import type { XmlNode } from '../xml.ts'
import { localName } from '../xml.ts'
import type { S3Route } from './route.ts'
import { NOT_WELL_FORMED, readElement } from './read-xml.ts'

/** A body as the operation wants it: none, a parsed tree, text (policy documents), or a stream passed through. */
export type RestBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'xml'; readonly root: XmlNode }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'stream'; readonly stream: AsyncIterable<Uint8Array> }

/** Which kind of body an operation reads; XML bodies may be left out where nothing in them is required. */
export function bodyKind(operation: OperationModel): RestBody['kind'] {
  const payload = payloadOf(operation)
  if (payload === undefined) return bodyMembers(operation).length > 0 ? 'xml' : 'none'
  if (payload.shape.kind === 'stream') return 'stream'
  return payload.shape.kind === 'structure' ? 'xml' : 'text'
}

const payloadOf = (operation: OperationModel): Member | undefined =>
  operation.input.members.find(({ location }) => location === 'payload')

const bodyMembers = (operation: OperationModel): readonly Member[] =>
  operation.input.members.filter(({ location }) => location === undefined)

type Decoded = { readonly ok: true; readonly value: unknown } | WireFailure
const ABSENT: Decoded = { ok: true, value: undefined }

/** Decodes a routed request. Fails with InvalidArgument (numbers), MalformedXML or MissingRequestBodyError. */
export function decodeRestXml(route: S3Route, request: WireRequest, body: RestBody): DecodedCall | WireFailure {
  const { operation } = route
  const query = new URLSearchParams(request.query)
  const input: Record<string, unknown> = {}
  for (const member of operation.input.members) {
    const decoded = decodeMember(member, { route, request, query, body })
    if (!decoded.ok) return decoded
    if (decoded.value !== undefined) input[member.name] = decoded.value
  }
  if (bodyMembers(operation).length === 0 || body.kind !== 'xml') return { ok: true, operation, input }
  if (!isRoot(body.root, [operation.input.xmlName, operation.input.name])) return NOT_WELL_FORMED
  const content = readElement(operation.input, body.root)
  if (!content.ok) return content
  return { ok: true, operation, input: { ...input, ...(content.value as Structure) } }
}

interface Source {
  readonly route: S3Route
  readonly request: WireRequest
  readonly query: URLSearchParams
  readonly body: RestBody
}

function decodeMember(member: Member, source: Source): Decoded {
  const { request, query } = source
  switch (member.location) {
    case 'label':
      return { ok: true, value: member.name === 'Key' ? source.route.key : source.route.bucket }
    case 'header':
      return text(member, request.headers[member.locationName.toLowerCase()])
    case 'query':
      return text(member, query.get(member.locationName) ?? undefined)
    case 'prefixHeaders':
      return { ok: true, value: prefixed(member.locationName.toLowerCase(), request) }
    case 'payload':
      return payload(member, source.body)
    default:
      return ABSENT
  }
}

/** A header or parameter. Conditions with a date that is none are ignored, as HTTP asks. */
function text(member: Member, value: string | undefined): Decoded {
  if (value === undefined) return ABSENT
  const { shape } = member
  if (shape.kind === 'list') {
    const items = value.split(',').filter((item) => item.trim() !== '')
    return { ok: true, value: items.map((item) => readScalar(shape.item as ScalarShape, item.trim())) }
  }
  if (shape.kind === 'structure' || shape.kind === 'map') return ABSENT
  const format = member.timestamp ?? (member.location === 'header' ? 'http-date' : 'date-time')
  const read = readScalar(shape, plain(shape.kind, value), format)
  if (read !== undefined || shape.kind === 'timestamp') return { ok: true, value: read }
  return failure('InvalidArgument', `Provided ${member.locationName} not an integer or within integer range`, 400, [
    ['ArgumentName', member.locationName],
    ['ArgumentValue', value],
  ])
}

/** Texts stay as they are; some clients write `True`, and blanks around numbers and dates mean nothing. */
const plain = (kind: ScalarShape['kind'], value: string): string =>
  kind === 'string' ? value : kind === 'boolean' ? value.trim().toLowerCase() : value.trim()

/** User metadata: header names without the prefix, in lower case. undefined when there is none. */
function prefixed(prefix: string, request: WireRequest): Readonly<Record<string, string>> | undefined {
  const found = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
    name.startsWith(prefix) && value !== undefined ? [[name.slice(prefix.length), value]] : [],
  )
  return found.length === 0 ? undefined : Object.fromEntries(found)
}

function payload(member: Member, body: RestBody): Decoded {
  switch (body.kind) {
    case 'none':
      return member.required ? failure('MissingRequestBodyError', 'Request Body is empty') : ABSENT
    case 'text':
      return { ok: true, value: body.text }
    case 'stream':
      return { ok: true, value: body.stream }
    case 'xml':
      return isRoot(body.root, [member.wire, xmlNameOf(member.shape), member.shape.name])
        ? readElement(member.shape, body.root)
        : NOT_WELL_FORMED
  }
}

const xmlNameOf = (shape: Shape): string | undefined => (shape.kind === 'structure' ? shape.xmlName : undefined)

const isRoot = (root: XmlNode, names: readonly (string | undefined)[]): boolean => names.includes(localName(root.name))
