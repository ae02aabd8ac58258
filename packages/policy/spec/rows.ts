/** Vector rows and recorded answers as questions for either engine. */
import { readFileSync } from 'node:fs'
import type {
  AttachedPolicy,
  ContextValue,
  PolicySet,
  Principal,
  RequestContext,
  RequestFlags,
} from '@understudy/policy'
import { compilePolicy, requestContext } from '@understudy/policy'

type Json = Readonly<Record<string, unknown>>
type Nullable<T> = T | null | undefined

export interface VectorRow {
  readonly id: string
  readonly confidence: 'high' | 'medium'
  readonly principal: Readonly<Record<string, string>> & { readonly type: string }
  readonly request: {
    readonly action: string
    readonly resource: string
    readonly resourceAccount?: Nullable<string>
    readonly context: Readonly<Record<string, ContextValue>>
  }
  readonly policies: {
    readonly identity: readonly Json[]
    readonly resource: Nullable<Json>
    readonly boundary: Nullable<Json>
    readonly session: Nullable<readonly Json[]>
    readonly scp: Nullable<readonly (readonly Json[])[]>
    readonly rcp: Nullable<readonly (readonly Json[])[]>
    readonly trust: Nullable<Json>
    readonly vpce: Nullable<Json>
  }
  readonly flags?: RequestFlags
  readonly expected: { readonly decision: 'Allow' | 'Deny'; readonly reason: string }
}

export interface RecordedCondition {
  readonly id: string
  readonly test?: string
  readonly given: { readonly condition?: Json; readonly tags?: Readonly<Record<string, string>> }
  /** Code by form of the session policy: A, D or B. */
  readonly answer: Readonly<Record<string, string>>
}

/** Reads a JSON file of the form that the caller knows. */
export const readJson = (file: string | URL): unknown => JSON.parse(readFileSync(file, 'utf8')) as unknown

/** A document as a policy that takes part. */
export const attached = (name: string, document: unknown): AttachedPolicy => ({
  name,
  policy: compilePolicy(JSON.stringify(document)),
})

const each = (name: string, documents: readonly Json[]): readonly AttachedPolicy[] =>
  documents.map((document, index) => attached(`${name} ${index}`, document))

/** A row's question. */
export function questionOf(row: VectorRow): readonly [RequestContext, PolicySet] {
  const { policies, request } = row
  const only = (name: string, document: Nullable<Json>) => (document ? attached(name, document) : undefined)
  return [
    {
      principal: principalOf(row.principal),
      action: request.action,
      resource: request.resource,
      ...(request.resourceAccount ? { resourceAccount: request.resourceAccount } : {}),
      context: requestContext(request.context),
      flags: { ...row.flags, sessionToken: row.principal.type === 'session-token' },
    },
    {
      identity: each('identity', policies.identity),
      resource: only('resource', policies.resource),
      trust: only('trust', policies.trust),
      boundary: only('boundary', policies.boundary),
      session: policies.session ? each('session', policies.session) : undefined,
      scp: policies.scp?.map((level) => each('scp', level)),
      rcp: policies.rcp?.map((level) => each('rcp', level)),
      vpce: only('vpce', policies.vpce),
    },
  ]
}

function principalOf(row: VectorRow['principal']): Principal {
  const text = (member: string): string => row[member] ?? ''
  const common = { accountId: text('accountId'), arn: text('arn'), userId: text('userId') }
  switch (row.type) {
    case 'root':
      return { kind: 'root', accountId: common.accountId, arn: common.arn }
    case 'user':
    case 'session-token':
      return { kind: 'user', ...common }
    case 'role-session':
      return { kind: 'role-session', ...common, roleArn: text('roleArn') }
    case 'federated-user':
      return { kind: 'federated-user', ...common, issuerArn: text('issuerArn') }
    case 'web-identity':
      return { kind: 'web-identity', provider: text('provider') }
    case 'saml':
      return { kind: 'saml', providerArn: text('provider') }
    case 'service':
      return { kind: 'service', name: text('name') }
    case 'anonymous':
      return { kind: 'anonymous' }
    default:
      throw new Error(`No principal has the type \`${row.type}\`.`)
  }
}

/** A recorded call of iam:TagUser by a session whose policy holds the condition; the form says where it stands. */
export function recordedQuestion(record: RecordedCondition, form: string): readonly [RequestContext, PolicySet] {
  const { condition, tags = {} } = record.given
  const plain = { Effect: 'Allow', Action: 'iam:TagUser', Resource: '*' }
  const tested = { ...plain, Effect: form === 'D' ? 'Deny' : 'Allow', Condition: condition }
  const statements = form === 'A' ? [tested] : [plain, tested]
  const account = '123456789012'
  const principal: Principal = {
    kind: 'role-session',
    accountId: account,
    arn: `arn:aws:sts::${account}:assumed-role/tagger/s`,
    userId: 'AROATAGGER0000000000A:s',
    roleArn: `arn:aws:iam::${account}:role/tagger`,
  }
  const context = requestContext([
    ...Object.entries(tags).map(([key, value]): [string, ContextValue] => [`aws:RequestTag/${key}`, value]),
    ...(Object.keys(tags).length > 0 ? [['aws:TagKeys', Object.keys(tags)] as [string, ContextValue]] : []),
  ])
  return [
    { principal, action: 'iam:TagUser', resource: `arn:aws:iam::${account}:user/u`, resourceAccount: account, context },
    {
      identity: [attached('role', { Version: '2012-10-17', Statement: plain })],
      session: [attached('session', { Version: '2012-10-17', Statement: statements })],
    },
  ]
}
