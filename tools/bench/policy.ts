/**
 * Decisions a second of the policy engine, and what compiling costs: `node tools/bench/policy.ts`. Small is one policy
 * of one statement; large is ten policies of thirty statements with variables and conditions. One thread, per
 * second of processor time.
 */
import { compilePolicy, decide, explain, requestContext, type PolicySet, type RequestContext } from '@understudy/policy'

const ACCOUNT = '111122223333'
const ROUND_MILLISECONDS = 400
const ROUNDS = 5

const request: RequestContext = {
  principal: {
    kind: 'user',
    accountId: ACCOUNT,
    arn: `arn:aws:iam::${ACCOUNT}:user/alice`,
    userId: 'AIDAALICE',
  },
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::home/alice/report-2026.csv',
  resourceAccount: ACCOUNT,
  context: requestContext({
    'aws:username': 'alice',
    'aws:PrincipalTag/team': 'blue',
    'aws:SourceIp': '203.0.113.7',
    'aws:CurrentTime': '2026-11-25T12:00:00Z',
    'aws:SecureTransport': 'true',
  }),
}

const attach = (name: string, statements: readonly object[]) => ({
  name,
  policy: compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
})

const smallPolicy = attach('small', [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::home/*' }])
const small: PolicySet = { identity: [smallPolicy] }

/** Statements that speak of the action, so that nothing can be left out: resources with variables, four conditions. */
const largeStatement = (policy: number, index: number): object => ({
  Sid: `S${policy}x${index}`,
  Effect: index % 5 === 0 ? 'Deny' : 'Allow',
  Action: index % 2 === 0 ? ['s3:Get*', 's3:List*'] : ['s3:GetObject', 's3:PutObject', `dynamodb:Query`],
  Resource: [
    `arn:aws:s3:::home/\${aws:username}/part-${policy}-${index}/*`,
    `arn:aws:s3:::bucket-${policy}-${index}/*`,
  ],
  Condition: {
    StringEquals: { 'aws:PrincipalTag/team': ['red', `team-${index}`] },
    IpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '203.0.113.0/24'] },
    DateGreaterThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' },
    Bool: { 'aws:SecureTransport': 'true' },
  },
})

const largeDocuments = Array.from({ length: 10 }, (_policy, policy) =>
  Array.from({ length: 30 }, (_statement, index) => largeStatement(policy, index)),
)
const large: PolicySet = { identity: largeDocuments.map((statements, index) => attach(`large ${index}`, statements)) }
/** The same, but every resource matches, so that every statement comes to its conditions. */
const deep: PolicySet = {
  identity: largeDocuments.map((statements, index) =>
    attach(
      `deep ${index}`,
      statements.map((statement) => ({ ...statement, Resource: 'arn:aws:s3:::home/${aws:username}/*' })),
    ),
  ),
}

/** Seconds of processor time that this process has used. Wall time would count what others do on the machine. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Calls per second of processor time: the best of some rounds. */
function perSecond(work: () => unknown): number {
  let best = 0
  for (let round = 0; round < ROUNDS; round++) {
    const from = processorSeconds()
    const end = performance.now() + ROUND_MILLISECONDS
    let calls = 0
    while (performance.now() < end) {
      for (let step = 0; step < 64; step++) work()
      calls += 64
    }
    best = Math.max(best, calls / (processorSeconds() - from))
  }
  return best
}

const show = (name: string, figure: number): void => {
  const goal = `${Math.round(figure).toLocaleString('en-US')} per second`
  process.stdout.write(`${name.padEnd(52)} ${goal.padStart(24)}   ${(1e6 / figure).toFixed(2)} µs\n`)
}

const text = JSON.stringify({ Version: '2012-10-17', Statement: largeDocuments[0] })
show(
  'decide, small: 1 policy x 1 statement',
  perSecond(() => decide(request, small)),
)
show(
  'decide, large: 10 policies x 30 statements',
  perSecond(() => decide(request, large)),
)
show(
  'decide, large, every statement to its conditions',
  perSecond(() => decide(request, deep)),
)
show(
  'explain, small',
  perSecond(() => explain(request, small)),
)
show(
  'explain, large',
  perSecond(() => explain(request, large)),
)
show(
  'compile, 1 statement',
  perSecond(() => compilePolicy(smallPolicy.policy.text)),
)
show(
  `compile, 30 statements (${text.length} characters)`,
  perSecond(() => compilePolicy(text)),
)
