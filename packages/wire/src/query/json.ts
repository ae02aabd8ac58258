// Owns the JSON rendering of Query answers: the same tree, for callers whose first choice in Accept is JSON.
import type { OperationModel, Shape, Structure } from '../model/types.ts'
import { writeScalar } from '../scalar.ts'
import { senderOrReceiver } from './encode.ts'
import type { QueryError } from './encode.ts'

/** True when JSON stands alone or first in an Accept header. */
export const wantsJson = (accept: string | undefined): boolean =>
  /^\s*application\/json\s*(;[^,]*)?(,|$)/i.test(accept ?? '')

/** Writes the answer of an operation as JSON. Lists are arrays, timestamps seconds since 1970. */
export function encodeQueryResponseJson(operation: OperationModel, output: Structure, requestId: string): string {
  const { name } = operation
  const result = operation.output ? { [`${name}Result`]: render(operation.output, output) } : {}
  return JSON.stringify({ [`${name}Response`]: { ...result, ResponseMetadata: { RequestId: requestId } } })
}

/** Writes an error as JSON. */
export const encodeQueryErrorJson = (error: QueryError): string =>
  JSON.stringify({
    Error: { Code: error.code, Message: error.message, Type: senderOrReceiver(error.status) },
    RequestId: error.requestId,
  })

function render(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case 'structure': {
      const members = shape.members.filter(({ name }) => ((value as Structure)[name] ?? undefined) !== undefined)
      return Object.fromEntries(
        members.map(({ wire, name, shape: of }) => [wire, render(of, (value as Structure)[name])]),
      )
    }
    case 'list':
      return (value as readonly unknown[]).map((item) => render(shape.item, item))
    case 'map':
      return Object.fromEntries(
        Object.entries(value as Structure).map(([key, item]) => [key, render(shape.value, item)]),
      )
    case 'timestamp':
      return (value as Date).getTime() / 1000
    case 'blob':
      return writeScalar(value)
    default:
      return value
  }
}
