/** What the tests of the policy simulator share: the records, a server inside this process, and calls in the words of a record. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { IAMClient, SimulateCustomPolicyCommand } from '@aws-sdk/client-iam'
import type { ContextEntry, EvaluationResult, SimulateCustomPolicyCommandInput } from '@aws-sdk/client-iam'
import { openWorld } from '../support/world.ts'
import type { Keys, World } from '../support/world.ts'
import { query } from './query-client.ts'

export const file = (name: string): string =>
  fileURLToPath(new URL(`../../../shared/recordings/${name}`, import.meta.url))
export const skip = existsSync(file('native-policy.json')) ? false : 'the recordings are not beside this checkout'

export interface SimulatorRecord {
  readonly id: string
  readonly call?: unknown
  readonly given: Readonly<Record<string, unknown>>
  readonly answer: Readonly<Record<string, unknown>>
}
export const recordsOf = (name: string): readonly SimulatorRecord[] =>
  skip === false
    ? (JSON.parse(readFileSync(file(name), 'utf8')) as { records: readonly SimulatorRecord[] }).records
    : []

export const ACCOUNT = '123456789012'

const documentText = (document: unknown): string =>
  (typeof document === 'string' ? document : JSON.stringify(document)).replace(
    /[\u0100-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

export type GivenEntry = readonly [string | null, string | null, readonly string[]] | Record<string, never>

export function contextEntries(entries: readonly GivenEntry[]): readonly ContextEntry[] {
  return entries.map((entry) => {
    if (!Array.isArray(entry)) return {}
    const [name, type, values] = entry as readonly [string | null, string | null, readonly string[]]
    return {
      ...(name === null ? {} : { ContextKeyName: name }),
      ...(type === null ? {} : { ContextKeyType: type as NonNullable<ContextEntry['ContextKeyType']> }),
      ContextKeyValues: [...values],
    }
  })
}

/** The parameters of the API that a record stands for. */
export function inputOf({ given }: SimulatorRecord): Readonly<Record<string, unknown>> {
  const { policies, actions, resources, context, boundary, scpLevels, resourcePolicy } = given as Readonly<
    Record<string, readonly unknown[] | undefined>
  >
  return {
    PolicyInputList: (policies ?? []).map(documentText),
    ActionNames: actions ?? ['s3:GetObject'],
    ...(resources ? { ResourceArns: resources } : {}),
    ...(context ? { ContextEntries: contextEntries(context as readonly GivenEntry[]) } : {}),
    ...(boundary ? { PermissionsBoundaryPolicyInputList: boundary.map(documentText) } : {}),
    ...(scpLevels
      ? {
          OrderedOrganizationPolicyInputList: scpLevels.map((level) => ({
            ServiceControlPolicyInputList: (level as readonly unknown[]).map(documentText),
          })),
        }
      : {}),
    ...(resourcePolicy ? { ResourcePolicy: documentText(resourcePolicy) } : {}),
    ...Object.fromEntries(
      ['CallerArn', 'ResourceOwner', 'MaxItems', 'Marker'].flatMap((name) =>
        typeof given[name] === 'string' || typeof given[name] === 'number' ? [[name, given[name]]] : [],
      ),
    ),
  }
}

export interface Answered {
  readonly code?: string
  readonly message?: string
  readonly results: readonly EvaluationResult[]
}

/** A server with one account, and its calls. */
export interface Simulator {
  readonly world: World
  readonly admin: Keys
  readonly iam: IAMClient
  readonly simulate: (input: Readonly<Record<string, unknown>>) => Promise<Answered>
  /** A step of the setting. */
  readonly must: (operation: string, parameters: Readonly<Record<string, string>>) => Promise<void>
  readonly close: () => Promise<void>
}

export async function openSimulator(): Promise<Simulator> {
  const world = await openWorld()
  const admin = await world.account(ACCOUNT)
  const iam = new IAMClient({ endpoint: world.endpoint, region: 'us-east-1', credentials: admin })
  return {
    world,
    admin,
    iam,
    simulate: (input) => simulate(iam, input),
    must: async (operation, parameters) => {
      const got = await query(world.endpoint, admin, operation, Object.entries(parameters))
      assert.equal(got.status, 200, `${operation}: ${got.body}`)
    },
    close: async () => {
      iam.destroy()
      await world.close()
    },
  }
}

export const allow = (Action: string): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] })

/** Empty structures and missing names cannot be sent by the official client: those go as raw parameters. */
async function simulate(iam: IAMClient, input: Readonly<Record<string, unknown>>): Promise<Answered> {
  try {
    const answer = await iam.send(new SimulateCustomPolicyCommand(input as unknown as SimulateCustomPolicyCommandInput))
    return { results: answer.EvaluationResults ?? [] }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const code = 'Code' in error ? String(error.Code) : error.name
    return { code, message: error.message, results: [] }
  }
}
