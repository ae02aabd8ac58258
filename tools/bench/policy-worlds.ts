/**
 * What the policy benchmark and its budgets decide about. Small is one policy of one statement; large is ten policies of
 * thirty statements with variables and conditions; deep is large where every statement comes to its conditions.
 */

export const ACCOUNT = '111122223333'

export const ACTION = 's3:GetObject'
export const RESOURCE = 'arn:aws:s3:::home/alice/report-2026.csv'
/** Condition keys as AWS spells them. */
export const KEYS: Readonly<Record<string, string>> = {
  'aws:username': 'alice',
  'aws:PrincipalTag/team': 'blue',
  'aws:SourceIp': '203.0.113.7',
  'aws:CurrentTime': '2026-11-25T12:00:00Z',
  'aws:SecureTransport': 'true',
}

const text = (statements: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements })

export const SMALL: readonly string[] = [text([{ Effect: 'Allow', Action: ACTION, Resource: 'arn:aws:s3:::home/*' }])]

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
export const LARGE: readonly string[] = largeDocuments.map(text)

export const DEEP: readonly string[] = largeDocuments.map((statements) =>
  text(statements.map((statement) => ({ ...statement, Resource: 'arn:aws:s3:::home/${aws:username}/*' }))),
)

/** Policies as one principal has them: two statements each, a list of actions, a variable, a condition. */
export const PRINCIPAL: readonly string[] = Array.from({ length: 20 }, (_policy, index) =>
  text([
    { Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: `arn:aws:s3:::team-${index}/*` },
    {
      Effect: 'Allow',
      Action: 'dynamodb:Query',
      Resource: `arn:aws:dynamodb:*:${ACCOUNT}:table/t${index}`,
      Condition: { StringEquals: { 'aws:PrincipalTag/team': `team-${index}` } },
    },
  ]),
)

/** The same without conditions: one statement each. */
export const STATEMENTS: readonly string[] = Array.from({ length: 20 }, (_policy, index) =>
  text([{ Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: `arn:aws:s3:::team-${index}/*` }]),
)
