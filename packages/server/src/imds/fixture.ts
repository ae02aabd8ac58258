/** For tests only: a store with an account, a role, a profile and instances, and a service that listens on port 0. */
import { request as httpRequest } from 'node:http'
import type { OutgoingHttpHeaders } from 'node:http'
import { credentialIssuer } from '../credentials/issuer.ts'
import { openSealingKeys } from '../credentials/sealing-keys.ts'
import { openVault } from '../credentials/vault.ts'
import { instant, knownAccountId } from '../domain/brands.ts'
import { seededChance } from '../domain/chance.ts'
import { manualClock } from '../domain/clock.ts'
import type { MovableClock } from '../domain/clock.ts'
import { instances } from '../entities/ec2.ts'
import type { Instance } from '../entities/ec2.ts'
import { accounts, EVERYWHERE, instanceProfiles, roles } from '../entities/iam.ts'
import type { InstanceProfile, Role } from '../entities/iam.ts'
import { StoreUnavailable } from '../store/errors.ts'
import { openStore } from '../store/open.ts'
import type { Kind, Store } from '../store/port.ts'
import { startImds } from './service.ts'
import type { AssumeDecision, ImdsEvent, ImdsParts, ImdsService, ImdsSettings } from './types.ts'

export const ACCOUNT = knownAccountId('111122223333')
export const INSTANCE_ID = 'i-0abcdef1234567890'
const EPOCH = '2026-11-25T20:00:00Z'
const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})

export const aRole = (name: string, id: string): Role => ({
  name,
  path: '/apps/',
  id,
  createdAt: instant(0),
  attached: [],
  inline: [],
  trust: TRUST,
  trustBindings: {},
  maxSessionSeconds: 3600,
  tags: [],
})

export const aProfile = (role: string | undefined, id = 'AIPAQAAAAAAAAAAAAAAA2'): InstanceProfile => ({
  name: 'Web',
  path: '/',
  id,
  createdAt: instant(0),
  tags: [],
  ...(role === undefined ? {} : { role }),
})

export const anInstance = (change: Partial<Instance> = {}): Instance => ({
  id: INSTANCE_ID,
  region: 'eu-central-1',
  profile: { profileName: 'Web', profileId: 'AIPAQAAAAAAAAAAAAAAA2', associationId: 'iip-assoc-1' },
  options: { httpTokens: 'required', hopLimit: 1, httpEndpoint: 'enabled', instanceMetadataTags: 'disabled' },
  generation: 1,
  tags: [],
  launchedAt: instant(Date.parse('2026-11-25T19:00:00Z')),
  listen: '127.0.0.1:0',
  privateIp: '172.31.44.13',
  vpcId: 'vpc-0123456789abcdef0',
  ...change,
})

export const optional = {
  options: { httpTokens: 'optional', hopLimit: 1, httpEndpoint: 'enabled', instanceMetadataTags: 'disabled' },
} as const

export interface World {
  readonly store: Store
  readonly clock: MovableClock
  readonly parts: ImdsParts
  readonly service: ImdsService
  readonly events: ImdsEvent[]
  /** What EC2 is told when it asks for the role, and how often it asked. */
  readonly trust: { decision: AssumeDecision; asked: number }
  /** `down`: the store refuses; `hung`: it never answers. */
  readonly trouble: { store: 'none' | 'down' | 'hung'; issuer: boolean }
  readonly put: <T>(kind: Kind<T>, row: T) => Promise<void>
  readonly remove: <T>(kind: Kind<T>, key: string) => Promise<void>
  readonly address: (instanceId?: string) => string
  /** A second node on the same store, with a memory of its own. */
  readonly anotherNode: () => Promise<ImdsService>
  readonly close: () => Promise<void>
}

export const allowed: AssumeDecision = { allowed: true, decisionId: 'd-1' }
export const refused: AssumeDecision = { allowed: false, decisionId: 'd-2', explanation: 'The trust policy is silent.' }

