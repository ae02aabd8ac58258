/** The branches of the tree that hold credentials, and the documents beside them. */
import type { Instant } from '../domain/brands.ts'
import { credentialDocument, failureDocument, identityInfoDocument, infoDocument, shownTime } from './documents.ts'
import type { InstanceFacts } from './facts.ts'
import { noteRead } from './machine.ts'
import type { Machine } from './machine.ts'
import { periodAt } from './period.ts'
import type { Snapshot } from './snapshot.ts'
import type { BranchRow, DocumentRow, Found } from './tree.ts'
import type { Delivery } from './types.ts'

/** Who reads, and how. */
export interface Reading {
  readonly machine: Machine
  readonly snapshot: Snapshot
  readonly facts: InstanceFacts
  readonly delivery: Delivery
  readonly peer: { readonly address: string; readonly port: number }
  readonly userAgent: string
}

const json = (body: string, modifiedAt: Instant): Found => ({ body, contentType: 'text/plain', modifiedAt })
const hasProfile = (facts: InstanceFacts): boolean => facts.row.profile !== undefined
const IDENTITY_NAME = 'ec2-instance'

export function documentsFor(reading: Reading): readonly DocumentRow[] {
  const { machine, snapshot } = reading
  const offset = machine.parts.clock.offset()
  return [
    {
      path: 'meta-data/iam/info',
      released: '2012-01-12',
      isPresent: hasProfile,
      load: async () => {
        const { standing, period } = await machine.publisher.decided(snapshot)
        const body = infoDocument(standing, shownTime(period.startsAt, offset))
        return body === undefined ? undefined : json(body, period.startsAt)
      },
    },
    {
      path: 'meta-data/identity-credentials/ec2/info',
      released: '2018-05-23',
      isPresent: () => true,
      load: async () => {
        const { clock } = machine.parts
        const { instance, rotation } = snapshot
        const period = periodAt(clock.session(), instance.id, machine.settings.periodSeconds, rotation)
        return json(identityInfoDocument(machine.account, shownTime(period.startsAt, offset)), period.startsAt)
      },
    },
  ]
}

export function branchesFor(reading: Reading): readonly BranchRow[] {
  const role = { released: '2012-01-12', isPresent: hasProfile, names: () => roleNames(reading) } as const
  return [
    { ...role, path: 'meta-data/iam/security-credentials', item: (name) => roleItem(reading, name, 'plain') },
    {
      ...role,
      path: 'meta-data/iam/security-credentials-extended',
      isUnlisted: true,
      item: (name) => roleItem(reading, name, 'with-account'),
    },
    {
      path: 'meta-data/identity-credentials/ec2/security-credentials',
      released: '2018-05-23',
      isPresent: () => true,
      names: async () => [IDENTITY_NAME],
      item: async (name) => (name === IDENTITY_NAME ? identityItem(reading) : undefined),
    },
    {
      path: 'meta-data/tags/instance',
      released: '2021-03-23',
      isPresent: (facts) => facts.shownTags.size > 0,
      names: async () => [...reading.facts.shownTags.keys()],
      item: async (name) => {
        const body = reading.facts.shownTags.get(name)
        return body === undefined ? undefined : { body, contentType: 'text/plain' }
      },
    },
  ]
}

/** A profile without a role has an empty list, not none. */
async function roleNames({ machine, snapshot }: Reading): Promise<readonly string[]> {
  const { standing } = await machine.publisher.decided(snapshot)
  if (standing.kind === 'granted') return [standing.role.name]
  return standing.kind === 'refused' ? [standing.roleName] : []
}

async function roleItem(reading: Reading, name: string, form: 'plain' | 'with-account'): Promise<Found | undefined> {
  const { machine, snapshot, delivery } = reading
  const answer = await machine.publisher.role(snapshot, delivery, name)
  if (answer.kind === 'unknown') return undefined
  const offset = machine.parts.clock.offset()
  if (answer.kind === 'refused') {
    noteRead(machine, { ...reading, role: name })
    const { startsAt } = answer.period
    return json(failureDocument(answer.refused, shownTime(startsAt, offset)), startsAt)
  }
  const { published } = answer
  noteRead(machine, { ...reading, role: name, accessKeyId: published.accessKeyId })
  const account = form === 'with-account' ? machine.account : undefined
  return json(credentialDocument(published, offset, account), published.issuedAt)
}

async function identityItem(reading: Reading): Promise<Found> {
  const { machine, snapshot, delivery } = reading
  const published = await machine.publisher.identity(snapshot, delivery)
  noteRead(machine, { ...reading, role: 'aws:ec2-instance', accessKeyId: published.accessKeyId })
  return json(credentialDocument(published, machine.parts.clock.offset()), published.issuedAt)
}
