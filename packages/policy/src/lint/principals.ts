/** Rules about whom a policy trusts. */
import type { LintPrincipal, LintStatement } from './document.ts'
import { tell, type StatementRule } from './rule.ts'

export const wildcardInPrincipal: StatementRule = ({ principals, notPrincipals }, context) =>
  [...principals, ...notPrincipals]
    .filter(({ kind, value }) => (kind === 'AWS' ? value !== '*' : true) && /[*?]/.test(value))
    .map((principal) =>
      tell(context, principal, {
        code: 'POLICY.WILDCARD_IN_PRINCIPAL',
        level: 'error',
        message: `\`${principal.value}\` matches nobody: only \`*\` alone is a wildcard. Name the account, and add \`ArnLike\` on \`aws:PrincipalArn\`.`,
      }),
    )

/** With roles every session ARN would have to be listed as well. */
export const notPrincipal: StatementRule = ({ effect, notPrincipals }, context) => {
  const [first] = notPrincipals
  if (!first) return []
  if (effect === 'Allow') {
    const message = '`NotPrincipal` with `Allow` is not supported.'
    return [tell(context, first, { code: 'POLICY.NOTPRINCIPAL_SESSION', level: 'error', message })]
  }
  const role = notPrincipals.find(({ value }) => /:role\//.test(value))
  const message = role
    ? `Sessions of \`${role.value}\` are denied all the same, unless session, role and account are all listed. Use \`ArnNotLike\` on \`aws:PrincipalArn\`.`
    : 'Principals with a permissions boundary are denied whatever is listed. Use `ArnNotLike` on `aws:PrincipalArn`.'
  const level = role ? 'warning' : 'suggestion'
  return [tell(context, role ?? first, { code: 'POLICY.NOTPRINCIPAL_SESSION', level, message })]
}

const ACCOUNT = /^(?:arn:[^:]*:(?:iam|sts)::)?(\d{12})(?:$|:)/
const hasKey = ({ conditions }: LintStatement, ...keys: readonly string[]): boolean =>
  conditions.some(({ key }) => keys.includes(key.value.toLowerCase()))

/** A third party that works for many customers can be made to use the role for another one of them. */
export const externalId: StatementRule = (statement, context) => {
  if (context.type !== 'trust' || statement.effect !== 'Allow' || !assumes(statement)) return []
  if (hasKey(statement, 'sts:externalid', 'aws:principalorgid', 'aws:principalorgpaths')) return []
  const accountOf = ({ kind, value }: LintPrincipal) => (kind === 'AWS' ? ACCOUNT.exec(value)?.[1] : undefined)
  const foreign = statement.principals.filter((principal) => {
    const account = accountOf(principal)
    return account !== undefined && account !== context.account
  })
  return foreign.map((principal) =>
    tell(context, principal, {
      code: 'LINT.EXTERNAL_ID_MISSING',
      // Without the own account, the principal may well be of it.
      level: context.account === undefined ? 'suggestion' : 'securityWarning',
      message: `\`${principal.value}\` of another account is trusted without \`sts:ExternalId\`: if it is a third party's, ask for one.`,
    }),
  )
}

const assumes = ({ actions }: LintStatement): boolean => actions.some(({ value }) => /^sts:AssumeRole$/i.test(value))

const GITHUB = 'token.actions.githubusercontent.com:sub'

/** `repo:*` and `repo:org*` let in repositories that anybody can make. */
export const looseSubject: StatementRule = ({ effect, conditions }, context) =>
  conditions
    .filter(({ key }) => effect === 'Allow' && key.value.toLowerCase() === GITHUB)
    .flatMap(({ values }) => values)
    .filter(({ value }) => /^(?:repo:)?[^/]*[*?]/.test(value))
    .map((value) =>
      tell(context, value, {
        code: 'LINT.LOOSE_SUBJECT',
        level: 'securityWarning',
        message: `\`${value.value}\` lets in repositories of other owners: name the owner and the repository.`,
      }),
    )

const SOURCES = ['aws:sourcearn', 'aws:sourceaccount', 'aws:sourceorgid', 'aws:sourceorgpaths', 'aws:principalorgid']

/** A service acts for whoever asks it to. */
export const serviceWithoutSource: StatementRule = (statement, context) => {
  if (context.type === 'trust' || statement.effect !== 'Allow' || hasKey(statement, ...SOURCES)) return []
  return statement.principals
    .filter(({ kind }) => kind === 'Service')
    .map((principal) =>
      tell(context, principal, {
        code: 'LINT.SERVICE_WITHOUT_SOURCE',
        level: 'securityWarning',
        message: `\`${principal.value}\` may come on behalf of any account: add \`aws:SourceArn\` or \`aws:SourceAccount\`.`,
      }),
    )
}
