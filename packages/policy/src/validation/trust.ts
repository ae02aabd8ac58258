/** Trust policies of roles, which have a grammar and texts of their own (policy-semantics 1.16; wire-facts 6). */
import type { JsonMember, JsonNode } from '../language/json.ts'
import { checkProviders } from './identity-providers.ts'
import { unreadableOperand } from './operands.ts'
import type { ParseOptions } from './options.ts'
import {
  first,
  isText,
  itemsOf,
  LEGACY,
  memberOf,
  problem,
  statementsOf,
  SYNTAX,
  textsOf,
  type JsonObject,
  type JsonText,
  type Problem,
} from './problem.ts'
import { repeatedMember, unknownOperator } from './shape.ts'

const ACTIONS = new Set([
  'sts:AssumeRole',
  'sts:AssumeRoleWithSAML',
  'sts:AssumeRoleWithWebIdentity',
  'sts:TagSession',
  'sts:SetSourceIdentity',
  'sts:SetContext',
])
const MEMBERS = new Set(['Sid', 'Effect', 'Principal', 'Action', 'Condition'])
const INVALID_JSON = 'This policy contains invalid Json'

export function checkTrust(root: JsonNode, options: ParseOptions): Problem | undefined {
  if (root.kind !== 'object') return problem(INVALID_JSON, root)
  return (
    checkDocument(root) ??
    first(statementsOf(root), checkStatement) ??
    checkSids(statementsOf(root)) ??
    first(statementsOf(root), (statement) => checkPrincipals(statement, options)) ??
    (options.sharedIssuersUnchecked === true ? undefined : first(statementsOf(root), checkProviders))
  )
}

function checkDocument(document: JsonObject): Problem | undefined {
  const repeated = repeatedMember(document)
  if (repeated) return problem(INVALID_JSON, repeated)
  const strange = document.members.find(({ name }) => !/^(?:Version|Id|Statement)$/.test(name))
  if (strange) return problem(SYNTAX, strange)
  const version = memberOf(document, 'Version')
  if (version && !(isText(version) && /^20(?:12|08)-10-17$/.test(version.value))) return problem(SYNTAX, version)
  const statement = memberOf(document, 'Statement')
  if (!statement) return problem(SYNTAX, document)
  if (statement.kind === 'array' && statement.items.length === 0) {
    return problem('Could not parse the policy: Statement is empty!', statement)
  }
  return first(itemsOf(statement), (item) => (item.kind === 'object' ? undefined : problem(SYNTAX, item)))
}

function checkStatement(statement: JsonObject): Problem | undefined {
  return checkMembers(statement) ?? checkEffect(statement) ?? checkActions(statement) ?? checkCondition(statement)
}

function checkMembers(statement: JsonObject): Problem | undefined {
  if (memberOf(statement, 'NotPrincipal')) {
    return problem('AssumeRole policy must not contain NotPrincipal field.', statement)
  }
  const strange = statement.members.find(({ name }) => !MEMBERS.has(name))
  if (strange) return problem(strangeText(strange), strange)
  const sid = memberOf(statement, 'Sid')
  return sid && !isText(sid) ? problem(SYNTAX, sid) : undefined
}

const strangeText = ({ name }: JsonMember): string =>
  /^(?:NotResource|Resource|NotAction)$/.test(name) ? `Has prohibited field ${name}` : SYNTAX

function checkEffect(statement: JsonObject): Problem | undefined {
  const effect = memberOf(statement, 'Effect')
  if (!effect) return problem('Missing required field Effect', statement)
  if (!isText(effect)) return problem(SYNTAX, effect)
  if (effect.value === 'Allow' || effect.value === 'Deny') return undefined
  return problem(/^(?:allow|deny)$/i.test(effect.value) ? LEGACY : `Invalid effect: ${effect.value}`, effect)
}

/** The names count letter by letter: another case, and every wildcard, is refused. */
function checkActions(statement: JsonObject): Problem | undefined {
  const action = memberOf(statement, 'Action')
  if (!action || (action.kind === 'array' && action.items.length === 0)) {
    return problem('Missing required field Action', action ?? statement)
  }
  return first(itemsOf(action), (item) => {
    if (!isText(item)) return problem(SYNTAX, item)
    return ACTIONS.has(item.value)
      ? undefined
      : problem('AssumeRole policy may only specify STS AssumeRole actions.', item)
  })
}

