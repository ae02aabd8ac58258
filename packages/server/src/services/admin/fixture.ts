/** What the tests of this folder start from: an admin listener on a free port, an ephemeral store, a journal with real decisions. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { compilePolicy, decide, explain } from '@understudy/policy'
import type { PolicySet, RequestContext } from '@understudy/policy'
import { encodedMessages } from '../../authorization/encoded-message.ts'
import { journalRing } from '../../authorization/journal-ring.ts'
import type { JournalEntry } from '../../authorization/journal.ts'
import { openTemporaryBlobs } from '../../blobs/disk.ts'
import { openSealingKeys } from '../../credentials/sealing-keys.ts'
import { openVault } from '../../credentials/vault.ts'
import { seededChance } from '../../domain/chance.ts'
import { manualClock, monotonic } from '../../domain/clock.ts'
import { loadManagedPolicyCatalogue } from '../../entities/catalogue/load.ts'
import { openStore } from '../../store/open.ts'
import { adminHandler } from './handler.ts'
import type { AdminParts } from './parts.ts'

export const TOKEN = 'operator-token-of-the-tests'
export const ACCOUNT = '111122223333'

export interface AdminWorld {
  readonly url: string
  readonly parts: AdminParts
  /** Asks with the operator's token unless the headers say otherwise. */
  readonly ask: (
    path: string,
    init?: { readonly method?: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown },
  ) => Promise<{ readonly status: number; readonly body: unknown; readonly headers: Headers }>
}

/** @param change members that differ from the usual ones */
export async function adminWorld(context: TestContext, change: Partial<AdminParts> = {}): Promise<AdminWorld> {
  const parts = { ...(await usualParts(context)), ...change }
  const server = createServer(adminHandler(parts)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    parts,
    ask: async (path, init = {}) => {
      const response = await fetch(url + path, {
        method: init.method ?? 'GET',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...init.headers },
        ...(init.body === undefined
          ? {}
          : { body: typeof init.body === 'string' ? init.body : JSON.stringify(init.body) }),
      })
      const text = await response.text()
      const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
      return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers }
    },
  }
}

async function usualParts(context: TestContext): Promise<AdminParts> {
  const chance = seededChance('admin tests')
  const clock = manualClock('2026-01-01T00:00:00Z')
  const bytes = (count: number) => chance.bytes(count)
  const store = await openStore({ kind: 'ephemeral' }, { now: () => clock.wire(), monotonic, chance: bytes })
  const blobs = await openTemporaryBlobs(bytes)
  context.after(async () => {
    await store.close()
    await blobs.close()
  })
  const vault = openVault(Buffer.alloc(32, 7), chance)
  const keys = await openSealingKeys(store, { vault, chance, clock })
  return {
    store,
    journal: journalRing({ node: 'node', chance }),
    explainEntry: (entry) => ({
      ...entry,
      records: entry.questions.map(({ request, set }) => explain(request, set)),
    }),
    messages: encodedMessages(keys, chance),
    clock,
    clockMovable: true,
    seed: { vault, chance, clock, catalogue: loadManagedPolicyCatalogue(), objects: store.objects, blobs },
    token: TOKEN,
    hosts: ['127.0.0.1', 'localhost', 'console.localhost'],
    info: {
      version: '0.0.0',
      id: 'server-id',
      awsUrl: 'http://127.0.0.1:4566',
      consoleUrl: 'http://127.0.0.1:4567',
      pid: 1,
      store: 'ephemeral',
      startedAt: '2026-01-01T00:00:00Z',
      leniencies: [],
    },
    log: (message, error) => {
      throw new Error(message, { cause: error })
    },
  }
}

const attached = (name: string, document: object) => ({
  name,
  owner: ACCOUNT,
  policy: compilePolicy(JSON.stringify(document, undefined, 2)),
})

/** Reader of reports, with conditions: one policy that allows under a condition. */
const READ_REPORTS = attached('inline policy reports of user alice', {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'OnlyBlue',
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::reports/*',
      Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } },
    },
  ],
})

export function question(change: Partial<RequestContext> = {}, set: Partial<PolicySet> = {}) {
  const request: RequestContext = {
    principal: { kind: 'user', accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/alice`, userId: 'AIDAEXAMPLE' },
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::reports/q1.csv',
    resourceAccount: ACCOUNT,
    context: new Map([['aws:principaltag/team', 'red']]),
    ...change,
  }
  const policies: PolicySet = { identity: [READ_REPORTS], ...set }
  return { request, set: policies, decision: decide(request, policies) }
}

/** An entry as the pipeline writes it. */
export function journalEntry(change: Partial<JournalEntry> = {}): JournalEntry {
  return {
    decisionId: 'node-1',
    requestId: 'request-1',
    at: manualClock('2026-01-01T00:00:00Z').session(),
    service: 's3',
    operation: 'GetObject',
    accessKeyId: 'AKIAQEXAMPLECOMPANYB',
    principal: `arn:aws:iam::${ACCOUNT}:user/alice`,
    account: ACCOUNT,
    region: 'us-east-1',
    clientIp: '127.0.0.1',
    userAgent: 'tests',
    questions: [question()],
    refusal: { code: 'AccessDenied', status: 403, message: 'Access Denied', diagnosis: 'REQUEST.INVALID' },
    ...change,
  }
}
