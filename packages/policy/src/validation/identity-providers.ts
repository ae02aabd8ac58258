/**
 * Identity-provider controls: issuers shared by many tenants, whose trust policies must test a claim that tells the
 * tenants apart (policy-semantics 1.18; IAM User Guide, "Identity-provider controls for shared OIDC providers").
 * The list is dated: autumn 2026. Six issuers of one vendor are missing, since AWS's page does not print their names whole
 * (divergences.md).
 */
import { readOperatorName } from '../conditions/operators.ts'
import type { JsonNode } from '../language/json.ts'
import { first, isText, itemsOf, memberOf, problem, textsOf, type JsonObject, type Problem } from './problem.ts'

const GITHUB = 'token.actions.githubusercontent.com'
const COGNITO = 'cognito-identity.amazonaws.com'

/** Issuer → keys of which one must be tested. */
const CONTROLS: ReadonlyMap<string, string> = new Map([
  ...[
    'gitlab.com:sub',
    'app.terraform.io:sub',
    'agent.buildkite.com:sub',
    `${COGNITO}:aud`,
    'api.pulumi.com/oidc:aud',
    'oidc.vercel.com:aud',
    'oidc.codefresh.io:sub',
    'scalr.io:sub',
    'vstoken.actions.githubusercontent.com:sub',
    'oidc-configuration.audit-log.githubusercontent.com:sub',
    'studio.datachain.ai/api:sub',
    'sandboxes.cloud:aud',
    'tokens.cloud.shisho.dev:sub',
    'proidc.upbound.io:sub',
  ].map((key) => [key.slice(0, key.lastIndexOf(':')), key] as const),
  ['sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d', 'sts:RoleSessionName'],
])

/** Built-in providers that want an application id, in lower case and by an equality operator. */
const APPLICATION_KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ['accounts.google.com', ['aud', 'oaud', 'sub']],
  ['www.amazon.com', ['app_id', 'sub']],
  ['graph.facebook.com', ['app_id', 'sub']],
])

const EQUALITY = new Set(['StringEquals', 'StringEqualsIgnoreCase'])
const POSITIVE = new Set([...EQUALITY, 'StringLike'])

/** Checks one statement by itself: each Allow of sts:AssumeRoleWithWebIdentity has to hold its own test. */
export function checkProviders(statement: JsonObject): Problem | undefined {
  const effect = memberOf(statement, 'Effect')
  const actions = textsOf(memberOf(statement, 'Action')).map(({ value }) => value)
  if (!isText(effect) || effect.value !== 'Allow' || !actions.includes('sts:AssumeRoleWithWebIdentity'))
    return undefined
  const principal = memberOf(statement, 'Principal')
  const federated = principal?.kind === 'object' ? textsOf(memberOf(principal, 'Federated')) : []
  return first(federated, (provider) => checkProvider(provider.value, statement))
}

function checkProvider(provider: string, statement: JsonObject): Problem | undefined {
  const issuer = provider.replace(/^arn:[^:]*:iam::\d*:oidc-provider\//, '')
  const claims = APPLICATION_KEYS.get(issuer)
  if (claims) return checkApplication(issuer, claims, statement)
  if (issuer.startsWith(GITHUB)) return checkGithub(provider, issuer, statement)
  const key = CONTROLS.get(issuer)
  if (key === undefined) return undefined
  if (issuer === COGNITO && !memberOf(statement, 'Condition')) {
    return problem('A condition block must be present for the Cognito provider', statement)
  }
  const tested = blocksOf(statement, POSITIVE).some((block) => {
    const values = valuesOf(block, key)
    return values !== undefined && !values.includes('*')
  })
  return tested ? undefined : missing(issuer, key, statement)
}

function checkApplication(issuer: string, claims: readonly string[], statement: JsonObject): Problem | undefined {
  const keys = claims.map((claim) => `${issuer}:${claim}`)
  const tested = blocksOf(statement, EQUALITY).some((block) => block.members.some(({ name }) => keys.includes(name)))
  const message = `Policy trusting ${issuer} requires a StringEquals condition on an application id`
  return tested ? undefined : problem(message, statement)
}

/** GitHub takes either claim; in one block both must be good, and a value may not begin with `*` or be blank. */
function checkGithub(provider: string, issuer: string, statement: JsonObject): Problem | undefined {
  const keys = [`${issuer}:sub`, `${issuer}:job_workflow_ref`]
  const tested = blocksOf(statement, POSITIVE).some((block) => {
    const lists = keys.map((key) => valuesOf(block, key)).filter((values) => values !== undefined)
    return lists.length > 0 && lists.flat().every((value) => value.trim() !== '' && !value.startsWith('*'))
  })
  return tested ? undefined : missing(provider, keys.join(' or '), statement)
}

const missing = (principal: string, claims: string, statement: JsonObject): Problem =>
  problem(
    `Trust policy with trusted principal ${principal} must evaluate, using StringEquals, StringLike or ` +
      `StringEqualsIgnoreCase, ${claims} which is not scoped to all.`,
    statement,
  )

/** Operator blocks that count as a test: positive ones, with or without a set operator, never with IfExists. */
function blocksOf(statement: JsonObject, bases: ReadonlySet<string>): readonly JsonObject[] {
  const condition = memberOf(statement, 'Condition')
  if (condition?.kind !== 'object') return []
  return condition.members.flatMap(({ name, value }) => {
    const operator = readOperatorName(name)
    return operator && !operator.ifExists && bases.has(operator.base) && value.kind === 'object' ? [value] : []
  })
}

/** Values of a key, whose name compares without regard to case; undefined when the block does not have it. */
function valuesOf(block: JsonObject, key: string): readonly string[] | undefined {
  const found = block.members.find(({ name }) => name.toLowerCase() === key.toLowerCase())
  return found && itemsOf(found.value).flatMap((item: JsonNode) => ('value' in item ? [item.value] : []))
}
