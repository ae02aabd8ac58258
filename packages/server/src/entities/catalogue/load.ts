/**
 * Loads AWS's managed policies from the generated file beside it. Lazily: a server that nobody asks for one never
 * decompresses it.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import { instant } from '../../domain/brands.ts'
import type { AwsManagedPolicy, ManagedPolicyCatalogue } from '../managed-policy-catalogue.ts'

/** As `tools/generate-managed-policies.ts` writes them; times in seconds since 1970. */
type Entry = readonly [arn: string, version: string, created: number, updated: number, text: string]

const FILE = new URL('./managed-policies.json.br', import.meta.url)
const PREFIX = 'arn:aws:iam::aws:policy'
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The catalogue; its file is read and decompressed at the first question. */
export function loadManagedPolicyCatalogue(file: URL = FILE): ManagedPolicyCatalogue {
  let policies: ReadonlyMap<string, AwsManagedPolicy> | undefined
  const loaded = () => (policies ??= read(file))
  return { get: (arn) => loaded().get(arn), all: () => [...loaded().values()] }
}

function read(file: URL): ReadonlyMap<string, AwsManagedPolicy> {
  const entries = JSON.parse(brotliDecompressSync(readFileSync(file)).toString('utf8')) as readonly Entry[]
  return new Map(entries.map((entry) => [entry[0], policy(entry)]))
}

function policy([arn, defaultVersion, created, updated, text]: Entry): AwsManagedPolicy {
  const slash = arn.lastIndexOf('/')
  return {
    arn,
    name: arn.slice(slash + 1),
    path: arn.slice(PREFIX.length, slash + 1),
    id: policyId(arn),
    defaultVersion,
    createdAt: instant(created * 1000),
    updatedAt: instant(updated * 1000),
    text,
  }
}

/**
 * An id in the form of old ids, which carry no account (fifth letter I). The source does not hold AWS's own ids, so this
 * one follows from the ARN: equal on every server, and never equal to an id that a server makes.
 */
function policyId(arn: string): string {
  const digest = createHash('sha256').update(arn).digest()
  return 'ANPAI' + Array.from(digest.subarray(0, 16), (byte) => ALPHABET[byte & 31]).join('')
}
