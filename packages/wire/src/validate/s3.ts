// Owns checking S3 inputs: S3 does not list violations, each kind of fault has its own error.
import { failure } from '../failure.ts'
import type { WireFailure } from '../failure.ts'
import type { Member, OperationModel, Shape, Structure, StructureShape } from '../model/types.ts'
import { rulesOf } from './rules.ts'

const NOT_VALID = 'The XML you provided was not well-formed or did not validate against our published schema'

/** Recorded: an unknown canned ACL is refused without a message, an unknown ownership with one. */
const HEADER_CHECKS: ReadonlyMap<string, (value: string) => WireFailure> = new Map([
  [
    'x-amz-acl',
    (value: string) =>
      failure('InvalidArgument', undefined, 400, [
        ['ArgumentName', 'x-amz-acl'],
        ['ArgumentValue', value],
      ]),
  ],
  [
    'x-amz-object-ownership',
    (value: string) =>
      failure('InvalidArgument', `Invalid x-amz-object-ownership header: ${value}`, 400, [
        ['ArgumentName', 'x-amz-object-ownership'],
      ]),
  ],
])

/** Regions that the model does not list are the operation's business: S3 answers InvalidLocationConstraint. */
const NOT_CHECKED = new Set(['BucketLocationConstraint'])

/** undefined: nothing to complain about. */
export function validateS3(operation: OperationModel, input: Structure): WireFailure | undefined {
  for (const member of operation.input.members) {
    const value = input[member.name]
    if (value === undefined) continue
    const refused = member.location === 'header' ? checkHeader(member, value) : checkBody(member, value)
    if (refused) return refused
  }
  return undefined
}

function checkHeader(member: Member, value: unknown): WireFailure | undefined {
  const refuse = HEADER_CHECKS.get(member.locationName.toLowerCase())
  if (refuse === undefined || typeof value !== 'string') return undefined
  return rulesOf(member.shape).every((rule) => rule.holds(value)) ? undefined : refuse(value)
}

/** ACL documents have a code of their own. */
function checkBody(member: Member, value: unknown): WireFailure | undefined {
  if (member.location !== undefined && member.location !== 'payload') return undefined
  if (keeps(member.shape, value)) return undefined
  return failure(member.wire === 'AccessControlPolicy' ? 'MalformedACLError' : 'MalformedXML', NOT_VALID)
}

function keeps(shape: Shape, value: unknown): boolean {
  switch (shape.kind) {
    case 'structure':
      return keepsStructure(shape, value as Structure)
    case 'list':
      return (value as readonly unknown[]).every((item) => keeps(shape.item, item))
    case 'map':
      return Object.values(value as Structure).every((item) => keeps(shape.value, item))
    default:
      return NOT_CHECKED.has(shape.name) || rulesOf(shape).every((rule) => rule.holds(value))
  }
}

const keepsStructure = (shape: StructureShape, value: Structure): boolean =>
  shape.members.every((member) => {
    const inner = value[member.name]
    return inner === undefined ? !member.required : keeps(member.shape, inner)
  })
