/** Official IAM clients against a server inside the test process. */
import type { TestContext } from 'node:test'
import { IAMClient } from '@aws-sdk/client-iam'
import { openWorld } from '../support/world.ts'
import type { Keys, World } from '../support/world.ts'

export const HOME = '111122223333'

export interface IamWorld {
  readonly world: World
  /** Administrator of the account. */
  readonly admin: IAMClient
  readonly clientOf: (keys: Keys) => IAMClient
}

/** Closed with the test, whatever happens. */
export async function openIamWorld(context: TestContext): Promise<IamWorld> {
  const world = await openWorld()
  context.after(() => world.close())
  const clients: IAMClient[] = []
  context.after(() => clients.forEach((client) => client.destroy()))
  const clientOf = (credentials: Keys) => {
    const client = new IAMClient({ endpoint: world.endpoint, region: 'us-east-1', maxAttempts: 1, credentials })
    clients.push(client)
    return client
  }
  return { world, clientOf, admin: clientOf(await world.account(HOME)) }
}

/** `Code: message` of a refusal, or `ok`. */
export async function outcome(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'ok'
  } catch (error) {
    // The class name holds the suffix that the code on the wire lacks.
    const { Code, name, message } = error as { readonly Code?: string; readonly name: string; readonly message: string }
    return `${Code ?? name}: ${message}`
  }
}

export const TRUST_EC2 = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})
