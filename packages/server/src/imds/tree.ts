/**
 * Looks a path up: the plain items, and the branches whose names and contents are read when asked for. Directories
 * exist by what is below them; a branch that has nothing to show is not there.
 */
import type { Instant } from '../domain/brands.ts'
import { listing } from './answer.ts'
import type { InstanceFacts } from './facts.ts'
import { ITEMS } from './items.ts'
import { isVersion, isVisible, VERSION_LIST } from './versions.ts'
import type { Release } from './versions.ts'

export interface Found {
  readonly body: string
  readonly contentType: 'text/plain' | 'application/octet-stream'
  /** Session time; the launch of the instance when absent. */
  readonly modifiedAt?: Instant
}

/** A leaf whose content takes more than the instance's facts. */
export interface DocumentRow {
  readonly path: string
  readonly released: Release
  readonly isPresent: (facts: InstanceFacts) => boolean
  readonly load: () => Promise<Found | undefined>
}

/** A directory whose names are known only when asked for. */
export interface BranchRow {
  readonly path: string
  readonly released: Release
  readonly isPresent: (facts: InstanceFacts) => boolean
  /** Served by its full path only: crawlers copy what is listed. */
  readonly isUnlisted?: true
  readonly names: () => Promise<readonly string[] | undefined>
  readonly item: (name: string) => Promise<Found | undefined>
}

export interface Tree {
  readonly facts: InstanceFacts
  readonly documents: readonly DocumentRow[]
  readonly branches: readonly BranchRow[]
}

/** @param segments of the path, decoded, without empty ones. `undefined`: 404 */
export async function lookUp(tree: Tree, segments: readonly string[]): Promise<Found | undefined> {
  const [version, ...rest] = segments
  if (version === undefined) return text(listing(VERSION_LIST))
  if (!isVersion(version)) return undefined
  const path = rest.join('/')
  return plainItem(tree, version, path) ?? (await loaded(tree, version, path)) ?? directory(tree, version, path)
}

const text = (body: string): Found => ({ body, contentType: 'text/plain' })

const concrete = (path: string, facts: InstanceFacts): string => path.replace('<mac>', facts.mac)

function plainItem({ facts }: Tree, version: string, path: string): Found | undefined {
  for (const [pattern, released, value] of ITEMS) {
    if (concrete(pattern, facts) !== path || !isVisible(released, version)) continue
    const body = value(facts)
    if (body === undefined) return undefined
    return path === 'user-data' ? { body, contentType: 'application/octet-stream' } : text(body)
  }
  return undefined
}

async function loaded(tree: Tree, version: string, path: string): Promise<Found | undefined> {
  const isThere = (row: DocumentRow | BranchRow) => isVisible(row.released, version) && row.isPresent(tree.facts)
  const document = tree.documents.find((row) => row.path === path)
  if (document !== undefined) return isThere(document) ? document.load() : undefined
  const branch = tree.branches.find((row) => row.path === path)
  if (branch !== undefined) {
    const names = isThere(branch) ? await branch.names() : undefined
    return names === undefined ? undefined : text(listing(names))
  }
  const slash = path.lastIndexOf('/')
  const above = tree.branches.find((row) => row.path === path.slice(0, slash))
  return above !== undefined && isThere(above) ? above.item(path.slice(slash + 1)) : undefined
}

/** The names below a path, in bytewise order; those that lead on end in a slash, but not at the top of a version. */
function directory(tree: Tree, version: string, path: string): Found | undefined {
  const start = path === '' ? '' : `${path}/`
  const names = new Set<string>()
  for (const [leaf, isFolder] of present(tree, version)) {
    if (!leaf.startsWith(start)) continue
    const [name = '', ...below] = leaf.slice(start.length).split('/')
    names.add((below.length > 0 || isFolder) && path !== '' ? `${name}/` : name)
  }
  return names.size === 0 ? undefined : text(listing([...names].toSorted()))
}

function* present(tree: Tree, version: string): Generator<readonly [path: string, isFolder: boolean]> {
  const { facts } = tree
  for (const [pattern, released, value] of ITEMS)
    if (isVisible(released, version) && value(facts) !== undefined) yield [concrete(pattern, facts), false]
  for (const row of tree.documents)
    if (isVisible(row.released, version) && row.isPresent(facts)) yield [row.path, false]
  for (const row of tree.branches)
    if (row.isUnlisted !== true && isVisible(row.released, version) && row.isPresent(facts)) yield [row.path, true]
}
