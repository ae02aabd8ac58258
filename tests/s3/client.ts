/** An official S3 client against a server inside the test process, and the few words that its tests share. */
import assert from 'node:assert/strict'
import { S3Client } from '@aws-sdk/client-s3'
import { openWorld } from '../support/world.ts'
import type { Keys, World } from '../support/world.ts'

export const HOME = '111111111111'
export const ELSEWHERE = '222222222222'

export interface S3World {
  readonly world: World
  /** Administrator of the account that owns the buckets. */
  readonly owner: S3Client
  /** Administrator of another account. */
  readonly stranger: S3Client
  readonly anonymous: S3Client
  readonly ownerKeys: Keys
  readonly clientOf: (keys: Keys | undefined, region?: string) => S3Client
  readonly close: () => Promise<void>
}

export async function openS3World(): Promise<S3World> {
  const world = await openWorld()
  const clientOf = (keys: Keys | undefined, region = 'us-east-1') =>
    new S3Client({
      endpoint: world.endpoint,
      region,
      forcePathStyle: true,
      maxAttempts: 1,
      ...(keys
        ? { credentials: keys }
        : {
            signer: { sign: (request) => Promise.resolve(request) },
            credentials: { accessKeyId: '', secretAccessKey: '' },
          }),
    })
  const ownerKeys = await world.account(HOME)
  const strangerKeys = await world.account(ELSEWHERE)
  const clients = [clientOf(ownerKeys), clientOf(strangerKeys), clientOf(undefined)] as const
  return {
    world,
    ownerKeys,
    owner: clients[0],
    stranger: clients[1],
    anonymous: clients[2],
    clientOf,
    close: async () => {
      for (const client of clients) client.destroy()
      await world.close()
      assert.deepEqual(world.logged, [])
    },
  }
}

/** What a refused call said. */
export interface Refused {
  readonly code: string
  readonly status: number
  readonly message: string
  readonly error: Readonly<Record<string, unknown>>
}

/** Awaits a refusal; a call that succeeds fails the test. */
export async function refusal(call: Promise<unknown>): Promise<Refused> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as Error & { readonly $metadata: { readonly httpStatusCode: number } },
  )
  if (!error) return assert.fail('the call succeeded')
  assert.ok('$metadata' in error, String(error.stack))
  return {
    code: error.name,
    status: error.$metadata.httpStatusCode,
    message: error.message,
    error: error as unknown as Readonly<Record<string, unknown>>,
  }
}

/** `403 AccessDenied`, or `200` when the call succeeds: for tables. */
export async function outcome(call: Promise<unknown>): Promise<string> {
  return call.then(
    (output) => String((output as { $metadata: { httpStatusCode: number } }).$metadata.httpStatusCode),
    (error: Error & { $metadata?: { httpStatusCode: number } }) => `${error.$metadata?.httpStatusCode} ${error.name}`,
  )
}
