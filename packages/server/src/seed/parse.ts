/** The seed file's schema: from YAML or JSON text to a checked `Seed`, or every problem with its line. */
import { locate } from './located.ts'
import { delegationPartner } from './parse-delegation.ts'
import { lab } from './parse-lab.ts'
import { organization } from './parse-organization.ts'
import { group, policy, role, user } from './parse-iam.ts'
import { bucket, instance, instanceProfile } from './parse-machines.ts'
import { oidcProvider, samlProvider } from './parse-federation.ts'
import { accountIdText, administratorKey, key } from './parse-words.ts'
import { distinct, list, object, optional, pattern, wrong } from './readers.ts'
import type { Place, Read } from './readers.ts'
import type { AccountSeed, LabSeed, OrganizationSeed, ParsedSeed, Seed, SeedProblem } from './types.ts'

const account: Read<AccountSeed> = (node, place) => {
  const read = accountMembers(node, place)
  if (read !== undefined && read.id === undefined && read.name === undefined)
    return wrong(node, place, 'an account needs an `id` or a `name`')
  return read
}

const accountMembers = object<AccountSeed>('an account', {
  id: optional(accountIdText),
  name: optional(pattern(/^[\x20-\x7e]{1,50}$/, 'a name of 1 to 50 printable characters')),
  administrator: optional(administratorKey),
  root: optional(key),
  policies: optional(distinct(list(policy), (item) => item.policyName)),
  groups: optional(distinct(list(group), (item) => item.groupName)),
  users: optional(distinct(list(user), (item) => item.userName)),
  roles: optional(distinct(list(role), (item) => item.roleName)),
  instanceProfiles: optional(distinct(list(instanceProfile), (item) => item.instanceProfileName)),
  instances: optional(distinct(list(instance), (item) => item.instanceId)),
  buckets: optional(distinct(list(bucket), (item) => item.bucket)),
  oidcProviders: optional(distinct(list(oidcProvider), (item) => item.url, String)),
  samlProviders: optional(distinct(list(samlProvider), (item) => item.name, String)),
  delegationPartner: optional(delegationPartner),
})

interface SeedFile {
  readonly accounts?: readonly AccountSeed[]
  readonly organization?: OrganizationSeed
  readonly lab?: LabSeed
  readonly line: number
}

const seedFile = object<SeedFile>('a seed file', {
  accounts: optional(
    distinct(
      distinct(list(account), (item) => item.id),
      (item) => item.name,
    ),
  ),
  organization: optional(organization),
  lab: optional(lab),
})

/** Reads a seed. Nothing outside the text is looked at: whether named things exist is found out when it is planned. */
export async function parseSeed(text: string): Promise<ParsedSeed> {
  const located = await locate(text)
  if (!located.ok) return located
  const { root } = located
  if (root.kind === 'scalar' && root.value === null) return { ok: true, seed: { accounts: [] } }
  const problems: SeedProblem[] = []
  const place: Place = { path: '', report: (problem) => problems.push(problem) }
  const read = seedFile(root, place)
  const repeated = read === undefined ? [] : repeatedGlobally(read.accounts ?? [])
  const all = [...problems, ...repeated].toSorted((a, b) => a.line - b.line)
  if (read === undefined || all.length > 0) return { ok: false, problems: all }
  return { ok: true, seed: seedOf(read) }
}

const seedOf = (read: SeedFile): Seed => ({
  accounts: read.accounts ?? [],
  ...(read.organization === undefined ? {} : { organization: read.organization }),
  ...(read.lab === undefined ? {} : { lab: read.lab }),
})

/** Names that are one in the whole store: key ids, buckets, instances. */
function repeatedGlobally(accounts: readonly AccountSeed[]): readonly SeedProblem[] {
  const named = accounts.flatMap((item) => [
    ...keysOf(item).map((found) => ({ line: found.line, name: found.accessKeyId })),
    ...(item.buckets ?? []).map((found) => ({ line: found.line, name: found.bucket })),
    ...(item.instances ?? []).map((found) => ({ line: found.line, name: found.instanceId })),
  ])
  const first = new Map<string, number>()
  return named.flatMap(({ line, name }) => {
    const before = first.get(name)
    if (before === undefined) first.set(name, line)
    return before === undefined ? [] : [{ line, path: '', text: `\`${name}\` stands in line ${before} already` }]
  })
}

const keysOf = (item: AccountSeed) => [
  ...(item.administrator ? [item.administrator] : []),
  ...(item.root === undefined ? [] : [item.root]),
  ...(item.users ?? []).flatMap((found) => found.accessKeys ?? []),
]
