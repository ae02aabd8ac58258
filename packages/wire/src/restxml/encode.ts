// Owns writing S3 answers: status, headers and body, in S3's layout (declaration, namespace, one line).
import type {
  ListShape,
  Member,
  OperationModel,
  ServiceModel,
  Shape,
  Structure,
  StructureShape,
} from '../model/types.ts'
import { writeScalar } from '../scalar.ts'
import { escapeXml } from '../xml.ts'

/** An answer ready to be written. Header names are lower-case. */
export interface RestResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** undefined: no body. */
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array> | undefined
}

/** S3's error document. `fields` stand between Message and RequestId. */
export interface S3Error {
  readonly code: string
  readonly message: string | undefined
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly requestId: string
  readonly hostId: string
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
/** Answers whose only member is the root element itself. */
const UNWRAPPED = new Set(['GetBucketLocation'])

/** Writes the answer of an operation. A `ContentRange` makes it 206. */
export function encodeRestXml(model: ServiceModel, operation: OperationModel, output: Structure): RestResponse {
  const shape = operation.output
  const status = output['ContentRange'] === undefined ? (operation.http?.status ?? 200) : 206
  if (shape === undefined) return { status, headers: {}, body: undefined }
  const headers = headersOf(shape, output)
  const body = operation.http?.method === 'HEAD' ? undefined : bodyOf(model, operation, shape, output)
  const typed = typeof body === 'string' && headers['content-type'] === undefined
  return { status, headers: typed ? { ...headers, 'content-type': typeOf(body) } : headers, body }
}

/** Bucket policies are JSON, everything else that is text is XML. */
const typeOf = (body: string): string => (body.startsWith('<') ? 'application/xml' : 'application/json')

/** S3's error as XML; no namespace, no Type. */
export function encodeS3Error(error: S3Error): string {
  const message: readonly (readonly [string, string])[] =
    error.message === undefined ? [] : [['Message', error.message]]
  const rows = [['Code', error.code] as const, ...message, ...error.fields]
  const text = [...rows, ['RequestId', error.requestId] as const, ['HostId', error.hostId] as const]
  return `${DECLARATION}<Error>${text.map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`).join('')}</Error>`
}

function headersOf(shape: StructureShape, output: Structure): Readonly<Record<string, string>> {
  const headers: [string, string][] = []
  for (const member of shape.members) {
    const value = output[member.name]
    if (value === undefined || value === null) continue
    const name = member.locationName.toLowerCase()
    if (member.location === 'header') headers.push([name, headerText(member, value)])
    if (member.location === 'prefixHeaders')
      for (const [key, text] of Object.entries(value as Structure))
        headers.push([name + key.toLowerCase(), String(text)])
  }
  return Object.fromEntries(headers)
}

const headerText = (member: Member, value: unknown): string =>
  Array.isArray(value) ? value.map(String).join(',') : writeScalar(value, member.timestamp ?? 'http-date')

function bodyOf(
  model: ServiceModel,
  operation: OperationModel,
  shape: StructureShape,
  output: Structure,
): RestResponse['body'] {
  const payload = shape.members.find(({ location }) => location === 'payload')
  if (payload !== undefined) {
    const value = output[payload.name]
    if (value === undefined || payload.shape.kind !== 'structure') return value as RestResponse['body']
    return document(model, payload.wire, content(payload.shape, value as Structure))
  }
  const inBody = shape.members.filter(({ location }) => location === undefined)
  const [only] = inBody
  if (only === undefined) return undefined
  if (UNWRAPPED.has(operation.name)) return document(model, only.wire, escapeXml(writeScalar(output[only.name] ?? '')))
  return document(model, shape.xmlName ?? shape.name, content(shape, output))
}

const document = (model: ServiceModel, root: string, inner: string): string =>
  `${DECLARATION}<${root} xmlns="${model.namespace}"${inner === '' ? '/>' : `>${inner}</${root}>`}`

function content(shape: StructureShape, value: Structure): string {
  let text = ''
  for (const member of shape.members) {
    const inner = value[member.name]
    if (inner === undefined || inner === null || member.attribute || member.location !== undefined) continue
    text += writeMember(member, inner)
  }
  return text
}

function writeMember(member: Member, value: unknown): string {
  const { shape, wire } = member
  if (shape.kind === 'list' && member.flattened) return items(shape, value as readonly unknown[], wire)
  if (member.timestamp !== undefined) return `<${wire}>${writeScalar(value, member.timestamp)}</${wire}>`
  return write(wire, shape, value, attributesOf(member, value))
}

/** A namespace declaration of the member and the attributes among the members of its structure. */
function attributesOf(member: Member, value: unknown): string {
  const declared = member.namespace ? ` xmlns:${member.namespace[1]}="${member.namespace[0]}"` : ''
  if (member.shape.kind !== 'structure') return declared
  const own = member.shape.members.filter(
    ({ attribute, name }) => attribute && (value as Structure)[name] !== undefined,
  )
  return (
    declared + own.map(({ wire, name }) => ` ${wire}="${escapeXml(writeScalar((value as Structure)[name]))}"`).join('')
  )
}

function write(name: string, shape: Shape, value: unknown, attributes = ''): string {
  const inner = inside(shape, value)
  return inner === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${inner}</${name}>`
}

function inside(shape: Shape, value: unknown): string {
  switch (shape.kind) {
    case 'structure':
      return content(shape, value as Structure)
    case 'list':
      return items(shape, value as readonly unknown[], shape.itemName)
    case 'map':
      return Object.entries(value as Structure)
        .map(([key, item]) => `<entry>${write('key', shape.key, key)}${write('value', shape.value, item)}</entry>`)
        .join('')
    case 'timestamp':
      return (value as Date).toISOString()
    default:
      return escapeXml(writeScalar(value))
  }
}

const items = (shape: ListShape, values: readonly unknown[], name: string): string =>
  values.map((value) => write(name, shape.item, value)).join('')
