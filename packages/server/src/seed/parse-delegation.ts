/** The seed's schema of partners of IAM temporary delegation. */
import { templateProblem } from '../authorization/policy-template.ts'
import { document } from './parse-words.ts'
import { distinct, list, object, optional, pattern, plain, required, wrong } from './readers.ts'
import type { Read } from './readers.ts'
import type { DelegationPartnerSeed, PartnerBoundarySeed, PolicyTemplateSeed, SeedDocument } from './types.ts'

const name = pattern(/^[\w+=,.@-]{1,128}$/, '1 to 128 letters, digits or _+=,.@-')

/** A document with parameters: its grammar is checked as if they were filled in. */
const template: Read<SeedDocument> = (node, place) => {
  if (node.kind === 'list') return wrong(node, place, 'a document is an object or JSON text, not a list')
  const value = node.kind === 'map' ? JSON.stringify(plain(node), undefined, 2) : String(node.value)
  const problem = isObject(value) ? templateProblem(value) : 'the document is no JSON object'
  return problem === undefined ? { value, line: node.line } : wrong(node, place, problem)
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

const policyTemplate = object<PolicyTemplateSeed>('a policy template', {
  name: required(name),
  document: required(template),
})
const boundary = object<PartnerBoundarySeed>('a permissions boundary', {
  name: required(name),
  document: required(document('identity')),
})

export const delegationPartner = object<DelegationPartnerSeed>('a delegation partner', {
  name: required(pattern(/^[ -~\u00a1-\u00ff]{1,30}$/, 'a name of 1 to 30 characters')),
  domain: required(
    pattern(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/, 'a domain, such as partner.example'),
  ),
  policyTemplates: required(distinct(list(policyTemplate), (item) => item.name, String)),
  permissionsBoundaries: optional(distinct(list(boundary), (item) => item.name, String)),
})
