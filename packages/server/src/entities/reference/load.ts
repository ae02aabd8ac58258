/** Loads the service reference from the generated file beside it, at the first question. */
import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import { readReference } from '@understudy/policy'
import type { CompactReference, ServiceReference } from '@understudy/policy'

const FILE = new URL('./service-reference.json.br', import.meta.url)
let loaded: ServiceReference | undefined

/** The reference; read and decompressed once per process. */
export function serviceReference(): ServiceReference {
  loaded ??= readReference(JSON.parse(brotliDecompressSync(readFileSync(FILE)).toString('utf8')) as CompactReference)
  return loaded
}
