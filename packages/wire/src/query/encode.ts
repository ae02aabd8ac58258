// Owns writing Query answers as XML: two spaces, one element to a line, no declaration, a newline after the last tag.
import type {
  ListShape,
  MapShape,
  OperationModel,
  ServiceModel,
  Shape,
  Structure,
  StructureShape,
} from '../model/types.ts'
import { writeScalar } from '../scalar.ts'
import { escapeXml } from '../xml.ts'

/** What an error answer of a Query service says. */
export interface QueryError {
  readonly code: string
  /** Left out where AWS sends none. */
  readonly message: string | undefined
  /** Decides `Type`: Sender below 500, Receiver from there. */
  readonly status: number
  readonly requestId: string
}

/** Faults raised before a service knows the operation stand in this namespace. */
const FAULT_NAMESPACE = 'http://webservices.amazon.com/AWSFault/2005-15-09'

/** References to characters that XML 1.0 does not have (section 2.2): clients could not read the answer. */
const NO_CHARACTER = /&#x(?:[0-8BCEF]|1[0-9A-F]);|[\uFFFE\uFFFF]/g

/** A text of an error, which repeats bad input. */
const escapedError = (text: string): string => escapeXml(text).replace(NO_CHARACTER, '\uFFFD')

/** Writes the answer of an operation. Absent members are left out, empty lists are self-closed. */
export function encodeQueryResponse(
  model: ServiceModel,
  operation: OperationModel,
  output: Structure,
  requestId: string,
): string {
  const { name } = operation
  const result = operation.output ? element(`${name}Result`, structure(operation.output, output, '    '), '  ') : ''
  return `<${name}Response xmlns="${model.namespace}">\n${result}  <ResponseMetadata>
    <RequestId>${escapeXml(requestId)}</RequestId>
  </ResponseMetadata>
</${name}Response>
`
}

/** Writes an error. Without a model: a fault raised before the operation was known. */
export function encodeQueryError(model: ServiceModel | undefined, error: QueryError): string {
  const message = error.message === undefined ? '' : `    <Message>${escapedError(error.message)}</Message>\n`
  return `<ErrorResponse xmlns="${model?.namespace ?? FAULT_NAMESPACE}">
  <Error>
    <Type>${senderOrReceiver(error.status)}</Type>
    <Code>${escapedError(error.code)}</Code>
${message}  </Error>
  <RequestId>${escapeXml(error.requestId)}</RequestId>
</ErrorResponse>
`
}

/** Whose fault it is, in AWS's words. */
export const senderOrReceiver = (status: number): 'Sender' | 'Receiver' => (status >= 500 ? 'Receiver' : 'Sender')

/** An element around lines that are already indented; self-closed when there are none. */
const element = (name: string, inner: string, indent: string): string =>
  inner === '' ? `${indent}<${name}/>\n` : `${indent}<${name}>\n${inner}${indent}</${name}>\n`

function structure(shape: StructureShape, value: Structure, indent: string): string {
  let text = ''
  for (const member of shape.members) {
    const inner = value[member.name]
    if (inner !== undefined && inner !== null) text += write(member.wire, member.shape, inner, indent)
  }
  return text
}

function write(name: string, shape: Shape, value: unknown, indent: string): string {
  switch (shape.kind) {
    case 'structure':
      return element(name, structure(shape, value as Structure, `${indent}  `), indent)
    case 'list':
      return element(name, list(shape, value as readonly unknown[], `${indent}  `), indent)
    case 'map':
      return element(name, map(shape, value as Structure, `${indent}  `), indent)
    default:
      return `${indent}<${name}>${escapeXml(writeScalar(value))}</${name}>\n`
  }
}

function list(shape: ListShape, values: readonly unknown[], indent: string): string {
  let text = ''
  for (const value of values) text += write(shape.itemName, shape.item, value, indent)
  return text
}

function map(shape: MapShape, value: Structure, indent: string): string {
  let text = ''
  for (const [key, inner] of Object.entries(value))
    text += element(
      'entry',
      write('key', shape.key, key, `${indent}  `) + write('value', shape.value, inner, `${indent}  `),
      indent,
    )
  return text
}
