/** The chapter of the instance: credentials from the metadata service, their rotation, and what expires when time goes on. */
import { awsCall, queryCall } from './aws-call.ts'
import type { AwsAnswer, Keys } from './aws-call.ts'
import { listAt, textAt } from './answer.ts'
import { CommandFailure } from './command.ts'
import { COMPANY, ROLE } from './demo-stage.ts'
import type { Stage } from './demo-stage.ts'
import { happening, sessionKeys } from './demo-step.ts'
import type { Happening } from './demo-step.ts'

const TOKEN_SECONDS = '21600'
const ADVANCE_MILLISECONDS = 65 * 60 * 1000

export async function* machineChapter(stage: Stage): AsyncIterable<Happening> {
  const address = await metadataAddress(stage)
  const refused = await fetch(`${address}/latest/meta-data/`)
  yield told({
    text: 'A program on an instance asks its metadata service. Without a token it gets nothing:',
    command: 'curl http://169.254.169.254/latest/meta-data/',
    answer: `HTTP ${refused.status}`,
    succeeded: refused.ok,
    asTold: refused.status === 401,
  })
  const first = await machineKeys(address)
  yield told({
    text: 'with one, it finds the name of its role and temporary credentials.',
    command: 'curl -H "X-aws-ec2-metadata-token: $TOKEN" …/iam/security-credentials/Machine',
    answer: `key ${first.accessKeyId}`,
    succeeded: true,
    asTold: first.accessKeyId.startsWith('ASIA'),
  })
  yield happening(stage, {
    text: 'They read the bucket.',
    command: 'aws s3api get-object --bucket reports --key 2026/q1.csv -',
    answer: await readReport(stage, first),
    wants: 'success',
    shows: (answer) => answer.body.trim().replaceAll('\n', ' | '),
  })
  const session = await bobsSession(stage)
  await stage.admin.call('clock/advance', { method: 'POST', body: { milliseconds: ADVANCE_MILLISECONDS } })
  const second = await machineKeys(address)
  yield told({
    text: '65 minutes go by. The metadata service hands out new credentials,',
    command: 'understudy clock advance 65m; curl …/iam/security-credentials/Machine',
    answer: `key ${second.accessKeyId}`,
    succeeded: true,
    asTold: second.accessKeyId !== first.accessKeyId,
  })
  yield* afterRotation(stage, { first, second, session })
}

async function* afterRotation(
  stage: Stage,
  { first, second, session }: { readonly first: Keys; readonly second: Keys; readonly session: Keys },
): AsyncIterable<Happening> {
  for (const [text, keys] of [
    ['the new ones work,', second],
    ['and the old ones still do: a program that holds them is not cut off.', first],
  ] as const)
    yield happening(stage, {
      text,
      command: 'aws s3api get-object --bucket reports --key 2026/q1.csv -',
      answer: await readReport(stage, keys),
      wants: 'success',
    })
  yield happening(stage, {
    text: "bob's session of one hour, taken before, has expired.",
    command: 'aws sts get-caller-identity',
    answer: await queryCall({ endpoint: stage.endpoint, keys: session, service: 'sts' }, 'GetCallerIdentity'),
    wants: 'ExpiredToken',
  })
}

const told = (step: Omit<Happening, 'reason'>): Happening => ({ ...step, reason: [] })

const readReport = (stage: Stage, keys: Keys): Promise<AwsAnswer> =>
  awsCall({ endpoint: stage.endpoint, keys, service: 's3', method: 'GET', path: '/reports/2026/q1.csv' })

const bobsSession = async (stage: Stage): Promise<Keys> =>
  sessionKeys(
    await queryCall({ endpoint: stage.endpoint, keys: stage.bob, service: 'sts' }, 'AssumeRole', {
      RoleArn: ROLE,
      RoleSessionName: 'bob-waits',
      ExternalId: 'reports-2026',
    }),
  )

async function metadataAddress(stage: Stage): Promise<string> {
  const { body } = await stage.admin.call('imds')
  const [instance] = listAt(body, 'instances')
  if (instance === undefined) throw new CommandFailure(`account ${COMPANY} has no instance.`)
  return textAt(instance, 'address')
}

/** What every SDK does on an instance. EC2 User Guide, "Use the Instance Metadata Service". */
async function machineKeys(address: string): Promise<Keys> {
  const token = await metadata(`${address}/latest/api/token`, 'PUT', {
    'x-aws-ec2-metadata-token-ttl-seconds': TOKEN_SECONDS,
  })
  const headers = { 'x-aws-ec2-metadata-token': token }
  const list = `${address}/latest/meta-data/iam/security-credentials/`
  const role = (await metadata(list, 'GET', headers)).trim()
  const document: unknown = JSON.parse(await metadata(list + role, 'GET', headers))
  return {
    accessKeyId: textAt(document, 'AccessKeyId'),
    secretAccessKey: textAt(document, 'SecretAccessKey'),
    sessionToken: textAt(document, 'Token'),
  }
}

async function metadata(
  url: string,
  method: 'GET' | 'PUT',
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  const response = await fetch(url, { method, headers: { ...headers } })
  if (!response.ok) throw new CommandFailure(`the metadata service answered ${response.status} to ${method} ${url}`)
  return response.text()
}
