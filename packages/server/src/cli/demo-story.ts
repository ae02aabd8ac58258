/** The story of roles, in chapters. Each step says what it expects, so a server that decides otherwise is found out. */
import { awsCall, elementText, queryCall } from './aws-call.ts'
import type { AwsAnswer, Keys } from './aws-call.ts'
import { machineChapter } from './demo-machine.ts'
import { COMPANY, PARTNER, ROLE } from './demo-stage.ts'
import type { Stage } from './demo-stage.ts'
import { happening, sessionKeys } from './demo-step.ts'
import type { Happening } from './demo-step.ts'

export type { Happening } from './demo-step.ts'

export interface Chapter {
  readonly title: string
  readonly play: (stage: Stage) => AsyncIterable<Happening>
}

const OBJECT = '/reports/2026/q1.csv'
const OBJECT_ARN = 'arn:aws:s3:::reports/2026/q1.csv'
const EXTERNAL_ID = 'reports-2026'

const policyText = (statement: object): string => JSON.stringify({ Version: '2012-10-17', Statement: statement })

const assume = (stage: Stage, parameters: Readonly<Record<string, string>> = {}): Promise<AwsAnswer> =>
  queryCall({ endpoint: stage.endpoint, keys: stage.bob, service: 'sts' }, 'AssumeRole', {
    RoleArn: ROLE,
    RoleSessionName: 'bob-reads',
    ...parameters,
  })

const iam = (
  stage: Stage,
  keys: Keys,
  action: string,
  parameters: Readonly<Record<string, string>>,
): Promise<AwsAnswer> => queryCall({ endpoint: stage.endpoint, keys, service: 'iam' }, action, parameters)

const object = (stage: Stage, keys: Keys, method: 'GET' | 'PUT', body?: string): Promise<AwsAnswer> =>
  awsCall({
    endpoint: stage.endpoint,
    keys,
    service: 's3',
    method,
    path: OBJECT,
    ...(body === undefined ? {} : { body }),
  })

const shortAssume = 'aws sts assume-role --role-arn …:role/Reader --role-session-name bob-reads'
const getObject = 'aws s3api get-object --bucket reports --key 2026/q1.csv -'

async function* twoSides(stage: Stage): AsyncIterable<Happening> {
  yield happening(stage, {
    text: `bob of account ${PARTNER} asks for the role Reader of account ${COMPANY}. He has no policy at all.`,
    command: shortAssume,
    answer: await assume(stage, { ExternalId: EXTERNAL_ID }),
    wants: 'AccessDenied',
  })
  const parameters = {
    UserName: 'bob',
    PolicyName: 'assume',
    PolicyDocument: policyText({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: ROLE }),
  }
  yield happening(stage, {
    text: "His administrator writes the classic policy. That is the caller's side; the role's trust policy is the other.",
    command: 'aws iam put-user-policy --user-name bob --policy-name assume --policy-document …',
    answer: await iam(stage, stage.partnerAdministrator, 'PutUserPolicy', parameters),
    wants: 'success',
  })
  yield happening(stage, {
    text: 'The trust policy wants an external id: without it he is refused,',
    command: shortAssume,
    answer: await assume(stage),
    wants: 'AccessDenied',
  })
  yield happening(stage, {
    text: 'with a wrong one too,',
    command: `${shortAssume} --external-id guess`,
    answer: await assume(stage, { ExternalId: 'guess' }),
    wants: 'AccessDenied',
  })
  yield happening(stage, {
    text: 'and with the right one he gets temporary credentials.',
    command: `${shortAssume} --external-id ${EXTERNAL_ID}`,
    answer: await assume(stage, { ExternalId: EXTERNAL_ID }),
    wants: 'success',
    shows: (answer) => `${elementText(answer.body, 'Arn') ?? ''} until ${elementText(answer.body, 'Expiration') ?? ''}`,
  })
}

async function* theSession(stage: Stage): AsyncIterable<Happening> {
  const session = sessionKeys(await assume(stage, { ExternalId: EXTERNAL_ID }))
  yield happening(stage, {
    text: 'The session has a name of its own, in the account of the role.',
    command: 'aws sts get-caller-identity',
    answer: await queryCall({ endpoint: stage.endpoint, keys: session, service: 'sts' }, 'GetCallerIdentity'),
    wants: 'success',
    shows: (answer) => elementText(answer.body, 'Arn') ?? '',
  })
  yield happening(stage, {
    text: "It reads the company's bucket, as the role's policy says,",
    command: getObject,
    answer: await object(stage, session, 'GET'),
    wants: 'success',
    shows: (answer) => answer.body.trim().replaceAll('\n', ' | '),
  })
  yield happening(stage, {
    text: 'and cannot write.',
    command: 'aws s3api put-object --bucket reports --key 2026/q1.csv --body …',
    answer: await object(stage, session, 'PUT', 'mine now'),
    wants: 'AccessDenied',
  })
}

