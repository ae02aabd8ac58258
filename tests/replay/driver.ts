/** How the replay of recordings reaches Understudy: a server in this process, fresh accounts for every scenario. */
import { randomInt } from 'node:crypto'
import { encodeQueryError, encodeQueryResponse, iamModel, stsModel } from '@understudy/wire'
import type { Structure } from '@understudy/wire'
import { openWorld } from '../support/world.ts'

interface Rendering {
  readonly service: string
  readonly operation: string
  readonly status: number
  readonly body?: Structure
  readonly error?: { readonly code: string; readonly message?: string }
}

/** Called by the replay tool by this name. */
export async function start() {
  const world = await openWorld()
  const administrator = async () => {
    const keys = await world.account(String(randomInt(100_000_000_000, 999_999_999_999)))
    return { ...keys, arn: `arn:aws:iam::${keys.accountId}:user/${keys.userName}` }
  }
  return {
    endpoint: world.endpoint,
    region: 'us-east-1',
    hosts: 'endpoint',
    // No `reset`: the tool would take the server for empty and use bucket names again.
    freshAccounts: (count: number) => {
      world.core.clock.restore()
      return Promise.all(Array.from({ length: count }, administrator))
    },
    advance: async (seconds: number) => world.core.clock.advance(seconds * 1000),
    render: async (values: Rendering) => render(values),
    stop: async () => {
      const faults = world.logged.filter((event) => event['event'] === 'fault')
      for (const fault of faults) process.stderr.write(`${JSON.stringify(fault)}\n`)
      await world.close()
    },
  }
}

const REQUEST_ID = '00000000-0000-0000-0000-000000000000'

function render({ service, operation, status, body, error }: Rendering): string {
  const model = service === 'sts' ? stsModel() : iamModel()
  if (error) return encodeQueryError(model, { code: error.code, message: error.message, status, requestId: REQUEST_ID })
  const known = model.operations.get(operation)
  if (!known) throw new Error(`${service} has no operation ${operation}`)
  return encodeQueryResponse(model, known, body ?? {}, REQUEST_ID)
}