function checkCondition(statement: JsonObject): Problem | undefined {
  const condition = memberOf(statement, 'Condition')
  if (!condition) return undefined
  if (condition.kind !== 'object') return problem(SYNTAX, condition)
  const unknown = unknownOperator(statement)
  if (unknown) return problem(`Invalid Condition type : ${unknown.name}`, unknown)
  const operand = (): Problem | undefined => {
    const key = unreadableOperand(statement, ['date', 'number', 'address', 'arn', 'binary'])
    return key && problem(LEGACY, key)
  }
  return first(condition.members, checkOperator) ?? operand()
}

function checkOperator({ value }: JsonMember): Problem | undefined {
  if (value.kind !== 'object') return problem(SYNTAX, value)
  return first(value.members, (key) => {
    if (key.name.split(':').length > 2) return problem('Condition can contain only one colon.', key)
    const wrong = itemsOf(key.value).find((item) => !('value' in item))
    return wrong && problem(SYNTAX, wrong)
  })
}

function checkSids(statements: readonly JsonObject[]): Problem | undefined {
  const seen = new Set<string>()
  return first(statements, (statement) => {
    const sid = memberOf(statement, 'Sid')
    if (!isText(sid) || sid.value === '') return undefined
    if (seen.has(sid.value)) return problem('The Statement Ids in the policy are not unique', sid)
    seen.add(sid.value)
    return undefined
  })
}

const NO_PRINCIPALS =
  'Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: ' +
  'The passed in policy has a statement with no principals!'

function checkPrincipals(statement: JsonObject, options: ParseOptions): Problem | undefined {
  const principal = memberOf(statement, 'Principal')
  if (!principal) return problem(NO_PRINCIPALS, statement)
  if (isText(principal) && principal.value === '*') {
    return problem('AssumeRolepolicy contained an invalid principal: "STAR":"*".', principal)
  }
  if (principal.kind !== 'object') return problem('Principal must be a JSON object.', principal)
  if (principal.members.length === 0) return problem('Missing required field Principal cannot be empty!', principal)
  return first(principal.members, (member) => checkKind(member, options))
}

function checkKind(member: JsonMember, options: ParseOptions): Problem | undefined {
  const wrong = itemsOf(member.value).find((item) => !isText(item))
  if (wrong) return problem(SYNTAX, wrong)
  const texts = textsOf(member.value)
  switch (member.name) {
    case 'AWS':
      return first(texts, (text) => checkAws(text, options))
    case 'Service':
      return first(texts, (text) =>
        SERVICE.test(text.value) && isKnown(text, 'Service', options) ? undefined : invalid('SERVICE', text),
      )
    case 'Federated':
      return first(texts, (text) => checkFederated(text, options))
    case 'CanonicalUser':
      return first(texts, (text) => invalid('CANONICAL', text))
    default:
      return problem(SYNTAX, member)
  }
}

const SERVICE = /^[a-z0-9][a-z0-9.-]*\.(?:amazonaws\.com|amazonaws\.com\.cn|amazon\.com|aws\.internal|aws)$/
const AWS =
  /^(?:\*|\d{12}|A(?:IDA|ROA)[A-Z0-9]+|arn:aws[a-z-]*:iam::\d{12}:(?:root|(?:user|role)\/[^*?]+)|arn:aws[a-z-]*:sts::\d{12}:(?:assumed-role\/[^/*?]+\/|federated-user\/)[^*?]+)$/
const FEDERATED =
  /^(?:arn:aws[a-z-]*:iam::(?:\d{12}|aws):(?:saml-provider|oidc-provider)\/.+|(?=.*\.)[A-Za-z0-9.-]+(?:\/[^\s*]*)?)$/

const invalid = (kind: string, text: JsonText): Problem =>
  problem(`Invalid principal in policy: "${kind}":"${text.value}"`, text)

function checkAws(text: JsonText, options: ParseOptions): Problem | undefined {
  return AWS.test(text.value) && isKnown(text, 'AWS', options) ? undefined : invalid('AWS', text)
}

function checkFederated(text: JsonText, options: ParseOptions): Problem | undefined {
  if (!FEDERATED.test(text.value)) {
    return problem('Federated principals must be valid domain names or SAML metadata ARNs', text)
  }
  return isKnown(text, 'Federated', options) ? undefined : invalid('FEDERATED', text)
}

const isKnown = ({ value }: JsonText, kind: 'AWS' | 'Service' | 'Federated', { exists }: ParseOptions): boolean =>
  exists === undefined || value === '*' || exists({ kind, value })