async function* narrower(stage: Stage): AsyncIterable<Happening> {
  const Policy = policyText({ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::reports/public/*' })
  const narrow = sessionKeys(await assume(stage, { ExternalId: EXTERNAL_ID, Policy }))
  yield happening(stage, {
    text: 'A session policy can only take away: this session may read reports/public/* and nothing else.',
    command: getObject,
    answer: await object(stage, narrow, 'GET'),
    wants: 'AccessDenied',
  })
  const session = sessionKeys(await assume(stage, { ExternalId: EXTERNAL_ID }))
  const boundary = { RoleName: 'Reader', PermissionsBoundary: `arn:aws:iam::${COMPANY}:policy/OnlyQueues` }
  yield happening(stage, {
    text: 'The company puts a permissions boundary on the role that does not contain S3:',
    command: 'aws iam put-role-permissions-boundary --role-name Reader --permissions-boundary …:policy/OnlyQueues',
    answer: await iam(stage, stage.companyAdministrator, 'PutRolePermissionsBoundary', boundary),
    wants: 'success',
  })
  yield happening(stage, {
    text: 'sessions that exist already are bounded at once.',
    command: getObject,
    answer: await object(stage, session, 'GET'),
    wants: 'AccessDenied',
  })
  yield happening(stage, {
    text: 'Without the boundary the role is as before.',
    command: 'aws iam delete-role-permissions-boundary --role-name Reader',
    answer: await iam(stage, stage.companyAdministrator, 'DeleteRolePermissionsBoundary', { RoleName: 'Reader' }),
    wants: 'success',
  })
}

async function* withoutRole(stage: Stage): AsyncIterable<Happening> {
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${PARTNER}:user/bob` },
    Action: 's3:GetObject',
    Resource: OBJECT_ARN,
  }
  yield happening(stage, {
    text: 'A bucket policy may name bob himself, without any role.',
    command: 'aws s3api put-bucket-policy --bucket reports --policy …',
    answer: await awsCall({
      endpoint: stage.endpoint,
      keys: stage.companyAdministrator,
      service: 's3',
      method: 'PUT',
      path: '/reports',
      query: 'policy=',
      body: policyText(statement),
    }),
    wants: 'success',
  })
  yield happening(stage, {
    text: 'Across accounts both sides must allow: his own account does not yet.',
    command: getObject,
    answer: await object(stage, stage.bob, 'GET'),
    wants: 'AccessDenied',
  })
  const parameters = {
    UserName: 'bob',
    PolicyName: 'read',
    PolicyDocument: policyText({ Effect: 'Allow', Action: 's3:GetObject', Resource: OBJECT_ARN }),
  }
  yield happening(stage, {
    text: 'His administrator allows it,',
    command: 'aws iam put-user-policy --user-name bob --policy-name read --policy-document …',
    answer: await iam(stage, stage.partnerAdministrator, 'PutUserPolicy', parameters),
    wants: 'success',
  })
  yield happening(stage, {
    text: 'and he reads the object under his own name.',
    command: getObject,
    answer: await object(stage, stage.bob, 'GET'),
    wants: 'success',
    shows: (answer) => answer.body.trim().replaceAll('\n', ' | '),
  })
}

async function* theEnd(stage: Stage): AsyncIterable<Happening> {
  const session = sessionKeys(await assume(stage, { ExternalId: EXTERNAL_ID }))
  const { companyAdministrator } = stage
  await iam(stage, companyAdministrator, 'DeleteRolePolicy', { RoleName: 'Reader', PolicyName: 'read-reports' })
  yield happening(stage, {
    text: 'The company deletes the role:',
    command: 'aws iam delete-role --role-name Reader',
    answer: await iam(stage, companyAdministrator, 'DeleteRole', { RoleName: 'Reader' }),
    wants: 'success',
  })
  yield happening(stage, {
    text: 'its sessions are dead at once, long before they expire.',
    command: getObject,
    answer: await object(stage, session, 'GET'),
    wants: 'refusal',
  })
}

export const CHAPTERS: readonly Chapter[] = [
  { title: '1. Two sides must say yes', play: twoSides },
  { title: '2. What a session is', play: theSession },
  { title: '3. Narrower than the role', play: narrower },
  { title: '4. Without a role', play: withoutRole },
  { title: '5. A machine that knows no key', play: machineChapter },
  { title: '6. The end of a role', play: theEnd },
]
