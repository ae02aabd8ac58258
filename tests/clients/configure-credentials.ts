/**
 * What the published action `aws-actions/configure-aws-credentials` does with its inputs, in our own words: which of three ways
 * to a role it takes, what it sends there, how it tries again, and what it leaves in the environment of the job.
 */
import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts'
import type { AssumeRoleCommandInput, Credentials } from '@aws-sdk/client-sts'

/** Inputs by the action's names: `role-to-assume`, `aws-region`, … Lists have an item a line. */
export type Inputs = Readonly<Record<string, string>>
/** Variables of the job; the action changes them. */
export type Variables = Record<string, string>

export interface Run {
  readonly variables: Variables
  /** Of our server. */
  readonly endpoint: string
  /** Failed attempts are told here as they happen. */
  readonly log: string[]
}

const RETRIES = 12

/** Runs the action. @returns its outputs. @throws Error with its message when it fails */
export async function configureCredentials(
  inputs: Inputs,
  { variables: job, endpoint, log }: Run,
): Promise<Readonly<Record<string, string>>> {
  const input = (name: string) => inputs[name] ?? ''
  const flag = (name: string) => /^(true|True|TRUE)$/.test(input(name))
  const outputs: Record<string, string> = {}
  const [role, key, file] = [input('role-to-assume'), input('aws-access-key-id'), input('web-identity-token-file')]
  const chaining = flag('role-chaining')
  const retries = flag('disable-retry') ? 1 : Number(input('retry-max-attempts') || RETRIES)
  Object.assign(job, { AWS_REGION: input('aws-region'), AWS_DEFAULT_REGION: input('aws-region') })
  const sts = () => new STSClient({ endpoint, region: input('aws-region'), maxAttempts: 1, credentials: loaded(job) })
  const account = async () => {
    const { Account = '', Arn = '' } = await sts().send(new GetCallerIdentityCommand({}))
    Object.assign(outputs, { 'aws-account-id': Account, 'authenticated-arn': Arn })
    return Account
  }
  if (input('use-existing-credentials') !== '' && (await account().catch(() => '')) !== '') return outputs

  let token: string | undefined
  let source: string | undefined
  const isOidc = [role, job['ACTIONS_ID_TOKEN_REQUEST_TOKEN']].every(Boolean) && !key && !file && !chaining
  if (isOidc) token = await again(() => idToken(job, input('audience') || 'sts.amazonaws.com'), retries, log)
  else if (key !== '')
    exported(job, {
      AccessKeyId: key,
      SecretAccessKey: input('aws-secret-access-key'),
      SessionToken: input('aws-session-token') || undefined,
    })
  if (!isOidc && file === '') source = await account()
  if (role === '') return outputs

  const request = requestOf(inputs, job, source)
  if (file !== '') token = readFileSync(isAbsolute(file) ? file : join(job['GITHUB_WORKSPACE'] ?? '', file), 'utf8')
  const assume = async () => {
    if (token === undefined) return sts().send(new AssumeRoleCommand(request))
    const { Tags: _tags, TransitiveTagKeys: _transitive, ExternalId: _external, ...rest } = request
    const unsigned = new STSClient({ endpoint, region: input('aws-region'), maxAttempts: 1 })
    return unsigned.send(new AssumeRoleWithWebIdentityCommand({ ...rest, WebIdentityToken: token }))
  }
  let made = await again(assume, retries, log)
  while (flag('special-characters-workaround') && /[^A-Za-z0-9]/.test(made.Credentials?.SecretAccessKey ?? ''))
    made = await again(assume, retries, log)
  exported(job, made.Credentials)
  await account()
  return outputs
}

/** Keys of the job's environment, read at each call. */
const loaded = (job: Variables) => async () => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = job
  if (!accessKeyId || !secretAccessKey)
    throw new Error('Credentials could not be loaded, please check your action inputs')
  return { accessKeyId, secretAccessKey, ...(token ? { sessionToken: token } : {}) }
}

function exported(job: Variables, made: Partial<Credentials> | undefined): void {
  job['AWS_ACCESS_KEY_ID'] = made?.AccessKeyId ?? ''
  job['AWS_SECRET_ACCESS_KEY'] = made?.SecretAccessKey ?? ''
  job['AWS_SESSION_TOKEN'] = made?.SessionToken ?? ''
}

/** The runner's token service, as `@actions/core` asks it. */
async function idToken(job: Variables, audience: string): Promise<string> {
  const address = `${job['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience=${encodeURIComponent(audience)}`
  const answer = await fetch(address, {
    headers: { authorization: `Bearer ${job['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}`, accept: 'application/json' },
  })
  if (!answer.ok) throw new Error(`getIDToken call failed: ${answer.status}`)
  return ((await answer.json()) as { readonly value: string }).value
}

/** Any failure counts, a refusal too. */
async function again<T>(call: () => Promise<T>, most: number, log: string[]): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      log.push(`attempt ${attempt} of ${most} failed: ${error instanceof Error ? error.message : String(error)}`)
      if (attempt >= most) throw error
      await new Promise((resolve) => setTimeout(resolve, 2 ** Math.min(attempt, 4)))
    }
  }
}

/** Variables of a job may hold what tags may not. */
export const sanitized = (text: string): string => text.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_').slice(0, 256)

function requestOf(inputs: Inputs, job: Variables, source: string | undefined): AssumeRoleCommandInput {
  const lines = (name: string) => (inputs[name] ?? '').split('\n').filter((line) => line.trim() !== '')
  const tags = [
    ['GitHub', 'Actions'],
    ['Repository', job['GITHUB_REPOSITORY'] ?? ''],
    ['Workflow', sanitized(job['GITHUB_WORKFLOW'] ?? '')],
    ['Action', job['GITHUB_ACTION'] ?? ''],
    ['Actor', sanitized(job['GITHUB_ACTOR'] ?? '')],
    ['Commit', job['GITHUB_SHA'] ?? ''],
    ...(job['GITHUB_REF'] === undefined ? [] : [['Branch', sanitized(job['GITHUB_REF'])]]),
  ]
  const role = inputs['role-to-assume'] ?? ''
  const isSkipped = inputs['role-skip-session-tagging'] === 'true'
  const external = inputs['role-external-id']
  const policy = inputs['inline-session-policy']
  const managed = lines('managed-session-policies').map((arn) => ({ arn }))
  const transitive = lines('transitive-tag-keys')
  return {
    RoleArn: role.startsWith('arn:aws') ? role : `arn:aws:iam::${source}:role/${role}`,
    RoleSessionName: inputs['role-session-name'] || 'GitHubActions',
    DurationSeconds: Number(inputs['role-duration-seconds'] || 3600),
    ...(isSkipped ? {} : { Tags: tags.map(([Key, Value]) => ({ Key, Value })) }),
    ...(isSkipped || transitive.length === 0 ? {} : { TransitiveTagKeys: transitive }),
    ...(external ? { ExternalId: external } : {}),
    ...(policy ? { Policy: policy } : {}),
    ...(managed.length === 0 ? {} : { PolicyArns: managed }),
  }
}
