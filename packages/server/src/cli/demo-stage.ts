/** The stage of the demo: a throw-away server in a process of its own, two accounts, and the keys of the people in the story. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { systemChance } from '../domain/chance.ts'
import { newSecretAccessKey } from '../domain/identifiers.ts'
import type { Keys } from './aws-call.ts'
import { adminClient } from './client.ts'
import type { AdminClient } from './client.ts'
import { CommandFailure } from './command.ts'
import { readProfiles } from './env.ts'
import { findServer } from './servers.ts'
import { processTerminal } from './terminal.ts'

export const COMPANY = '111122223333'
export const PARTNER = '444455556666'
export const ROLE = `arn:aws:iam::${COMPANY}:role/Reader`
const BOB_KEY = 'AKIAQEXAMPLEPARTNERB'

export interface Stage {
  /** The AWS endpoint. */
  readonly endpoint: string
  readonly admin: AdminClient
  readonly companyAdministrator: Keys
  readonly partnerAdministrator: Keys
  readonly bob: Keys
  readonly close: () => Promise<void>
}

/** Starts the server and waits for its ready line. @throws CommandFailure when it does not start */
export async function startStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-demo-'))
  const bob: Keys = { accessKeyId: BOB_KEY, secretAccessKey: newSecretAccessKey(systemChance) }
  const seedFile = join(folder, 'demo.json')
  writeFileSync(seedFile, JSON.stringify(seed(bob)), { mode: 0o600 })
  const environment = { ...processTerminal().environment, XDG_STATE_HOME: folder }
  const child = startServer(seedFile, environment)
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const { aws, console } = await readyLine(child)
    const terminal = { ...processTerminal(), environment }
    const entry = findServer(console, environment)
    if (entry === undefined) throw new CommandFailure('the throw-away server did not register itself.')
    const profiles = readProfiles(entry.credentialsFile)
    return {
      endpoint: aws,
      admin: adminClient({ values: { server: console }, positionals: [] }, terminal),
      companyAdministrator: keysOf(profiles, COMPANY),
      partnerAdministrator: keysOf(profiles, PARTNER),
      bob,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function startServer(seedFile: string, environment: Readonly<Record<string, string | undefined>>): ChildProcess {
  const program = fileURLToPath(new URL('../../bin/understudy.js', import.meta.url))
  const listeners = ['--listen', '127.0.0.1:0', '--console', '127.0.0.1:0']
  return spawn(
    process.execPath,
    [program, 'start', '--ephemeral', '--clock', 'movable', ...listeners, '--seed', seedFile],
    { env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
  )
}

const READY = /^understudy ready aws=(\S+) console=(\S+) pid=\d+$/

async function readyLine(child: ChildProcess): Promise<{ readonly aws: string; readonly console: string }> {
  let log = ''
  child.stderr?.setEncoding('utf8').on('data', (part: string) => (log += part))
  if (child.stdout !== null)
    for await (const line of createInterface({ input: child.stdout })) {
      const found = READY.exec(line)
      if (found?.[1] !== undefined && found[2] !== undefined) return { aws: found[1], console: found[2] }
    }
  throw new CommandFailure(`the throw-away server did not start:\n${log.trimEnd()}`)
}

function keysOf(profiles: ReturnType<typeof readProfiles>, name: string): Keys {
  const keys = profiles.get(name)
  if (keys === undefined) throw new CommandFailure(`the throw-away server has no keys of account ${name}.`)
  return keys
}

const document = (...statements: readonly object[]) => ({ Version: '2012-10-17', Statement: statements })

/** Company with a role, an instance and a bucket; partner with a user who may do nothing yet. */
const seed = (bob: Keys) => ({
  accounts: [
    {
      id: COMPANY,
      name: 'company',
      policies: [
        {
          policyName: 'OnlyQueues',
          document: document({ Effect: 'Allow', Action: 'sqs:*', Resource: '*' }),
        },
      ],
      roles: [
        {
          roleName: 'Reader',
          assumeRolePolicyDocument: document({
            Sid: 'Partner',
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${PARTNER}:root` },
            Action: 'sts:AssumeRole',
            Condition: { StringEquals: { 'sts:ExternalId': 'reports-2026' } },
          }),
          inlinePolicies: {
            'read-reports': document({ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::reports/*' }),
          },
        },
        {
          roleName: 'Machine',
          assumeRolePolicyDocument: document({
            Effect: 'Allow',
            Principal: { Service: 'ec2.amazonaws.com' },
            Action: 'sts:AssumeRole',
          }),
          inlinePolicies: {
            'read-reports': document({ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::reports/*' }),
          },
        },
      ],
      instanceProfiles: [{ instanceProfileName: 'web', role: 'Machine' }],
      instances: [{ instanceId: 'i-0123456789abcdef0', instanceProfile: 'web', listen: '127.0.0.1:0' }],
      buckets: [{ bucket: 'reports', objects: { '2026/q1.csv': 'region,sales\nnorth,42\n' } }],
    },
    { id: PARTNER, name: 'partner', users: [{ userName: 'bob', accessKeys: [bob] }] },
  ],
})
