/** A server in this process, an account with a provider and a role that trusts it, and calls without a signature. */
import type { TestContext } from 'node:test'
import { createHash } from 'node:crypto'
import { oidcProviderArn, roleArn } from '../../packages/server/src/domain/arn.ts'
import { issuerName } from '../../packages/server/src/domain/issuer.ts'
import { knownAccountId } from '../../packages/server/src/domain/brands.ts'
import { newUniqueId } from '../../packages/server/src/domain/identifiers.ts'
import { oidcProviders } from '../../packages/server/src/entities/federation.ts'
import { roles } from '../../packages/server/src/entities/iam.ts'
import type { JournalEntry } from '../../packages/server/src/authorization/journal.ts'
import { openWorld } from '../support/world.ts'
import type { WorldOptions, World } from '../support/world.ts'

export const ACCOUNT = knownAccountId('111122223333')

export interface ProviderSetting {
  readonly issuer: string
  readonly clientIds?: readonly string[]
  readonly thumbprints?: readonly string[]
  readonly jwks?: string
}

export interface RoleSetting {
  readonly name: string
  /** Statements; an Allow of the provider for everything when absent. */
  readonly trust: readonly object[]
  readonly maxSessionSeconds?: number
}

export interface StsAnswer {
  readonly status: number
  readonly code?: string
  readonly message?: string
  readonly body: string
  readonly requestId: string
  /** An element of the answer. */
  readonly element: (name: string) => string | undefined
}

export interface Stage {
  readonly world: World
  readonly provider: (setting: ProviderSetting) => Promise<string>
  readonly role: (setting: RoleSetting) => Promise<string>
  readonly call: (parameters: Readonly<Record<string, string>>) => Promise<StsAnswer>
  /** What the journal has of an answer. */
  readonly entry: (answer: StsAnswer) => JournalEntry
}

export async function openStage(context: TestContext, options: WorldOptions = {}): Promise<Stage> {
  const world = await openWorld(options)
  context.after(() => world.close())
  await world.account(ACCOUNT)
  return { world, ...hands(world) }
}

function hands(world: World): Omit<Stage, 'world'> {
  const { store, platform, clock } = world.core
  return {
    provider: async ({ issuer, clientIds = [], thumbprints = [], jwks }) => {
      const name = issuerName(issuer)
      if (!name.ok) throw new Error(name.why)
      await store.write([ACCOUNT], (writer) =>
        writer.put(oidcProviders, ACCOUNT, {
          url: name.name,
          clientIds,
          thumbprints,
          ...(jwks === undefined ? {} : { jwks }),
          createdAt: clock.wire(),
          tags: [],
        }),
      )
      return oidcProviderArn(ACCOUNT, name.name)
    },
    role: async ({ name, trust, maxSessionSeconds = 3600 }) => {
      await store.write([ACCOUNT], (writer) =>
        writer.put(roles, ACCOUNT, {
          name,
          path: '/',
          id: newUniqueId('AROA', ACCOUNT, platform.chance),
          createdAt: clock.wire(),
          trust: JSON.stringify({ Version: '2012-10-17', Statement: trust }),
          trustBindings: {},
          maxSessionSeconds,
          tags: [],
          attached: [],
          inline: [],
        }),
      )
      return roleArn(ACCOUNT, '/', name)
    },
    call: (parameters) => send(world.endpoint, parameters),
    entry: ({ requestId }) => {
      const found = platform.journal.find(requestId)
      if (!found) throw new Error(`the journal has no ${requestId}`)
      return found
    },
  }
}

/** What a trust policy needs so that tokens of a provider may do all that tokens can. */
export const trusting = (providerArn: string, condition?: object) => ({
  Effect: 'Allow',
  Principal: { Federated: providerArn },
  Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity'],
  ...(condition === undefined ? {} : { Condition: condition }),
})

async function send(endpoint: string, parameters: Readonly<Record<string, string>>): Promise<StsAnswer> {
  const response = await fetch(`${endpoint}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleSessionName: 'oidc-probe',
      ...parameters,
    }),
  })
  const body = await response.text()
  const element = (name: string) => decoded(new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1])
  const isEmpty = (name: string) => body.includes(`<${name}/>`) || body.includes(`<${name} />`)
  const code = element('Code')
  const message = element('Message')
  return {
    status: response.status,
    body,
    requestId: response.headers.get('x-amzn-requestid') ?? '',
    element: (name) => element(name) ?? (isEmpty(name) ? '' : undefined),
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
  }
}

const decoded = (text: string | undefined): string | undefined =>
  text
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

/** SHA-1 of a certificate in DER, as providers register it. */
export const thumbprint = (der: Uint8Array): string => createHash('sha1').update(der).digest('hex')