export async function world(
  rows: readonly Instance[] = [anInstance()],
  settings: ImdsSettings = {},
  start = EPOCH,
): Promise<World> {
  const chance = seededChance('imds')
  const clock = manualClock(start)
  const trouble: World['trouble'] = { store: 'none', issuer: false }
  const sound = await openStore(
    { kind: 'ephemeral' },
    { now: () => clock.wire(), monotonic: () => performance.now(), chance: (count) => chance.bytes(count) },
  )
  const put: World['put'] = (kind, row) => sound.write([ACCOUNT], (writer) => writer.put(kind, ACCOUNT, row))
  await sound.write([EVERYWHERE], (writer) =>
    writer.put(accounts, EVERYWHERE, { id: ACCOUNT, name: 'home', createdAt: instant(0), sessionGeneration: 1 }),
  )
  await put(roles, aRole('Reader', 'AROAQAAAAAAAAAAAAAAA1'))
  await put(roles, aRole('Writer', 'AROAQAAAAAAAAAAAAAAA2'))
  await put(instanceProfiles, aProfile('Reader'))
  for (const row of rows) await put(instances, row)
  const events: ImdsEvent[] = []
  const trust: World['trust'] = { decision: allowed, asked: 0 }
  const vault = openVault(Buffer.alloc(32, 7), chance)
  const generationOf = async () =>
    (await sound.read((reader) => reader.get(accounts, EVERYWHERE, ACCOUNT)))?.sessionGeneration ?? 0
  const issuer = credentialIssuer({
    keys: await openSealingKeys(sound, { vault, chance, clock }),
    chance,
    clock,
    generationOf,
  })
  const parts: ImdsParts = {
    store: breakable(sound, trouble),
    clock,
    chance,
    issuer: {
      ...issuer,
      issue: (request, options) =>
        trouble.issuer ? Promise.reject(new Error('no sealing key')) : issuer.issue(request, options),
    },
    tokenKey: Buffer.alloc(32, 9),
    authorize: async () => {
      trust.asked++
      return trust.decision
    },
    log: (event) => events.push(event),
    settings,
  }
  const service = await startImds(parts)
  return {
    store: sound,
    clock,
    parts,
    service,
    events,
    trust,
    trouble,
    put,
    remove: async (kind, key) => void (await sound.write([ACCOUNT], (writer) => writer.remove(kind, ACCOUNT, key))),
    address: (id = INSTANCE_ID) => addressOf(service, id),
    anotherNode: () => startImds(parts),
    close: async () => {
      await service.close()
      await sound.close()
    },
  }
}

export function addressOf(service: ImdsService, id = INSTANCE_ID): string {
  const found = service.list().find(({ instanceId }) => instanceId === id)
  if (found === undefined) throw new Error(`no instance ${id}`)
  return found.address
}

function breakable(store: Store, trouble: World['trouble']): Store {
  const down = () => new StoreUnavailable('STORE.STALE', 'the database does not answer')
  const guarded = <R>(work: () => Promise<R>): Promise<R> => {
    if (trouble.store === 'down') return Promise.reject(down())
    return trouble.store === 'hung' ? new Promise<R>(() => undefined) : work()
  }
  return {
    ...store,
    read: (use) => guarded(() => store.read(use)),
    fresh: () => guarded(() => store.fresh()),
    current: () => {
      if (trouble.store !== 'none') throw down()
      return store.current()
    },
  }
}

export interface Reply {
  readonly status: number
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  /** Names in the order and spelling of the wire. */
  readonly headerNames: readonly string[]
  readonly body: string
}

export interface Sent {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
}

/** One request as it stands: the path is not normalized. */
export function send(address: string, path: string, { method = 'GET', headers = {} }: Sent = {}): Promise<Reply> {
  const { hostname, port } = new URL(address)
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: hostname, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const names = response.rawHeaders.filter((_, index) => index % 2 === 0)
        const values = response.rawHeaders.filter((_, index) => index % 2 === 1)
        resolve({
          status: response.statusCode ?? 0,
          headers: new Map(names.map((name, index) => [name.toLowerCase(), values[index] ?? ''])),
          headerNames: names,
          body: Buffer.concat(chunks).toString('utf8'),
        })
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}

const TTL_HEADER = 'X-aws-ec2-metadata-token-ttl-seconds'

export const putToken = (address: string, ttl?: string, headers: OutgoingHttpHeaders = {}): Promise<Reply> =>
  send(address, '/latest/api/token', {
    method: 'PUT',
    headers: { ...(ttl === undefined ? {} : { [TTL_HEADER]: ttl }), ...headers },
  })

/** A GET as version 2 does it: a token first. */
export async function get(address: string, path: string, sent: Sent = {}): Promise<Reply> {
  const { body: token } = await putToken(address, '21600')
  return send(address, path, { ...sent, headers: { ...sent.headers, 'X-aws-ec2-metadata-token': token } })
}

export const ROLES = '/latest/meta-data/iam/security-credentials/'

/** The document of a role, read as JSON. */
export async function credentialsOf(
  address: string,
  role = 'Reader',
  read: typeof get = get,
): Promise<Readonly<Record<string, string>>> {
  const { body } = await read(address, ROLES + role)
  return JSON.parse(body) as Readonly<Record<string, string>>
}
